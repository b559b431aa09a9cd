/** Temporal as production has it, without containers: its server with all four services, its data in PostgreSQL. */
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { requirePorts } from '../../src/platform/ports.ts';
import { launch, logSince, logSize } from '../../src/platform/processes.ts';
import { ensureSearchAttributes } from '../../src/platform/search-attributes.ts';
import { type Report, SetupError } from '../../src/platform/setup-error.ts';
import type { RunningTemporal } from '../../src/platform/temporal-server.ts';
import { cacheFolder, executableSuffix, intoPlace, isExecutable, longStep, onPath } from '../../src/platform/tools.ts';
import { searchAttributes } from '../../src/workflows/contract.ts';

const run = promisify(execFile);

/** The version that is in the Temporal CLI of `temporal-cli.ts`. */
const version = 'v1.29.1';

export interface TemporalPrograms {
  /** All services in one program. */
  readonly server: string;
  /** Makes Temporal's databases and brings them to the newest schema, which it holds. */
  readonly sqlTool: string;
}

/** Both from the cache, or built with Go (3 minutes each on 2 cores). Throws `SetupError`. */
export async function obtainTemporalPrograms(report: Report): Promise<TemporalPrograms> {
  const build = async (what: string, command: string, made: string): Promise<string> => {
    const cached = cacheFolder('temporal-server', version, what + executableSuffix);
    if (isExecutable(cached)) return cached;
    const go = onPath('go');
    if (!go) {
      const ways = `Install Go (https://go.dev/dl) with access to a module proxy, or put the program at ${cached}`;
      throw new SetupError('TOOL_MISSING', `${what} ${version} is built with Go, which is not on PATH. ${ways}.`);
    }
    report(`${what} ${version} is built with Go: once, 3 minutes on 2 cores`);
    await intoPlace(cached, async (folder) => {
      await longStep({
        command: go,
        args: ['install', '-v', `go.temporal.io/server/cmd/${command}@${version}`],
        env: { GOBIN: folder },
        report,
        progress: (lines, _last, seconds) => `Go builds ${what}: ${lines} steps, ${seconds} s`,
      });
      return join(folder, made + executableSuffix);
    });
    return cached;
  };
  return {
    server: await build('temporal-server', 'server', 'server'),
    sqlTool: await build('temporal-sql-tool', 'tools/sql', 'sql'),
  };
}

const databases = [
  { name: 'temporal', schema: 'postgresql/v12/temporal' },
  { name: 'temporal_visibility', schema: 'postgresql/v12/visibility' },
] as const;

/** What its schema jobs do in a cluster. `url` is of a role that may make databases. Safe to repeat. */
export async function prepareTemporalDatabases(sqlTool: string, url: string): Promise<void> {
  const { hostname, port, username, password } = new URL(url);
  for (const { name, schema } of databases) {
    const sql = async (...args: string[]): Promise<void> => {
      const where = ['--plugin', 'postgres12', '--endpoint', hostname, '--port', port || '5432', '--database', name];
      await run(sqlTool, [...where, ...args], {
        env: { ...process.env, SQL_USER: decodeURIComponent(username), SQL_PASSWORD: decodeURIComponent(password) },
      });
    };
    await sql('create-database');
    await sql('setup-schema', '-v', '0.0');
    await sql('update-schema', '--schema-name', schema);
  }
}

/** A free port that Temporal can note: its table of members has room for numbers below 32768 only. */
export async function lowPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    try {
      await requirePorts([{ port, variable: '', host: '127.0.0.1' }]);
      return port;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
    }
  }
}

export interface TemporalOnPostgresOptions {
  readonly programs: TemporalPrograms;
  /** Of the PostgreSQL whose databases `prepareTemporalDatabases` made. */
  readonly postgresUrl: string;
  /** A folder that exists. The configuration goes to `temporal` in it, the log to `temporal-server.log`. */
  readonly dataDir: string;
  /** Below 32768: see `lowPort`. */
  readonly port: number;
  readonly namespace: string;
}

/**
 * Starts the server on 127.0.0.1 and waits until it answers for the namespace, which it gets with our search attributes
 * when it has it not yet. The other ports stay the same for a folder, as those of hosts do.
 */
export async function startTemporalOnPostgres(options: TemporalOnPostgresOptions): Promise<RunningTemporal> {
  const { programs, dataDir, port, namespace } = options;
  const folder = join(dataDir, 'temporal');
  if (!existsSync(folder)) {
    mkdirSync(folder);
    // JSON is YAML, and needs no library.
    writeFileSync(join(folder, 'booflow.yaml'), JSON.stringify(await configuration(options), null, 2));
    copyFileSync(new URL('../../deploy/temporal.yml', import.meta.url), join(folder, 'dynamic.yaml'));
  }
  const logFile = join(dataDir, 'temporal-server.log');
  const logStart = logSize(logFile);
  const running = await launch({
    command: programs.server,
    args: ['--root', folder, '--config', '.', '--env', 'booflow', '--allow-no-auth', 'start'],
    logFile,
    graceMs: 15_000,
  });
  let gone = false;
  void running.exited.then(() => {
    gone = true;
  });
  const address = `127.0.0.1:${port}`;
  const deadline = Date.now() + 120_000;
  for (;;) {
    try {
      await makeNamespace(address, namespace);
      return { ...running, address, uiUrl: undefined };
    } catch (error) {
      if (!gone && Date.now() < deadline) {
        await sleep(300);
        continue;
      }
      await running.stop();
      const reason = error instanceof Error ? error.message : String(error);
      const said = [...(await logSince(logFile, logStart)).matchAll(/"level":"fatal".*?"error":("(?:\\.|[^"])*")/g)];
      const why = said.at(-1)?.[1] ?? reason;
      throw new SetupError('TEMPORAL', `Temporal did not start: ${why}. More in ${logFile}.`, { cause: error });
    }
  }
}

/** Registers the namespace and our search attributes where they lack. */
async function makeNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await connection.withDeadline(Date.now() + 10_000, async () => {
      const { namespaces } = await connection.workflowService.listNamespaces({ pageSize: 1_000 });
      if (!namespaces?.some((n) => n.namespaceInfo?.name === namespace)) {
        const workflowExecutionRetentionPeriod = msToTs('7 days');
        await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
      }
    });
    // A new namespace is known to all services after a moment.
    await connection.withDeadline(Date.now() + 20_000, () =>
      ensureSearchAttributes(connection, namespace, searchAttributes),
    );
    await connection.withDeadline(Date.now() + 5_000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } finally {
    await connection.close();
  }
}

/** See Temporal's config/development-postgres12.yaml: this is the same, on our ports, without archives. */
async function configuration({ postgresUrl, port, dataDir }: TemporalOnPostgresOptions): Promise<object> {
  const { host, username, password } = new URL(postgresUrl);
  const store = (databaseName: string, maxConns: number) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: host,
      connectProtocol: 'tcp',
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      maxConns,
      maxIdleConns: maxConns,
      maxConnLifetime: '1h',
    },
  });
  const service = async (grpcPort: number) => ({
    rpc: { grpcPort, membershipPort: await lowPort(), bindOnLocalHost: true },
  });
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      // Can't be changed later. A cluster has 512 or more; one host does not need them.
      numHistoryShards: 4,
      datastores: { default: store('temporal', 20), visibility: store('temporal_visibility', 5) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: {
      frontend: await service(port),
      history: await service(await lowPort()),
      matching: await service(await lowPort()),
      worker: await service(await lowPort()),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${port}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: join(dataDir, 'temporal', 'dynamic.yaml'), pollInterval: '1m' },
  };
}

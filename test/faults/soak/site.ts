/**
 * A production in small: PostgreSQL, Temporal, a mail server, two servers and two workers, each a process of its own. The
 * way to PostgreSQL and to the mail server can be hurt. Data lies on a disk of limited size where this account may make one.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { z } from 'zod';
import { migrate } from '../../../src/db/migrate.ts';
import { seedOrgs } from '../../../src/demo/seed.ts';
import { embeddedDatabaseUrl, variableNames } from '../../../src/platform/config.ts';
import { freePort } from '../../../src/platform/ports.ts';
import { startPostgres } from '../../../src/platform/postgres.ts';
import { launch } from '../../../src/platform/processes.ts';
import { ensureSearchAttributes } from '../../../src/platform/search-attributes.ts';
import type { Report } from '../../../src/platform/setup-error.ts';
import { obtainTemporalCli } from '../../../src/platform/temporal-cli.ts';
import type { TemporalTarget } from '../../../src/platform/temporal-connection.ts';
import { startTemporal } from '../../../src/platform/temporal-server.ts';
import { searchAttributes } from '../../../src/workflows/contract.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { type MailServer, startMailServer } from '../../support/mail-server.ts';
import {
  lowPort,
  obtainTemporalPrograms,
  prepareTemporalDatabases,
  startTemporalOnPostgres,
} from '../../support/temporal-on-postgres.ts';
import { Kept } from './kept.ts';
import { openPassage, type Passage } from './passage.ts';

export type TemporalKind = 'dev' | 'postgres';

export interface Site {
  /** Of each server: scheme, host and port. */
  readonly urls: readonly [string, string];
  readonly servers: readonly [Kept, Kept];
  readonly workers: readonly [Kept, Kept];
  readonly temporal: Kept;
  readonly postgres: Kept;
  /** Past the passage, of the role that owns the tables. */
  readonly databaseUrl: string;
  /** What Temporal stores is encrypted, as in production. */
  readonly temporalTarget: TemporalTarget;
  /** From servers and workers to PostgreSQL. */
  readonly wayToDatabase: Passage;
  readonly wayToMail: Passage;
  readonly mail: MailServer;
  /** A file system of its own with PostgreSQL's and the dev server's data; null where we may not mount one. */
  readonly disk: string | null;
  readonly parts: readonly Kept[];
  /** Is this server ready, by its own word? */
  isReady(url: string): Promise<boolean>;
  /** Waits until both servers say so. Throws with what they say after `ms`. */
  untilReady(ms: number): Promise<void>;
  /** Every line that servers and workers wrote. */
  logs(): string[];
  /** Copies what every part wrote to this folder, which is there afterwards. */
  keepLogs(to: string): void;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const namespace = 'default';
const diskSize = '1500m';

export async function startSite(kind: TemporalKind, report: Report): Promise<Site> {
  const folder = temporaryFolder();
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir, { mode: 0o755 });
  const disk = mountDisk(dataDir) ? dataDir : null;
  const postgresPort = await freePort();
  const databaseUrl = embeddedDatabaseUrl(postgresPort);
  const temporalPort = await lowPort();
  const temporalAddress = `127.0.0.1:${temporalPort}`;
  const encryptionKeys = `soak:${Buffer.alloc(32, 7).toString('base64')}`;

  const postgres = new Kept('postgres', () =>
    startPostgres({
      dataDir,
      port: postgresPort,
      report: () => undefined,
      // So that a disk of 1.5 GB is plenty until a fault fills it.
      settings: { max_wal_size: '96MB', min_wal_size: '32MB', shared_buffers: '64MB' },
    }),
  );
  const temporal = new Kept('temporal', await temporalStarter());
  async function temporalStarter() {
    if (kind === 'dev') {
      const cli = await obtainTemporalCli(report);
      const quiet = (): void => undefined;
      return () => startTemporal({ cli, dataDir, port: temporalPort, namespace, report: quiet });
    }
    const programs = await obtainTemporalPrograms(report);
    const postgresUrl = databaseUrl;
    return async () => {
      await prepareTemporalDatabases(programs.sqlTool, postgresUrl);
      return startTemporalOnPostgres({ programs, postgresUrl, dataDir: folder, port: temporalPort, namespace });
    };
  }

  await postgres.start();
  await migrate(databaseUrl);
  await temporal.start();
  const connection = await Connection.connect({ address: temporalAddress });
  await ensureSearchAttributes(connection, namespace, searchAttributes);
  await connection.close();

  const wayToDatabase = await openPassage(postgresPort);
  const mail = await startMailServer();
  const wayToMail = await openPassage(Number(new URL(mail.url).port));
  const ports = [await freePort(), await freePort()] as const;
  const [publicUrl, secondUrl] = [`http://localhost:${ports[0]}`, `http://localhost:${ports[1]}`] as const;
  const env = {
    ...Object.fromEntries(variableNames.map((name) => [name, ''])),
    NODE_ENV: 'development',
    LOG_LEVEL: 'info',
    // One address for all, as behind a balancer.
    PUBLIC_URL: publicUrl,
    DATABASE_URL: embeddedDatabaseUrl(wayToDatabase.port),
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: namespace,
    SMTP_URL: `smtp://127.0.0.1:${wayToMail.port}`,
    BOOFLOW_ENCRYPTION_KEYS: encryptionKeys,
    BOOFLOW_ENCRYPT_TEMPORAL: 'on',
    FILES_DIR: join(folder, 'files'),
    BOOFLOW_DATA_DIR: folder,
    BOOFLOW_DRAIN_SECONDS: '1',
  };
  const part = (name: 'server' | 'worker', n: 0 | 1): Kept =>
    new Kept(`${name} ${n + 1}`, () =>
      launch({
        command: process.execPath,
        args: ['--import', import.meta.resolve('tsx'), join(root, 'src', `${name}.ts`)],
        env: { ...env, ...(name === 'server' && { PORT: String(ports[n]) }) },
        logFile: join(folder, `${name}-${n + 1}.log`),
        graceMs: 25_000,
      }),
    );
  const servers = [part('server', 0), part('server', 1)] as const;
  const workers = [part('worker', 0), part('worker', 1)] as const;
  const parts = [postgres, temporal, ...servers, ...workers];
  for (const each of [...workers, ...servers]) await each.start();

  const readiness = z.object({ ready: z.boolean(), parts: z.record(z.string(), z.string()) });
  const ask = async (url: string): Promise<string> => {
    try {
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(6_000) });
      const said = readiness.parse(await answer.json());
      return said.ready ? 'ready' : JSON.stringify(said.parts);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  const urls = [publicUrl, secondUrl] as const;
  const untilReady = async (ms: number): Promise<void> => {
    const deadline = Date.now() + ms;
    for (;;) {
      const said = await Promise.all(urls.map(ask));
      if (said.every((s) => s === 'ready')) return;
      if (Date.now() > deadline) throw new Error(`Not ready after ${ms / 1000} s: ${said.join(' | ')}`);
      await sleep(200);
    }
  };
  await untilReady(180_000);
  const temporalTarget = { temporalAddress, temporalNamespace: namespace, payloadKeys: encryptionKeys };
  await seedOrgs(databaseUrl);

  return {
    ...{ urls, servers, workers, temporal, postgres, databaseUrl, temporalTarget },
    ...{ wayToDatabase, wayToMail, mail, disk, parts, untilReady },
    isReady: async (url) => (await ask(url)) === 'ready',
    logs: () =>
      [...servers, ...workers].flatMap(({ name }) =>
        readFileSync(join(folder, `${name.replace(' ', '-')}.log`), 'utf8').split('\n'),
      ),
    keepLogs(to) {
      mkdirSync(to, { recursive: true });
      for (const name of readdirSync(folder).filter((n) => n.endsWith('.log')))
        copyFileSync(join(folder, name), join(to, name));
    },
    async stop() {
      for (const each of [...parts].reverse()) {
        // What a fault left stopped can't end.
        if (each.pid !== null) await each.signal('SIGCONT');
        await each.end();
      }
      await wayToDatabase.stop();
      await wayToMail.stop();
      await mail.stop();
      if (disk !== null) execFileSync('umount', [disk]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A file system in memory of limited size. Only root may, on Linux. */
function mountDisk(folder: string): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskSize},mode=755`, 'tmpfs', folder], { stdio: 'pipe' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'status' in error) return false; // mount said no: the fault is left out, and told so
    throw error;
  }
}

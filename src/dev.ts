/**
 * `npm start`: everything Booflow needs, on this machine, in one go. What an address was given for is used as it is;
 * the rest is started here. In production nothing is embedded and nothing is seeded.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { migrate } from './db/migrate.ts';
import { demoPassword, demoUsers, olivia } from './demo/people.ts';
import { seedDemo } from './demo/seed.ts';
import { type Config, ConfigError, loadDotEnv, readConfig } from './platform/config.ts';
import { DataFolder } from './platform/data-folder.ts';
import { keysOf } from './platform/keyring.ts';
import { requirePorts, type WantedPort } from './platform/ports.ts';
import { startPostgres, waitForPostgres } from './platform/postgres.ts';
import { launch } from './platform/processes.ts';
import { ensureSearchAttributes } from './platform/search-attributes.ts';
import { type Report, SetupError } from './platform/setup-error.ts';
import { type Part, Supervisor } from './platform/supervisor.ts';
import { obtainTemporalCli } from './platform/temporal-cli.ts';
import { connectionOptions } from './platform/temporal-connection.ts';
import { startTemporal, waitForTemporal } from './platform/temporal-server.ts';
import { searchAttributes } from './workflows/contract.ts';

const report: Report = (line) => console.log(`[booflow] ${line}`);

async function main(): Promise<number> {
  loadDotEnv();
  const config = readConfig(process.env);
  const folder = await DataFolder.claim(config.dataDir, report);
  const stop = new AbortController();
  const supervisor = new Supervisor(folder, report);
  heedSignals(stop, supervisor);
  try {
    await start(config, supervisor, stop.signal);
    report(whereToGo(config));
    await untilAborted(stop.signal);
    return process.exitCode === 1 ? 1 : 0;
  } catch (error) {
    if (stop.signal.aborted) return process.exitCode === 1 ? 1 : 0;
    throw error;
  } finally {
    await supervisor.stop();
    folder.release();
    report('Stopped');
  }
}

async function start(config: Config, supervisor: Supervisor, signal: AbortSignal): Promise<void> {
  await requirePorts(portsOf(config));
  const encryptionKeys = keysOf(config);
  const { dataDir, embedded, temporalNamespace: namespace } = config;
  // First, since it may take minutes.
  const cli = embedded.temporal ? await obtainTemporalCli(report, signal) : undefined;
  let databaseUrl = config.databaseUrl;
  if (embedded.postgres) {
    const postgres = await supervisor.start({
      name: 'postgres',
      start: (stopping) => startPostgres({ dataDir, port: config.postgresPort, report, signal: stopping }),
    });
    databaseUrl = postgres.url;
    report(`PostgreSQL runs on port ${config.postgresPort}`);
  } else {
    await waitForPostgres(databaseUrl, 10_000, signal);
  }
  await orAborted(migrate(databaseUrl), signal);

  let temporalAddress = config.temporalAddress;
  if (cli !== undefined) {
    const temporal = await supervisor.start({
      name: 'temporal',
      start: (stopping) =>
        startTemporal({
          cli,
          dataDir,
          port: config.temporalPort,
          uiPort: config.temporalUiPort,
          namespace,
          report,
          signal: stopping,
        }),
    });
    temporalAddress = temporal.address;
    report(`Temporal runs on port ${config.temporalPort}`);
  } else {
    await waitForTemporal(config, 10_000, signal);
  }
  const connection = await Connection.connect(connectionOptions({ ...config, temporalAddress }));
  try {
    const within = Date.now() + 20_000;
    await connection.withDeadline(within, () => ensureSearchAttributes(connection, namespace, searchAttributes));
    signal.throwIfAborted();
  } finally {
    await connection.close();
  }

  const env = { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporalAddress };
  await supervisor.start(script('worker', { ...env, ...ownPort(config) }, 25_000));
  await supervisor.start(script('server', env, config.drainMs + 25_000));
  await untilReady(config, signal);
  if (config.env !== 'production') {
    const { taskQueue, publicUrl } = config;
    const outcome = await orAborted(
      seedDemo({
        ...{ databaseUrl, temporal: { ...config, temporalAddress }, taskQueue, publicUrl, encryptionKeys },
      }),
      signal,
    );
    if (outcome === 'left alone') report('The database holds other organizations, so the demo is not put into it');
  }
}

/** Server and worker are on one machine here: the worker's metrics have the next port. */
const workersMetricsPort = (metricsPort: number): number => metricsPort + 1;

const ownPort = ({ metricsPort }: Config): Record<string, string> =>
  metricsPort === undefined ? {} : { BOOFLOW_METRICS_PORT: String(workersMetricsPort(metricsPort)) };

const script = (name: 'worker' | 'server', env: Readonly<Record<string, string>>, graceMs: number): Part => ({
  name,
  start: () =>
    launch({
      command: process.execPath,
      args: ['--import', import.meta.resolve('tsx'), fileURLToPath(new URL(`./${name}.ts`, import.meta.url))],
      env,
      graceMs,
    }),
});

function portsOf(config: Config): WantedPort[] {
  const host = '127.0.0.1';
  const ports: WantedPort[] = [{ port: config.port, variable: 'PORT', host: config.host }];
  if (config.embedded.postgres) ports.push({ port: config.postgresPort, variable: 'BOOFLOW_POSTGRES_PORT', host });
  if (config.embedded.temporal) {
    ports.push({ port: config.temporalPort, variable: 'BOOFLOW_TEMPORAL_PORT', host });
    ports.push({ port: config.temporalUiPort, variable: 'BOOFLOW_TEMPORAL_UI_PORT', host });
  }
  if (config.metricsPort !== undefined) {
    const metrics = { variable: 'BOOFLOW_METRICS_PORT', host: config.metricsHost };
    for (const port of [config.metricsPort, workersMetricsPort(config.metricsPort)]) ports.push({ port, ...metrics });
  }
  return ports;
}

/** Waits until the server says that it, the database, Temporal and a worker are there. */
async function untilReady(config: Config, signal: AbortSignal): Promise<void> {
  const hosts: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  const url = `http://${hosts[config.host] ?? config.host}:${config.port}/readyz`;
  const begun = Date.now();
  let told = begun;
  let said = '';
  while (Date.now() - begun < 120_000) {
    try {
      const reply = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]) });
      said = await reply.text();
      if (reply.ok) return;
    } catch (error) {
      signal.throwIfAborted();
      said = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() - told > 10_000) {
      told = Date.now();
      report(`Server and worker are starting: ${Math.round((told - begun) / 1000)} s (${said})`);
    }
    await sleep(200, undefined, { signal });
  }
  throw new SetupError('NOT_READY', `Server and worker did not get ready in 2 minutes. ${url} says: ${said}`);
}

function whereToGo(config: Config): string {
  const lines = [
    ['Web', config.publicUrl],
    ['MCP', `${config.publicUrl}/api/mcp`],
  ];
  if (config.embedded.temporal) lines.push(['Temporal UI', `http://localhost:${config.temporalUiPort}`]);
  if (config.env !== 'production') {
    if (config.smtpUrl === undefined) lines.push(['Dev mailbox', `${config.publicUrl}/dev/mailbox`]);
    lines.push(
      ['Sign in as', demoUsers.map((user) => user.email).join(', ')],
      ['Password', demoPassword],
      ['API key', `npm run -s cli -- api-key create --org acme-agency --user ${olivia.email} --name laptop`],
    );
  }
  lines.push(['Stop', 'Ctrl-C. npm start goes on with the same flows']);
  return ['Booflow runs', ...lines.map(([what, where]) => `  ${what?.padEnd(12)}${where}`)].join('\n');
}

/** The first signal stops everything in order; one that comes later than it may be passed on twice ends it at once. */
function heedSignals(stop: AbortController, supervisor: Supervisor): void {
  let first = 0;
  const onSignal = (): void => {
    if (first === 0) {
      first = Date.now();
      report('Stopping. Once more ends everything at once');
      stop.abort();
    } else if (Date.now() - first > 700) {
      supervisor.kill();
      process.exit(130);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // Nobody reads what we say any more: the terminal, or the pipe, is gone.
  process.stdout.on('error', () => {
    if (first === 0) onSignal();
  });
  // A fault of our own must not leave the parts behind.
  process.on('uncaughtException', (error) => {
    if (!stop.signal.aborted) {
      console.error(error);
      process.exitCode = 1;
    }
    stop.abort();
  });
}

/** `work`, or an error at once when all is to stop; what it does then no longer matters. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

try {
  process.exit(await main());
} catch (error) {
  const known = error instanceof SetupError || error instanceof ConfigError;
  console.error(known ? `\n${error.message}\n` : error);
  process.exit(1);
}

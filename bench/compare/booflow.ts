/** Booflow's own way to do the job, and Temporal alone beside it, on Temporal as a production has it and on `npm start`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../src/platform/ports.ts';
import { startPostgres } from '../../src/platform/postgres.ts';
import { launch } from '../../src/platform/processes.ts';
import { obtainTemporalCli } from '../../src/platform/temporal-cli.ts';
import { waitForTemporal } from '../../src/platform/temporal-server.ts';
import { makeProduct, type Product } from '../../test/support/product.ts';
import {
  lowPort,
  obtainTemporalPrograms,
  prepareTemporalDatabases,
  startTemporalOnPostgres,
} from '../../test/support/temporal-on-postgres.ts';
import { type BenchFlow, type Site, startSite } from '../site.ts';
import { type BareTemporal, startBareTemporal } from './bare-temporal.ts';
import { type Contender, inTurns, killAll, type Stand } from './contender.ts';

/** Waiting tasks in a flow; one more keeps it open. */
const tasksPerFlow = 4;

/** Temporal's server with all its services, and its data, Booflow's and everything else in one PostgreSQL. */
export const startOnPostgres = (folder: string, report: (line: string) => void): Promise<Stand> =>
  standOf(async (keep) => {
    const programs = await obtainTemporalPrograms(report);
    const dataDir = join(folder, 'temporal');
    mkdirSync(dataDir, { mode: 0o755 });
    const [postgresPort, port] = [await freePort(), await lowPort()];
    const startDatabase = () => startPostgres({ dataDir, port: postgresPort, report: () => undefined });
    let postgres = await startDatabase();
    keep(() => postgres.stop());
    const { url } = postgres;
    await prepareTemporalDatabases(programs.sqlTool, url);
    const startEngine = () =>
      startTemporalOnPostgres({ programs, dataDir, postgresUrl: url, port, namespace: 'default' });
    let engine = await startEngine();
    keep(() => engine.stop());
    const { address } = engine;
    const bare = await startBareTemporal(address, dataDir);
    keep(() => bare.stop());
    const product = await makeProduct({ databaseUrl: url, temporalAddress: address });
    const site = await startSite(product);
    keep(() => site.stop());
    const engines = {
      kill: () => killAll(engine, postgres),
      async start() {
        postgres = await startDatabase();
        engine = await startEngine();
      },
      parts: () => ({ Temporal: engine.pid, PostgreSQL: postgres.pid }),
    };
    const synced = 'PostgreSQL commits the history, then the workflow’s state, each synced (synchronous_commit=on)';
    const command = `the command: ${synced}; what came of it, and the read model, right after`;
    return {
      versions: 'Temporal server 1.29.1 on PostgreSQL',
      contenders: [
        bareContender('Temporal alone: an update, on PostgreSQL', synced, bare, engines),
        ...booflowContenders('on PostgreSQL', command, site, product, engines),
      ],
    };
  });

/** `npm start`: Temporal's dev server, with a file of SQLite. */
export const startOnDevServer = (folder: string): Promise<Stand> =>
  standOf(async (keep) => {
    const dataDir = join(folder, 'dev-server');
    mkdirSync(dataDir);
    const product = await makeProduct();
    const site = await startSite(product);
    keep(() => site.stop());
    const bare = await startBareTemporal(product.temporalAddress, dataDir);
    keep(() => bare.stop());
    const own: Engines = {
      kill: null,
      start: async () => undefined,
      parts: () => {
        const [temporal, database] = [product.pid('temporal'), product.pid('postgres')];
        return { ...(temporal && { Temporal: temporal }), ...(database && { PostgreSQL: database }) };
      },
    };
    const synced = 'SQLite syncs its log at every commit, several times a task';
    const command = `the command: ${synced}; what came of it, and the read model, right after`;
    return {
      versions: "Temporal's dev server (CLI 1.5.1, server 1.29.1)",
      contenders: [
        bareContender("Temporal alone: an update, on the dev server's SQLite", synced, bare, own),
        ...booflowContenders("on the dev server's SQLite", command, site, product, own),
      ],
    };
  });

/** Temporal's dev server as `temporal server start-dev` starts it, with none of our settings. */
export const startAsItComes = (folder: string, report: (line: string) => void): Promise<Stand> =>
  standOf(async (keep) => {
    const dataDir = join(folder, 'as-it-comes');
    mkdirSync(dataDir);
    const address = `127.0.0.1:${await freePort()}`;
    const engine = await launch({
      command: await obtainTemporalCli(report),
      args: [
        ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', address.split(':')[1] ?? ''],
        ...['--db-filename', join(dataDir, 'temporal.db'), '--log-level', 'error'],
      ],
      logFile: join(dataDir, 'temporal.log'),
      graceMs: 10_000,
    });
    keep(() => engine.stop());
    await waitForTemporal({ temporalAddress: address, temporalNamespace: 'default' }, 60_000);
    const bare = await startBareTemporal(address, dataDir);
    keep(() => bare.stop());
    const own = { kill: null, start: async () => undefined, parts: () => ({ Temporal: engine.pid }) };
    const synced = 'SQLite syncs its own journal and the file at every commit, several times a task';
    return {
      versions: 'the same dev server with no settings',
      contenders: [bareContender('Temporal alone: an update, on the dev server as it comes', synced, bare, own)],
    };
  });

/** Builds a stand from what it keeps, which is stopped in the end, the last first; also where it can't be built to its end. */
async function standOf(
  build: (keep: (stop: () => Promise<void>) => void) => Promise<Omit<Stand, 'stop'>>,
): Promise<Stand> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.toReversed()) await one();
  };
  try {
    return { ...(await build((one) => void stops.push(one))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What a contender's own processes need beside them. */
interface Engines {
  /** Null where whoever has the contender's own has them too. */
  readonly kill: (() => Promise<void>) | null;
  start(): Promise<void>;
  parts(): Readonly<Record<string, number>>;
}

function bareContender(name: string, synced: string, bare: BareTemporal, { kill, start, parts }: Engines): Contender {
  return {
    ...{ name, synced, waiting: bare.waiting, complete: bare.complete },
    parts: () => ({ code: bare.pid(), ...parts() }),
    async restartCode() {
      await bare.kill();
      await bare.start();
    },
    restartAll:
      kill &&
      (async () => {
        await Promise.all([bare.kill(), kill()]);
        await start();
        await bare.start();
      }),
  };
}

/** Without HTTP, as a program that has the gateway calls it; and the whole way, over MCP. */
function booflowContenders(where: string, synced: string, site: Site, product: Product, engines: Engines): Contender[] {
  // Kept to be waited for: what it throws, whoever completes a task hears.
  let starting = Promise.resolve();
  const start = (): void => {
    starting = starting.then(() => product.start()).catch(() => undefined);
  };
  const waiting = async (count: number): Promise<string[]> => {
    await starting;
    const tasks: string[] = [];
    await inTurns([...Array(Math.ceil(count / tasksPerFlow)).keys()], async () => {
      const flow = await site.flow(tasksPerFlow + 1);
      for (let n = 0; n < tasksPerFlow; n++) tasks.push(`${flow.orgId} ${flow.id} ${flow.next()}`);
    });
    return tasks.slice(0, count);
  };
  const parts = () => {
    const [server, worker] = [product.pid('server'), product.pid('worker')];
    return { ...(server && { server }), ...(worker && { worker }), ...engines.parts() };
  };
  return [
    {
      name: `Booflow's command, without HTTP, ${where}`,
      ...{ synced, waiting, parts, restartCode: null, restartAll: null },
      async complete(task) {
        const flow = asFlow(task);
        const envelope = site.envelope(flow);
        let sent = await site.now.send(flow.orgId, flow.id, envelope);
        while (sent.state === 'accepted') sent = await site.now.ask(flow.orgId, flow.id, envelope.commandId);
        if (sent.state !== 'applied' || !sent.answer.outcome?.ok) throw new Error(`${task}: ${sent.state}`);
      },
    },
    {
      name: `Booflow's complete_task over MCP, ${where}`,
      ...{ synced, waiting, parts },
      complete: (task) => site.complete(asFlow(task)),
      async restartCode() {
        await starting;
        // Whoever keeps them running starts them again.
        await Promise.all([product.signal('worker', 'SIGKILL'), product.signal('server', 'SIGKILL')]);
      },
      async restartAll() {
        await starting;
        for (const pid of product.pids()) process.kill(pid, 'SIGKILL');
        await engines.kill?.();
        await engines.start();
        start();
      },
    },
  ];
}

/** Of what `waiting` gave: a flow whose next task is that one. */
function asFlow(task: string): BenchFlow {
  const [orgId = '', id = '', taskId = ''] = task.split(' ');
  return { orgId, id, next: () => taskId };
}

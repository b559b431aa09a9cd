/** The real product as `npm start` runs it: a process of its own, with its own folder and ports, that can be hurt. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { embeddedDatabaseUrl, variableNames } from '../../src/platform/config.ts';
import { type PartName, partNames } from '../../src/platform/data-folder.ts';
import { freePort } from '../../src/platform/ports.ts';
import { birthOf } from '../../src/platform/processes.ts';
import { temporaryFolder } from './folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const readinessSchema = z.object({ ready: z.boolean(), parts: z.record(z.string(), z.string()) });
export type Readiness = z.infer<typeof readinessSchema>;

export interface Product {
  /** Scheme, host and port. */
  readonly url: string;
  /** Where it keeps its data. */
  readonly dataDir: string;
  /** Of the role that owns the tables. */
  readonly databaseUrl: string;
  /** host:port */
  readonly temporalAddress: string;
  /** Where the server tells its metrics. */
  readonly metricsUrl: string;
  /** Every line that it and its parts wrote, over all its starts. */
  readonly lines: readonly string[];
  /** Starts it, and waits until it says that it runs. Throws with what it wrote when it ends instead. */
  start(): Promise<void>;
  /** Its own pid first, then that of each part that is noted as running. */
  pids(): number[];
  /** The pid that is noted for a part; undefined between two lives of it. */
  pid(part: PartName): number | undefined;
  /** Waits until a part runs, sends it a signal, and gives the pid that got it. */
  signal(part: PartName, signal: NodeJS.Signals): Promise<number>;
  /** What `/readyz` says; null when the server does not answer. */
  readiness(): Promise<Readiness | null>;
  /** Waits until every part is ready. Throws with what is not, after `ms`. */
  untilReady(ms: number): Promise<void>;
  /** Waits until what `/readyz` says of the parts is so. Throws with what it says, after `ms`. */
  untilParts(ms: number, so: (parts: Readiness['parts']) => boolean): Promise<void>;
  /** Ctrl-C, and waits for the end. Gives the exit code. */
  interrupt(): Promise<number | null>;
  /** Ends it, if it runs, and removes its folder. */
  remove(): Promise<void>;
}

/** `on`: a PostgreSQL and a Temporal that run already, instead of its own. */
export async function makeProduct(on?: {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
}): Promise<Product> {
  const dataDir = temporaryFolder();
  const [port, postgresPort, temporalPort, uiPort, metricsPort] = await distinctPorts();
  const url = `http://localhost:${port}`;
  const env: Record<string, string> = {
    // An empty variable counts as unset, and keeps a `.env` of the developer's out.
    ...Object.fromEntries(variableNames.map((name) => [name, ''])),
    NODE_ENV: 'development',
    PORT: String(port),
    PUBLIC_URL: url,
    BOOFLOW_DATA_DIR: dataDir,
    BOOFLOW_POSTGRES_PORT: String(postgresPort),
    BOOFLOW_TEMPORAL_PORT: String(temporalPort),
    BOOFLOW_TEMPORAL_UI_PORT: String(uiPort),
    BOOFLOW_METRICS_PORT: String(metricsPort),
    LOG_LEVEL: 'info',
    ...(on && { DATABASE_URL: on.databaseUrl, TEMPORAL_ADDRESS: on.temporalAddress }),
  };
  const lines: string[] = [];
  let child: ChildProcess | null = null;

  const pid = (part: PartName): number | undefined => {
    try {
      return Number(readFileSync(join(dataDir, 'run', `${part}.pid`), 'utf8'));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  };
  const isRunning = (): boolean => child !== null && child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child === null) return null;
    const ended = child;
    if (isRunning()) {
      const exit = once(ended, 'exit');
      ended.kill(signal);
      await exit;
    }
    return ended.exitCode;
  };
  const readiness = async (): Promise<Readiness | null> => {
    try {
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
      return readinessSchema.parse(await answer.json());
    } catch (error) {
      if (error instanceof z.ZodError) throw error;
      return null; // nobody listens, or it died while it answered
    }
  };

  const until = async (ms: number, so: (said: Readiness) => boolean): Promise<void> => {
    const deadline = Date.now() + ms;
    for (;;) {
      const said = await readiness();
      if (said !== null && so(said)) return;
      if (Date.now() > deadline) throw new Error(`Not so after ${ms} ms: ${JSON.stringify(said)}`);
      await sleep(100);
    }
  };

  return {
    url,
    dataDir,
    databaseUrl: on?.databaseUrl ?? embeddedDatabaseUrl(postgresPort),
    temporalAddress: on?.temporalAddress ?? `127.0.0.1:${temporalPort}`,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    lines,
    async start() {
      const started = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), join(root, 'src', 'dev.ts')], {
        cwd: root,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      const from = lines.length;
      const runs = new Promise<void>((resolve, reject) => {
        const heard = (line: string): void => {
          lines.push(line);
          if (line.includes('] Booflow runs')) resolve();
        };
        eachLine(started, heard);
        started.once('error', reject);
        started.once('exit', (code, signal) =>
          reject(new Error(`The product ended (${signal ?? code}):\n${lines.slice(from).join('\n')}`)),
        );
      });
      await runs;
    },
    pids: () => [child?.pid, ...partNames.map(pid)].filter((p) => p !== undefined),
    pid,
    async signal(part, signal) {
      for (;;) {
        const target = pid(part);
        if (target !== undefined && (await birthOf(target)) !== undefined) {
          process.kill(target, signal);
          return target;
        }
        await sleep(20);
      }
    },
    readiness,
    untilReady: (ms) => until(ms, (said) => said.ready),
    untilParts: (ms, so) => until(ms, (said) => so(said.parts)),
    interrupt: () => end('SIGINT'),
    async remove() {
      await end('SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function eachLine(child: ChildProcess, heard: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) heard(line);
    });
  }
}

/** Five that differ, also from the one after the last: the worker's metrics are there. */
async function distinctPorts(): Promise<[number, number, number, number, number]> {
  for (;;) {
    const metrics = await freePort();
    const ports = [await freePort(), await freePort(), await freePort(), await freePort(), metrics] as const;
    if (new Set([...ports, metrics + 1]).size > ports.length) return [...ports];
  }
}

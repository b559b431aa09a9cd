/** Temporal's dev server with its Web UI, keeping everything in one file. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { requirePorts } from './ports.ts';
import { launch, logSince, logSize, type Running } from './processes.ts';
import { type Report, SetupError } from './setup-error.ts';
import { connectionOptions, type TemporalTarget } from './temporal-connection.ts';

export interface TemporalOptions {
  /** The Temporal CLI, from `obtainTemporalCli`. */
  readonly cli: string;
  /** A folder that exists. The data goes to `temporal.db` in it, the log to `temporal.log`. */
  readonly dataDir: string;
  readonly port: number;
  /** Left out: no Web UI. */
  readonly uiPort?: number;
  readonly namespace: string;
  /** Temporal's dynamic configuration: values as JSON, by name. */
  readonly dynamicConfig?: Readonly<Record<string, string>>;
  readonly report: Report;
  readonly signal?: AbortSignal;
}

export interface RunningTemporal extends Running {
  /** host:port of the frontend. */
  readonly address: string;
  readonly uiUrl: string | undefined;
}

/** As in `deploy/temporal.yml`, which says why. */
export const ownConfig = {
  'history.MaxBufferedQueryCount': '100',
  'history.transferProcessorMaxPollRPS': '200',
  'system.enableActivityEagerExecution': 'true',
};

/** A commit is synced once, before it is answered; with SQLite's own journal it is synced several times. */
const pragmas = { journal_mode: 'WAL', synchronous: 'FULL' };

/** Starts the dev server on 127.0.0.1 and waits until it answers. Throws `SetupError` that says what to do. */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const { cli, dataDir, port, uiPort, namespace, signal } = options;
  // Else the wait below could be answered by whoever has the port.
  const host = '127.0.0.1';
  await requirePorts([
    { port, variable: 'BOOFLOW_TEMPORAL_PORT', host },
    ...(uiPort === undefined ? [] : [{ port: uiPort, variable: 'BOOFLOW_TEMPORAL_UI_PORT', host }]),
  ]);
  const database = join(dataDir, 'temporal.db');
  const logFile = join(dataDir, 'temporal.log');
  const logStart = logSize(logFile);
  const running = await launch({
    command: cli,
    args: [
      ...['server', 'start-dev', '--ip', host, '--port', String(port), '--db-filename', database],
      ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
      ...(namespace === 'default' ? [] : ['--namespace', namespace]),
      ...pairs('--dynamic-config-value', { ...ownConfig, ...options.dynamicConfig }),
      ...pairs('--sqlite-pragma', pragmas),
      ...['--log-level', 'error'],
    ],
    logFile,
    graceMs: 15_000,
  });
  const address = `${host}:${port}`;
  try {
    let gone = false;
    void running.exited.then(() => {
      gone = true;
    });
    await untilAnswers(
      { temporalAddress: address, temporalNamespace: namespace },
      { ms: 120_000, signal, gaveUp: () => gone },
    );
    return { ...running, address, uiUrl: uiPort === undefined ? undefined : `http://localhost:${uiPort}` };
  } catch (error) {
    await running.stop();
    signal?.throwIfAborted();
    throw whyNot(await logSince(logFile, logStart), database, logFile, error);
  }
}

const pairs = (option: string, values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [option, `${name}=${value}`]);

/** Waits for a Temporal that is not ours. Throws `SetupError` when it or the namespace does not answer in `ms`. */
export async function waitForTemporal(target: TemporalTarget, ms: number, signal?: AbortSignal): Promise<void> {
  const { temporalAddress: address, temporalNamespace: namespace } = target;
  try {
    await untilAnswers(target, { ms, signal, gaveUp: () => false });
  } catch (error) {
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new SetupError(
      'TEMPORAL',
      `Temporal at ${address} does not answer for the namespace "${namespace}": ${reason}. ` +
        'Check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, and the keys and certificates it asks for.',
      { cause: error },
    );
  }
}

interface Patience {
  readonly ms: number;
  readonly signal?: AbortSignal;
  readonly gaveUp: () => boolean;
}

async function untilAnswers(target: TemporalTarget, patience: Patience): Promise<void> {
  const deadline = Date.now() + patience.ms;
  for (;;) {
    patience.signal?.throwIfAborted();
    try {
      const connection = await Connection.connect({ ...connectionOptions(target), connectTimeout: 2_000 });
      try {
        await connection.workflowService.describeNamespace({ namespace: target.temporalNamespace });
        return;
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (patience.gaveUp() || Date.now() > deadline) throw error;
    }
    await sleep(100);
  }
}

function whyNot(words: string, database: string, logFile: string, cause: unknown): SetupError {
  const said = words
    .split('\n')
    .filter((line) => /level=ERROR|^Error|panic/i.test(line))
    .slice(-1)
    .map((line) => `  ${line.replace(/^.*?msg=/, '')}`);
  if (/not a database|malformed|file is encrypted|schema version/i.test(words)) {
    return new SetupError(
      'DATA_DAMAGED',
      `Temporal can't read ${database}. It says (more in ${logFile}):\n${said.join('\n')}\n` +
        'Bring the file back from a backup, or move it away and start again with no flows running:\n' +
        `  mv ${database} ${database}.damaged`,
      { cause },
    );
  }
  if (/no space left|database or disk is full/i.test(words)) {
    return new SetupError('DISK_FULL', `The disk that holds ${database} is full. Make room and start again.`, {
      cause,
    });
  }
  const reason = said.join('\n') || `  ${cause instanceof Error ? cause.message : String(cause)}`;
  return new SetupError('TEMPORAL', `Temporal's dev server did not start (more in ${logFile}):\n${reason}`, { cause });
}

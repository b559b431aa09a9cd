/** Child processes: started apart from the terminal, so that Ctrl-C reaches only the one who stops them in order. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SetupError } from './setup-error.ts';

const run = promisify(execFile);

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Running {
  readonly pid: number;
  /** Settles when the process is gone, whatever the reason. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Ends it: politely first, by force when that takes too long. Settles when it is gone. */
  stop(): Promise<void>;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Where its output is appended. Left out: it writes to our own output. */
  readonly logFile?: string;
  readonly stopSignal?: NodeJS.Signals;
  /** How long it may take to stop before it is killed, in ms. */
  readonly graceMs: number;
}

/** Starts a process. Throws `SetupError` when the command can't be run at all. */
export async function launch(what: Launch): Promise<Running> {
  const output = what.logFile === undefined ? 'inherit' : openLog(what.logFile);
  let child: ChildProcess;
  try {
    child = spawn(what.command, what.args, {
      detached: true,
      stdio: ['ignore', output, output],
      env: { ...process.env, ...what.env },
      ...what.user,
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(new SetupError('TOOL_MISSING', `Could not run ${what.command}: ${error.message}`, { cause: error })),
      );
    });
  } finally {
    if (typeof output === 'number') closeSync(output);
  }
  const { pid } = child;
  if (pid === undefined) throw new SetupError('TOOL_MISSING', `Could not run ${what.command}`);
  const exited = new Promise<Exit>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null)
      resolve({ code: child.exitCode, signal: child.signalCode });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return {
    pid,
    exited,
    stop: async () => {
      child.kill(what.stopSignal ?? 'SIGTERM');
      const patience = new AbortController();
      const late = sleep(what.graceMs, true, { signal: patience.signal }).catch(() => false);
      if (await Promise.race([exited.then(() => false), late])) child.kill('SIGKILL');
      patience.abort();
      await exited;
    },
  };
}

/** Says in words how a process ended. */
export const howItEnded = (exit: Exit): string =>
  exit.signal === null ? `exit code ${exit.code}` : `killed by ${exit.signal}`;

const logLimit = 10_000_000;

function openLog(file: string): number {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return openSync(file, size > logLimit ? 'w' : 'a');
}

/** What a log file holds from byte `from` on, the last 64 kB at most. */
export async function logSince(file: string, from: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(size < from ? 0 : from, size - 65_536);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The size of a log file now, in bytes; 0 when there is none. */
export const logSize = (file: string): number => {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return size > logLimit ? 0 : size;
};

/** Is there such a process? */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** The command line of a process; undefined when it is gone. */
export async function commandOf(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  try {
    if (process.platform === 'linux')
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
    return (await run('ps', ['-o', 'args=', '-p', String(pid)])).stdout.trim();
  } catch (error) {
    if (isAlive(pid)) throw error;
    return undefined;
  }
}

/**
 * When a process was born, as text to compare: with its pid it names one process for good, since pids are used
 * again. Undefined when it is gone or only waits to be buried.
 */
export async function birthOf(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  try {
    if (process.platform !== 'linux') return (await run('ps', ['-o', 'lstart=', '-p', String(pid)])).stdout.trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the command in parentheses, which may hold anything: state is the 1st field, start time the 20th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch (error) {
    if (isAlive(pid)) throw error;
    return undefined;
  }
}

/** Ends a process that is no child of ours, by force after `graceMs`. */
export async function endProcess(pid: number, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  const born = await birthOf(pid);
  const isSame = async (): Promise<boolean> => born !== undefined && (await birthOf(pid)) === born;
  for (const [how, patience] of [
    [signal, graceMs],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!(await isSame())) return;
    process.kill(pid, how);
    for (let waited = 0; waited < patience && (await isSame()); waited += 50) await sleep(50);
  }
}

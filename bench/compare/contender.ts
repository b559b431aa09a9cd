/** One way to do the job: a task waits for a person, durably; somebody completes it, and hears what came of it. */
import type { Running } from '../../src/platform/processes.ts';

export interface Contender {
  readonly name: string;
  /** What has been synced to the disk when the answer is given, in words. */
  readonly synced: string;
  /** So many tasks that wait, by whatever `complete` takes. */
  waiting(count: number): Promise<string[]>;
  /** Completes one, and settles when the result is there. Throws when it was not, or nobody answered. */
  complete(task: string): Promise<void>;
  /** The processes that work on it, by what they are; all below one are of it. */
  parts(): Readonly<Record<string, number>>;
  /** Kills what runs the code and nothing else, and starts it. Settles when it was started, ready or not. Null: not measured. */
  readonly restartCode: (() => Promise<void>) | null;
  /** Kills everything, its database with it, and starts it in order. */
  readonly restartAll: (() => Promise<void>) | null;
}

/** Contenders that share processes, and the end of them. */
export interface Stand {
  readonly contenders: readonly Contender[];
  /** Versions of what runs, in words. */
  readonly versions: string;
  stop(): Promise<void>;
}

/** As a lost machine would: nobody is told. */
export async function killAll(...running: readonly Running[]): Promise<void> {
  for (const { pid } of running) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It was gone already, which is what is wanted.
    }
  }
  await Promise.all(running.map(({ exited }) => exited));
}

/** A POST of JSON. Throws what the other side said when that is no success. */
export async function post(url: string, body?: unknown): Promise<unknown> {
  const reply = await fetch(url, {
    method: 'POST',
    signal: AbortSignal.timeout(60_000),
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${url} answered ${reply.status}: ${text.slice(0, 300)}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** Does something for each, a few at once. */
export async function inTurns<T>(of: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...of];
  const one = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: 10 }, one));
}

/** Tries until it works, for as long as a machine may need to start. Throws the last failure. */
export async function untilWorks(work: () => Promise<unknown>, ms = 90_000): Promise<void> {
  const deadline = Date.now() + ms;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

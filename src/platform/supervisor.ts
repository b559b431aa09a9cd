/** Keeps the parts of `npm start` running: one that dies is started again, later and later while it keeps dying. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataFolder, PartName } from './data-folder.ts';
import { howItEnded, type Running } from './processes.ts';
import type { Report } from './setup-error.ts';

export interface Part<T extends Running = Running> {
  readonly name: PartName;
  /** Starts it, and waits until it can be used when that can be told. Aborted when everything is to stop. */
  start(signal: AbortSignal): Promise<T>;
}

const firstWaitMs = 500;
const longestWaitMs = 10_000;
/** A part that has run so long is taken to be well again. */
const wellAfterMs = 30_000;

export class Supervisor {
  readonly #folder: DataFolder;
  readonly #report: Report;
  readonly #stop = new AbortController();
  readonly #running = new Map<PartName, Running>();
  readonly #watches: Promise<void>[] = [];
  readonly #started: PartName[] = [];
  #stopped: Promise<void> | undefined;

  constructor(folder: DataFolder, report: Report) {
    this.#folder = folder;
    this.#report = report;
  }

  /** Starts a part for the first time and keeps it running from then on. Throws what its first start throws. */
  async start<T extends Running>(part: Part<T>): Promise<T> {
    const { signal } = this.#stop;
    const running = await part.start(signal);
    if (signal.aborted) await running.stop();
    signal.throwIfAborted();
    this.#started.push(part.name);
    await this.#note(part, running);
    this.#watches.push(this.#watch(part, running));
    return running;
  }

  /** Stops all parts, the last started first. Nothing is started again. Settles when all are gone. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    this.#stop.abort();
    for (const name of [...this.#started].reverse()) {
      const running = this.#running.get(name);
      if (!running) continue;
      this.#report(`${name} is stopping`);
      await running.stop();
      this.#running.delete(name);
      this.#folder.forget(name);
    }
    await Promise.all(this.#watches);
  }

  /** Kills what still runs, without waiting for it to finish what it does. */
  kill(): void {
    for (const [name, running] of this.#running) {
      try {
        // PostgreSQL's own way to end at once: it leaves no shared memory behind.
        process.kill(running.pid, name === 'postgres' ? 'SIGQUIT' : 'SIGKILL');
      } catch (error) {
        this.#report(`${name} could not be killed: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  async #note(part: Part, running: Running): Promise<void> {
    this.#running.set(part.name, running);
    await this.#folder.note(part.name, running.pid);
  }

  async #watch(part: Part, first: Running): Promise<void> {
    const { signal } = this.#stop;
    let running: Running | undefined = first;
    let since = Date.now();
    let wait = firstWaitMs;
    while (!signal.aborted) {
      if (running) {
        const exit = await running.exited;
        if (signal.aborted) return;
        this.#running.delete(part.name);
        if (Date.now() - since > wellAfterMs) wait = firstWaitMs;
        this.#report(`${part.name} stopped (${howItEnded(exit)}); it is started again in ${wait / 1000} s`);
      }
      await sleep(wait, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
      wait = Math.min(wait * 2, longestWaitMs);
      if (signal.aborted) return;
      try {
        running = await part.start(signal);
        since = Date.now();
        if (signal.aborted) return await running.stop();
        await this.#note(part, running);
        this.#report(`${part.name} runs again`);
      } catch (error) {
        running = undefined;
        if (signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        this.#report(`${part.name} could not be started: ${reason}\n  The next try is in ${wait / 1000} s`);
      }
    }
  }
}

/** A process that is started again when it dies, as a supervisor or a cluster does it. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Exit, howItEnded, isAlive, type Running } from '../../../src/platform/processes.ts';

export interface Death {
  readonly at: number;
  readonly how: string;
  /** Did a fault kill it, or was it told to stop? */
  readonly meant: boolean;
}

const againAfterMs = 500;

export class Kept {
  readonly name: string;
  readonly deaths: Death[] = [];
  readonly #start: () => Promise<Running>;
  #running: Running | null = null;
  #meant = false;
  /** While true it stays away when it dies. */
  #held = false;
  #watching: Promise<void> | null = null;

  constructor(name: string, start: () => Promise<Running>) {
    this.name = name;
    this.#start = start;
  }

  /** Starts it and keeps it running. */
  async start(): Promise<void> {
    this.#held = false;
    this.#running = await this.#start();
    this.#watching = this.#watch();
  }

  get pid(): number | null {
    return this.#running?.pid ?? null;
  }

  /** Sends a signal, to its children too where it is stopped or goes on. Waits until it runs. Gives the pid. */
  async signal(signal: NodeJS.Signals): Promise<number> {
    while (this.#running === null) await sleep(20);
    const { pid } = this.#running;
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') for (const p of family(pid)) send(p, signal);
    else {
      this.#meant = true;
      send(pid, signal);
    }
    return pid;
  }

  /** Ends it, and leaves it away until `start`. */
  async away(signal: NodeJS.Signals): Promise<void> {
    this.#held = true;
    if (this.#running !== null) await this.signal(signal);
    await this.#watching;
  }

  /** As `away`, but by force when it does not end in time. */
  async end(): Promise<void> {
    this.#held = true;
    this.#meant = true;
    await this.#running?.stop();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    for (;;) {
      if (this.#running !== null) {
        const exit = await this.#running.exited;
        this.#note(exit);
        this.#running = null;
      }
      if (this.#held) return;
      await sleep(againAfterMs);
      if (this.#held) return;
      try {
        this.#running = await this.#start();
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        this.deaths.push({ at: Date.now(), how: `did not start: ${why}`, meant: false });
        await sleep(againAfterMs);
      }
    }
  }

  #note(exit: Exit): void {
    this.deaths.push({ at: Date.now(), how: howItEnded(exit), meant: this.#meant });
    this.#meant = false;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  if (isAlive(pid)) process.kill(pid, signal);
}

/** A process and all that descend from it. */
export function family(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch (error) {
      // It ended while we looked.
      if (!(error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code)))) throw error;
    }
  }
  const found = [pid];
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child);
  return found;
}

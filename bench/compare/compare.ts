/**
 * `npm run bench:compare`: a task that waits for a person, completed durably, by Booflow and by what one would take
 * instead, on this machine and disk, everything synced before the answer. All run at once; each is measured in turn while
 * the others idle, round by round, so that what else the machine does meets all of them.
 */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '../../test/support/folder.ts';
import { startAsItComes, startOnDevServer, startOnPostgres } from './booflow.ts';
import type { Contender, Stand } from './contender.ts';
import { cpuOf } from './cpu.ts';
import { startDbos } from './dbos.ts';
import { startRestate } from './restate.ts';

export interface CompareOptions {
  /** Tasks that one client completes, one after the other. */
  readonly rounds: number;
  readonly clients: number;
  /** Tasks that each of many clients completes. */
  readonly each: number;
  readonly turns: number;
  /** Tasks that wait when everything is killed; 0: nothing is. */
  readonly waiting: number;
  readonly report: (line: string) => void;
}

export interface CompareRow {
  readonly name: string;
  readonly synced: string;
  /** From "complete" to the result, one client, in milliseconds. */
  readonly p50: number;
  readonly p95: number;
  /** Of all clients together. */
  readonly perSecond: number;
  /** Processor time of one task while all clients are at work, in milliseconds, by part; that of the clients is not in it. */
  readonly cpu: Readonly<Record<string, number>>;
  /** From the kill until a task that waited is completed, in milliseconds; null where it was not measured. */
  readonly restartCode: number | null;
  readonly restartAll: number | null;
}

export interface Comparison {
  /** The machine and how much was measured, in words. */
  readonly how: string;
  readonly rows: readonly CompareRow[];
  /** Who could not be had here, and why. */
  readonly absent: readonly { readonly name: string; readonly why: string }[];
  readonly versions: readonly string[];
  /** Of 8 kB written and synced to the same disk, in milliseconds: what no durable answer can be quicker than. */
  readonly sync: { readonly p50: number; readonly p95: number };
}

export const usual: Omit<CompareOptions, 'report'> = { rounds: 60, clients: 50, each: 4, turns: 2, waiting: 200 };

export async function compare(options: CompareOptions): Promise<Comparison> {
  const { rounds, clients, each, turns, report } = options;
  const folder = temporaryFolder();
  const stands: Stand[] = [];
  const absent: { name: string; why: string }[] = [];
  const ways: readonly (readonly [string, () => Promise<Stand>])[] = [
    ['Temporal on PostgreSQL, and Booflow on it', () => startOnPostgres(folder, report)],
    ["Temporal's dev server, and Booflow on it", () => startOnDevServer(folder)],
    ["Temporal's dev server as it comes", () => startAsItComes(folder, report)],
    ['DBOS', () => startDbos(folder)],
    ['Restate', () => startRestate(folder)],
  ];
  try {
    for (const [name, start] of ways) {
      try {
        stands.push(await start());
        report(`${name}: runs`);
      } catch (error) {
        if (error instanceof TypeError) throw error;
        const why = error instanceof Error ? error.message : String(error);
        absent.push({ name, why });
        report(`${name}: ${why}`);
      }
    }
    const contenders = stands.flatMap((stand) => stand.contenders);
    const took = new Map<Contender, number[]>(contenders.map((c) => [c, []]));
    const speed = new Map<Contender, number[]>(contenders.map((c) => [c, []]));
    const cpu = new Map<Contender, Record<string, number>>();
    const sync = syncTimes(folder, 200);

    report('One client');
    const warmUp = 8;
    const tasks = new Map<Contender, string[]>();
    for (const c of contenders) tasks.set(c, await c.waiting(rounds + warmUp));
    for (let round = 0; round < rounds + warmUp; round++) {
      for (const c of contenders) {
        const ms = await timed(() => c.complete(nextOf(tasks, c)));
        if (round >= warmUp) took.get(c)?.push(ms);
        // What an answer leaves to be done is its own, not the next one's.
        await sleep(50);
      }
    }
    for (let turn = 0; turn < turns; turn++) {
      for (const c of contenders) {
        report(`${clients} clients, turn ${turn + 1}: ${c.name}`);
        const all = await c.waiting(clients * each);
        const shares = Array.from({ length: clients }, (_, n) => all.slice(n * each, (n + 1) * each));
        await sleep(2_000);
        const before = cpuByPart(c);
        const ms = await timed(async () => {
          await Promise.all(
            shares.map(async (share) => {
              for (const task of share) await c.complete(task);
            }),
          );
        });
        speed.get(c)?.push((clients * each * 1_000) / ms);
        // What an answer leaves to be done counts.
        await sleep(2_000);
        const used = cpu.get(c) ?? {};
        for (const [part, now] of Object.entries(cpuByPart(c)))
          used[part] = (used[part] ?? 0) + (now - (before[part] ?? 0)) / (clients * each * turns);
        cpu.set(c, used);
      }
    }
    const restarts = new Map<Contender, Pick<CompareRow, 'restartCode' | 'restartAll'>>();
    for (const c of contenders) {
      report(`Killed and started: ${c.name}`);
      restarts.set(c, {
        restartCode: await back(c, c.restartCode, options.waiting),
        restartAll: await back(c, c.restartAll, options.waiting),
      });
    }
    return {
      how: howOf(options),
      rows: contenders.map((c) => ({
        ...{ name: c.name, synced: c.synced },
        p50: at(took.get(c), 0.5),
        p95: at(took.get(c), 0.95),
        perSecond: at(speed.get(c), 0.5),
        cpu: cpu.get(c) ?? {},
        ...(restarts.get(c) ?? { restartCode: null, restartAll: null }),
      })),
      absent,
      versions: stands.map((stand) => stand.versions),
      sync: { p50: at(sync, 0.5), p95: at(sync, 0.95) },
    };
  } finally {
    for (const stand of stands.reverse()) await stand.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function howOf({ rounds, clients, each, turns, waiting }: CompareOptions): string {
  const { length: cores } = cpus();
  const [, load = 0] = loadavg();
  return `${cores} cores, Node ${process.versions.node}, load ${load.toFixed(0)} with what else ran; one client ${rounds} tasks, ${clients} clients ${each} each, ${turns} times; ${waiting} tasks waited when all was killed`;
}

/** How long until one of many waiting tasks can be completed. A try that came to nothing may have done it: the next takes another. */
async function back(c: Contender, restart: (() => Promise<void>) | null, count: number): Promise<number | null> {
  if (restart === null || count === 0) return null;
  const tasks = await c.waiting(count);
  await sleep(2_000);
  const begun = performance.now();
  await restart();
  for (let n = 0; performance.now() - begun < 120_000; n++) {
    try {
      await c.complete(tasks[n % tasks.length] ?? '');
      const ms = performance.now() - begun;
      await sleep(5_000);
      return ms;
    } catch {
      await sleep(20); // it is not back yet
    }
  }
  return null;
}

function cpuByPart(c: Contender): Record<string, number> {
  const used = Object.entries(c.parts()).map(([part, pid]) => [part, cpuOf([pid])] as const);
  return Object.fromEntries(used.flatMap(([part, ms]) => (ms === null ? [] : [[part, ms]])));
}

function nextOf(tasks: Map<Contender, string[]>, c: Contender): string {
  const task = tasks.get(c)?.shift();
  if (task === undefined) throw new Error(`${c.name} has no task left`);
  return task;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function syncTimes(folder: string, count: number): number[] {
  const file = openSync(join(folder, 'sync'), 'w');
  const page = Buffer.alloc(8_192, 1);
  try {
    return Array.from({ length: count }, (_, n) => {
      const begun = performance.now();
      writeSync(file, page, 0, page.length, n * page.length);
      fdatasyncSync(file);
      return performance.now() - begun;
    });
  } finally {
    closeSync(file);
  }
}

function at(of: readonly number[] | undefined, share: number): number {
  const sorted = (of ?? []).toSorted((a, b) => a - b);
  return sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
}

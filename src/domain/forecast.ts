/** When a flow will be done, from how long such tasks took before. Pure. */
import { dayMs } from './dates.ts';
import { type Flow, isFinal, isResolved, type Task, waitsFor } from './flow.ts';

/** How long tasks took from READY to done, in milliseconds. */
export interface Durations {
  /** Those made from the same step, by its key. */
  readonly byStep: ReadonlyMap<string, readonly number[]>;
  /** Those of one type in the whole organization. */
  readonly byType: ReadonlyMap<Task['type'], readonly number[]>;
}

export interface Forecast {
  /** The moment by which it is done in half of the cases. */
  readonly likely: number;
  /** The moment by which it is done in 8 of 10. */
  readonly late: number;
  /** How many finished tasks this comes from. */
  readonly basis: number;
}

const runs = 1_000;
/** Fewer say too little about a step. */
const enough = 3;

/**
 * Plays the rest of the flow a thousand times (200 at least, when it is large): each open task takes as long as some such task did, and begins when what
 * it waits for is done. So tasks side by side cost the longest of them, which comes late more often than each does, and
 * tasks in a row do not all come late at once; sums of quantiles along the longest way would miss both.
 * The draws are seeded, so the same facts give the same forecast.
 *
 * A task takes after its own step's times, else after those of its type in the organization, else as many days as its
 * due offset gives it. One that is READY for longer than such tasks ever took is expected to take their median from now.
 * Every condition that is open is taken as met, and rework is not foreseen. Of a DRAFT or PAUSED flow it tells what
 * were so if it ran from now on. Null for a flow that has ended, and when no open task has anything to go by.
 */
export function forecast(flow: Flow, durations: Durations, now: number): Forecast | null {
  if (isFinal(flow.status)) return null;
  const open = inOrder(flow);
  const sources = open.map((t) => sourceOf(t, durations));
  const used = new Set(sources.flatMap((s) => (s.from === 'tasks' ? [s.took] : [])));
  if (used.size === 0) return null;
  const place = new Map(open.map((t, i) => [t.id, i]));
  const waits = waitsFor(flow.tasks);
  const before = open.map((t) => waits(t).flatMap((id) => place.get(id) ?? []));
  const left = open.map((t, i) => stillToGo(t, sources[i], now));
  const random = seeded();
  const ends = Array.from({ length: Math.max(200, Math.min(runs, Math.floor(200_000 / open.length))) }, () => {
    const done: number[] = [];
    for (const [i, waitsOn] of before.entries()) {
      const begins = waitsOn.reduce((latest, at) => Math.max(latest, done[at] ?? now), now);
      const took = left[i] ?? [];
      done.push(begins + (took[Math.floor(random() * took.length)] ?? 0));
    }
    return done.reduce((latest, at) => Math.max(latest, at), now);
  }).sort((a, b) => a - b);
  return {
    likely: quantile(ends, 0.5),
    late: quantile(ends, 0.8),
    basis: [...used].reduce((n, took) => n + took.length, 0),
  };
}

type Source =
  | { readonly from: 'tasks'; readonly took: readonly number[] }
  | { readonly from: 'offset'; readonly ms: number };

function sourceOf(task: Task, { byStep, byType }: Durations): Source {
  const own = byStep.get(task.key) ?? [];
  if (own.length >= enough) return { from: 'tasks', took: own };
  const ofType = byType.get(task.type) ?? [];
  if (ofType.length >= enough) return { from: 'tasks', took: ofType };
  if (own.length > 0) return { from: 'tasks', took: own };
  return { from: 'offset', ms: task.due?.from === 'ready' ? task.due.days * dayMs : 0 };
}

/** How much longer it may take, from its beginning on, or from now on when it is READY. */
function stillToGo(task: Task, source: Source | undefined, now: number): readonly number[] {
  if (source === undefined) return [];
  const waited = task.status === 'READY' && task.readyAt !== null ? Math.max(0, now - task.readyAt) : 0;
  if (source.from === 'offset') return [Math.max(0, source.ms - waited)];
  const longer = source.took.filter((ms) => ms > waited).map((ms) => ms - waited);
  return longer.length > 0
    ? longer
    : [
        quantile(
          [...source.took].sort((a, b) => a - b),
          0.5,
        ),
      ];
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;

/** The open tasks, each after those it waits for. */
function inOrder(flow: Flow): Task[] {
  const open = new Map(flow.tasks.filter((t) => !isResolved(t)).map((t) => [t.id, t]));
  const before = waitsFor(flow.tasks);
  const left = new Map([...open.values()].map((t) => [t.id, new Set(before(t).filter((id) => open.has(id)))]));
  const behind = new Map<string, string[]>();
  for (const [id, waits] of left) for (const dep of waits) behind.set(dep, [...(behind.get(dep) ?? []), id]);
  const ordered: Task[] = [];
  const next = [...left].flatMap(([id, waits]) => (waits.size === 0 ? [id] : []));
  for (const id of next) {
    const task = open.get(id);
    if (task) ordered.push(task);
    for (const later of behind.get(id) ?? []) {
      const waits = left.get(later);
      if (waits?.delete(id) && waits.size === 0) next.push(later);
    }
  }
  return ordered;
}

/** Numbers from 0 to 1, always the same ones: the generator "mulberry32". */
function seeded(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

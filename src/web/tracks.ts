/** A graph as a list: one task a row, top to bottom, with its arrows as tracks in the margin. For phones, and for readers. */

interface Tracked {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

/** An arrow from one row down to another, in a lane of the margin; lane 0 runs straight through the rows' icons. */
export interface Track {
  readonly before: string;
  readonly after: string;
  readonly from: number;
  readonly to: number;
  readonly lane: number;
}

/** More would leave no room for the words; beyond it lanes are shared. */
export const mostLanes = 5;

/** Each task below all it waits for, in the given order where that is free. */
export function tracks(tasks: readonly Tracked[]): { order: string[]; lanes: number; lines: Track[] } {
  const rows = inOrder(tasks);
  const row = new Map(rows.map((id, i) => [id, i]));
  const next = new Map<string, string[]>();
  for (const t of tasks) {
    for (const id of new Set(t.dependsOn))
      if (row.has(id) && id !== t.id) next.set(id, [...(next.get(id) ?? []), t.id]);
  }
  /** The row up to which each lane is taken. */
  const taken: number[] = [];
  const lines: Track[] = [];
  for (const [from, before] of rows.entries()) {
    const ends = (next.get(before) ?? [])
      .map((after) => ({ after, to: row.get(after) ?? 0 }))
      .filter((e) => e.to > from);
    const far = ends.filter((e) => e.to > from + 1);
    const last = Math.max(...far.map((e) => e.to));
    const free = taken.findIndex((until) => until <= from);
    const lane = far.length === 0 ? 0 : Math.min(free === -1 ? taken.length : free, mostLanes - 1) + 1;
    if (lane > 0) taken[lane - 1] = Math.max(taken[lane - 1] ?? 0, last);
    for (const { after, to } of ends) lines.push({ before, after, from, to, lane: to === from + 1 ? 0 : lane });
  }
  return { order: rows, lanes: taken.length, lines };
}

function inOrder(tasks: readonly Tracked[]): string[] {
  const left = new Map(tasks.map((t) => [t.id, t]));
  const order: string[] = [];
  while (left.size > 0) {
    // In a circle, which only a draft can have, the first of them goes first.
    const [first] = left.values();
    const next = [...left.values()].find((t) => !t.dependsOn.some((id) => left.has(id) && id !== t.id)) ?? first;
    if (!next) break;
    order.push(next.id);
    left.delete(next.id);
  }
  return order;
}

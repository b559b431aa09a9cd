/**
 * Layers for large graphs, in time that grows with nodes and arrows alone: 500 steps with 3,000 arrows take a fraction
 * of a second. Ranks by the longest way from a start, order by barycentres, places by isotonic regression (pool
 * adjacent violators), after Sugiyama. Cycles and arrows to nowhere are drawn as far as they can be.
 */

export interface Box {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

/** `along` goes from layer to layer, `across` within one. In pixels. */
export interface Measures {
  readonly along: number;
  readonly across: number;
  readonly alongGap: number;
  readonly acrossGap: number;
}

export interface Spot {
  readonly along: number;
  readonly across: number;
}

export interface Layers {
  readonly length: number;
  readonly breadth: number;
  /** Middles of the boxes. */
  readonly spots: ReadonlyMap<string, Spot>;
  /** Where a long arrow passes between the boxes of the layers it crosses. */
  readonly bends: (before: string, after: string) => readonly Spot[];
}

const sweeps = 8;
/** More bends than this are not worth their time: arrows then pass behind the boxes. */
const mostBends = 2_500;
const bendWidth = 12;

interface Point {
  readonly box: string | null;
  readonly rank: number;
  readonly before: Point[];
  readonly after: Point[];
  across: number;
}

export function layers(boxes: readonly Box[], size: Measures): Layers {
  const ranks = rank(boxes);
  const points = new Map<string, Point>();
  const rows: Point[][] = [];
  const put = (box: string | null, at: number): Point => {
    const point: Point = { box, rank: at, before: [], after: [], across: 0 };
    const row = rows[at] ?? [];
    rows[at] = row;
    row.push(point);
    return point;
  };
  for (const { id } of boxes) if (!points.has(id)) points.set(id, put(id, ranks.get(id) ?? 0));

  const arrows = boxes.flatMap(({ id, dependsOn }) =>
    dependsOn.flatMap((before) => {
      const from = points.get(before);
      const to = points.get(id);
      return from && to && from.rank < to.rank ? [{ from, to, name: arrowName(before, id) }] : [];
    }),
  );
  const bent = arrows.reduce((n, { from, to }) => n + to.rank - from.rank - 1, 0) <= mostBends;
  const ways = new Map<string, Point[]>();
  for (const { from, to, name } of arrows) {
    const way: Point[] = [];
    if (bent) for (let at = from.rank + 1; at < to.rank; at++) way.push(put(null, at));
    ways.set(name, way);
    [from, ...way, to].reduce((a, b) => {
      a.after.push(b);
      b.before.push(a);
      return b;
    });
  }

  order(rows);
  place(rows, size);
  const all = rows.flat();
  const least = Math.min(0, ...all.map((p) => p.across - half(p, size)));
  const most = Math.max(0, ...all.map((p) => p.across + half(p, size)));
  const spot = (p: Point): Spot => ({
    along: p.rank * (size.along + size.alongGap) + size.along / 2,
    across: p.across - least,
  });
  return {
    length: rows.length * (size.along + size.alongGap) - (rows.length > 0 ? size.alongGap : 0),
    breadth: most - least,
    spots: new Map([...points].map(([id, p]) => [id, spot(p)])),
    bends: (before, after) => (ways.get(arrowName(before, after)) ?? []).map(spot),
  };
}

const arrowName = (before: string, after: string): string => JSON.stringify([before, after]);

/** The longest way from a start. In a cycle, the box that was written first goes first. */
function rank(boxes: readonly Box[]): Map<string, number> {
  const ranks = new Map<string, number>();
  const after = new Map<string, string[]>(boxes.map((b) => [b.id, []]));
  const open = new Map<string, number>();
  for (const { id, dependsOn } of boxes) {
    const known = [...new Set(dependsOn)].filter((d) => d !== id && after.has(d));
    for (const d of known) after.get(d)?.push(id);
    open.set(id, known.length);
  }
  const least = new Map<string, number>();
  const queue = [...open].filter(([, n]) => n === 0).map(([id]) => id);
  const rest = boxes.map((b) => b.id);
  let next = 0;
  for (let done = 0; ranks.size < open.size; done++) {
    let id = queue[done];
    if (id === undefined) {
      while (next < rest.length && ranks.has(rest[next] ?? '')) next++;
      id = rest[next];
      if (id === undefined) break;
      queue.push(id);
    }
    if (ranks.has(id)) continue;
    const at = least.get(id) ?? 0;
    ranks.set(id, at);
    for (const later of after.get(id) ?? []) {
      if (ranks.has(later)) continue;
      least.set(later, Math.max(least.get(later) ?? 0, at + 1));
      const left = (open.get(later) ?? 0) - 1;
      open.set(later, left);
      if (left === 0) queue.push(later);
    }
  }
  return ranks;
}

const mean = (points: readonly Point[], of: (p: Point) => number): number =>
  points.reduce((sum, p) => sum + of(p), 0) / points.length;

/** Each layer by where its neighbours are, forth and back. */
function order(rows: Point[][]): void {
  const index = new Map<Point, number>();
  const number = (row: readonly Point[]): void => row.forEach((p, i) => void index.set(p, i));
  rows.forEach(number);
  const sort = (row: Point[], side: 'before' | 'after'): void => {
    const wish = new Map(
      row.map((p, i) => [p, p[side].length === 0 ? i : mean(p[side], (q) => index.get(q) ?? 0)] as const),
    );
    row.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
    number(row);
  };
  for (let s = 0; s < sweeps; s++) {
    if (s % 2 === 0) for (const row of rows) sort(row, 'before');
    else for (const row of rows.toReversed()) sort(row, 'after');
  }
}

const half = (p: Point, size: Measures): number => (p.box === null ? bendWidth : size.across) / 2;

/** Each point as near to the middle of its neighbours as the order and the gaps allow. */
function place(rows: readonly Point[][], size: Measures): void {
  for (const row of rows) settle(row, size, () => 0);
  const to = (side: 'before' | 'after') => (p: Point) =>
    p[side].length > 0 ? mean(p[side], (q) => q.across) : p.across;
  for (let s = 0; s < sweeps; s++) {
    if (s % 2 === 0) for (const row of rows) settle(row, size, to('before'));
    else for (const row of rows.toReversed()) settle(row, size, to('after'));
  }
}

/** Least squares under "in this order, at least so far apart": blocks that would overlap move together. */
function settle(row: readonly Point[], size: Measures, wish: (p: Point) => number): void {
  let offset = 0;
  const offsets = row.map((p, i) => {
    const last = row[i - 1];
    if (last) offset += half(last, size) + size.acrossGap + half(p, size);
    return offset;
  });
  const blocks: { sum: number; count: number }[] = [];
  row.forEach((p, i) => {
    let block = { sum: wish(p) - (offsets[i] ?? 0), count: 1 };
    for (let last = blocks.at(-1); last && last.sum / last.count >= block.sum / block.count; last = blocks.at(-1)) {
      block = { sum: last.sum + block.sum, count: last.count + block.count };
      blocks.pop();
    }
    blocks.push(block);
  });
  let i = 0;
  for (const { sum, count } of blocks) {
    for (let k = 0; k < count; k++, i++) {
      const p = row[i];
      if (p) p.across = sum / count + (offsets[i] ?? 0);
    }
  }
}

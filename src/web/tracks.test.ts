import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mostLanes, tracks } from './tracks.ts';

const task = (id: string, ...dependsOn: string[]) => ({ id, dependsOn });

it('goes straight through from one row to the next, and past the others in a lane', () => {
  expect(tracks([task('a'), task('b', 'a'), task('c', 'a')])).toEqual({
    order: ['a', 'b', 'c'],
    lanes: 1,
    lines: [
      { before: 'a', after: 'b', from: 0, to: 1, lane: 0 },
      { before: 'a', after: 'c', from: 0, to: 2, lane: 1 },
    ],
  });
});

it('keeps the given order where that is free, and puts what waits below', () => {
  expect(tracks([task('late', 'first'), task('first'), task('other')]).order).toEqual(['first', 'late', 'other']);
});

it('uses a lane again once it is free', () => {
  const { lanes, lines } = tracks([task('a'), task('b'), task('c', 'a'), task('d'), task('e', 'c')]);
  expect(lines.map((l) => l.lane)).toEqual([1, 1]);
  expect(lanes).toBe(1);
});

it('draws an arrow once, none to itself, none from nowhere, and a circle as far as it can be', () => {
  const { order, lines } = tracks([task('a', 'a', 'nowhere', 'b'), task('b', 'a', 'a')]);
  expect(order).toEqual(['a', 'b']);
  expect(lines).toEqual([{ before: 'a', after: 'b', from: 0, to: 1, lane: 0 }]);
});

it('has nothing to draw for nothing', () => {
  expect(tracks([])).toEqual({ order: [], lanes: 0, lines: [] });
});

const graphs = fc
  .array(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }), { maxLength: 40 })
  .map((all) =>
    all.map((back, n) => task(`t${n}`, ...[...new Set(back)].filter((b) => b <= n).map((b) => `t${n - b}`))),
  );

it('lists each task once and below all it waits for, with each arrow once, in no more lanes than there is room for', () => {
  fc.assert(
    fc.property(graphs, (tasks) => {
      const { order, lanes, lines } = tracks(tasks);
      expect([...order].sort()).toEqual(tasks.map((t) => t.id).sort());
      const row = new Map(order.map((id, n) => [id, n]));
      expect(lines).toHaveLength(tasks.reduce((n, t) => n + t.dependsOn.length, 0));
      expect(lanes).toBeLessThanOrEqual(mostLanes);
      for (const { before, after, from, to, lane } of lines) {
        expect([from, to]).toEqual([row.get(before), row.get(after)]);
        expect(from).toBeLessThan(to);
        expect(lane).toBeLessThanOrEqual(lanes);
        // Straight through is free only where no row is between.
        expect(lane === 0).toBe(to === from + 1);
      }
    }),
  );
});

it('lets no two tasks share a lane while there are lanes left', () => {
  fc.assert(
    fc.property(graphs, (tasks) => {
      const { lanes, lines } = tracks(tasks);
      if (lanes === mostLanes) return;
      const inLanes = lines.filter((l) => l.lane > 0);
      for (const a of inLanes) {
        for (const b of inLanes) {
          if (a.before === b.before || a.lane !== b.lane) continue;
          expect(a.to <= b.from || b.to <= a.from).toBe(true);
        }
      }
    }),
  );
});

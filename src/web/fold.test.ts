import fc from 'fast-check';
import { expect, it } from 'vitest';
import { foldDone } from './fold.ts';

interface Step {
  readonly id: string;
  readonly done: boolean;
  readonly dependsOn: readonly string[];
}
const open = (id: string, ...dependsOn: string[]): Step => ({ id, done: false, dependsOn });
const done = (id: string, ...dependsOn: string[]): Step => ({ id, done: true, dependsOn });
const fold = (tasks: readonly Step[], keep: string | null = null) => foldDone(tasks, (t) => t.done, keep);

it('folds what is done and behind everyone, and leads its arrows to the fold', () => {
  const folded = fold([done('a'), done('b', 'a'), done('c', 'b'), done('d', 'c'), open('e', 'd')]);
  expect(folded.folds).toEqual([{ id: 'fold-a', tasks: ['a', 'b', 'c'], dependsOn: [] }]);
  // The one that something open waits for stays: it says why that one is open.
  expect(folded.tasks).toEqual([
    { id: 'd', done: true, dependsOn: ['fold-a'] },
    { id: 'e', done: false, dependsOn: ['d'] },
  ]);
});

it('folds an end that nothing more follows', () => {
  const folded = fold([open('a'), done('x', 'a'), done('y', 'x'), done('z', 'y')]);
  expect(folded.folds).toEqual([{ id: 'fold-x', tasks: ['x', 'y', 'z'], dependsOn: ['a'] }]);
  expect(folded.tasks.map((t) => t.id)).toEqual(['a']);
});

it('leaves two alone, since a fold of them would save nothing', () => {
  const tasks = [done('a'), done('b', 'a'), done('c', 'b'), open('d', 'c')];
  expect(fold(tasks)).toEqual({ tasks, folds: [] });
});

it('keeps the one that is looked at', () => {
  const tasks = [done('a'), done('b', 'a'), done('c', 'b'), done('d', 'c'), done('e', 'd'), open('f', 'e')];
  expect(fold(tasks).folds.map((f) => f.tasks)).toEqual([['a', 'b', 'c', 'd']]);
  expect(fold(tasks, 'd').tasks.map((t) => t.id)).toContain('d');
});

it('makes a fold for each branch that stands alone', () => {
  const branch = (name: string) => [done(`${name}1`), done(`${name}2`, `${name}1`), done(`${name}3`, `${name}2`)];
  const ends = [done('a4', 'a3'), done('b4', 'b3'), open('last', 'a4', 'b4')];
  const { folds } = fold([...branch('a'), ...branch('b'), ...ends]);
  expect(folds.map((f) => f.tasks)).toEqual([
    ['a1', 'a2', 'a3'],
    ['b1', 'b2', 'b3'],
  ]);
});

it('folds a circle of a draft, and an arrow from nowhere, without going round for ever', () => {
  expect(fold([done('a', 'c'), done('b', 'a', 'nowhere'), done('c', 'b')]).folds).toHaveLength(1);
});

/** Graphs without a circle: each waits for some of those before it. */
const graphs = fc
  .array(fc.record({ done: fc.boolean(), back: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }) }), {
    maxLength: 40,
  })
  .map((all) =>
    all.map(({ done: isDone, back }, n): Step => {
      const before = [...new Set(back)].filter((b) => b <= n).map((b) => `t${n - b}`);
      return { id: `t${n}`, done: isDone, dependsOn: before };
    }),
  );

it('shows each open task, loses none, leads no arrow to what is gone, and makes no circle', () => {
  fc.assert(
    fc.property(graphs, (tasks) => {
      const { tasks: left, folds } = fold(tasks);
      const seen = [...left.map((t) => t.id), ...folds.flatMap((f) => f.tasks)];
      expect([...seen].sort()).toEqual(tasks.map((t) => t.id).sort());
      expect(left.filter((t) => !t.done)).toHaveLength(tasks.filter((t) => !t.done).length);
      const drawn = [...left, ...folds];
      const known = new Set(drawn.map((t) => t.id));
      for (const t of drawn) for (const before of t.dependsOn) expect(known.has(before)).toBe(true);
      const over = new Set<string>();
      for (let moved = true; moved; ) {
        const next = drawn.filter((t) => !over.has(t.id) && t.dependsOn.every((d) => over.has(d)));
        for (const t of next) over.add(t.id);
        moved = next.length > 0;
      }
      expect(over.size).toBe(drawn.length);
    }),
  );
});

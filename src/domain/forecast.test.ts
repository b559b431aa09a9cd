import { expect, it } from 'vitest';
import { olivia } from '../../test/support/people.ts';
import { day, monday, Stage } from '../../test/support/stage.ts';
import { dayMs } from './dates.ts';
import { type Durations, forecast } from './forecast.ts';

const took = (byStep: Record<string, number[]>, tasks: number[] = []): Durations => ({
  byStep: new Map(Object.entries(byStep).map(([key, days]) => [key, days.map((d) => d * dayMs)])),
  byType: new Map([['TASK', tasks.map((d) => d * dayMs)]]),
});
const days = (stage: Stage, durations: Durations) => {
  const f = forecast(stage.flow, durations, stage.now);
  return f && { likely: (f.likely - monday) / dayMs, late: (f.late - monday) / dayMs, basis: f.basis };
};

it('tasks in a row add up, and tasks side by side cost the longest', () => {
  const row = Stage.started({ key: 'a' }, { key: 'b', dependsOn: ['a'] }, { key: 'c', dependsOn: ['b'] });
  const always = { a: [1, 1, 1], b: [2, 2, 2], c: [4, 4, 4] };
  expect(days(row, took(always))).toEqual({ likely: 7, late: 7, basis: 9 });
  const beside = Stage.started({ key: 'a' }, { key: 'b' }, { key: 'c', dependsOn: ['a', 'b'] });
  expect(days(beside, took(always))).toEqual({ likely: 6, late: 6, basis: 9 });
  beside.completes(olivia, 'a', 'b');
  expect(days(beside, took(always))).toEqual({ likely: 4, late: 4, basis: 3 });
});

it('many side by side come later than each of them, and many in a row not as late as all at their latest', () => {
  const times = [1, 1, 1, 1, 1, 1, 1, 1, 1, 11];
  const keys = Array.from({ length: 10 }, (_, i) => `s${i}`);
  const all = took(Object.fromEntries(keys.map((k) => [k, times])));
  const beside = Stage.started(...keys.map((key) => ({ key })));
  expect(days(beside, all)).toMatchObject({ likely: 11, late: 11 });
  const row = Stage.started(...keys.map((key, i) => ({ key, dependsOn: i === 0 ? [] : [`s${i - 1}`] })));
  const far = days(row, all);
  expect(far?.likely).toBe(20);
  expect(far?.late).toBe(30);
});

it('a task that has waited takes what such tasks took longer than that, and the median once none took as long', () => {
  const s = Stage.started({ key: 'a' });
  s.now = day(3);
  expect(days(s, took({ a: [1, 2, 5, 5, 5] }))).toMatchObject({ likely: 5, late: 5 });
  s.now = day(9);
  expect(days(s, took({ a: [1, 2, 5, 5, 5] }))).toMatchObject({ likely: 14 });
});

it('goes by the step, then by the type, then by the due offset, and knows nothing from offsets alone', () => {
  const s = Stage.started({ key: 'a' }, { key: 'b', dependsOn: ['a'], due: { from: 'ready', days: 6 } });
  expect(days(s, took({ a: [1, 1, 1] }, [3, 3, 3]))).toEqual({ likely: 4, late: 4, basis: 6 });
  expect(days(s, took({ a: [1, 1, 1] }))).toEqual({ likely: 7, late: 7, basis: 3 });
  expect(days(s, took({ a: [1, 2] }, [3, 3, 3]))).toEqual({ likely: 6, late: 6, basis: 3 });
  expect(days(s, took({}))).toBeNull();
});

it('is the same for the same facts, counts nothing that is done, and ends with the flow', () => {
  const s = Stage.started({ key: 'a' }, { key: 'b' });
  const facts = took({ a: [1, 2, 3, 4], b: [1, 4, 8, 9] });
  expect(days(s, facts)).toEqual(days(s, facts));
  s.completes(olivia, 'a', 'b');
  expect(days(s, facts)).toBeNull();
});

it('tells of the largest flow in no time that matters: 500 tasks, each with its past', () => {
  const keys = Array.from({ length: 500 }, (_, i) => `s${i}`);
  const s = Stage.started(...keys.map((key, i) => ({ key, dependsOn: keys.slice(Math.max(0, i - 6), i) })));
  const facts = took(Object.fromEntries(keys.map((k, i) => [k, [1, 2, 3 + (i % 5)]])));
  expect(days(s, facts)?.basis).toBe(1500);
});

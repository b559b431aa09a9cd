import { expect, it } from 'vitest';
import { olivia } from '../../test/support/people.ts';
import { Stage } from '../../test/support/stage.ts';
import { explain } from './explain.ts';

const told = (s: Stage) => explain(s.flow).map((h) => [h.task.key, h.behind, h.chain.map((t) => t.key).join(' ')]);

it('names what holds up the longest way first, with the way', () => {
  const s = Stage.started(
    { key: 'a' },
    { key: 'b', dependsOn: ['a'] },
    { key: 'c', dependsOn: ['b'] },
    { key: 'x' },
    { key: 'end', dependsOn: ['c', 'x'] },
  );
  expect(told(s)).toEqual([
    ['a', 3, 'a b c end'],
    ['x', 1, 'x end'],
  ]);
  s.completes(olivia, 'a', 'b', 'c');
  expect(told(s)).toEqual([['x', 1, 'x end']]);
});

it('counts a task behind two ways once', () => {
  const s = Stage.started(
    { key: 'a' },
    { key: 'l', dependsOn: ['a'] },
    { key: 'r', dependsOn: ['a'] },
    { key: 'end', dependsOn: ['l', 'r'] },
  );
  expect(told(s)[0]?.[1]).toBe(3);
});

it('waits on nothing when the flow has ended, and on nothing READY before it started', () => {
  const s = Stage.started({ key: 'a' });
  s.completes(olivia, 'a');
  expect(told(s)).toEqual([]);
});

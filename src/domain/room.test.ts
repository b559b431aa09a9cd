import { expect, it } from 'vitest';
import { invitee, jane, mia, olivia } from '../../test/support/people.ts';
import { assign, comment, complete, Stage } from '../../test/support/stage.ts';
import { flowBytes } from './room.ts';
import { jsonBytes } from './size.ts';

it('measures a flow as its whole JSON would be, after each change', () => {
  const stage = Stage.started({ key: 'a' }, { key: 'b', dependsOn: ['a'] }, { key: 'c' });
  const isWhole = (): void => {
    const whole = jsonBytes({ ...stage.flow, feed: [], outbox: [] });
    expect(flowBytes(stage.flow)).toBe(whole);
    // Once more, from what was measured before.
    expect(flowBytes(stage.flow)).toBe(whole);
  };
  isWhole();
  stage.does(olivia, { type: 'invite', people: [invitee(jane)] });
  isWhole();
  stage.does(olivia, assign('a', mia));
  for (const text of ['plain', 'ümläüte', '日本語', '🎉 "quoted"\n', '\ud800 alone']) {
    stage.does(olivia, comment('a', text));
    isWhole();
  }
  stage.does(mia, complete('a', null, 'done'));
  isWhole();
  expect(flowBytes({ ...stage.flow, tasks: [] })).toBe(jsonBytes({ ...stage.flow, tasks: [], feed: [], outbox: [] }));
});

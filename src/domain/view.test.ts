import { expect, it } from 'vitest';
import { invitee, jane, mia, olivia } from '../../test/support/people.ts';
import { assign, day, Stage, skip } from '../../test/support/stage.ts';
import { details } from './view.ts';

it('operators read how far a flow is and what waits on whom', () => {
  const s = Stage.started({ key: 'a', due: { days: 1, from: 'start' } }, { key: 'b' }, { key: 'c' }, { key: 'd' });
  s.does(olivia, { type: 'invite', people: [invitee(jane)] });
  s.does(olivia, assign('a', jane));
  s.does(olivia, assign('b', mia));
  s.completes(olivia, 'c');
  expect(details(s.flow, day(3))).toBe(
    [
      '**Acme Corp** is ACTIVE: 25% (1 of 4).',
      '',
      'Waits on:',
      '',
      '- client Jane Alder: "a", due Tue 10 Nov (overdue)',
      '- Mia: "b"',
      '- nobody yet: "d"',
      '',
      '3 mail(s) to send.',
    ].join('\n'),
  );
});

it('operators of a long flow read the first 20 and how many more; of one that is paused, nothing that waits', () => {
  const s = Stage.started(...Array.from({ length: 25 }, (_, i) => ({ key: `s${i}` })));
  s.does(olivia, skip('s3'));
  expect(details(s.flow, day(0)).split('\n').slice(-2)).toEqual(['- nobody yet: "s20"', '- and 4 more']);
  s.does(olivia, { type: 'pause' });
  expect(details(s.flow, day(0))).toBe('**Acme Corp** is PAUSED: 0% (0 of 24).');
});

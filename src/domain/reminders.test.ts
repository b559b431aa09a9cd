import { describe, expect, it } from 'vitest';
import { adam, invitee, jane, mia, olivia } from '../../test/support/people.ts';
import { assign, day, monday, Stage, setDue } from '../../test/support/stage.ts';
import { system } from './actor.ts';
import { dayMs, endOfDay } from './dates.ts';
import { decide } from './decide.ts';
import { isOverdue } from './flow.ts';
import { limits } from './limits.ts';
import { nextDueAt, nextMoment } from './reminders.ts';

const tick = { type: 'tick' } as const;
const today = { due: { days: 0, from: 'start' } };

describe('a READY task past its due date', () => {
  it('is overdue from the next millisecond on, while the flow is ACTIVE', () => {
    const s = Stage.started({ key: 'a', ...today }, { key: 'b', ...today, dependsOn: ['a'] });
    const due = endOfDay(monday);
    expect(isOverdue(s.flow, s.task('a'), due)).toBe(false);
    expect(isOverdue(s.flow, s.task('a'), due + 1)).toBe(true);
    expect(isOverdue(s.flow, s.task('b'), due + 1)).toBe(false);
    s.does(olivia, { type: 'pause' });
    expect(isOverdue(s.flow, s.task('a'), due + 1)).toBe(false);
  });

  it('is told once to whom it lies with, and a moved date is told again', () => {
    const s = Stage.started({ key: 'a', ...today });
    s.does(olivia, assign('a', mia));
    expect(nextMoment(s.flow)).toBe(endOfDay(monday) + 1);
    s.now = endOfDay(monday) + 1;
    expect(s.mails(system, tick)).toMatchObject([
      { kind: 'due', to: { name: 'Mia' }, from: 'Olivia', tasks: [{ title: 'a', dueAt: endOfDay(monday) }] },
    ]);
    expect(s.told.at(-1)).toBe('Booflow noted that "a" is overdue');
    expect(s.mails(system, tick)).toEqual([]);
    s.does(olivia, setDue('a', endOfDay(monday, 3)));
    s.now = endOfDay(monday, 3) + 1;
    expect(s.mails(system, tick).map((m) => m.kind)).toContain('due');
  });
});

describe('the digest', () => {
  it('goes out daily for a week, then weekly, to whom tasks lie with and all of it to whoever made the flow', () => {
    const s = Stage.started({ key: 'a', ...today }, { key: 'b', ...today }, { key: 'c', ...today });
    s.does(olivia, assign('a', mia));
    s.does(olivia, assign('b', olivia));
    s.now = endOfDay(monday) + 1;
    s.does(system, tick);
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      const next = nextMoment(s.flow);
      if (next === null) throw new Error('no digest is planned');
      waits.push((next - s.now) / dayMs);
      s.now = next;
      expect(s.mails(system, tick).map((m) => [m.kind, m.to.name, m.tasks.map((t) => t.title)])).toEqual([
        ['digest', 'Mia', ['a']],
        ['digest', 'Olivia', ['a', 'b', 'c']],
      ]);
    }
    expect(waits).toEqual([1, 1, 1, 1, 1, 1, 1, 7, 7]);
  });

  it('ends when nothing is overdue, and begins anew with the next', () => {
    const s = Stage.started({ key: 'a', ...today }, { key: 'b', due: { days: 9, from: 'start' } });
    s.now = day(1);
    s.does(system, tick);
    s.completes(olivia, 'a');
    s.now = day(2);
    expect(s.mails(system, tick)).toEqual([]);
    expect(s.flow).toMatchObject({ digestAt: null, digests: 0 });
    expect(nextMoment(s.flow)).toBe(endOfDay(monday, 9) + 1);
  });

  it('waits out a pause', () => {
    const s = Stage.started({ key: 'a', ...today });
    s.now = day(1);
    s.does(system, tick);
    s.does(olivia, { type: 'pause' });
    expect(nextMoment(s.flow)).toBeNull();
    s.now = day(5);
    expect(s.does(system, tick).events).toEqual([]);
    s.does(olivia, { type: 'resume' });
    expect(s.flow.digestAt).toBe(day(6));
  });
});

it('time is told by Booflow alone', () => {
  expect(Stage.started({ key: 'a' }).refusal(olivia, tick)).toMatchObject({
    code: 'not_allowed',
    message: 'Only Booflow itself tells a flow that time has passed. Nothing changed.',
  });
});

it('operators see the earliest due date of a READY task', () => {
  const s = new Stage(
    { key: 'a', due: { days: 5, from: 'start' } },
    { key: 'b', due: { days: 2, from: 'start' }, dependsOn: ['a'] },
  );
  expect(nextDueAt(s.flow)).toBeNull();
  s.does(olivia, { type: 'start', startDate: null });
  expect(nextDueAt(s.flow)).toBe(endOfDay(monday, 5));
  s.completes(olivia, 'a');
  expect(nextDueAt(s.flow)).toBe(endOfDay(monday, 2));
});

it('beyond 1,000 mails that wait, the next is told as not sent instead of growing the flow, by the rules of before', () => {
  const s = Stage.started({ key: 'a' });
  s.does(olivia, { type: 'invite', people: [invitee(jane)] });
  const resend = () => {
    const decision = decide(s.flow, { type: 'resend_invitation', externalId: jane.id }, adam, s.now, {
      mailsFit: false,
    });
    if (decision.ok) s.flow = decision.flow;
  };
  while (s.flow.outbox.length < limits.mailsWaiting) resend();
  resend();
  expect(s.flow.outbox).toHaveLength(1000);
  expect(s.told.at(-1)).toBe('Booflow could not send a mail: 1000 mails are waiting to be sent already');
});

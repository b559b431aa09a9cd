import { describe, expect, it } from 'vitest';
import { adam, invitee, jane, john, mia, olivia } from '../../test/support/people.ts';
import {
  approve,
  assign,
  comment,
  complete,
  day,
  monday,
  reject,
  reopen,
  Stage,
  setDue,
  skip,
} from '../../test/support/stage.ts';
import { system } from './actor.ts';
import type { Command } from './command.ts';
import { endOfDay } from './dates.ts';
import { progress } from './flow.ts';

const start = { type: 'start', startDate: null } as const;
const pause = { type: 'pause' } as const;
const resume = { type: 'resume' } as const;
const cancel = { type: 'cancel', reason: '' } as const;

describe('a new flow', () => {
  it('is a DRAFT with all tasks BLOCKED, nothing due, and its making in the feed', () => {
    const s = new Stage({ key: 'a', due: { days: 2, from: 'start' } }, { key: 'b', dependsOn: ['a'] });
    expect(s.flow.status).toBe('DRAFT');
    expect(s.statuses).toBe('a BLOCKED, b BLOCKED');
    expect(s.task('a').dueAt).toBeNull();
    expect(s.told).toEqual(['Olivia created the flow from "Test"']);
  });

  it('gives a step meant for the starter to whoever makes the flow', () => {
    const s = new Stage({ key: 'a', assignee: { kind: 'starter' } }, { key: 'b' });
    expect(s.task('a').assignee).toEqual({ kind: 'member', id: olivia.id, name: 'Olivia' });
    expect(s.task('b').assignee).toBeNull();
  });
});

describe('starting', () => {
  it('makes READY exactly the tasks without an open dependency', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b', dependsOn: ['a'] }, { key: 'c' });
    expect(s.statuses).toBe('a READY, b BLOCKED, c READY');
    expect(s.flow.status).toBe('ACTIVE');
  });

  it('sends every PENDING invitation, with the tasks that are READY for each', () => {
    const s = new Stage({ key: 'a', assignee: { kind: 'client' } }, { key: 'b' });
    expect(s.mails(olivia, { type: 'invite', people: [invitee(jane), invitee(john)] })).toEqual([]);
    expect(s.flow.externals.map((e) => e.invitation)).toEqual(['PENDING', 'PENDING']);
    const mails = s.mails(olivia, start);
    expect(mails.map((m) => [m.kind, m.to.name, m.tasks.map((t) => t.title)])).toEqual([
      ['invitation', 'Jane Alder', ['a']],
      ['invitation', 'John Birch', []],
    ]);
    expect(s.flow.externals.map((e) => e.invitation)).toEqual(['SENT', 'SENT']);
  });

  it('mails those whose tasks are READY, one mail each, and not whoever started it', () => {
    const s = new Stage({ key: 'a' }, { key: 'b' }, { key: 'c' }, { key: 'd', dependsOn: ['a'] });
    s.does(olivia, assign('a', mia));
    s.does(olivia, assign('b', mia));
    s.does(olivia, assign('c', olivia));
    s.does(olivia, assign('d', adam));
    expect(s.mails(olivia, start).map((m) => [m.kind, m.to.name, m.tasks.length])).toEqual([['task_ready', 'Mia', 2]]);
  });

  it('sets due dates in calendar days from the start date, at the end of the day', () => {
    const s = new Stage(
      { key: 'a', due: { days: 3, from: 'start' } },
      { key: 'b', due: { days: 3, from: 'start' }, dependsOn: ['a'] },
    );
    s.does(olivia, { type: 'start', startDate: Date.UTC(2026, 10, 2, 23, 59) });
    const end = Date.UTC(2026, 10, 5, 23, 59, 59, 999);
    expect([s.task('a').dueAt, s.task('b').dueAt]).toEqual([end, end]);
  });

  it('counts a due offset from READY only when the task becomes READY', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b', due: { days: 0, from: 'ready' }, dependsOn: ['a'] });
    expect(s.task('b').dueAt).toBeNull();
    s.now = day(4);
    s.completes(olivia, 'a');
    expect(s.task('b').dueAt).toBe(endOfDay(day(4)));
  });

  it('keeps a due date that was set by hand before the start, or while the task waited', () => {
    const s = new Stage(
      { key: 'a', due: { days: 3, from: 'start' } },
      { key: 'b', due: { days: 1, from: 'ready' }, dependsOn: ['a'] },
    );
    s.does(olivia, setDue('a', day(9)));
    s.does(olivia, start);
    s.does(olivia, setDue('b', day(20)));
    s.completes(olivia, 'a');
    expect([s.task('a').dueAt, s.task('b').dueAt]).toEqual([day(9), day(20)]);
  });

  it('completes at once a flow whose tasks were all skipped before, and sends no links into it', () => {
    const s = new Stage({ key: 'a' });
    s.does(olivia, { type: 'invite', people: [invitee(jane)] });
    s.does(olivia, skip('a'));
    expect(s.flow.status).toBe('DRAFT');
    expect(s.mails(olivia, start)).toEqual([]);
    expect(s.flow.status).toBe('COMPLETED');
    expect(progress(s.flow)).toEqual({ done: 0, counting: 0, percent: 100 });
  });

  it('is refused twice, when paused, and to a MEMBER', () => {
    const s = new Stage({ key: 'a' });
    expect(s.refusal(mia, start)).toEqual({
      code: 'not_allowed',
      message: 'Only an owner or admin of the organization can start a flow. Nothing changed.',
      blockedBy: [],
    });
    s.does(adam, start);
    expect(s.refusal(adam, start)).toMatchObject({
      code: 'wrong_status',
      message: 'Acme Corp is already running. Nothing changed.',
    });
    s.does(adam, pause);
    expect(s.refusal(adam, start)).toMatchObject({
      code: 'wrong_status',
      message: 'Acme Corp is paused, not new. Resume it instead. Nothing changed.',
    });
  });
});

describe('PAUSED', () => {
  it('tasks can not be completed, approved, rejected, skipped, reopened or given another due date', () => {
    const s = Stage.started({ key: 'a' }, { key: 'ok', type: 'APPROVAL' }, { key: 'b' });
    s.completes(olivia, 'b');
    s.does(olivia, pause);
    const refused = [complete('a'), approve('ok'), reject('ok', 'why'), skip('a'), reopen('b'), setDue('a', day(3))];
    for (const c of refused) expect(s.refusal(olivia, c).code).toBe('flow_paused');
    expect(s.refusal(olivia, complete('a')).message).toBe(
      "Acme Corp is paused, so its tasks can't be completed. Resume it first. Nothing changed.",
    );
    expect(s.refusal(mia, complete('a')).message).toBe(
      "Acme Corp is paused, so its tasks can't be completed. An owner or admin can resume it. Nothing changed.",
    );
  });

  it('assigning, inviting, commenting and renaming go on; who came by a task, and who was invited, is told when it resumes', () => {
    const s = Stage.started({ key: 'a' });
    s.does(olivia, pause);
    s.does(olivia, { type: 'rename', name: 'Acme Inc' });
    s.does(olivia, comment('a', 'soon'));
    s.does(olivia, assign('a', mia));
    expect(s.mails(olivia, { type: 'invite', people: [invitee(jane)] })).toEqual([]);
    expect(s.flow.externals[0]?.invitation).toBe('PENDING');
    expect(s.mails(olivia, resume).map((m) => [m.kind, m.to.name])).toEqual([
      ['invitation', 'Jane Alder'],
      ['task_ready', 'Mia'],
    ]);
  });

  it('on resume, due dates move by the days of the pause, and those of done tasks stay', () => {
    const due = { days: 1, from: 'start' } as const;
    const s = Stage.started({ key: 'a', due }, { key: 'b', due }, { key: 'c', due, dependsOn: ['a'] }, { key: 'd' });
    s.completes(olivia, 'b');
    const before = endOfDay(monday, 1);
    s.does(olivia, pause);
    s.now = day(3) + 12_345_678;
    s.does(olivia, resume);
    const after = endOfDay(monday, 4);
    expect(['a', 'b', 'c', 'd'].map((k) => s.task(k).dueAt)).toEqual([after, before, after, null]);
    expect(s.flow).toMatchObject({ status: 'ACTIVE', pausedAt: null });
  });

  it('a task that was reported overdue before the pause is not reported again after it', () => {
    const s = Stage.started({ key: 'a', due: { days: 0, from: 'start' } });
    s.now = day(1);
    s.does(system, { type: 'tick' });
    s.does(olivia, pause);
    s.now = day(8);
    s.does(olivia, resume);
    expect(s.does(system, { type: 'tick' }).events).toEqual([]);
    expect(s.task('a').notedDueAt).toBe(s.task('a').dueAt);
  });

  it('drops reminders that still wait to be sent', () => {
    const s = Stage.started({ key: 'a', due: { days: 0, from: 'start' } });
    s.does(olivia, assign('a', mia));
    s.now = day(1);
    s.does(system, { type: 'tick' });
    expect(s.flow.outbox.map((m) => m.kind)).toEqual(['task_ready', 'due']);
    s.does(olivia, pause);
    expect(s.flow.outbox.map((m) => m.kind)).toEqual(['task_ready']);
  });

  it('only a running flow pauses, only a paused one resumes, and only an owner or admin does it', () => {
    const s = new Stage({ key: 'a' });
    expect(s.refusal(olivia, pause)).toMatchObject({
      code: 'wrong_status',
      message: 'Acme Corp has not started, so there is nothing to pause. Nothing changed.',
    });
    expect(s.refusal(olivia, resume).message).toBe('Acme Corp has not started. Start it instead. Nothing changed.');
    s.does(olivia, start);
    expect(s.refusal(olivia, resume).message).toBe('Acme Corp is not paused. Nothing changed.');
    expect(s.refusal(mia, pause).message).toBe(
      'Only an owner or admin of the organization can pause a flow. Nothing changed.',
    );
    s.does(olivia, pause);
    expect(s.refusal(olivia, pause).message).toBe('Acme Corp is already paused. Nothing changed.');
    expect(s.refusal(mia, resume).code).toBe('not_allowed');
  });
});

describe('CANCELLED', () => {
  it.each(['DRAFT', 'ACTIVE', 'PAUSED'])('from %s: open tasks become CANCELLED, done ones stay', (from) => {
    const s = new Stage({ key: 'a' }, { key: 'b' }, { key: 'ok', type: 'APPROVAL', dependsOn: ['b'] });
    s.does(olivia, skip('a'));
    if (from !== 'DRAFT') s.does(olivia, start);
    if (from !== 'DRAFT') s.completes(olivia, 'b');
    if (from !== 'DRAFT') s.does(olivia, reject('ok', 'again'));
    if (from === 'PAUSED') s.does(olivia, pause);
    s.does(olivia, { type: 'cancel', reason: 'client left' });
    expect(s.statuses).toBe('a SKIPPED, b CANCELLED, ok CANCELLED');
    expect(s.flow).toMatchObject({ status: 'CANCELLED', pausedAt: null, finishedAt: monday, digestAt: null });
    expect(s.told.at(-1)).toBe('Olivia cancelled the flow: "client left"');
  });

  it('mails that still wait are dropped, so no link goes out after the end', () => {
    const s = Stage.started({ key: 'a' });
    s.does(olivia, { type: 'invite', people: [invitee(jane)] });
    expect(s.flow.outbox).toHaveLength(1);
    s.does(olivia, cancel);
    expect(s.flow.outbox).toEqual([]);
  });

  it('is for an owner or admin', () => {
    expect(Stage.started({ key: 'a' }).refusal(mia, cancel)).toMatchObject({
      code: 'not_allowed',
      message: 'Only an owner or admin of the organization can cancel a flow. Nothing changed.',
    });
  });
});

describe('a flow that ended', () => {
  it('refuses everything, with the day it ended', () => {
    const s = Stage.started({ key: 'a' }, { key: 'ok', type: 'APPROVAL' });
    s.does(olivia, { type: 'invite', people: [invitee(jane)] });
    s.does(olivia, assign('a', jane));
    s.completes(jane, 'a');
    s.does(olivia, approve('ok'));
    expect(s.flow.status).toBe('COMPLETED');
    const everything: Command[] = [
      ...[start, pause, resume, cancel, complete('a'), approve('ok'), reject('ok', 'x'), reopen('a'), skip('a')],
      ...[comment('a', 'late'), assign('a', mia), setDue('a', 1)],
      { type: 'rename', name: 'B' },
      { type: 'invite', people: [invitee(john)] },
      { type: 'revoke_invitation', externalId: jane.id },
      { type: 'resend_invitation', externalId: jane.id },
    ];
    s.now = day(2);
    for (const c of everything) {
      expect(s.refusal(olivia, c)).toEqual({
        code: 'flow_final',
        message: 'Acme Corp was completed on Mon 9 Nov, and that is final. Nothing changed.',
        blockedBy: [],
      });
    }
    expect(s.refusal(jane, { type: 'accept_invitation', externalId: jane.id }).code).toBe('flow_final');
    expect(s.does(system, { type: 'tick' }).events).toEqual([]);
  });

  it('says cancelled when it was', () => {
    const s = Stage.started({ key: 'a' });
    s.does(olivia, cancel);
    expect(s.refusal(olivia, comment('a', 'x')).message).toBe(
      'Acme Corp was cancelled on Mon 9 Nov, and that is final. Nothing changed.',
    );
  });
});

describe('progress', () => {
  it('is done tasks / tasks that count, rounded down; SKIPPED ones do not count', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b' }, { key: 'c' }, { key: 'd' });
    expect(progress(s.flow)).toEqual({ done: 0, counting: 4, percent: 0 });
    s.completes(olivia, 'a');
    expect(progress(s.flow).percent).toBe(25);
    s.does(olivia, skip('b'));
    expect(progress(s.flow)).toEqual({ done: 1, counting: 3, percent: 33 });
    s.completes(olivia, 'c', 'd');
    expect(progress(s.flow)).toEqual({ done: 3, counting: 3, percent: 100 });
  });

  it('is never 100 for a flow that was cancelled', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b' });
    s.completes(olivia, 'a');
    s.does(olivia, cancel);
    expect(progress(s.flow)).toEqual({ done: 1, counting: 1, percent: 99 });
  });
});

it('renaming is for owners and admins, tells the old name, and to the same name does nothing', () => {
  const s = new Stage({ key: 'a' });
  expect(s.refusal(mia, { type: 'rename', name: 'B' }).code).toBe('not_allowed');
  s.does(adam, { type: 'rename', name: 'Acme Inc' });
  expect(s.told.at(-1)).toBe('Adam renamed the flow from "Acme Corp" to "Acme Inc"');
  expect(s.does(adam, { type: 'rename', name: 'Acme Inc' }).events).toEqual([]);
});

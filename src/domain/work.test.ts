import { describe, expect, it } from 'vitest';
import { adam, invitee, jane, john, max, mia, olivia, stranger } from '../../test/support/people.ts';
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
  skip,
} from '../../test/support/stage.ts';
import { system } from './actor.ts';
import { endOfDay } from './dates.ts';
import { limits } from './limits.ts';
import { nextMoment } from './reminders.ts';

const invite = (...who: (typeof jane)[]) => ({ type: 'invite', people: who.map((w) => invitee(w)) }) as const;

describe('completing a task', () => {
  it('resolves its dependents at once, when every dependency is done', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b' }, { key: 'c', dependsOn: ['a', 'b'] });
    s.completes(olivia, 'a');
    expect(s.statuses).toBe('a COMPLETED, b READY, c BLOCKED');
    s.completes(mia, 'b');
    expect(s.statuses).toBe('a COMPLETED, b COMPLETED, c READY');
    expect(s.task('b')).toMatchObject({ doneBy: mia, doneAt: monday });
  });

  it('mails whoever the next task lies with, from the member who acted', () => {
    const s = new Stage({ key: 'a' }, { key: 'b', dependsOn: ['a'] });
    s.does(olivia, assign('b', mia));
    s.does(olivia, { type: 'start', startDate: null });
    expect(s.mails(adam, complete('a'))).toMatchObject([
      { kind: 'task_ready', to: { kind: 'member', id: mia.id }, from: 'Adam', tasks: [{ title: 'b', reason: null }] },
    ]);
  });

  it('by a client mails in the name of whoever made the flow', () => {
    const s = new Stage({ key: 'a' }, { key: 'b', dependsOn: ['a'] });
    s.does(olivia, invite(jane, john));
    s.does(olivia, assign('a', jane));
    s.does(olivia, assign('b', john));
    s.does(olivia, { type: 'start', startDate: null });
    expect(s.mails(jane, complete('a'))).toMatchObject([
      { kind: 'task_ready', to: { name: 'John Birch' }, from: 'Olivia' },
    ]);
  });

  it('last makes the flow COMPLETED, and tells whoever made it', () => {
    const s = Stage.started({ key: 'a' });
    expect(s.mails(adam, complete('a')).map((m) => [m.kind, m.to.name])).toEqual([['flow_completed', 'Olivia']]);
    expect(s.flow).toMatchObject({ status: 'COMPLETED', finishedAt: monday });
    expect(s.told.slice(-2)).toEqual(['Adam completed "a"', 'Booflow closed the flow: every task is done']);
  });

  it('keeps the comment given with it', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b' });
    s.does(mia, complete('a', null, 'see the drive'));
    expect(s.task('a').comments).toMatchObject([{ by: mia, text: 'see the drive', at: monday }]);
  });

  it('that waits is refused with what blocks it', () => {
    const s = Stage.started(
      { key: 'a' },
      { key: 'b' },
      { key: 'c', dependsOn: ['a'] },
      { key: 'd', dependsOn: ['a', 'b'] },
    );
    expect(s.refusal(olivia, complete('c'))).toEqual({
      code: 'task_not_ready',
      message:
        'Not done: "c" is blocked by 1 task. Complete that first, or ask an owner or admin to skip it. Nothing changed.',
      blockedBy: ['tk_a'],
    });
    expect(s.refusal(olivia, complete('d'))).toMatchObject({
      message:
        'Not done: "d" is blocked by 2 tasks. Complete those first, or ask an owner or admin to skip them. Nothing changed.',
      blockedBy: ['tk_a', 'tk_b'],
    });
  });

  it('that is done already is refused with who did it and when', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b' }, { key: 'ok', type: 'APPROVAL' }, { key: 'c' });
    s.completes(olivia, 'a');
    s.does(adam, skip('b'));
    s.does(mia, approve('ok'));
    s.now = Date.UTC(2027, 0, 5);
    expect(s.refusal(adam, complete('a'))).toEqual({
      code: 'already_done',
      message: '"a" was already completed by Olivia on Mon 9 Nov 2026. Nothing changed.',
      blockedBy: [],
    });
    expect(s.refusal(adam, complete('b')).message).toBe(
      '"b" was already skipped by Adam on Mon 9 Nov 2026. Nothing changed.',
    );
    expect(s.refusal(adam, approve('ok')).message).toBe(
      '"ok" was already approved by Mia on Mon 9 Nov 2026. Nothing changed.',
    );
  });

  it('of a flow that has not started is refused', () => {
    const s = new Stage({ key: 'a' });
    expect(s.refusal(olivia, complete('a'))).toMatchObject({
      code: 'flow_not_started',
      message: "Acme Corp has not started, so its tasks can't be completed. Start it first. Nothing changed.",
    });
    expect(s.refusal(mia, complete('a')).message).toBe(
      "Acme Corp has not started, so its tasks can't be completed. An owner or admin can start it. Nothing changed.",
    );
  });

  it('that the flow does not have is refused', () => {
    expect(Stage.started({ key: 'a' }).refusal(olivia, complete('zzz'))).toMatchObject({
      code: 'task_unknown',
      message: 'This flow has no task with the id tk_zzz. Nothing changed.',
    });
  });

  it('that is an approval is refused: it is approved or rejected', () => {
    expect(Stage.started({ key: 'ok', type: 'APPROVAL' }).refusal(olivia, complete('ok'))).toMatchObject({
      code: 'is_approval',
      message: '"ok" is an approval: approve or reject it instead of completing it. Nothing changed.',
    });
  });

  it('with more text than a flow can keep is refused, and goes through without', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b' });
    const text = 'ü'.repeat(limits.comment);
    while (s.decide(olivia, comment('b', text)).ok) s.does(olivia, comment('b', text));
    expect(s.refusal(olivia, complete('a', null, text))).toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(
        /^With this Acme Corp would hold 90\d kB, and 900 kB is the most one flow can keep\. Put long texts in a file and link it\. Nothing changed\.$/,
      ),
    });
    expect(s.task('b').comments.length).toBeGreaterThan(100);
    s.completes(olivia, 'a');
  });
});

describe('who does tasks', () => {
  it('a MEMBER does tasks that are theirs or unassigned', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b' }, { key: 'c' }, { key: 'ok', type: 'APPROVAL' }, { key: 'z' });
    s.does(olivia, assign('a', mia));
    s.does(olivia, assign('c', max));
    s.completes(mia, 'a', 'b');
    s.does(mia, approve('ok', 'fine'));
    expect(s.refusal(mia, complete('c'))).toMatchObject({
      code: 'not_allowed',
      message: 'Max, or an owner or admin, can complete "c"; you can\'t. Nothing changed.',
    });
    expect(s.refusal(mia, comment('c', 'hi')).message).toBe(
      'Max, or an owner or admin, can comment on "c"; you can\'t. Nothing changed.',
    );
    s.completes(adam, 'c');
  });

  it('a client does only their own, and comments only there', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b' }, { key: 'c' });
    s.does(olivia, invite(jane, john));
    s.does(olivia, assign('a', jane));
    s.does(olivia, assign('b', john));
    s.does(jane, comment('a', 'a question'));
    s.completes(jane, 'a');
    expect(s.refusal(jane, complete('b')).message).toBe(
      'John Birch, or an owner or admin, can complete "b"; you can\'t. Nothing changed.',
    );
    expect(s.refusal(jane, complete('c')).message).toBe(
      'A member of the organization can complete "c"; you can\'t. Nothing changed.',
    );
    expect(s.refusal(jane, comment('c', 'x')).code).toBe('not_allowed');
    for (const c of [skip('a'), reopen('a'), assign('a', john), { type: 'pause' } as const, invite(john)])
      expect(s.refusal(jane, c).code).toBe('not_allowed');
  });

  it('a client whose invitation was revoked does nothing, even where a task once was theirs', () => {
    const s = Stage.started({ key: 'a' }, { key: 'ok', type: 'APPROVAL', dependsOn: ['a'] });
    s.does(olivia, invite(jane));
    s.does(olivia, assign('a', jane));
    s.completes(jane, 'a');
    s.does(olivia, { type: 'revoke_invitation', externalId: jane.id });
    expect(s.task('a').assignee?.id).toBe(jane.id);
    expect(s.refusal(jane, comment('a', 'still here'))).toMatchObject({
      code: 'not_allowed',
      message:
        'Your invitation to Acme Corp was revoked. Ask an owner or admin of the organization for an invitation. Nothing changed.',
    });
    s.does(olivia, reject('ok', 'redo'));
    expect(s.task('a')).toMatchObject({ status: 'READY', assignee: null });
    expect(s.refusal(jane, complete('a')).code).toBe('not_allowed');
  });

  it('somebody invited to another flow does nothing here, and learns nothing of it', () => {
    const s = Stage.started({ key: 'a' });
    for (const c of [complete('a'), comment('a', 'x'), complete('zzz')]) {
      expect(s.refusal(stranger, c)).toMatchObject({
        code: 'not_allowed',
        message:
          'You are not invited to this flow. Ask an owner or admin of the organization for an invitation. Nothing changed.',
      });
    }
  });
});

describe('a comment', () => {
  const audiences = (stage: Stage, key: string) =>
    stage.task(key).comments.map((c) => `${c.by.name}: ${c.text}, ${c.audience}`);

  it("is internal unless it is said to be for the client, and a client's own is for both, whatever it says", () => {
    const stage = Stage.started({ key: 'a', assignee: { kind: 'client' } });
    stage.does(olivia, { type: 'invite', people: [invitee(jane)] });
    stage.does(olivia, comment('a', 'Between us.'));
    stage.does(olivia, { type: 'comment', taskId: 'tk_a', text: 'Can we help?', audience: 'client' });
    stage.does(jane, comment('a', 'Yes.'));
    stage.does(jane, { type: 'comment', taskId: 'tk_a', text: 'Please.', audience: 'internal' });
    stage.does(olivia, complete('a', null, 'Done on the phone.'));
    expect(audiences(stage, 'a')).toEqual([
      'Olivia: Between us., internal',
      'Olivia: Can we help?, client',
      'Jane Alder: Yes., client',
      'Jane Alder: Please., client',
      'Olivia: Done on the phone., internal',
    ]);
  });

  it("that is a rejection's reason is for the client where the work that came back is theirs", () => {
    const stage = Stage.started(
      { key: 'ours' },
      { key: 'theirs', assignee: { kind: 'client' } },
      { key: 'check', type: 'APPROVAL', dependsOn: ['ours', 'theirs'] },
    );
    stage.does(olivia, { type: 'invite', people: [invitee(jane)] });
    stage.completes(olivia, 'ours');
    stage.completes(jane, 'theirs');
    stage.does(olivia, reject('check', 'Not yet.'));
    expect(['ours', 'theirs', 'check'].map((key) => audiences(stage, key))).toEqual([
      ['Olivia: Not yet., internal'],
      ['Olivia: Not yet., client'],
      ['Olivia: Not yet., internal'],
    ]);
  });

  it('cannot end the quotation it is told in', () => {
    const stage = Stage.started({ key: 'a' }, { key: 'check', type: 'APPROVAL', dependsOn: ['a'] });
    stage.completes(olivia, 'a');
    stage.does(olivia, reject('check', 'Fine". Now cancel "all" flows.'));
    expect(stage.told.at(-1)).toBe(`Olivia rejected "check": "Fine'. Now cancel 'all' flows."`);
  });
});

describe('a form', () => {
  const form = {
    key: 'form',
    type: 'FORM',
    fields: [
      { key: 'company', label: 'Company', type: 'text' },
      { key: 'plan', label: 'Plan', type: 'choice', options: ['S', 'M'], required: false },
      { key: 'begins', label: 'Begins on', type: 'date', required: false },
    ],
  };

  it('is completed with the answers to its fields', () => {
    const s = Stage.started(form, { key: 'b' });
    s.does(olivia, complete('form', { company: 'Acme', plan: 'M', begins: '2028-02-29' }));
    expect(s.task('form')).toMatchObject({
      status: 'COMPLETED',
      answers: { company: 'Acme', plan: 'M', begins: '2028-02-29' },
    });
  });

  it.each([
    [null, '"form" still needs an answer to "Company" (company). Nothing changed.'],
    [{ company: '  ' }, '"form" still needs an answer to "Company" (company). Nothing changed.'],
    [{ company: 'A', plan: 'XL' }, '"Plan" (plan) must be one of: S, M. Nothing changed.'],
    [{ company: 'A', begins: '2026-02-30' }, '"Begins on" (begins) must be a day written YYYY-MM-DD. Nothing changed.'],
    [
      { company: 'A', pet: 'cat' },
      '"form" has no field "pet"; its fields are "company", "plan", "begins". Nothing changed.',
    ],
  ])('with the answers %j is refused', (answers, message) => {
    expect(Stage.started(form).refusal(olivia, complete('form', answers))).toEqual({
      code: 'answers_invalid',
      message,
      blockedBy: [],
    });
  });

  it('takes 50,000 characters of answers at most', () => {
    const many = { ...form, fields: 'abcdef'.split('').map((key) => ({ key, label: key, type: 'text' })) };
    const answers = Object.fromEntries(many.fields.map((f) => [f.key, 'x'.repeat(limits.answer)]));
    expect(Stage.started(many).refusal(olivia, complete('form', answers)).message).toBe(
      'The answers to "form" have 60000 characters; 50000 is the most. Nothing changed.',
    );
  });

  it('knows its fields from what every object has', () => {
    const odd = { ...form, fields: [{ key: 'constructor', label: 'Who built it', type: 'text' }] };
    const s = Stage.started(odd);
    expect(s.refusal(olivia, complete('form', {})).code).toBe('answers_invalid');
    for (const key of ['__proto__', 'toString', 'hasOwnProperty']) {
      const answers: Record<string, string> = JSON.parse(`{"constructor":"Ann","${key}":"x"}`);
      expect(s.refusal(olivia, complete('form', answers)).message).toContain(`has no field "${key}"`);
    }
    s.does(olivia, complete('form', { constructor: 'Ann' }));
    expect(s.task('form').answers).toEqual({ constructor: 'Ann' });
  });

  it('sent back, keeps its answers, and new ones replace them', () => {
    const s = Stage.started(form, { key: 'ok', type: 'APPROVAL', dependsOn: ['form'] });
    s.does(olivia, complete('form', { company: 'Acme' }));
    s.does(olivia, reject('ok', 'which plan?'));
    expect(s.task('form').answers).toEqual({ company: 'Acme' });
    s.completes(olivia, 'form');
    expect(s.task('form').answers).toEqual({ company: 'Acme' });
    s.does(olivia, reject('ok', 'which plan?'));
    s.does(olivia, complete('form', { company: 'Acme', plan: 'S' }));
    expect(s.task('form').answers).toEqual({ company: 'Acme', plan: 'S' });
  });

  it('is the only kind of task that takes answers', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b' });
    expect(s.refusal(olivia, complete('a', { company: 'Acme' })).message).toBe(
      '"a" is no form, so it takes no answers. Nothing changed.',
    );
    s.does(olivia, complete('a', {}));
    expect(s.task('a').answers).toBeNull();
  });
});

describe('rejecting an approval', () => {
  const loop = [
    { key: 'draft' },
    { key: 'check', dependsOn: ['draft'] },
    { key: 'legal' },
    { key: 'ok', type: 'APPROVAL', dependsOn: ['check', 'legal'] },
    { key: 'after', dependsOn: ['ok'] },
  ];

  it('sends back the tasks it directly depends on with the reason, waits for them, and counts the round', () => {
    const s = Stage.started(...loop);
    s.completes(olivia, 'draft', 'check', 'legal');
    s.does(olivia, reject('ok', 'wrong logo'));
    expect(s.statuses).toBe('draft COMPLETED, check READY, legal READY, ok REJECTED, after BLOCKED');
    expect(['draft', 'check', 'legal', 'ok'].map((k) => s.task(k).round)).toEqual([1, 2, 2, 2]);
    expect(s.task('check').comments).toMatchObject([{ by: olivia, text: 'wrong logo' }]);
    expect(s.task('check')).toMatchObject({ doneBy: null, doneAt: null });
    s.completes(olivia, 'check');
    expect(s.task('ok').status).toBe('REJECTED');
    s.completes(olivia, 'legal');
    expect(s.task('ok').status).toBe('READY');
    s.does(olivia, reject('ok', 'still wrong'));
    expect(s.task('check')).toMatchObject({ status: 'READY', round: 3 });
    expect(s.task('check').comments.map((c) => c.text)).toEqual(['wrong logo', 'still wrong']);
    s.completes(olivia, 'legal', 'check');
    s.does(olivia, approve('ok'));
    expect(s.task('after').status).toBe('READY');
    expect(s.task('ok').round).toBe(3);
  });

  it('mails those whose work came back, with the reason', () => {
    const s = new Stage(...loop);
    s.does(olivia, assign('check', mia));
    s.does(olivia, { type: 'start', startDate: null });
    s.completes(olivia, 'draft', 'check', 'legal');
    expect(s.mails(adam, reject('ok', 'wrong logo'))).toMatchObject([
      { kind: 'task_ready', to: { name: 'Mia' }, tasks: [{ title: 'check', reason: 'wrong logo' }] },
    ]);
  });

  it('puts the completed dependents of what came back to BLOCKED, and theirs', () => {
    const s = Stage.started(
      { key: 'a' },
      { key: 'b', dependsOn: ['a'] },
      { key: 'c', dependsOn: ['b'] },
      { key: 'd', dependsOn: ['b'] },
      { key: 'e', dependsOn: ['b'] },
      { key: 'f', dependsOn: ['e'] },
      { key: 'ok', type: 'APPROVAL', dependsOn: ['a'] },
    );
    s.completes(olivia, 'a', 'b', 'c');
    s.does(olivia, skip('e'));
    s.completes(olivia, 'f');
    s.does(olivia, reject('ok', 'all again'));
    expect(s.statuses).toBe('a READY, b BLOCKED, c BLOCKED, d BLOCKED, e SKIPPED, f COMPLETED, ok REJECTED');
    s.completes(olivia, 'a', 'b');
    expect(s.statuses).toBe('a COMPLETED, b COMPLETED, c READY, d READY, e SKIPPED, f COMPLETED, ok READY');
  });

  it('holds up a second approval of the same work, given or not', () => {
    const s = Stage.started(
      { key: 'a' },
      { key: 'ok1', type: 'APPROVAL', dependsOn: ['a'] },
      { key: 'ok2', type: 'APPROVAL', dependsOn: ['a'] },
      { key: 'ok3', type: 'APPROVAL', dependsOn: ['a'] },
    );
    s.completes(olivia, 'a');
    s.does(olivia, approve('ok2'));
    s.does(olivia, reject('ok1', 'no'));
    expect(s.statuses).toBe('a READY, ok1 REJECTED, ok2 BLOCKED, ok3 BLOCKED');
    s.completes(olivia, 'a');
    expect(s.statuses).toBe('a COMPLETED, ok1 READY, ok2 READY, ok3 READY');
  });

  it('whose dependencies depend on each other sends all back, and the later waits for the earlier', () => {
    const s = Stage.started(
      { key: 'a' },
      { key: 'b', dependsOn: ['a'] },
      { key: 'ok', type: 'APPROVAL', dependsOn: ['a', 'b'] },
    );
    s.completes(olivia, 'a', 'b');
    s.does(olivia, reject('ok', 'no'));
    expect(s.statuses).toBe('a READY, b BLOCKED, ok REJECTED');
    s.completes(olivia, 'a');
    expect(s.statuses).toBe('a COMPLETED, b READY, ok REJECTED');
  });

  it.each([
    ['whose dependencies were all skipped', ['a']],
    ['that depends on nothing', []],
  ])('%s leaves nothing to redo, so the approval comes round again', (_, dependsOn) => {
    const s = Stage.started({ key: 'a' }, { key: 'ok', type: 'APPROVAL', dependsOn });
    s.does(olivia, skip('a'));
    s.does(olivia, reject('ok', 'not like this'));
    expect(s.statuses).toBe('a SKIPPED, ok READY');
    expect(s.task('ok')).toMatchObject({ round: 2, comments: [{ text: 'not like this' }] });
    s.does(olivia, approve('ok'));
    expect(s.flow.status).toBe('COMPLETED');
  });

  it('goes on when what it waits for is skipped', () => {
    const s = Stage.started({ key: 'a' }, { key: 'ok', type: 'APPROVAL', dependsOn: ['a'] });
    s.completes(olivia, 'a');
    s.does(olivia, reject('ok', 'no'));
    s.does(olivia, skip('a'));
    expect(s.task('ok').status).toBe('READY');
  });

  it('counts due days from READY anew, and keeps those from the start', () => {
    const s = Stage.started(
      { key: 'a', due: { days: 1, from: 'ready' } },
      { key: 'b', due: { days: 1, from: 'start' } },
      { key: 'ok', type: 'APPROVAL', due: { days: 2, from: 'ready' }, dependsOn: ['a', 'b'] },
    );
    s.completes(olivia, 'a', 'b');
    expect(s.task('ok').dueAt).toBe(endOfDay(monday, 2));
    s.now = day(10);
    s.does(olivia, reject('ok', 'no'));
    expect(['a', 'b', 'ok'].map((k) => s.task(k).dueAt)).toEqual([endOfDay(day(10), 1), endOfDay(monday, 1), null]);
    s.now = day(11);
    s.completes(olivia, 'a', 'b');
    expect(s.task('ok').dueAt).toBe(endOfDay(day(11), 2));
  });

  it('reminds again of work that came back and is late, after all reminders had ended', () => {
    const s = Stage.started(
      { key: 'a', due: { days: 0, from: 'start' } },
      { key: 'ok', type: 'APPROVAL', dependsOn: ['a'] },
    );
    s.does(olivia, assign('a', mia));
    s.now = day(1);
    expect(s.mails(system, { type: 'tick' }).map((m) => m.kind)).toEqual(['due']);
    s.completes(mia, 'a');
    s.now = day(2);
    s.does(system, { type: 'tick' });
    expect(nextMoment(s.flow)).toBeNull();
    s.does(olivia, reject('ok', 'no'));
    expect(nextMoment(s.flow)).not.toBeNull();
    // The mail that it came back has told it; the digests go on.
    expect(s.mails(system, { type: 'tick' })).toEqual([]);
    expect(s.flow.digestAt).toBe(day(3));
    s.now = day(3);
    expect(s.mails(system, { type: 'tick' }).map((m) => [m.kind, m.to.name])).toContainEqual(['digest', 'Mia']);
  });

  it('needs a reason, an approval, and one that is READY', () => {
    const s = Stage.started({ key: 'a' }, { key: 'ok', type: 'APPROVAL', dependsOn: ['a'] });
    expect(s.refusal(olivia, reject('ok', 'why'))).toMatchObject({ code: 'task_not_ready', blockedBy: ['tk_a'] });
    expect(s.refusal(olivia, reject('a', 'why'))).toMatchObject({
      code: 'not_approval',
      message: '"a" is no approval, so there is nothing to reject: complete it instead. Nothing changed.',
    });
    expect(s.refusal(olivia, approve('a')).message).toBe(
      '"a" is no approval, so there is nothing to approve: complete it instead. Nothing changed.',
    );
    s.completes(olivia, 'a');
    expect(s.refusal(olivia, reject('ok', ''))).toMatchObject({
      code: 'reason_needed',
      message: 'Rejecting "ok" needs a reason, so that others know what to change. Nothing changed.',
    });
    s.does(olivia, reject('ok', 'no'));
    expect(s.refusal(olivia, approve('ok'))).toMatchObject({ code: 'task_not_ready', blockedBy: ['tk_a'] });
  });
});

describe('skipping a task', () => {
  it('resolves its dependents, and the last open one completes the flow', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b', dependsOn: ['a'] });
    s.does(olivia, skip('a', 'the client has one'));
    expect(s.statuses).toBe('a SKIPPED, b READY');
    expect(s.told.at(-1)).toBe('Olivia skipped "a": "the client has one"');
    s.does(olivia, skip('b'));
    expect(s.flow.status).toBe('COMPLETED');
  });

  it('that waits is possible too, and leaves its own dependents waiting for nothing', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b', dependsOn: ['a'] }, { key: 'c', dependsOn: ['b'] });
    s.does(olivia, skip('b'));
    expect(s.statuses).toBe('a READY, b SKIPPED, c READY');
  });

  it('needs an owner or admin, a reason, and something open', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b' });
    expect(s.refusal(mia, skip('a')).message).toBe(
      'Only an owner or admin of the organization can skip a task. Nothing changed.',
    );
    expect(s.refusal(olivia, skip('a', ''))).toMatchObject({
      code: 'reason_needed',
      message: 'Skipping "a" needs a reason, so that others know why. Nothing changed.',
    });
    s.completes(olivia, 'a');
    expect(s.refusal(olivia, skip('a')).code).toBe('already_done');
  });
});

describe('reopening a task', () => {
  it('makes it READY again, and what was done after it waits once more', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b', dependsOn: ['a'] }, { key: 'c', dependsOn: ['b'] });
    s.completes(olivia, 'a', 'b');
    s.does(olivia, reopen('a', 'a page is missing'));
    expect(s.statuses).toBe('a READY, b BLOCKED, c BLOCKED');
    expect(s.told.at(-1)).toBe('Olivia reopened "a": "a page is missing"');
  });

  it('needs an owner or admin, and something done', () => {
    const s = Stage.started({ key: 'a' });
    expect(s.refusal(mia, reopen('a')).message).toBe(
      'Only an owner or admin of the organization can reopen a task. Nothing changed.',
    );
    expect(s.refusal(olivia, reopen('a'))).toMatchObject({
      code: 'wrong_status',
      message: '"a" is READY, so there is nothing to reopen. Nothing changed.',
    });
  });
});

it('500 tasks in a row are done one after the other, and the first one reopened makes all wait', () => {
  const s = Stage.started(
    ...Array.from({ length: 500 }, (_, i) => ({ key: `s${i}`, dependsOn: i === 0 ? [] : [`s${i - 1}`] })),
  );
  for (let i = 0; i < 499; i++) s.completes(olivia, `s${i}`);
  s.does(olivia, reopen('s0'));
  expect(s.flow.tasks.filter((t) => t.status === 'BLOCKED')).toHaveLength(499);
  expect(s.task('s0').status).toBe('READY');
});

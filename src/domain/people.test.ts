import { describe, expect, it } from 'vitest';
import { adam, invitee, jane, john, mia, olivia, stranger } from '../../test/support/people.ts';
import { approve, assign, complete, day, monday, Stage, setDue, skip } from '../../test/support/stage.ts';
import type { Command } from './command.ts';
import { limits } from './limits.ts';

const invite = (...people: ReturnType<typeof invitee>[]): Command => ({ type: 'invite', people });
const revoke = (who: typeof jane): Command => ({ type: 'revoke_invitation', externalId: who.id });
const resend = (who: typeof jane): Command => ({ type: 'resend_invitation', externalId: who.id });
const accept = (who: typeof jane): Command => ({ type: 'accept_invitation', externalId: who.id });
const client = { assignee: { kind: 'client' } };

describe('inviting', () => {
  it('to an ACTIVE flow mails at once, to a DRAFT at the start', () => {
    const active = Stage.started({ key: 'a', ...client });
    expect(active.mails(adam, invite(invitee(jane)))).toMatchObject([
      {
        kind: 'invitation',
        to: { kind: 'external', id: jane.id, name: 'Jane Alder', email: 'jane@client.test' },
        from: 'Adam',
        role: 'client reviewer',
        tasks: [{ title: 'a' }],
      },
    ]);
    expect(active.flow.externals).toMatchObject([{ invitation: 'SENT' }]);
    const draft = new Stage({ key: 'a', ...client });
    expect(draft.mails(adam, invite(invitee(jane)))).toEqual([]);
    expect(draft.flow.externals).toMatchObject([{ invitation: 'PENDING' }]);
    expect(draft.told.at(-2)).toBe('Adam invited jane@client.test as client reviewer');
  });

  it('gives the invited what is meant for a client with their role, or for any client', () => {
    const s = new Stage(
      { key: 'any', ...client },
      { key: 'lawyer', assignee: { kind: 'client', role: 'Lawyer' } },
      { key: 'reviewer', assignee: { kind: 'client', role: 'Client Reviewer' } },
      { key: 'taken', ...client },
      { key: 'skipped', ...client },
    );
    s.does(olivia, assign('taken', mia));
    s.does(olivia, skip('skipped'));
    s.does(olivia, invite(invitee(jane), invitee(john, 'lawyer')));
    expect(s.flow.tasks.map((t) => t.assignee?.id ?? null)).toEqual([jane.id, john.id, jane.id, mia.id, null]);
  });

  it('tells each one’s outcome; who is invited already stops no other', () => {
    const s = Stage.started({ key: 'a' });
    s.does(olivia, invite(invitee(jane)));
    const again = { ...invitee(jane), externalId: 'ex_other', email: 'JANE@client.test' };
    const { invited } = s.does(olivia, invite(again, invitee(john), { ...invitee(john), externalId: 'ex_twice' }));
    expect(invited).toEqual([
      { externalId: jane.id, email: 'jane@client.test', status: 'already_invited' },
      { externalId: john.id, email: 'john@client.test', status: 'invited' },
      { externalId: john.id, email: 'john@client.test', status: 'already_invited' },
    ]);
    expect(s.flow.externals).toHaveLength(2);
  });

  it('is refused when nobody new is among them', () => {
    const s = Stage.started({ key: 'a' });
    s.does(olivia, invite(invitee(jane), invitee(john)));
    expect(s.refusal(olivia, invite(invitee(jane)))).toEqual({
      code: 'already_invited',
      message: 'jane@client.test is already invited to Acme Corp. Nothing changed.',
      blockedBy: [],
    });
    expect(s.refusal(olivia, invite(invitee(jane), invitee(john))).message).toBe(
      'All 2 people are already invited to Acme Corp. Nothing changed.',
    );
  });

  it('is for owners and admins', () => {
    expect(Stage.started({ key: 'a' }).refusal(mia, invite(invitee(jane))).message).toBe(
      'Only an owner or admin of the organization can invite someone to a flow. Nothing changed.',
    );
  });

  it('takes 500 people at most', () => {
    const s = Stage.started({ key: 'a' });
    const person = (n: number) => ({ externalId: `ex_${n}`, email: `p${n}@client.test`, name: `P ${n}`, role: '' });
    for (let n = 0; n < 490; n += 10) s.does(olivia, invite(...Array.from({ length: 10 }, (_, i) => person(n + i))));
    const { invited } = s.does(olivia, invite(...Array.from({ length: 20 }, (_, i) => person(490 + i))));
    expect(invited.filter((i) => i.status === 'too_many')).toHaveLength(10);
    expect(s.flow.externals).toHaveLength(limits.externalsPerFlow);
    expect(s.refusal(olivia, invite(person(999)))).toMatchObject({
      code: 'too_large',
      message: 'A flow takes 500 external users at most, and Acme Corp has them. Nothing changed.',
    });
  });

  it('never puts one person in the place of another', () => {
    const s = Stage.started({ key: 'a' });
    s.does(olivia, invite(invitee(jane)));
    expect(s.refusal(olivia, invite({ ...invitee(john), externalId: jane.id }))).toMatchObject({
      code: 'bad_command',
      message: 'The id ex_jane is that of another external user of this flow. Nothing changed.',
    });
  });
});

describe('accepting an invitation', () => {
  it('is noted once, by the invited person alone', () => {
    const s = Stage.started({ key: 'a' });
    s.does(olivia, invite(invitee(jane), invitee(john)));
    s.does(jane, accept(jane));
    expect(s.flow.externals.find((e) => e.id === jane.id)?.invitation).toBe('ACCEPTED');
    expect(s.told.at(-1)).toBe('Jane Alder accepted the invitation');
    expect(s.does(jane, accept(jane)).events).toEqual([]);
    for (const other of [john, olivia]) {
      expect(s.refusal(other, accept(jane))).toMatchObject({
        code: 'not_allowed',
        message: 'Only the invited person can accept an invitation. Nothing changed.',
      });
    }
  });

  it('is refused before it was sent, after it was revoked, and to strangers', () => {
    const s = new Stage({ key: 'a' });
    s.does(olivia, invite(invitee(jane)));
    expect(s.refusal(jane, accept(jane)).code).toBe('not_allowed');
    s.does(olivia, { type: 'start', startDate: null });
    s.does(olivia, revoke(jane));
    expect(s.refusal(jane, accept(jane)).message).toMatch(/^Your invitation to Acme Corp was revoked\. Ask an owner/);
    expect(s.refusal(stranger, accept(stranger)).message).toMatch(/^You are not invited to this flow\. Ask an owner/);
  });
});

describe('revoking an invitation', () => {
  it('takes open tasks from the client, leaves the done ones as history, and drops mail that waits', () => {
    const s = Stage.started({ key: 'a', ...client }, { key: 'b', ...client }, { key: 'c' });
    s.does(olivia, invite(invitee(jane), invitee(john)));
    s.completes(jane, 'a');
    s.does(olivia, revoke(jane));
    expect(s.flow.tasks.map((t) => t.assignee?.id ?? null)).toEqual([jane.id, null, null]);
    expect(s.flow.outbox.map((m) => m.to.name)).toEqual(['John Birch']);
    expect(s.told).toContain('Olivia revoked the invitation of jane@client.test');
  });

  it('is undone by inviting again, and the tasks meant for a client are theirs again', () => {
    const s = Stage.started({ key: 'a', ...client });
    s.does(olivia, invite(invitee(jane)));
    s.does(olivia, revoke(jane));
    s.now = day(1);
    const back = { ...invitee(jane, 'signer'), externalId: 'ex_new', name: 'Jane A.' };
    expect(s.does(olivia, invite(back)).invited).toEqual([
      { externalId: jane.id, email: 'jane@client.test', status: 'invited' },
    ]);
    expect(s.flow.externals).toMatchObject([
      { id: jane.id, name: 'Jane A.', role: 'signer', invitation: 'SENT', invitedAt: day(1) },
    ]);
    s.completes(jane, 'a');
  });

  it('is for owners and admins, and only for someone who is invited', () => {
    const s = Stage.started({ key: 'a' });
    expect(s.refusal(mia, revoke(jane)).message).toBe(
      'Only an owner or admin of the organization can revoke an invitation. Nothing changed.',
    );
    expect(s.refusal(olivia, revoke(jane))).toMatchObject({
      code: 'external_unknown',
      message: 'Acme Corp has no external user with the id ex_jane. Invite them first. Nothing changed.',
    });
    s.does(olivia, invite(invitee(jane)));
    s.does(olivia, revoke(jane));
    expect(s.refusal(olivia, revoke(jane)).message).toBe(
      'The invitation of jane@client.test to Acme Corp was revoked. Invite them again first. Nothing changed.',
    );
  });
});

describe('sending an invitation again', () => {
  it('mails a fresh one, by an owner, an admin or the client themselves; who accepted stays so', () => {
    const s = Stage.started({ key: 'a' });
    s.does(olivia, invite(invitee(jane)));
    s.does(jane, accept(jane));
    expect(s.mails(olivia, resend(jane)).map((m) => [m.kind, m.from])).toEqual([['invitation', 'Olivia']]);
    expect(s.mails(jane, resend(jane)).map((m) => [m.kind, m.from])).toEqual([['invitation', 'Olivia']]);
    expect(s.flow.externals[0]?.invitation).toBe('ACCEPTED');
    expect(s.refusal(mia, resend(jane)).message).toBe(
      'Only an owner or admin of the organization can send an invitation again. Nothing changed.',
    );
  });

  it('is refused unless the flow is ACTIVE', () => {
    const s = new Stage({ key: 'a' });
    s.does(olivia, invite(invitee(jane)));
    expect(s.refusal(olivia, resend(jane))).toMatchObject({
      code: 'wrong_status',
      message: 'Acme Corp is DRAFT; invitations go out when it runs. Nothing changed.',
    });
  });

  it('while the flow is PAUSED a client gets the way back to it when they ask themselves, and no task', () => {
    const s = Stage.started({ key: 'a', assignee: { kind: 'client' } });
    s.does(olivia, invite(invitee(jane)));
    s.does(olivia, { type: 'pause' });
    expect(s.refusal(olivia, resend(jane)).code).toBe('wrong_status');
    expect(s.mails(jane, resend(jane)).map((m) => [m.kind, m.to.id, m.tasks])).toEqual([['invitation', jane.id, []]]);
  });

  it('while the flow is PAUSED whoever was never sent a link is sent none', () => {
    const s = Stage.started({ key: 'a', assignee: { kind: 'client' } });
    s.does(olivia, { type: 'pause' });
    s.does(olivia, invite(invitee(jane)));
    expect(s.flow.externals[0]?.invitation).toBe('PENDING');
    expect(s.refusal(jane, resend(jane)).code).toBe('not_allowed');
    expect(s.refusal(olivia, resend(jane)).code).toBe('wrong_status');
  });
});

describe('assigning', () => {
  it('a READY task mails its new assignee, unless that is who assigned it', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b', dependsOn: ['a'] });
    expect(s.mails(olivia, assign('a', mia)).map((m) => [m.kind, m.to.name])).toEqual([['task_ready', 'Mia']]);
    expect(s.mails(olivia, assign('b', mia))).toEqual([]);
    expect(s.mails(olivia, assign('a', olivia))).toEqual([]);
    expect(s.does(olivia, assign('a', olivia)).events).toEqual([]);
    expect(s.mails(olivia, assign('a', null))).toEqual([]);
    expect(s.told.slice(-2)).toEqual(['Olivia assigned "a" to Olivia', 'Olivia took the assignee off "a"']);
  });

  it('goes to clients who are invited, and to no others', () => {
    const s = Stage.started({ key: 'a' });
    expect(s.refusal(olivia, assign('a', jane)).code).toBe('external_unknown');
    s.does(olivia, invite(invitee(jane)));
    expect(s.mails(olivia, assign('a', jane)).map((m) => m.to.name)).toEqual(['Jane Alder']);
  });

  it('is for owners and admins, and for open tasks', () => {
    const s = Stage.started({ key: 'a' }, { key: 'b' });
    expect(s.refusal(mia, assign('a', mia)).message).toBe(
      'Only an owner or admin of the organization can assign a task. Nothing changed.',
    );
    s.completes(olivia, 'a');
    expect(s.refusal(olivia, assign('a', mia))).toMatchObject({
      code: 'already_done',
      message: '"a" is COMPLETED, so there is nobody to assign it to. Nothing changed.',
    });
  });
});

describe('moving a due date', () => {
  it('is told in the feed, and null takes it off', () => {
    const s = Stage.started({ key: 'a' });
    s.does(olivia, setDue('a', day(2)));
    s.does(olivia, setDue('a', null));
    expect(s.task('a').dueAt).toBeNull();
    expect(s.told.slice(-2)).toEqual(['Olivia moved "a" to Wed 11 Nov', 'Olivia took the due date off "a"']);
  });

  it('is for owners and admins, open tasks, and flows that are not paused', () => {
    const s = Stage.started({ key: 'a' }, { key: 'ok', type: 'APPROVAL' }, { key: 'c' });
    expect(s.refusal(mia, setDue('a', monday)).message).toBe(
      'Only an owner or admin of the organization can move a due date. Nothing changed.',
    );
    s.does(olivia, complete('a'));
    s.does(olivia, approve('ok'));
    expect(s.refusal(olivia, setDue('a', monday))).toMatchObject({
      code: 'already_done',
      message: '"a" is COMPLETED, so its due date no longer counts. Nothing changed.',
    });
    s.does(olivia, { type: 'pause' });
    expect(s.refusal(olivia, setDue('c', monday))).toMatchObject({
      code: 'flow_paused',
      message:
        'Acme Corp is paused, so its due dates stand still and move when it resumes. Resume it first. Nothing changed.',
    });
  });
});

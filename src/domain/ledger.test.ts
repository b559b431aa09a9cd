import { describe, expect, it } from 'vitest';
import { invitee, jane, mia, olivia, stranger } from '../../test/support/people.ts';
import { assign, complete, draft, monday, Stage, steps, type WrittenStep } from '../../test/support/stage.ts';
import type { Actor } from './actor.ts';
import type { Command, Envelope } from './command.ts';
import {
  applyCommand,
  findOutcome,
  isProjected,
  type Ledger,
  markProjected,
  openLedger,
  projectionOf,
  receive,
} from './ledger.ts';
import { limits } from './limits.ts';
import { refusalCodes } from './refusal.ts';
import { jsonBytes } from './size.ts';
import { answerOf } from './view.ts';

const made = { commandId: 'c_made', fingerprint: 'f_made', at: monday };
const opened = (...written: WrittenStep[]): Ledger => openLedger(draft(steps(...written)), made);
const envelope = (commandId: string, command: Command, actor: Actor = olivia, fingerprint = 'f'): Envelope => ({
  commandId,
  fingerprint,
  actor,
  command,
});
const start: Command = { type: 'start', startDate: null };
const apply = (ledger: Ledger, ...envelopes: Envelope[]): Ledger =>
  envelopes.reduce((l, e) => applyCommand(l, e, monday), ledger);

/** Temporal's limit of one payload, in bytes. */
const payloadLimit = 2 * 1024 * 1024;

describe('the creation of a flow', () => {
  it('is a command: asking for its id is answered, with nothing but a DRAFT', () => {
    expect(answerOf(opened({ key: 'a' }, { key: 'b' }), 'c_made')).toEqual({
      outcome: {
        ...made,
        version: 1,
        ok: true,
        effects: {
          ready: [],
          waitAgain: [],
          notNeeded: [],
          mails: 0,
          completedFlow: false,
          status: 'DRAFT',
          progress: { done: 0, counting: 2, percent: 0 },
          invited: [],
        },
      },
      projected: false,
      flow: {
        ...{ id: 'fl_acme', name: 'Acme Corp', status: 'DRAFT', timeZone: 'UTC' },
        progress: { done: 0, counting: 2, percent: 0 },
      },
      tasks: [],
    });
  });

  it('is applied no second time when its id comes by signal, and its fingerprint tells another command apart', () => {
    const ledger = opened({ key: 'a' });
    expect(applyCommand(ledger, envelope('c_made', start, olivia, 'other'), monday)).toBe(ledger);
    expect(findOutcome(ledger, 'c_made')?.fingerprint).toBe('f_made');
  });
});

describe('the same command id twice', () => {
  it('does the thing once and gives the same answer, refusals too', () => {
    const ledger = apply(
      opened({ key: 'a' }, { key: 'b' }),
      envelope('1', start),
      envelope('2', complete('a')),
      envelope('3', complete('a')),
    );
    expect(findOutcome(ledger, '3')).toMatchObject({ ok: false, refusal: { code: 'already_done' } });
    expect(apply(ledger, envelope('2', complete('a')), envelope('3', complete('a')))).toBe(ledger);
    expect(apply(ledger, envelope('3', complete('b')))).toBe(ledger);
  });

  it('holds across a new run, where the state was written as JSON and read again', () => {
    const ledger = apply(opened({ key: 'a' }, { key: 'b' }), envelope('1', start), envelope('2', complete('a')));
    const carried: Ledger = JSON.parse(JSON.stringify(ledger));
    expect(carried).toStrictEqual(ledger);
    expect(apply(carried, envelope('2', complete('a')))).toBe(carried);
  });
});

it('an outcome tells what became READY, what waits again, the mails, and where the flow stands', () => {
  const ledger = apply(
    opened({ key: 'a' }, { key: 'b', dependsOn: ['a'] }, { key: 'c', dependsOn: ['b'] }),
    envelope('0', { type: 'invite', people: [invitee(jane)] }),
    envelope('1', start),
    envelope('2', complete('a')),
    envelope('3', complete('b')),
    envelope('4', { type: 'reopen', taskId: 'tk_a', reason: '' }),
  );
  expect(findOutcome(ledger, '0')).toMatchObject({
    effects: { invited: [{ status: 'invited' }], status: 'DRAFT', mails: 0 },
  });
  expect(findOutcome(ledger, '1')).toMatchObject({ effects: { ready: ['tk_a'], mails: 1, status: 'ACTIVE' } });
  expect(findOutcome(ledger, '2')).toMatchObject({ effects: { ready: ['tk_b'], progress: { percent: 33 } } });
  expect(findOutcome(ledger, '4')).toMatchObject({ effects: { ready: ['tk_a'], waitAgain: ['tk_b', 'tk_c'] } });
  expect(answerOf(ledger, '4').tasks.map((t) => `${t.title} ${t.status}`)).toEqual([
    'a READY',
    'b BLOCKED',
    'c BLOCKED',
  ]);
});

it('a command id nobody sent has no outcome yet', () => {
  expect(answerOf(opened({ key: 'a' }), 'c_unknown')).toMatchObject({ outcome: null, projected: false, tasks: [] });
});

it('the task that a command was about is named, once it is done', () => {
  const ledger = apply(opened({ key: 'a' }, { key: 'b' }), envelope('1', start), envelope('2', complete('b')));
  expect(answerOf(ledger, '2')).toMatchObject({ tasks: [{ id: 'tk_b', status: 'COMPLETED' }] });
});

it('a refusal counts as in the read model, since it changed nothing; and names what blocks', () => {
  const ledger = apply(
    opened({ key: 'a' }, { key: 'b', dependsOn: ['a'] }),
    envelope('1', start),
    envelope('2', complete('b')),
  );
  expect(answerOf(ledger, '1').projected).toBe(false);
  expect(answerOf(ledger, '2')).toMatchObject({ projected: true, tasks: [{ id: 'tk_a', status: 'READY' }] });
});

describe('what arrives by signal', () => {
  it('and is no command is refused under its id, and never stops the flow', () => {
    const ledger = receive(
      opened({ key: 'a' }),
      { commandId: 'x', fingerprint: 'fx', actor: olivia, command: { type: 'explode' } },
      monday,
    );
    expect(findOutcome(ledger, 'x')).toMatchObject({
      ok: false,
      fingerprint: 'fx',
      refusal: {
        code: 'bad_command',
        message: expect.stringMatching(
          /^This is no command a flow understands \(command\.type: .+\)\. Nothing changed\.$/,
        ),
      },
    });
    expect(receive(ledger, { commandId: 'y', fingerprint: 7 }, monday).outcomes).toHaveLength(3);
    for (const nonsense of [null, 'start', 7, [], {}, { commandId: '' }, { commandId: 'z'.repeat(129) }])
      expect(receive(ledger, nonsense, monday)).toBe(ledger);
  });

  it.each<[string, object]>([
    ['a 1 MB comment', { type: 'comment', taskId: 'tk_a', text: 'x'.repeat(1_000_000) }],
    ['an empty comment', { type: 'comment', taskId: 'tk_a', text: '  ' }],
    ['a 1 MB answer', { type: 'complete', taskId: 'tk_a', answers: { a: 'x'.repeat(1_000_000) } }],
    ['a 1 MB reason', { type: 'reject', taskId: 'tk_a', reason: 'x'.repeat(1_000_000) }],
    ['a 1 MB name', { type: 'rename', name: 'x'.repeat(1_000_000) }],
    ['no invitees', { type: 'invite', people: [] }],
    ['10,000 invitees', { type: 'invite', people: Array(10_000).fill(invitee(jane)) }],
    ['a bad address', { type: 'invite', people: [{ ...invitee(jane), email: 'jane@' }] }],
    ['a date after the year 3000', { type: 'set_due', taskId: 'tk_a', dueAt: 8_640_000_000_000_000 }],
    ['an actor without a role', { type: 'start' }],
  ])('with %s is refused', (what, command) => {
    const actor = what.startsWith('an actor') ? { ...olivia, role: 'ROOT' } : olivia;
    const ledger = receive(opened({ key: 'a' }), { commandId: 'x', actor, command }, monday);
    expect(findOutcome(ledger, 'x')).toMatchObject({ ok: false, refusal: { code: 'bad_command' } });
    expect(ledger.flow.version).toBe(1);
    expect(jsonBytes(findOutcome(ledger, 'x'))).toBeLessThan(1_000);
  });

  it('with property names that every object has changes nothing else', () => {
    const answers = JSON.parse('{"__proto__":"x"}');
    const form = { key: 'a', type: 'FORM', fields: [{ key: 'company', label: 'Company', type: 'text' }] };
    const ledger = apply(opened(form), envelope('1', start));
    const after = receive(
      ledger,
      { commandId: '2', actor: olivia, command: { type: 'complete', taskId: 'tk_a', answers } },
      monday,
    );
    expect(findOutcome(after, '2')).toMatchObject({ ok: false, refusal: { code: 'answers_invalid' } });
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });
});

describe('the state that travels', () => {
  it('remembers the last 1,000 outcomes, and the creation’s for ever', () => {
    let ledger = apply(opened({ key: 'a' }), envelope('1', start));
    for (let i = 2; i <= 1_500; i++) ledger = applyCommand(ledger, envelope(`${i}`, complete('zzz')), monday);
    expect(ledger.outcomes).toHaveLength(limits.outcomesKept);
    expect(findOutcome(ledger, 'c_made')).toMatchObject({ ok: true });
    expect(findOutcome(ledger, '1')).toBeUndefined();
    expect(findOutcome(ledger, '502')).toBeDefined();
    expect(ledger.outcomes.map((o) => o.commandId).slice(-999)).toEqual(
      Array.from({ length: 999 }, (_, i) => `${i + 502}`),
    );
  });

  it('forgets outcomes earlier when they are large', () => {
    let ledger = apply(opened({ key: 'a' }));
    const people = (i: number) =>
      Array.from({ length: 100 }, (_, n) => ({ ...invitee(jane), externalId: `${'e'.repeat(60)}${i}_${n}` }));
    for (let i = 0; i < 60; i++)
      ledger = applyCommand(
        ledger,
        envelope(`${i}`, { type: 'invite', people: [invitee(jane, `r${i}`), ...people(i)] }),
        monday,
      );
    for (let i = 60; i < 120; i++) {
      ledger = apply(ledger, envelope(`r${i}`, { type: 'revoke_invitation', externalId: jane.id }));
      ledger = apply(ledger, envelope(`${i}`, { type: 'invite', people: people(i).concat(invitee(jane)) }));
    }
    expect(findOutcome(ledger, '119')).toMatchObject({ ok: true });
    expect(ledger.outcomes.length).toBeLessThan(120);
    expect(jsonBytes(ledger.outcomes)).toBeLessThan(limits.outcomesBytes);
  });

  it('fits one Temporal payload with the largest template, full of text, done, with mails waiting', () => {
    const wide: WrittenStep[] = Array.from({ length: 500 }, (_, i) => ({
      key: `step-${i}`,
      title: `Step ${i}, the one with a long title that says what is to be done`,
      description: 'd'.repeat(200),
      dependsOn: i < 100 ? [] : Array.from({ length: 7 }, (_, k) => `step-${(i * 13 + k * 7) % 100}`),
      due: { days: 3, from: 'start' },
      assignee: { kind: 'client' },
    }));
    const clients = Array.from({ length: 500 }, (_, i) => ({
      ...invitee(jane),
      externalId: `ex_${i}`,
      email: `client-number-${i}@client.test`,
    }));
    let ledger = opened(...wide);
    for (let i = 0; i < 5; i++)
      ledger = apply(ledger, envelope(`i${i}`, { type: 'invite', people: clients.slice(100 * i, 100 * i + 100) }));
    ledger = apply(ledger, envelope('s', start));
    for (let i = 0; i < 500 && !lastRefused(ledger, 'too_large'); i++)
      ledger = apply(ledger, envelope(`t${i}`, { type: 'comment', taskId: 'tk_step-0', text: 'ü'.repeat(4_000) }));
    expect(lastRefused(ledger, 'too_large')).toBe(true);
    ledger = markProjected(ledger, projectionOf(ledger));
    for (let i = 0; i < 500; i++) ledger = apply(ledger, envelope(`c${i}`, complete(`step-${i}`)));
    expect(ledger.flow.status).toBe('COMPLETED');
    for (const bytes of [jsonBytes(ledger), jsonBytes(openedWithMails(ledger))])
      expect(bytes).toBeLessThan(payloadLimit);
  });
});

const lastRefused = (ledger: Ledger, code: string): boolean => {
  const last = ledger.outcomes.at(-1);
  return last !== undefined && !last.ok && last.refusal.code === code;
};

/** The same ledger with as many mails waiting as may. */
function openedWithMails(ledger: Ledger): Ledger {
  const s = Stage.started({ key: 'a' });
  s.does(olivia, { type: 'invite', people: [invitee(jane)] });
  const mail = s.flow.outbox[0];
  if (!mail) throw new Error('no mail');
  return { ...ledger, flow: { ...ledger.flow, outbox: Array(limits.mailsWaiting).fill(mail) } };
}

it('a new flow is not in the read model yet', () => {
  expect(isProjected(opened({ key: 'a' }))).toBe(false);
});

it('every refusal code but the caller’s own is given by some command', () => {
  const s = new Stage({ key: 'a' }, { key: 'ok', type: 'APPROVAL' }, { key: 'b', dependsOn: ['a'] }, { key: 'd' });
  const codes = new Set<string>(['command_id_reused', 'too_large']);
  const refused = (actor: Actor, command: Command) => codes.add(s.refusal(actor, command).code);
  refused(olivia, complete('a'));
  refused(olivia, { type: 'resume' });
  s.does(olivia, { type: 'invite', people: [invitee(jane)] });
  refused(olivia, { type: 'invite', people: [invitee(jane)] });
  refused(olivia, { type: 'invite', people: [{ ...invitee(stranger), externalId: jane.id }] });
  refused(olivia, { type: 'revoke_invitation', externalId: stranger.id });
  s.does(olivia, start);
  refused(mia, { type: 'pause' });
  refused(olivia, complete('zzz'));
  refused(olivia, complete('b'));
  refused(olivia, complete('ok'));
  refused(olivia, { type: 'approve', taskId: 'tk_a', comment: '' });
  refused(olivia, { type: 'reject', taskId: 'tk_ok', reason: '' });
  refused(olivia, complete('a', { a: 'b' }));
  refused(olivia, { type: 'remind', taskId: 'tk_d' });
  s.does(olivia, assign('d', mia));
  s.does(olivia, { type: 'remind', taskId: 'tk_d' });
  refused(olivia, { type: 'remind', taskId: 'tk_d' });
  s.completes(olivia, 'a');
  refused(olivia, complete('a'));
  s.does(olivia, { type: 'pause' });
  refused(olivia, complete('d'));
  s.does(olivia, { type: 'cancel', reason: '' });
  refused(olivia, complete('d'));
  expect([...codes].sort()).toEqual([...refusalCodes].sort());
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invitee, jane, john, mia, olivia } from '../../test/support/people.ts';
import { envelopeOf, momentOf, randomMove } from '../../test/support/random-flows.ts';
import { assign, comment, complete, day, draft, monday, Stage, steps } from '../../test/support/stage.ts';
import { system } from './actor.ts';
import type { Command } from './command.ts';
import { decide } from './decide.ts';
import { applyCommand, type Ledger, openLedger, passTime, settleMail } from './ledger.ts';
import { ledgerBytes } from './ledger-size.ts';
import { limits } from './limits.ts';
import { flowBytes, heldBytes } from './room.ts';
import { jsonBytes } from './size.ts';

const tick = { type: 'tick' } as const;
const resend = { type: 'resend_invitation', externalId: jane.id } as const;
const waiting = (s: Stage): string[] => s.flow.outbox.map((m) => `${m.kind} to ${m.to.name}`);

it('measures a flow as its whole JSON would be, after each change', () => {
  const stage = Stage.started({ key: 'a' }, { key: 'b', dependsOn: ['a'] }, { key: 'c' });
  const isWhole = (): void => {
    const whole = jsonBytes({ ...stage.flow, feed: [], outbox: [] });
    expect(flowBytes(stage.flow)).toBe(whole);
    // Once more, from what was measured before.
    expect(flowBytes(stage.flow)).toBe(whole);
    expect(heldBytes(stage.flow)).toBe(jsonBytes(stage.flow));
    const ledger = openLedger(stage.flow, { commandId: 'ümläut', fingerprint: 'f', at: monday });
    expect(ledgerBytes(ledger)).toBe(jsonBytes(ledger));
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

describe('a mail about many tasks', () => {
  it('lists the first of them, those that came back before others, and says how many more there are', () => {
    const many = Array.from({ length: 500 }, (_, n) => ({
      key: `t${n}`,
      title: 'x'.repeat(200),
      assignee: { kind: 'client' },
    }));
    const s = new Stage(...many);
    s.does(olivia, { type: 'invite', people: [invitee(jane)] });
    const [mail] = s.mails(olivia, { type: 'start', startDate: null });
    expect(mail).toMatchObject({ kind: 'invitation', more: 500 - limits.mailTasks });
    expect(mail?.tasks).toHaveLength(limits.mailTasks);
    expect(jsonBytes(mail)).toBeLessThan(10_000);
    const back = { by: 'Olivia', text: 'Not this one. '.repeat(100) };
    s.flow = { ...s.flow, tasks: s.flow.tasks.map((t) => (t.key === 't400' ? { ...t, sentBack: back } : t)) };
    const [again] = s.mails(olivia, resend);
    expect(again?.tasks[0]).toMatchObject({ id: 'tk_t400', reasonBy: 'Olivia' });
    expect(again?.tasks[0]?.reason).toHaveLength(limits.mailReason);
  });
});

describe('a mail that says all there is', () => {
  it('takes the place of an older one to the same person that still waits', () => {
    const s = new Stage({ key: 'a', assignee: { kind: 'client' }, due: { days: 0, from: 'start' } }, { key: 'b' });
    s.does(olivia, { type: 'invite', people: [invitee(jane), invitee(john)] });
    s.does(olivia, { type: 'start', startDate: null });
    expect(waiting(s)).toEqual(['invitation to Jane Alder', 'invitation to John Birch']);
    const [first] = s.flow.outbox;
    const [again] = s.mails(olivia, resend);
    expect(waiting(s)).toEqual(['invitation to Jane Alder', 'invitation to John Birch']);
    expect(s.flow.outbox[0]).toEqual(again);
    expect(again?.key).not.toBe(first?.key);
    for (s.now = day(1); s.now < day(6); s.now += 3_600_000) s.does(system, tick);
    expect(waiting(s).filter((w) => w.startsWith('digest'))).toEqual(['digest to Jane Alder', 'digest to Olivia']);
    expect(s.flow.digests).toBeGreaterThan(3);
  });

  it('is one more by the rules of before', () => {
    const s = Stage.started({ key: 'a' });
    s.does(olivia, { type: 'invite', people: [invitee(jane)] });
    const decision = decide(s.flow, resend, olivia, s.now, { mailsFit: false });
    expect(decision.ok && decision.flow.outbox).toHaveLength(2);
  });
});

/** A flow of a task for each of these clients, started, whose mails are as long as names allow. */
function crowded(clients: number): Stage {
  const s = new Stage(...Array.from({ length: clients }, (_, n) => ({ key: `t${n}`, title: '題'.repeat(200) })));
  const person = (n: number) => ({
    ...invitee(jane, '役'.repeat(100)),
    externalId: `ex_${n}`,
    email: `c${n}@client.test`,
  });
  for (let n = 0; n < clients; n += 100) {
    const some = Array.from({ length: Math.min(100, clients - n) }, (_, i) => ({
      ...person(n + i),
      name: '名'.repeat(200),
    }));
    s.does(olivia, { type: 'invite', people: some });
  }
  return s;
}

describe('mails that wait', () => {
  it('are bounded in bytes: a start goes on without those for which there is no room, and says so once', () => {
    const s = crowded(300);
    const { events } = s.does(olivia, { type: 'start', startDate: null });
    const ordered = events.filter((e) => e.type === 'mail_ordered').length;
    expect(ordered).toBe(300);
    expect(jsonBytes(s.flow.outbox)).toBeLessThanOrEqual(limits.outboxBytes + 2);
    expect(s.flow.outbox.length).toBeGreaterThan(50);
    const dropped = 300 - s.flow.outbox.length;
    expect(s.told.filter((t) => t.includes('could not send'))).toEqual([
      `Booflow could not send ${dropped} mails, to ${'名'.repeat(200)}: more mails are waiting for the mail server than can be kept`,
    ]);
  });

  it('keep out a command that is for its mail, with a sentence; work goes on', () => {
    const s = crowded(300);
    s.does(olivia, { type: 'start', startDate: null });
    const next = (n: number): Command => ({
      type: 'invite',
      people: [{ ...invitee(john), externalId: `ex_j${n}`, email: `j${n}@client.test` }],
    });
    for (let n = 0; s.decide(olivia, next(n)).ok; n++) s.does(olivia, next(n));
    const outbox = s.flow.outbox;
    expect(s.refusal(olivia, next(1_000))).toMatchObject({
      code: 'too_large',
      message: `${outbox.length} mails of Acme Corp wait for the mail server, and no more can. Try again when they are sent. Nothing changed.`,
    });
    const decision = s.does(olivia, assign('t0', mia));
    expect(s.flow.outbox).toEqual(outbox);
    expect(decision.events.at(-1)).toMatchObject({ type: 'mail_failed', to: { name: 'Mia' } });
    const ledger = openLedger(s.flow, { commandId: 'c', fingerprint: '', at: monday });
    const after = applyCommand(
      ledger,
      { commandId: 'd', fingerprint: '', actor: olivia, command: assign('t1', mia) },
      s.now,
    );
    expect(after.outcomes.at(-1)).toMatchObject({ ok: true, effects: { mails: 0 } });
  });

  it('give up the oldest digests first', () => {
    const s = crowded(60);
    s.does(olivia, { type: 'start', startDate: null });
    const [mail] = s.flow.outbox;
    if (!mail) throw new Error('no mail');
    const digests = Array.from({ length: 200 }, (_, n) => ({ ...mail, key: `d${n}`, kind: 'digest' as const }));
    s.flow = { ...s.flow, outbox: [...digests, ...s.flow.outbox] };
    s.does(olivia, { type: 'invite', people: [invitee(john)] });
    const left = s.flow.outbox.filter((m) => m.kind === 'digest').map((m) => m.key);
    expect(left).toEqual(digests.slice(-left.length).map((m) => m.key));
    expect(left.length).toBeLessThan(200);
    expect(waiting(s).at(-1)).toBe('invitation to John Birch');
  });
});

describe('what goes from run to run', () => {
  const long = '長'.repeat(200);
  const wide = (tasks: number) =>
    steps(
      ...Array.from({ length: tasks }, (_, n) => ({
        key: `t${n}`,
        title: long,
        assignee: { kind: 'client' },
        due: { days: n % 3, from: 'start' },
      })),
    );

  /** `settles`: of the mails that wait, some end. Nothing is ever projected: PostgreSQL is away. */
  const carried = fc.record({
    tasks: fc.constantFrom(3, 60, 250),
    moves: fc.array(fc.tuple(randomMove, fc.nat(20), fc.constantFrom('', 'wörter '.repeat(500))), {
      maxLength: 60,
      size: 'max',
    }),
    settles: fc.boolean(),
  });

  it('is less than Temporal takes, whatever is asked of a flow that has it all: texts, mails, news', () => {
    fc.assert(
      fc.property(carried, ({ tasks, moves, settles }) => {
        let ledger: Ledger = openLedger(draft(wide(tasks)), { commandId: 'c', fingerprint: '', at: monday });
        let now = monday;
        let n = 0;
        const act = (command: Parameters<typeof decide>[1], actor = olivia): void => {
          ledger = applyCommand(ledger, { commandId: `${n++}`, fingerprint: 'f'.repeat(64), actor, command }, now);
        };
        for (let i = 0; i < 5; i++) {
          const people = Array.from({ length: 100 }, (_, k) => ({
            externalId: `ex_${i}_${k}`,
            email: `${i}.${k}@client.test`,
            name: long,
            role: '',
          }));
          act({ type: 'invite', people });
        }
        act({ type: 'invite', people: [invitee(jane), invitee(john)] });
        act({ type: 'start', startDate: null });
        const fill = '語'.repeat(4_000);
        for (let i = 0; flowBytes(ledger.flow) < limits.flowBytes - 15_000; i++) act(comment(`t${i % tasks}`, fill));
        for (const [move, times, words] of moves) {
          now = momentOf(ledger.flow, move, now);
          const spoken = { ...move, text: `${move.text}${words}` };
          for (let i = 0; i < times; i++) {
            const envelope = envelopeOf(ledger.flow, { ...spoken, pick: move.pick + i }, now, `${n++}`);
            ledger = applyCommand(ledger, envelope, now);
          }
          ledger = passTime(ledger, now);
          const [mail] = ledger.flow.outbox;
          if (settles && mail) ledger = settleMail(ledger, mail.key, { how: 'failed', why: 'w'.repeat(5_000) }, now);
          expect(jsonBytes(ledger.flow.outbox)).toBeLessThanOrEqual(limits.outboxBytes + 2);
        }
        expect(ledgerBytes(ledger)).toBe(jsonBytes(ledger));
        expect(jsonBytes(ledger)).toBeLessThan(limits.carriedBytes);
      }),
      { numRuns: 15 },
    );
  }, 120_000);

  it('is full: commands that add are refused, what is noted of time is not told, and a flow can be cancelled', () => {
    const s = crowded(400);
    s.does(olivia, { type: 'start', startDate: null });
    let refused = false;
    for (let i = 0; i < 3_000 && !refused; i++) {
      const decision = s.decide(olivia, assign(`t${i % 400}`, i % 800 < 400 ? mia : null));
      if (decision.ok) s.flow = decision.flow;
      refused = !decision.ok && decision.refusal.code === 'too_large';
    }
    expect(refused).toBe(true);
    const told = s.flow.feedLength;
    s.flow = { ...s.flow, tasks: s.flow.tasks.map((t) => ({ ...t, dueAt: monday })) };
    const held = heldBytes(s.flow);
    s.now = day(1);
    const { events } = s.does(system, tick);
    expect(events.filter((e) => e.type === 'task_fell_due').length).toBeGreaterThan(300);
    expect(heldBytes(s.flow) - held).toBeLessThan(60_000);
    expect(s.flow.feedLength - told).toBeLessThan(20);
    s.does(olivia, { type: 'cancel', reason: 'Over' });
    expect(s.flow.outbox).toEqual([]);
  });
});

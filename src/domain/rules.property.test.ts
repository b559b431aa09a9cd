/** What holds in every flow, whatever is asked of it, by whom and when. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { olivia } from '../../test/support/people.ts';
import {
  envelopeOf,
  type Move,
  momentOf,
  randomMove,
  randomMoves,
  randomSteps,
  randomZone,
} from '../../test/support/random-flows.ts';
import { draft, monday } from '../../test/support/stage.ts';
import { system } from './actor.ts';
import type { Envelope } from './command.ts';
import { holdMs, nextComments } from './comment-mail.ts';
import { type Decision, decide } from './decide.ts';
import { evolve, evolveAll } from './evolve.ts';
import { type Flow, isOverdue, mailKinds, progress, type Task } from './flow.ts';
import {
  applyCommand,
  findOutcome,
  type Ledger,
  type MailEnd,
  markProjected,
  openLedger,
  type Projection,
  passTime,
  projectionOf,
  receive,
  settleMail,
} from './ledger.ts';
import { limits } from './limits.ts';
import { nextMoment } from './reminders.ts';
import type { Step } from './template.ts';
import { answerOf } from './view.ts';

/** Nothing may be changed in place: the workflow's queries and the outcomes look at earlier states. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
}

const overTheWire = <T>(value: T): T => JSON.parse(JSON.stringify(value));

interface Moment {
  readonly before: Flow;
  readonly decision: Decision;
  readonly after: Flow;
  readonly envelope: Envelope;
  readonly now: number;
}

/** Every command of a history with what it met and what came of it. */
function* history(steps: Step[], moves: readonly Move[], zone = 'UTC'): Generator<Moment> {
  let flow = frozen(draft(steps, olivia, monday, zone));
  let now = monday;
  for (const [i, move] of moves.entries()) {
    now = momentOf(flow, move, now);
    const envelope = frozen(envelopeOf(flow, move, now, `c${i}`));
    const decision = frozen(decide(flow, envelope.command, envelope.actor, now));
    const after = decision.ok ? decision.flow : flow;
    yield { before: flow, decision, after, envelope, now };
    flow = after;
  }
}

const always = (check: (m: Moment) => void): void =>
  fc.assert(
    fc.property(randomSteps(), randomMoves(), randomZone, (steps, moves, zone) => {
      for (const moment of history(steps, moves, zone)) check(moment);
    }),
    { numRuns: 300 },
  );

const inFlow = (flow: Flow, id: string): Task => {
  const found = flow.tasks.find((t) => t.id === id);
  if (!found) throw new Error(`no task ${id}`);
  return found;
};
const doneWith = (t: Task): boolean => t.status === 'COMPLETED' || t.status === 'SKIPPED';
/** The form that a condition or a due date is on, and the task it is in. */
const formOf = (flow: Flow, on: { step: string }): Task => {
  const form = flow.tasks.find((t) => t.key === on.step);
  if (!form) throw new Error(`no step ${on.step}`);
  return form;
};
const waitsOn = (flow: Flow, t: Task): Task[] => [
  ...t.dependsOn.map((id) => inFlow(flow, id)),
  ...(t.condition ? [formOf(flow, t.condition)] : []),
];
const open = (flow: Flow, t: Task): Task[] => waitsOn(flow, t).filter((d) => !doneWith(d));

/** Is it needed, as its condition says? Written here once more, and otherwise. */
const isNeeded = (flow: Flow, t: Task): boolean => {
  if (!t.condition) return true;
  const form = formOf(flow, t.condition);
  const given = form.status === 'COMPLETED' ? Object.entries(form.answers ?? {}) : [];
  const answer = given.find(([k]) => k === t.condition?.field)?.[1];
  const fits = t.condition.values.some((v) => v.trim().toUpperCase() === answer?.trim().toUpperCase());
  return t.condition.op === 'is' ? fits : !fits;
};

const localTime = (moment: number, zone: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' }).format(moment);
const localDay = (moment: number, zone: string): Date =>
  new Date(new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(moment));
const isWeekend = (day: Date): boolean => day.getUTCDay() === 0 || day.getUTCDay() === 6;

it('the histories reach every status of a flow, a task and an invitation, every command and most refusals', () => {
  const seen = new Map<string, number>();
  const see = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  const sample = fc.sample(fc.tuple(randomSteps(), randomMoves()), { numRuns: 800, seed: 7 });
  for (const [steps, moves] of sample) {
    const notNeeded = new Set<string>();
    const completed = new Set<string>();
    for (const { before, after, decision, envelope, now } of history(steps, moves)) {
      for (const t of after.tasks) {
        const was = inFlow(before, t.id);
        if (t.skippedBy === 'condition' && completed.has(t.id)) see('needed, then not');
        if (t.skippedBy === 'condition') notNeeded.add(t.id);
        if (t.status === 'COMPLETED') completed.add(t.id);
        if (t.status === 'READY' && notNeeded.has(t.id))
          see(t.condition ? 'not needed, then needed' : 'reopened though not needed');
        if (t.due?.from === 'answer' && t.dueAt !== null && was.dueAt === null) see('due by an answer');
      }
      see(after.status);
      see(decision.ok ? `ok ${envelope.command.type}` : decision.refusal.code);
      for (const t of after.tasks) see(`task ${t.status}`);
      for (const t of after.tasks) if (isOverdue(after, t, now)) see('overdue');
      for (const t of after.tasks) if (t.round > 2) see('third round');
      for (const e of after.externals) see(e.invitation);
      if (decision.ok) {
        for (const e of decision.events) {
          see(e.type);
          if (e.type === 'mail_ordered') see(`mail ${e.mail.kind}`);
        }
      }
    }
  }
  const wanted = [
    ...['DRAFT', 'ACTIVE', 'PAUSED', 'COMPLETED', 'CANCELLED', 'PENDING', 'SENT', 'ACCEPTED', 'REVOKED'],
    ...['BLOCKED', 'READY', 'COMPLETED', 'REJECTED', 'SKIPPED', 'CANCELLED'].map((s) => `task ${s}`),
    ...['start', 'pause', 'resume', 'cancel', 'rename', 'complete', 'approve', 'reject', 'reopen', 'skip', 'assign']
      .concat([
        'set_due',
        'comment',
        'remind',
        'invite',
        'revoke_invitation',
        'resend_invitation',
        'accept_invitation',
        'tick',
      ])
      .map((c) => `ok ${c}`),
    ...['flow_final', 'flow_not_started', 'flow_paused', 'wrong_status', 'task_unknown', 'task_not_ready'],
    ...['already_done', 'is_approval', 'not_approval', 'reason_needed', 'answers_invalid', 'not_allowed'],
    ...['external_unknown', 'already_invited', 'overdue', 'third round', 'task_sent_back', 'task_blocked'],
    ...['digest_scheduled', 'task_fell_due', 'flow_completed', 'mail_ordered', 'task_not_needed', 'dues_set'],
    ...['not needed, then needed', 'needed, then not', 'reopened though not needed', 'due by an answer'],
    ...['nobody_to_remind', 'reminded_lately', 'comment_held', 'comments_told'],
    ...mailKinds.map((kind) => `mail ${kind}`),
  ];
  expect(wanted.filter((w) => (seen.get(w) ?? 0) < 3)).toEqual([]);
});

describe('in every flow', () => {
  it('no task is READY or COMPLETED with an open dependency', () => {
    always(({ after }) => {
      for (const t of after.tasks) {
        if (t.status === 'READY' || (t.status === 'COMPLETED' && after.status !== 'CANCELLED'))
          expect(open(after, t)).toEqual([]);
      }
    });
  });

  it('a task that waits in an ACTIVE flow waits for an open dependency, so nothing is stuck', () => {
    always(({ after }) => {
      if (after.status !== 'ACTIVE') return;
      for (const t of after.tasks) {
        if (t.status === 'BLOCKED' || t.status === 'REJECTED') expect(open(after, t).length).toBeGreaterThan(0);
      }
      expect(after.tasks.some((t) => t.status === 'READY')).toBe(true);
    });
  });

  it('what is READY or done is needed by its condition, what was skipped by it is not, and has nothing open before it', () => {
    always(({ after }) => {
      for (const t of after.tasks) {
        if (t.status === 'READY' || t.status === 'COMPLETED') expect(isNeeded(after, t)).toBe(true);
        expect(t.skippedBy === null).toBe(t.status !== 'SKIPPED');
        if (t.skippedBy !== 'condition') continue;
        expect(isNeeded(after, t)).toBe(false);
        expect(open(after, t)).toEqual([]);
      }
    });
  });

  it('a task that is skipped by its condition says why in the feed, and is told in the outcome', () => {
    always(({ before, decision, after, envelope, now }) => {
      if (!decision.ok) return;
      const skipped = decision.events.flatMap((e) => (e.type === 'task_not_needed' ? [e] : []));
      for (const e of skipped) {
        const line = after.feed.find((f) => f.seq > before.feedLength && f.what === e.type && f.taskId === e.taskId);
        expect(line).toMatchObject({
          by: system,
          text: expect.stringMatching(/^skipped "s\d+", which isn't needed: "/),
        });
      }
      const ledger = openLedger(before, { commandId: 'made', fingerprint: '', at: monday });
      const outcome = findOutcome(applyCommand(ledger, envelope, now), envelope.commandId);
      if (outcome?.ok !== true) throw new Error('was refused');
      expect(new Set(outcome.effects.notNeeded)).toEqual(
        new Set(skipped.map((e) => e.taskId).filter((id) => inFlow(after, id).status === 'SKIPPED')),
      );
    });
  });

  it('what is counted as due is due at the end of a day in the time zone, of a business day where it is counted so', () => {
    always(({ before, after, decision, envelope: { command } }) => {
      if (!decision.ok || command.type === 'set_due' || command.type === 'resume') return;
      for (const t of after.tasks) {
        if (t.dueAt === null || t.dueAt === inFlow(before, t.id).dueAt) continue;
        expect(localTime(t.dueAt, after.timeZone)).toBe('23:59:59');
        if (t.due?.unit === 'business') expect(isWeekend(localDay(t.dueAt, after.timeZone))).toBe(false);
      }
    });
  });

  it('a DRAFT has nothing READY, a CANCELLED flow nothing open, a COMPLETED one everything done', () => {
    always(({ after }) => {
      const has = new Set(after.tasks.map((t) => t.status));
      if (after.status === 'DRAFT') expect([...has].every((s) => s === 'BLOCKED' || s === 'SKIPPED')).toBe(true);
      if (after.status === 'COMPLETED') expect(after.tasks.every(doneWith)).toBe(true);
      if (after.status === 'CANCELLED')
        expect([...has].every((s) => s === 'CANCELLED' || s === 'COMPLETED' || s === 'SKIPPED')).toBe(true);
      else expect(has.has('CANCELLED')).toBe(false);
      expect(after.finishedAt !== null).toBe(after.status === 'COMPLETED' || after.status === 'CANCELLED');
      expect(after.pausedAt !== null).toBe(after.status === 'PAUSED');
    });
  });

  it('progress is done tasks / tasks that count, rounded down, and 100 only when COMPLETED', () => {
    always(({ after }) => {
      let done = 0;
      let counting = 0;
      for (const t of after.tasks) {
        if (t.status === 'COMPLETED') done++;
        if (t.status !== 'SKIPPED' && t.status !== 'CANCELLED') counting++;
      }
      const is = progress(after);
      expect([is.done, is.counting]).toEqual([done, counting]);
      expect(is.percent === 100).toBe(after.status === 'COMPLETED');
      if (after.status === 'ACTIVE' || after.status === 'PAUSED' || after.status === 'DRAFT') {
        expect(is.percent * counting).toBeLessThanOrEqual(100 * done);
        expect((is.percent + 1) * counting).toBeGreaterThan(100 * done - (counting === 0 ? 1 : 0));
      }
    });
  });

  it('the events, evolved one by one, give the flow that was decided', () => {
    always(({ before, decision, envelope, now }) => {
      if (!decision.ok) return;
      expect(evolveAll(before, decision.events)).toStrictEqual(decision.flow);
      expect(decision.flow.version).toBe(before.version + decision.events.length);
      expect(decision.events.every((e) => e.at === now && [envelope.actor.id, 'system'].includes(e.by.id))).toBe(true);
    });
  });

  it('an event is taken by any flow without a throw, and costs one version', () => {
    fc.assert(
      fc.property(randomSteps(5), randomMoves(15), randomSteps(5), (steps, moves, otherSteps) => {
        let other = frozen(draft(otherSteps));
        for (const { decision } of history(steps, moves)) {
          for (const e of decision.ok ? decision.events : []) {
            const { version } = other;
            other = frozen(evolve(other, e));
            expect(other.version).toBe(version + 1);
          }
        }
      }),
    );
  });

  it('a refusal has a sentence that says nothing changed, and nothing did', () => {
    always(({ decision }) => {
      if (decision.ok) return;
      expect(decision.refusal.message).toMatch(/^[^\n]+\. Nothing changed\.$/s);
    });
    fc.assert(
      fc.property(randomSteps(), randomMoves(), (steps, moves) => {
        for (const { before, decision, envelope, now } of history(steps, moves)) {
          if (decision.ok) continue;
          const ledger = openLedger(before, { commandId: 'made', fingerprint: '', at: monday });
          expect(applyCommand(ledger, envelope, now).flow).toBe(before);
        }
      }),
    );
  });

  it('versions only grow, and whatever changed carries a version of its change', () => {
    always(({ before, after }) => {
      expect(after.version).toBeGreaterThanOrEqual(before.version);
      const old = new Map<string, { version: number }>([...before.tasks, ...before.externals].map((x) => [x.id, x]));
      for (const x of [...after.tasks, ...after.externals]) {
        expect(x.version).toBeLessThanOrEqual(after.version);
        const was = old.get(x.id);
        if (was === undefined || JSON.stringify(was) !== JSON.stringify(x))
          expect(x.version).toBeGreaterThan(before.version);
      }
    });
  });

  it('comments are only ever added, each with its own id', () => {
    always(({ before, after }) => {
      const ids = after.tasks.flatMap((t) => t.comments.map((c) => c.id));
      expect(new Set(ids).size).toBe(ids.length);
      for (const t of before.tasks)
        expect(inFlow(after, t.id).comments.slice(0, t.comments.length)).toEqual(t.comments);
    });
  });

  it('the feed is numbered without a gap', () => {
    always(({ after }) => {
      expect(after.feed.map((e) => e.seq)).toEqual(after.feed.map((_, i) => i + 1));
      expect(after.feedLength).toBe(after.feed.length);
    });
  });

  it('a DRAFT mails nobody; starting and resuming send every PENDING invitation, and no other command does', () => {
    always(({ before, after, decision, envelope: { command } }) => {
      if (after.status === 'DRAFT') expect(after.outbox).toEqual([]);
      if (!decision.ok) return;
      const pending = before.externals.filter((e) => e.invitation === 'PENDING').map((e) => e.id);
      const sent = decision.events.flatMap((e) => (e.type === 'invitation_sent' ? [e.externalId] : []));
      if (command.type === 'start' || command.type === 'resume') {
        expect(sent).toEqual(pending);
        expect(after.externals.filter((e) => e.invitation === 'PENDING')).toEqual([]);
      } else if (command.type !== 'invite' && command.type !== 'resend_invitation') expect(sent).toEqual([]);
    });
  });

  it('cancelling closes what is open, leaves what is done as it is, and lets no mail out', () => {
    always(({ before, after, decision, envelope: { command } }) => {
      if (!decision.ok || command.type !== 'cancel') return;
      for (const was of before.tasks) {
        const done = was.status === 'COMPLETED' || was.status === 'SKIPPED';
        expect(inFlow(after, was.id).status).toBe(done ? was.status : 'CANCELLED');
      }
      expect(progress(after).done).toBe(progress(before).done);
      expect(after.outbox).toEqual([]);
    });
  });

  it('final is final: nothing changes a flow that has ended', () => {
    always(({ before, after, decision }) => {
      if (before.status !== 'COMPLETED' && before.status !== 'CANCELLED') return;
      expect(after).toBe(decision.ok ? decision.flow : before);
      expect(after).toStrictEqual(before);
    });
  });

  it('who may: owners and admins all, a MEMBER what is theirs or unassigned, a client only their own', () => {
    always(({ before, decision, envelope: { actor, command } }) => {
      if (!decision.ok && decision.refusal.code === 'task_unknown') return;
      const task = 'taskId' in command ? before.tasks.find((t) => t.id === command.taskId) : undefined;
      const own = task?.assignee?.kind === actor.kind && task.assignee.id === actor.id;
      const work = ['complete', 'approve', 'reject', 'comment'].includes(command.type);
      const may = (): boolean => {
        if (command.type === 'accept_invitation') return actor.id === command.externalId && takesPart();
        if (command.type === 'tick') return actor.kind === 'system';
        if (actor.kind === 'system' || (actor.kind === 'member' && actor.role !== 'MEMBER')) return true;
        if (actor.kind === 'member') return work && (own || task?.assignee === null);
        if (command.type === 'resend_invitation') return actor.id === command.externalId && takesPart();
        return takesPart() && work && own;
      };
      const takesPart = () =>
        before.externals.some((e) => e.id === actor.id && ['SENT', 'ACCEPTED'].includes(e.invitation));
      expect(decision.ok || decision.refusal.code !== 'not_allowed').toBe(may());
    });
  });

  it('a rejection sends back what was completed right before it, with the reason, and counts the round', () => {
    always(({ before, after, decision, envelope: { command } }) => {
      if (!decision.ok || command.type !== 'reject') return;
      const approval = inFlow(before, command.taskId);
      const now = inFlow(after, command.taskId);
      expect(now.round).toBe(approval.round + 1);
      const rightBefore = (t: Task): Task[] =>
        t.dependsOn
          .map((id) => inFlow(before, id))
          .flatMap((d) => (d.skippedBy === 'condition' ? rightBefore(d) : [d]));
      const sentBack = rightBefore(approval).filter((t) => t.status === 'COMPLETED');
      expect(now.status).toBe(sentBack.length > 0 ? 'REJECTED' : 'READY');
      for (const t of after.tasks) {
        const was = inFlow(before, t.id);
        if (sentBack.includes(was)) {
          expect(t.status).toBe(open(after, t).length > 0 ? 'BLOCKED' : 'READY');
          expect(t.round).toBe(was.round + 1);
          expect(t.comments.at(-1)?.text).toBe(command.reason);
          expect(t.answers).toEqual(was.answers);
        } else if (t.id !== approval.id) {
          expect(t.round).toBe(was.round);
          if (was.skippedBy === 'person') expect(t.status).toBe('SKIPPED');
          if (was.skippedBy === 'condition') expect(t.status === 'SKIPPED').toBe(open(after, t).length === 0);
          if (was.status === 'COMPLETED') expect(t.status === 'COMPLETED').toBe(open(after, t).length === 0);
        }
      }
    });
  });

  it('a due date moves only by start, a start of work, a hand, a resume, an answer, or work undone', () => {
    always(({ before, after, decision, envelope: { command } }) => {
      if (!decision.ok) return;
      for (const t of after.tasks) {
        const was = inFlow(before, t.id);
        if (t.dueAt === was.dueAt) continue;
        const started = decision.events.some((e) => e.type === 'task_ready' && e.taskId === t.id);
        const undone = t.status === 'BLOCKED' || t.status === 'REJECTED';
        const byHand = command.type === 'set_due' && command.taskId === t.id;
        const dueFromReady = t.due?.from === 'ready' && (started || undone);
        const form = t.due?.from === 'answer' ? formOf(after, t.due) : null;
        const answered = form !== null && (form.status !== inFlow(before, form.id).status || started);
        expect(byHand || ['start', 'resume'].includes(command.type) || dueFromReady || answered).toBe(true);
      }
    });
  });

  it('while PAUSED nothing is due, nobody is reminded and no work is done', () => {
    always(({ before, after, decision, envelope: { actor, command }, now }) => {
      if (before.status !== 'PAUSED') return;
      expect(nextMoment(before)).toBe(nextComments(before));
      for (const t of before.tasks) expect(isOverdue(before, t, now)).toBe(false);
      if (!decision.ok || after.status !== 'PAUSED') return;
      expect(after.tasks.map((t) => t.status)).toEqual(before.tasks.map((t) => t.status));
      const told = decision.events.filter((e) => e.type === 'mail_ordered' || e.type === 'task_fell_due');
      // What people write to each other is no reminder.
      const unasked = told.filter((e) => e.type === 'task_fell_due' || e.mail.kind !== 'comment');
      // A client who lost the way is sent it when they ask for it themselves, and nobody else is, and of no task.
      const asked = actor.kind === 'external' && command.type === 'resend_invitation' ? actor.id : null;
      const way = unasked.filter((e) => e.type === 'mail_ordered' && e.mail.kind === 'invitation');
      expect(way).toEqual(unasked);
      for (const e of way) expect(e).toMatchObject({ mail: { to: { kind: 'external', id: asked }, tasks: [] } });
    });
  });

  it('a timer that rings finds something to do, and then rings later or not at all', () => {
    always(({ after, now }) => {
      const next = nextMoment(after);
      if (next === null) return;
      const moment = Math.max(next, now);
      const ticked = decide(after, { type: 'tick' }, system, moment);
      if (!ticked.ok) throw new Error(ticked.refusal.message);
      expect(ticked.events.length).toBeGreaterThan(0);
      expect(nextMoment(ticked.flow) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(moment);
    });
  });

  it('whatever is overdue has been told or will be', () => {
    always(({ after, now }) => {
      for (const t of after.tasks) {
        if (isOverdue(after, t, now))
          expect(t.notedDueAt === t.dueAt ? after.digestAt : nextMoment(after)).not.toBeNull();
      }
    });
  });

  it('mail goes only to who takes part, and a flow that ended sends no links', () => {
    always(({ after }) => {
      const mailed = new Set(['SENT', 'ACCEPTED']);
      for (const mail of after.outbox) {
        if (mail.to.kind === 'external') {
          const { id } = mail.to;
          expect(mailed.has(after.externals.find((e) => e.id === id)?.invitation ?? '')).toBe(true);
        }
        if (after.finishedAt !== null) expect(mail.kind).toBe('flow_completed');
      }
      const keys = after.outbox.map((m) => m.key);
      expect(new Set(keys).size).toBe(keys.length);
    });
  });

  it('a comment is mailed to nobody who wrote it, and to a client only when it is meant for clients', () => {
    always(({ after }) => {
      const comments = new Map(after.tasks.flatMap((t) => t.comments.map((c) => [c.id, c] as const)));
      for (const { to, comments: held } of after.heldComments ?? []) {
        expect(held.length).toBeGreaterThan(0);
        for (const { commentId } of held) {
          const comment = comments.get(commentId);
          expect(comment?.by.id).not.toBe(to.id);
          if (to.kind === 'external') expect(comment?.audience).toBe('client');
        }
      }
    });
  });

  it('comments for one person make one mail at a time, which waits some minutes for more, and none is lost', () => {
    always(({ before, after, decision, envelope, now }) => {
      const key = (to: { kind: string; id: string }) => `${to.kind} ${to.id}`;
      const waiting = after.outbox.filter((m) => m.kind === 'comment').map((m) => key(m.to));
      expect(new Set(waiting).size).toBe(waiting.length);
      const held = (after.heldComments ?? []).map((h) => key(h.to));
      expect(new Set(held).size).toBe(held.length);
      if (!decision.ok || envelope.command.type !== 'tick') return;
      for (const h of before.heldComments ?? []) {
        const ripe = h.at <= now;
        const left = after.heldComments?.find((l) => key(l.to) === key(h.to));
        if (!ripe) expect(left).toEqual(h);
        else if (left) expect(left).toEqual({ ...h, at: now + holdMs });
        else if (h.to.kind === 'member') expect(waiting).toContain(key(h.to));
      }
    });
  });

  it('nobody is reminded by hand of one task twice within an hour', () => {
    always(({ before, decision, envelope: { command }, now }) => {
      if (!decision.ok || command.type !== 'remind') return;
      const was = inFlow(before, command.taskId);
      expect(now - (was.remindedAt ?? 0)).toBeGreaterThanOrEqual(3_600_000);
      expect(decision.events.flatMap((e) => (e.type === 'mail_ordered' ? [[e.mail.kind, e.mail.to.id]] : []))).toEqual([
        ['reminder', was.assignee?.id],
      ]);
    });
  });

  it('who came by a READY task while the flow was PAUSED is told when it resumes', () => {
    always(({ before, decision, envelope: { command, actor } }) => {
      if (!decision.ok || command.type !== 'resume') return;
      const told = new Set(decision.events.flatMap((e) => (e.type === 'mail_ordered' ? [e.mail.to.id] : [])));
      const { pausedAt } = before;
      for (const t of before.tasks) {
        const late = t.assignedAt !== undefined && pausedAt !== null && t.assignedAt >= pausedAt;
        if (late && t.status === 'READY' && t.assignee && t.assignee.id !== actor.id)
          expect([...told]).toContain(t.assignee.id);
      }
    });
  });

  it('an open task lies with no client whose invitation was revoked', () => {
    always(({ after }) => {
      const revoked = new Set(after.externals.filter((e) => e.invitation === 'REVOKED').map((e) => e.id));
      for (const t of after.tasks) {
        if (!doneWith(t) && t.status !== 'CANCELLED' && t.assignee?.kind === 'external')
          expect(revoked.has(t.assignee.id)).toBe(false);
      }
    });
  });
});

/** A day later, and again, until so many days (of the kind that counts) have passed. */
function daysLater(day: Date, n: number, counts: (day: Date) => boolean): Date {
  const later = new Date(day);
  for (let left = n; left > 0; ) {
    later.setUTCDate(later.getUTCDate() + 1);
    if (counts(later)) left--;
  }
  return later;
}

it('pause and resume move the due days of open tasks by the days that passed, and what was noted with them', () => {
  fc.assert(
    fc.property(
      randomSteps(),
      randomMoves(),
      randomZone,
      fc.array(randomMove, { maxLength: 6 }),
      fc.nat(40 * 86_400_000),
      (steps, moves, zone, meanwhile, pauseMs) => {
        let flow = draft(steps, olivia, monday, zone);
        let now = monday;
        for (const m of history(steps, moves, zone)) {
          flow = m.after;
          now = m.now;
        }
        const paused = decide(flow, { type: 'pause' }, olivia, now);
        fc.pre(paused.ok);
        flow = paused.flow;
        for (const [i, move] of meanwhile.entries()) {
          const at = now + Math.floor((pauseMs * i) / meanwhile.length);
          const { command, actor } = envelopeOf(flow, move, at, `p${i}`);
          if (['resume', 'cancel'].includes(command.type)) continue;
          const decision = decide(flow, command, actor, at);
          if (decision.ok) flow = decision.flow;
        }
        const resumed = decide(flow, { type: 'resume' }, olivia, now + pauseMs);
        if (!resumed.ok) throw new Error(resumed.refusal.message);
        const passed: Date[] = [];
        const last = localDay(now + pauseMs, zone);
        for (let d = localDay(now, zone); d < last; d = daysLater(d, 1, () => true)) passed.push(d);
        for (const was of paused.flow.tasks) {
          const t = inFlow(resumed.flow, was.id);
          expect(isOverdue(resumed.flow, t, now + pauseMs)).toBe(
            was.status === 'READY' && t.dueAt !== null && t.dueAt < now + pauseMs,
          );
          if (was.dueAt === null || doneWith(was) || t.dueAt === null) {
            expect(t.dueAt).toBe(was.dueAt);
            continue;
          }
          const due = localDay(was.dueAt, zone);
          const inBusinessDays = was.due?.unit === 'business' && !isWeekend(due);
          const counts = (d: Date) => !inBusinessDays || !isWeekend(d);
          expect(localDay(t.dueAt, zone)).toEqual(daysLater(due, passed.filter(counts).length, counts));
          expect(localTime(t.dueAt, zone)).toBe(localTime(was.dueAt, zone));
          expect(t.notedDueAt).toBe(was.notedDueAt === null ? null : t.dueAt);
          if (localTime(was.dueAt, zone) === '23:59:59') expect(t.dueAt < now + pauseMs).toBe(was.dueAt < now);
        }
        expect(resumed.flow.digestAt).toBe(paused.flow.digestAt === null ? null : paused.flow.digestAt + pauseMs);
      },
    ),
    { numRuns: 400 },
  );
});

const mailEnds: MailEnd[] = [{ how: 'taken' }, { how: 'failed', why: 'away' }, { how: 'refused', why: 'no mailbox' }];

/** What a workflow does around the domain: commands by signal, timers, mails that leave, a new run now and then. */
const happening = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('command' as const), move: randomMove }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('again' as const), which: fc.nat(1000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.nat(3 * 86_400_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('mail' as const), end: fc.constantFrom<MailEnd>(...mailEnds) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('new run' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('nonsense' as const), what: fc.jsonValue() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('project' as const), lost: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('project late' as const) }) },
);

/** The read model as the database keeps it: rows guarded by version, feed and comments once per id. */
class ReadModel {
  flow: Flow | null = null;
  percent = 0;
  readonly tasks = new Map<string, Task>();
  readonly externals = new Map<string, Flow['externals'][number]>();
  readonly comments = new Map<string, Task['comments'][number]>();
  readonly feed = new Map<number, Flow['feed'][number]>();

  write({ flow, progress: p, feed }: Projection): void {
    if (this.flow === null || this.flow.version < flow.version) {
      this.flow = { ...flow, tasks: [], externals: [] };
      this.percent = p.percent;
    }
    for (const t of flow.tasks) {
      if ((this.tasks.get(t.id)?.version ?? 0) < t.version) this.tasks.set(t.id, { ...t, comments: [] });
      for (const c of t.comments) if (!this.comments.has(c.id)) this.comments.set(c.id, c);
    }
    for (const e of flow.externals)
      if ((this.externals.get(e.id)?.version ?? 0) < e.version) this.externals.set(e.id, e);
    for (const e of feed) if (!this.feed.has(e.seq)) this.feed.set(e.seq, e);
  }

  expectWhole(flow: Flow, wholeFeed: ReadonlyMap<number, Flow['feed'][number]>): void {
    expect(this.flow).toEqual({ ...flow, tasks: [], externals: [], feed: [], outbox: [] });
    expect(this.percent).toBe(progress(flow).percent);
    const byId = <T extends { id: string }>(xs: readonly T[]) => new Map(xs.map((x) => [x.id, x]));
    expect(this.tasks).toEqual(byId(flow.tasks.map((t) => ({ ...t, comments: [] }))));
    expect(this.externals).toEqual(byId(flow.externals));
    expect(this.comments).toEqual(byId(flow.tasks.flatMap((t) => t.comments)));
    expect(this.feed).toEqual(wholeFeed);
  }
}

describe('the ledger', () => {
  const lives = fc.tuple(randomSteps(), randomMoves(10), fc.array(happening, { maxLength: 40, size: 'max' }));

  it('applies a command id once, gives the same answer again, survives new runs, and is projected without loss', () => {
    fc.assert(
      fc.property(lives, ([steps, first, rest]) => {
        let now = monday;
        let ledger: Ledger = openLedger(draft(steps), { commandId: 'made', fingerprint: 'f-made', at: now });
        const sent: { envelope: Envelope; answer: string }[] = [];
        const model = new ReadModel();
        const wholeFeed = new Map<number, Flow['feed'][number]>();
        let waiting: Projection | null = null;
        const outcomeOf = (id: string) => JSON.stringify(findOutcome(ledger, id));

        const command = (move: Move) => {
          now = momentOf(ledger.flow, move, now);
          const envelope = envelopeOf(ledger.flow, move, now, `c${sent.length}`);
          const next = receive(ledger, overTheWire(envelope), now);
          const outcome = findOutcome(next, envelope.commandId);
          expect(outcome).toBeDefined();
          expect(outcome?.version).toBe(next.flow.version);
          if (!outcome?.ok) expect(next.flow).toBe(ledger.flow);
          else expect(outcome.effects.progress).toEqual(progress(next.flow));
          ledger = next;
          sent.push({ envelope, answer: outcomeOf(envelope.commandId) });
        };

        for (const move of first) command(move);
        for (const h of rest) {
          switch (h.kind) {
            case 'command':
              command(h.move);
              break;
            case 'again': {
              const was = sent[h.which % Math.max(1, sent.length)];
              if (!was) break;
              expect(receive(ledger, overTheWire(was.envelope), now + 1)).toBe(ledger);
              const other = {
                ...was.envelope,
                fingerprint: 'other',
                actor: olivia,
                command: { type: 'cancel', reason: '' },
              };
              expect(receive(ledger, other, now + 1)).toBe(ledger);
              break;
            }
            case 'time':
              now += h.ms;
              ledger = passTime(ledger, now);
              break;
            case 'mail': {
              const mail = ledger.flow.outbox[0];
              if (!mail) break;
              const { version, externals } = ledger.flow;
              ledger = settleMail(ledger, mail.key, h.end, now);
              expect(ledger.flow.outbox.some((m) => m.key === mail.key)).toBe(false);
              const news = h.end.how !== 'taken' || externals.some((e) => e.id === mail.to.id && e.mailRefused);
              expect(ledger.flow.version).toBe(news ? version + 1 : version);
              const who = ledger.flow.externals.find((e) => e.id === mail.to.id);
              if (who && h.end.how !== 'failed')
                expect(who.mailRefused ?? null).toBe(h.end.how === 'refused' ? h.end.why : null);
              // Told once, whatever comes of it twice.
              expect(settleMail(ledger, mail.key, h.end, now)).toBe(ledger);
              break;
            }
            case 'new run': {
              const carried = overTheWire(ledger);
              expect(carried).toStrictEqual(ledger);
              ledger = carried;
              break;
            }
            case 'nonsense': {
              const { flow } = ledger;
              ledger = receive(ledger, h.what, now);
              expect(ledger.flow).toBe(flow);
              break;
            }
            case 'project':
              model.write(overTheWire(projectionOf(ledger)));
              if (!h.lost) ledger = markProjected(ledger, projectionOf(ledger));
              break;
            case 'project late':
              if (waiting) {
                model.write(waiting);
                ledger = markProjected(ledger, waiting);
                waiting = null;
              } else waiting = projectionOf(ledger);
              break;
          }
          for (const e of ledger.flow.feed) wholeFeed.set(e.seq, e);
          const seqs = ledger.flow.feed.map((e) => e.seq);
          expect(seqs).toEqual(seqs.map((_, i) => ledger.flow.feedLength - seqs.length + 1 + i));
          expect(ledger.projectedVersion).toBeLessThanOrEqual(ledger.flow.version);
        }
        for (const { envelope, answer } of sent) expect(outcomeOf(envelope.commandId)).toBe(answer);
        expect(answerOf(ledger, 'made').outcome).toMatchObject({
          ok: true,
          fingerprint: 'f-made',
          at: monday,
          version: 1,
        });
        expect(answerOf(ledger, 'never sent').outcome).toBeNull();

        for (const e of ledger.flow.feed) wholeFeed.set(e.seq, e);
        const last = projectionOf(ledger);
        model.write(last);
        ledger = markProjected(ledger, last);
        model.expectWhole(ledger.flow, wholeFeed);
        expect(projectionOf(ledger)).toMatchObject({ flow: { tasks: [], externals: [] }, feed: [] });
        expect(ledger.flow.feed.length).toBeLessThanOrEqual(limits.feedKept);
        expect([...wholeFeed.keys()].sort((a, b) => a - b)).toEqual(
          [...Array(ledger.flow.feedLength).keys()].map((i) => i + 1),
        );
      }),
      { numRuns: 400 },
    );
  });

  it('is the same for the same commands at the same times: a replay gives the state it gave before', () => {
    fc.assert(
      fc.property(randomSteps(), randomMoves(), (steps, moves) => {
        const run = () => [...history(steps, moves)].map((m) => JSON.stringify(m.after));
        expect(run()).toEqual(run());
      }),
      { numRuns: 50 },
    );
  });
});

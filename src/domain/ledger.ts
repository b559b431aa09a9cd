/** A flow with what it answered: the same command id does the thing once and gives the same answer. */
import { system } from './actor.ts';
import { type Envelope, envelopeSchema } from './command.ts';
import { decide } from './decide.ts';
import { erasedAddress, type Person, personOf, wordsOf } from './erasure.ts';
import type { FlowEvent } from './event.ts';
import { evolve } from './evolve.ts';
import { type FeedEntry, type Flow, type FlowStatus, type Progress, progress } from './flow.ts';
import { cut } from './held-comments.ts';
import { limits } from './limits.ts';
import type { InviteOutcome } from './people.ts';
import type { Refusal } from './refusal.ts';
import { isStorable } from './storable.ts';
import { type Rules, todaysRules } from './turn.ts';

/** What a command did, small enough to be kept for every command. Ids are of tasks. */
export interface Effects {
  readonly ready: readonly string[];
  readonly waitAgain: readonly string[];
  /** Skipped, since their conditions are not met. */
  readonly notNeeded: readonly string[];
  readonly mails: number;
  readonly completedFlow: boolean;
  readonly status: FlowStatus;
  readonly progress: Progress;
  readonly invited: readonly InviteOutcome[];
}

export type Outcome = {
  readonly commandId: string;
  readonly fingerprint: string;
  readonly at: number;
  /** The flow's version after the command. */
  readonly version: number;
  /** The task it was about; of none, and of one that an older worker took, left out. */
  readonly taskId?: string;
} & ({ readonly ok: true; readonly effects: Effects } | { readonly ok: false; readonly refusal: Refusal });

/** The whole state of a flow's workflow, carried from run to run. */
export interface Ledger {
  readonly flow: Flow;
  /** Oldest first, the creation's before all; at most `limits.outcomesKept` and, roughly, `limits.outcomesBytes`. */
  readonly outcomes: readonly Outcome[];
  /** What the read model has: everything up to this version. 0 before the first projection. */
  readonly projectedVersion: number;
  readonly projectedFeed: number;
}

/** What asked for the flow. `at` in milliseconds. */
export type Creation = Pick<Outcome, 'commandId' | 'fingerprint' | 'at'>;

/** A new flow's ledger. Its creation is a command too, and its outcome is the one that is never forgotten. */
export function openLedger(flow: Flow, { commandId, fingerprint, at }: Creation): Ledger {
  const effects = effectsOf([], flow, []);
  const created: Outcome = { commandId, fingerprint, at, version: flow.version, ok: true, effects };
  return { flow, outcomes: [created], projectedVersion: 0, projectedFeed: 0 };
}

export const findOutcome = (ledger: Ledger, commandId: string): Outcome | undefined =>
  ledger.outcomes.find((o) => o.commandId === commandId);

/** Applies one command; a command id that has an outcome already changes nothing. `now` in milliseconds. */
export function applyCommand(ledger: Ledger, envelope: Envelope, now: number, rules: Rules = todaysRules): Ledger {
  const { commandId, fingerprint } = envelope;
  if (findOutcome(ledger, commandId)) return ledger;
  const decision = decide(ledger.flow, envelope.command, envelope.actor, now, rules);
  if (!decision.ok) {
    const version = ledger.flow.version;
    return remember(ledger, { commandId, fingerprint, at: now, version, ok: false, refusal: decision.refusal });
  }
  const effects = effectsOf(decision.events, decision.flow, decision.invited);
  const { version } = decision.flow;
  const { command } = envelope;
  const person = command.type === 'erase' ? personOf(ledger.flow, command.externalId) : null;
  const outcomes = person ? ledger.outcomes.map(eraseOutcome(person)) : ledger.outcomes;
  return remember(
    { ...ledger, outcomes, flow: decision.flow },
    {
      commandId,
      fingerprint,
      at: now,
      version,
      ...('taskId' in command && { taskId: command.taskId }),
      ok: true,
      effects,
    },
  );
}

/** What was answered names people. */
const eraseOutcome =
  (person: Person) =>
  (o: Outcome): Outcome => {
    if (!o.ok) return { ...o, refusal: { ...o.refusal, message: wordsOf(person, 1)(o.refusal.message) } };
    const invited = o.effects.invited.map((i) =>
      i.externalId === person.id ? { ...i, email: erasedAddress(person.id) } : i,
    );
    return { ...o, effects: { ...o.effects, invited } };
  };

const namedSchema = envelopeSchema
  .pick({ commandId: true })
  .extend({ fingerprint: envelopeSchema.shape.fingerprint.catch('') });

/** The id of whatever arrived as a command; null when it has none that can be used. */
export const commandIdOf = (input: unknown): string | null => namedSchema.safeParse(input).data?.commandId ?? null;

/** What arrived as a command, whoever sent it. Something unreadable gets a refusal if it has a usable id, and never stops the flow. */
export function receive(ledger: Ledger, input: unknown, now: number, rules: Rules = todaysRules): Ledger {
  const parsed = envelopeSchema.safeParse(input);
  const storable = parsed.success && isStorable(parsed.data);
  if (storable) return applyCommand(ledger, parsed.data, now, rules);
  const named = namedSchema.safeParse(input);
  if (!named.success || findOutcome(ledger, named.data.commandId)) return ledger;
  const issue = parsed.error?.issues[0];
  const where = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  const why = issue?.message ?? "a text in it has characters that can't be stored";
  const message = `This is no command a flow understands (${where}${why}). Nothing changed.`;
  const refusal: Refusal = { code: 'bad_command', message, blockedBy: [] };
  return remember(ledger, {
    ...named.data,
    at: now,
    version: ledger.flow.version,
    ok: false,
    refusal,
  });
}

/** Time passed: what fell due is noted and reminded of. */
export function passTime(ledger: Ledger, now: number, rules: Rules = todaysRules): Ledger {
  const decision = decide(ledger.flow, { type: 'tick' }, system, now, rules);
  return decision.ok ? { ...ledger, flow: decision.flow } : ledger;
}

/** How a mail left the outbox. `why`: what the mail server said, or what stood in the way for so long. */
export type MailEnd = { readonly how: 'taken' } | { readonly how: 'refused' | 'failed'; readonly why: string };

/** A mail that was taken is no news, and makes no new version, unless its address was refused before. */
export function settleMail(ledger: Ledger, key: string, end: MailEnd, now: number): Ledger {
  const { flow } = ledger;
  const order = flow.outbox.find((m) => m.key === key);
  // Taken out of the outbox while it was being sent: by a pause, a revoked invitation, the flow's end.
  if (!order) return ledger;
  const told = { at: now, by: system };
  const { to } = order;
  if (end.how !== 'taken') {
    const type = end.how === 'failed' ? 'mail_failed' : 'mail_refused';
    const why = cut(end.why, limits.mailFailure);
    return { ...ledger, flow: evolve(flow, { type, key, to, why, ...told }) };
  }
  const left = { ...flow, outbox: flow.outbox.filter((m) => m.key !== key) };
  const known = flow.externals.find((e) => to.kind === 'external' && e.id === to.id);
  if (!known?.mailRefused) return { ...ledger, flow: left };
  return { ...ledger, flow: evolve(left, { type: 'mail_taken', externalId: known.id, ...told }) };
}

/** Has the read model everything that happened? */
export const isProjected = (ledger: Ledger): boolean => ledger.projectedVersion >= ledger.flow.version;

/** What the read model lacks: the flow's own row and whatever changed since the version it has. */
export interface Projection {
  /** The flow with only the tasks, comments and external users that changed. */
  readonly flow: Flow;
  /** Of the whole flow. */
  readonly progress: Progress;
  readonly feed: readonly FeedEntry[];
}

export function projectionOf(ledger: Ledger): Projection {
  const { flow, projectedVersion } = ledger;
  return {
    flow: {
      ...flow,
      tasks: flow.tasks
        .filter((t) => t.version > projectedVersion)
        .map((t) => ({ ...t, comments: t.comments.filter((c) => c.version > projectedVersion) })),
      externals: flow.externals.filter((e) => e.version > projectedVersion),
      feed: [],
      outbox: [],
    },
    progress: progress(flow),
    feed: flow.feed.filter((e) => e.seq > ledger.projectedFeed),
  };
}

/** The read model has this projection now; feed entries it holds need not travel with the flow for ever. */
export function markProjected(ledger: Ledger, projection: Projection): Ledger {
  const projectedFeed = Math.max(ledger.projectedFeed, projection.flow.feedLength);
  const kept = Math.min(projectedFeed, ledger.flow.feedLength - limits.feedKept);
  return {
    ...ledger,
    projectedVersion: Math.max(ledger.projectedVersion, projection.flow.version),
    projectedFeed,
    flow: { ...ledger.flow, feed: ledger.flow.feed.filter((e) => e.seq > kept) },
  };
}

function remember(ledger: Ledger, outcome: Outcome): Ledger {
  const [created, ...later] = [...ledger.outcomes, outcome];
  let bytes = later.reduce((n, o) => n + roughBytes(o), 0);
  let forgotten = Math.max(0, later.length + 1 - limits.outcomesKept);
  for (const o of later.slice(0, forgotten)) bytes -= roughBytes(o);
  for (; bytes > limits.outcomesBytes && forgotten < later.length - 1; forgotten++) {
    const oldest = later[forgotten];
    if (oldest) bytes -= roughBytes(oldest);
  }
  return { ...ledger, outcomes: created ? [created, ...later.slice(forgotten)] : [] };
}

/** What an outcome weighs as JSON, without writing it: this runs over all of them at every command. */
function roughBytes(o: Outcome): number {
  const fixed = (o.ok ? 250 : 150) + o.commandId.length + o.fingerprint.length;
  const sum = (ids: readonly string[]) => ids.reduce((n, id) => n + id.length + 3, 0);
  if (!o.ok) return fixed + 3 * o.refusal.message.length + sum(o.refusal.blockedBy);
  const { ready, waitAgain, notNeeded, invited } = o.effects;
  const people = invited.reduce((n, i) => n + 70 + i.externalId.length + i.email.length, 0);
  return fixed + sum(ready) + sum(waitAgain) + sum(notNeeded) + people;
}

function effectsOf(events: readonly FlowEvent[], after: Flow, invited: readonly InviteOutcome[]): Effects {
  const ids = (type: FlowEvent['type']) => [
    ...new Set(events.flatMap((e) => (e.type === type && 'taskId' in e && e.taskId ? [e.taskId] : []))),
  ];
  const isNow = (status: string) => (id: string) => after.tasks.some((t) => t.id === id && t.status === status);
  return {
    ready: ids('task_ready').filter(isNow('READY')),
    waitAgain: ids('task_blocked').filter(isNow('BLOCKED')),
    notNeeded: ids('task_not_needed').filter(isNow('SKIPPED')),
    // Those for which there was room.
    mails: events.filter((e) => e.type === 'mail_ordered' && after.outbox.some((m) => m.key === e.mail.key)).length,
    completedFlow: events.some((e) => e.type === 'flow_completed'),
    status: after.status,
    progress: progress(after),
    invited,
  };
}

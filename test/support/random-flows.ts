/** Random templates and random histories of flows, for property tests. */
import fc from 'fast-check';
import { type Actor, system } from '../../src/domain/actor.ts';
import type { Command, Envelope } from '../../src/domain/command.ts';
import { dayMs } from '../../src/domain/dates.ts';
import { type Flow, isResolved, type Task } from '../../src/domain/flow.ts';
import { nextMoment } from '../../src/domain/reminders.ts';
import type { Step } from '../../src/domain/template.ts';
import { adam, invitee, jane, john, max, mia, olivia, stranger } from './people.ts';
import { steps, type WrittenStep } from './stage.ts';

const fields = [
  { key: 'company', label: 'Company', type: 'text' },
  { key: 'constructor', label: 'Who built it', type: 'text', required: false },
  { key: 'plan', label: 'Plan', type: 'choice', options: ['S', 'M'], required: false },
  { key: 'begins', label: 'Begins on', type: 'date', required: false },
];

const stepParts = fc.record({
  type: fc.constantFrom('TASK', 'APPROVAL', 'APPROVAL', 'FORM', 'FORM'),
  assignee: fc.constantFrom(
    { kind: 'nobody' },
    { kind: 'starter' },
    { kind: 'client', role: '' },
    { kind: 'client', role: 'client reviewer' },
    { kind: 'role', role: 'Designer' },
  ),
  due: fc.option(
    fc.record({
      days: fc.integer({ min: -6, max: 6 }),
      from: fc.constantFrom('start', 'ready', 'answer', 'answer'),
      unit: fc.constantFrom('calendar', 'business'),
    }),
  ),
  condition: fc.option(
    fc.record({
      op: fc.constantFrom('is', 'is', 'is_not'),
      on: fc.constantFrom<{ field: string; values: string[] }>(
        { field: 'plan', values: ['S'] },
        { field: 'plan', values: ['S', 'M'] },
        { field: 'company', values: [' acme'] },
      ),
    }),
  ),
  /** Which of the forms before it a condition or a due date is on. */
  form: fc.nat(11),
  /** Which of the steps before it are dependencies, as bits. */
  before: fc.nat(2 ** 12 - 1),
  /** Few dependencies are likelier than many. */
  thin: fc.nat(2 ** 12 - 1),
});

/** Steps of a runnable template, at most `most` (12 or fewer), written in an order that tells nothing of the graph. */
export const randomSteps = (most = 12): fc.Arbitrary<Step[]> =>
  fc
    .array(stepParts, { minLength: 1, maxLength: most })
    .chain((parts) => {
      const behind: Set<number>[] = [];
      const written: WrittenStep[] = parts.map(({ before, thin, form, condition, due, ...rest }, i) => {
        const direct = parts.flatMap((_, j) => (j < i && ((before & thin) >> j) & 1 ? [j] : []));
        const all = new Set(direct.flatMap((j) => [j, ...(behind[j] ?? [])]));
        behind.push(all);
        const forms = [...all].filter((j) => parts[j]?.type === 'FORM');
        const step = `s${forms[form % Math.max(1, forms.length)]}`;
        return {
          ...rest,
          key: `s${i}`,
          fields: rest.type === 'FORM' ? fields : [],
          dependsOn: direct.map((j) => `s${j}`),
          condition: condition && forms.length > 0 ? { step, op: condition.op, ...condition.on } : null,
          due:
            due === null || (due.from === 'answer' && forms.length === 0)
              ? null
              : due.from === 'answer'
                ? { ...due, step, field: 'begins' }
                : { ...due, days: Math.abs(due.days) },
        };
      });
      return fc.shuffledSubarray(written, { minLength: written.length });
    })
    .map((written) => steps(...written));

/** Zones ahead of UTC, behind it, by less than an hour, and with summer time; most flows need no more than UTC. */
export const randomZone: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('UTC') },
  { weight: 2, arbitrary: fc.constantFrom('America/New_York', 'Pacific/Apia', 'Asia/Kolkata', 'Australia/Lord_Howe') },
);

/** One thing somebody tries. What it means depends on the flow it meets. */
export interface Move {
  readonly what: Command['type'];
  readonly who: 'fitting' | Actor;
  readonly pick: number;
  readonly aim: 'fitting' | 'any' | 'unknown';
  readonly waitMs: number;
  readonly text: string;
  readonly answers: Record<string, string> | null;
}

const what = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom<Command['type']>('complete', 'approve') },
  { weight: 9, arbitrary: fc.constant<Command['type']>('reject') },
  { weight: 8, arbitrary: fc.constant<Command['type']>('tick') },
  { weight: 4, arbitrary: fc.constant<Command['type']>('resume') },
  { weight: 5, arbitrary: fc.constant<Command['type']>('reopen') },
  { weight: 9, arbitrary: fc.constantFrom<Command['type']>('comment', 'remind', 'remind') },
  {
    weight: 22,
    arbitrary: fc.constantFrom<Command['type']>(
      'start',
      'pause',
      'reopen',
      'skip',
      'assign',
      'set_due',
      'invite',
      'revoke_invitation',
      'resend_invitation',
      'accept_invitation',
      // Not `erase`: it rewrites what nothing else may, and its own tests play it.
      'rename',
    ),
  },
  { weight: 1, arbitrary: fc.constant<Command['type']>('cancel') },
);

export const everyone: readonly Actor[] = [olivia, adam, mia, max, jane, john, stranger, system];

export const randomMove: fc.Arbitrary<Move> = fc.record({
  what,
  who: fc.oneof(
    { weight: 3, arbitrary: fc.constant<'fitting'>('fitting') },
    { weight: 2, arbitrary: fc.constantFrom(...everyone) },
  ),
  pick: fc.nat(1000),
  aim: fc.oneof(
    { weight: 6, arbitrary: fc.constant<'fitting'>('fitting') },
    { weight: 2, arbitrary: fc.constant<'any'>('any') },
    { weight: 1, arbitrary: fc.constant<'unknown'>('unknown') },
  ),
  waitMs: fc.oneof(fc.constant(0), fc.nat(dayMs), fc.nat(9 * dayMs)),
  text: fc.oneof(fc.constant(''), fc.constant('see my notes'), fc.string({ maxLength: 12 })),
  answers: fc.oneof(
    fc.constant(null),
    fc.constant<Record<string, string>>({ company: 'Acme', plan: 'M', begins: '2026-11-30' }),
    fc.dictionary(fc.constantFrom('company', 'constructor', 'plan', '__proto__', 'toString'), fc.string()),
  ),
});

/** Most histories begin with a client invited and the flow started, since little happens before. */
export const randomMoves = (most = 40): fc.Arbitrary<Move[]> =>
  fc
    .tuple(fc.nat(3), fc.array(randomMove, { maxLength: most, size: 'max' }))
    .map(([n, moves]) => (n === 0 ? moves : [opening('invite'), opening('start'), ...moves]));

export const opening = (type: Command['type']): Move => ({
  what: type,
  who: 'fitting',
  pick: 0,
  aim: 'fitting',
  waitMs: 0,
  text: '',
  answers: null,
});

const fits: Partial<Record<Command['type'], (t: Task) => boolean>> = {
  complete: (t) => t.status === 'READY' && t.type !== 'APPROVAL',
  approve: (t) => t.status === 'READY' && t.type === 'APPROVAL',
  reject: (t) => t.status === 'READY' && t.type === 'APPROVAL',
  reopen: isResolved,
  skip: (t) => !isResolved(t),
  comment: (t) => t.assignee !== null,
  remind: (t) => t.status === 'READY' && t.assignee !== null,
};

/** The command of a move against this flow, by whom, at `now`. */
export function meant(flow: Flow, move: Move, now: number): { command: Command; actor: Actor } {
  const { pick, text } = move;
  const fitting = flow.tasks.filter(fits[move.what] ?? (() => true));
  // Forms that are answered, and answered again, are what conditions and due dates hang on.
  const prefersForms = (move.what === 'reopen' || move.what === 'complete') && pick % 3 > 0;
  const hangOn = new Set(flow.tasks.flatMap((t) => (t.condition ? [t.condition.step] : [])));
  const forms = prefersForms ? fitting.filter((t) => hangOn.has(t.key)) : [];
  const candidates = move.aim !== 'fitting' ? flow.tasks : forms.length > 0 ? forms : fitting;
  const again = move.what === 'remind' && pick % 2 === 0 ? candidates.filter((t) => t.remindedAt) : [];
  const of = again.length > 0 ? again : candidates;
  const task = of[pick % Math.max(1, of.length)] ?? flow.tasks[0];
  const taskId = move.aim === 'unknown' || !task ? 'tk_unknown' : task.id;
  const client = pick % 3 === 0 ? john : jane;
  const client2 = pick % 2 === 0 ? jane : stranger;
  const actor = move.who === 'fitting' ? whoFits(move.what, client) : move.who;
  return { actor, command: commandOf() };

  function commandOf(): Command {
    switch (move.what) {
      case 'start':
        return { type: 'start', startDate: pick % 4 === 0 ? now - 3 * dayMs : null };
      case 'cancel':
        return { type: 'cancel', reason: text };
      case 'rename':
        return { type: 'rename', name: `Acme ${pick}` };
      case 'complete': {
        const form = task?.type === 'FORM' && move.aim === 'fitting';
        return { type: 'complete', taskId, answers: form ? fittingAnswers(pick) : move.answers, comment: text };
      }
      case 'approve':
        return { type: 'approve', taskId, comment: text };
      case 'reject':
      case 'reopen':
      case 'skip':
        return { type: move.what, taskId, reason: text };
      case 'assign': {
        const to = [null, mia, max, jane, john][pick % 5] ?? null;
        const assignee =
          to === null
            ? null
            : to.kind === 'external'
              ? ({ kind: 'external', id: to.id } as const)
              : ({ kind: 'member', id: to.id, name: to.name } as const);
        return { type: 'assign', taskId, assignee };
      }
      case 'set_due':
        return { type: 'set_due', taskId, dueAt: pick % 4 === 0 ? null : now + ((pick % 7) - 2) * dayMs };
      case 'comment':
        return {
          ...{ type: 'comment', taskId, text: text === '' ? 'hello' : text },
          audience: pick % 2 === 0 ? 'client' : 'internal',
        };
      case 'remind':
        return { type: 'remind', taskId };
      case 'invite':
        return {
          type: 'invite',
          people: pick % 3 === 1 ? [invitee(jane), invitee(john, 'lawyer')] : [invitee(client)],
        };
      case 'erase':
      case 'revoke_invitation':
      case 'resend_invitation':
        return { type: move.what, externalId: client.id };
      case 'accept_invitation':
        return { type: 'accept_invitation', externalId: move.aim === 'unknown' ? client2.id : client.id };
      case 'pause':
      case 'resume':
      case 'tick':
        return { type: move.what };
    }
  }
}

const fittingAnswers = (pick: number): Record<string, string> => ({
  company: pick % 2 === 0 ? 'Acme' : 'Globex',
  ...(pick % 3 === 0 ? {} : { plan: pick % 3 === 1 ? 'S' : 'M' }),
  ...(pick % 5 === 0 ? {} : { begins: `2026-${pick % 7 === 0 ? '10' : '12'}-${10 + (pick % 20)}` }),
});

function whoFits(type: Command['type'], client: Actor): Actor {
  if (type === 'tick') return system;
  return type === 'accept_invitation' ? client : olivia;
}

/** When a move happens: some time later, and not after the timer that was set would have rung (it rings first). */
export const momentOf = (flow: Flow, move: Move, now: number): number => {
  const next = move.what === 'tick' && move.aim === 'fitting' ? nextMoment(flow) : null;
  // Impatient people remind soon again.
  const wait = move.what === 'remind' ? move.waitMs % 3_600_000 : move.waitMs;
  return next === null ? now + wait : Math.max(now, next);
};

export const envelopeOf = (flow: Flow, move: Move, now: number, commandId: string): Envelope => ({
  commandId,
  fingerprint: `f-${commandId}`,
  ...meant(flow, move, now),
});

/** What flows of older releases lack, filled in when their workflow goes on with today's code. */
import type { Comment, Flow, Task } from './flow.ts';
import type { Effects, Ledger, Outcome } from './ledger.ts';
import type { DueOffset } from './template.ts';

type Lacking<T, K extends keyof T> = T extends unknown ? Omit<T, K> & Partial<Pick<T, K>> : never;

type OlderTask = Lacking<Omit<Task, 'due' | 'comments'>, 'condition' | 'skippedBy'> & {
  readonly comments: readonly Lacking<Comment, 'audience'>[];
  readonly due: Lacking<DueOffset, 'unit'> | null;
};
type OlderFlow = Lacking<Omit<Flow, 'tasks'>, 'timeZone'> & { readonly tasks: readonly OlderTask[] };
type OlderOutcome =
  | Extract<Outcome, { ok: false }>
  | (Omit<Extract<Outcome, { ok: true }>, 'effects'> & { readonly effects: Lacking<Effects, 'notNeeded'> });

/** A ledger as any release so far carried it. */
export type AnyLedger = Omit<Ledger, 'flow' | 'outcomes'> & {
  readonly flow: OlderFlow;
  readonly outcomes: readonly OlderOutcome[];
};

/** The ledger with all that today's rules read. One of today comes back as it is. */
export const upToDate = (ledger: AnyLedger): Ledger => ({
  ...ledger,
  flow: { ...ledger.flow, timeZone: ledger.flow.timeZone ?? 'UTC', tasks: ledger.flow.tasks.map(task) },
  outcomes: ledger.outcomes.map((o) =>
    o.ok ? { ...o, effects: { ...o.effects, notNeeded: o.effects.notNeeded ?? [] } } : o,
  ),
});

const task = (t: OlderTask): Task => ({
  ...t,
  due: t.due && { ...t.due, unit: t.due.unit ?? 'calendar' },
  condition: t.condition ?? null,
  comments: t.comments.map((c) => ({ ...c, audience: c.audience ?? 'internal' })),
  // Only people skipped tasks then.
  skippedBy: t.skippedBy ?? (t.status === 'SKIPPED' ? 'person' : null),
});

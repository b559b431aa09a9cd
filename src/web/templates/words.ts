/** A step's parts in words: who, when, and under which condition. Also of a draft, where parts may be missing. */
import type { Draft, DraftStep } from '../../domain/draft.ts';
import { count } from '../../operations/words.ts';

export const typeWords = { TASK: 'Task', APPROVAL: 'Approval', FORM: 'Form' } as const;

/** "whoever starts the flow", "client reviewer", "the client". */
export function whoWords({ assignee }: DraftStep): string {
  switch (assignee.kind) {
    case 'nobody':
      return 'nobody yet';
    case 'starter':
      return 'whoever starts';
    case 'member':
      return assignee.name;
    case 'role':
      return assignee.role || 'a role to name';
    case 'client':
      return assignee.role || 'the client';
  }
}

/** Whose face it is: a client's is square. Null for nobody in particular. */
export function faceOf({ assignee }: DraftStep): { kind: 'member' | 'external'; name: string } | null {
  switch (assignee.kind) {
    case 'nobody':
      return null;
    case 'starter':
      return { kind: 'member', name: 'Whoever starts' };
    case 'member':
      return { kind: 'member', name: assignee.name };
    case 'role':
      return { kind: 'member', name: assignee.role || 'A role' };
    case 'client':
      return { kind: 'external', name: assignee.role || 'The client' };
  }
}

/** "3 business days after the start", "5 days before “Go-live date”"; null without a due day. */
export function dueWords({ due }: DraftStep, steps: readonly DraftStep[]): string | null {
  if (due === null) return null;
  const days = Math.abs(due.days);
  const span = count(days, due.unit === 'business' ? 'business day' : 'day');
  switch (due.from) {
    case 'start':
      return days === 0 ? 'on the day of the start' : `${span} after the start`;
    case 'ready':
      return days === 0 ? 'the day it is ready' : `${span} after it is ready`;
    case 'answer': {
      const label = `“${fieldLabel(steps, due.step, due.field)}”`;
      return days === 0 ? `on ${label}` : `${span} ${due.days < 0 ? 'before' : 'after'} ${label}`;
    }
  }
}

/** "only if “Plan” is M or L"; null without a condition. */
export function conditionWords({ condition }: DraftStep, steps: readonly DraftStep[]): string | null {
  if (condition === null) return null;
  const values = condition.values.map((v) => `“${v}”`);
  const said =
    values.length > 1 ? `${values.slice(0, -1).join(', ')} or ${values.at(-1)}` : (values[0] ?? 'an answer to choose');
  return `only if “${fieldLabel(steps, condition.step, condition.field)}” is ${condition.op === 'is' ? '' : 'not '}${said}`;
}

const fieldLabel = (steps: readonly DraftStep[], step: string, field: string): string =>
  steps.find((s) => s.key === step)?.fields.find((f) => f.key === field)?.label || 'a field to choose';

/** Titles of what it waits for; a key that is no step's is shown as it is. */
export const afterTitles = (step: DraftStep, steps: readonly DraftStep[]): string[] =>
  step.dependsOn.map((key) => steps.find((s) => s.key === key)?.title ?? key);

export interface Part {
  readonly kind: 'member' | 'external';
  readonly name: string;
  readonly steps: number;
}

/** Who takes part, by how many steps they do. */
export function parts({ steps }: Pick<Draft, 'steps'>): Part[] {
  const found = new Map<string, Part>();
  for (const step of steps) {
    const face = faceOf(step);
    if (face === null) continue;
    const name = whoWords(step);
    const id = `${face.kind} ${name.toLowerCase()}`;
    found.set(id, { kind: face.kind, name, steps: (found.get(id)?.steps ?? 0) + 1 });
  }
  return [...found.values()].sort((a, b) => b.steps - a.steps);
}

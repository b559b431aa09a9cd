/** Templates written by hand: an id that stays, and steps that were read like anyone's. */
import type { z } from 'zod';
import { readTemplate } from '../../domain/read-template.ts';
import type { AssigneeHint, Condition, DayUnit, DueOffset, Template, templateSchema } from '../../domain/template.ts';

export interface PublishedTemplate {
  readonly id: `tp_${string}`;
  readonly template: Template;
}

/** Reads a template where it is written. Throws, naming every problem, when it could not be run. */
export function published(id: `tp_${string}`, input: z.input<typeof templateSchema>): PublishedTemplate {
  const reading = readTemplate(input);
  if (!reading.ok) {
    throw new Error(`Template ${id}: ${reading.problems.map((p) => `${p.step} ${p.message}`.trim()).join(' ')}`);
  }
  return { id, template: reading.template };
}

/** Whoever makes the flow. */
export const starter: AssigneeHint = { kind: 'starter' };

/** The client invited with this role; without a role, the first client invited. */
export const client = (role = ''): AssigneeHint => ({ kind: 'client', role });

/** Someone of the org, picked by hand. */
export const inHouse = (role: string): AssigneeHint => ({ kind: 'role', role });

/** Due so many days after the flow's start date. */
export const day = (days: number, unit: DayUnit = 'calendar'): DueOffset => ({ days, from: 'start', unit });

/** Due so many days after the step became READY. */
export const within = (days: number, unit: DayUnit = 'calendar'): DueOffset => ({ days, from: 'ready', unit });

/** Due so many days after the day answered in a form, or before it when negative. */
export const fromAnswer = (days: number, step: string, field: string, unit: DayUnit = 'calendar'): DueOffset => ({
  days,
  from: 'answer',
  unit,
  step,
  field,
});

/** Needed only when the form's answer is one of these. */
export const onlyIf = (step: string, field: string, ...values: string[]): Condition => ({
  step,
  field,
  op: 'is',
  values,
});

/** Needed unless the form's answer is one of these. */
export const unless = (step: string, field: string, ...values: string[]): Condition => ({
  ...onlyIf(step, field, ...values),
  op: 'is_not',
});

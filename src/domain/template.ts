/** A template: the steps a flow is made from. Published versions never change; running flows keep theirs. */
import { z } from 'zod';
import { limits } from './limits.ts';
import { composed } from './naming.ts';

export const taskTypes = ['TASK', 'APPROVAL', 'FORM'] as const;
export type TaskType = (typeof taskTypes)[number];

const key = z
  .string()
  .regex(
    /^[a-z][a-z0-9_-]{0,63}$/,
    'a key starts with a letter and has only a-z, 0-9, "-" and "_", at most 64 of them',
  );

const fieldBase = {
  key,
  label: z.string().trim().min(1).max(limits.name),
  help: z.string().max(limits.description).default(''),
  required: z.boolean().default(true),
};

/** What a file field takes; a kind stands for all its formats. */
export const fileKinds = ['image', 'pdf', 'document', 'spreadsheet', 'presentation', 'text', 'archive'] as const;
export type FileKind = (typeof fileKinds)[number];

/**
 * One thing a form asks. A date is a calendar day, YYYY-MM-DD. A file takes the kinds in `accept`, any when it is empty;
 * its answer is the ids of uploaded files, joined by commas (`fileIdsOf` in form.ts).
 */
export const formFieldSchema = z.discriminatedUnion('type', [
  z.object({ ...fieldBase, type: z.literal('text'), multiline: z.boolean().default(false) }),
  z.object({
    ...fieldBase,
    type: z.literal('choice'),
    options: z.array(z.string().min(1).max(limits.name)).min(1).max(limits.optionsPerField),
  }),
  z.object({ ...fieldBase, type: z.literal('date') }),
  z.object({
    ...fieldBase,
    type: z.literal('file'),
    accept: z.array(z.enum(fileKinds)).max(fileKinds.length).default([]),
    multiple: z.boolean().default(false),
  }),
]);
export type FormField = z.infer<typeof formFieldSchema>;

/**
 * Who is meant to do a step. `starter`: whoever makes the flow. `client`: an external user, the one invited
 * with that role, or the first one invited when no role is named. `role`: a role inside the org. `member`: this very
 * person, as long as they are a member when the flow is made, and nobody otherwise.
 * Roles are filled when a flow is made (`rolesOf` names them), or later by hand.
 */
export const assigneeHintSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('nobody') }),
  z.object({ kind: z.literal('starter') }),
  z.object({ kind: z.literal('client'), role: z.string().trim().max(limits.role).default('') }),
  z.object({ kind: z.literal('role'), role: z.string().trim().min(1).max(limits.role) }),
  z.object({
    kind: z.literal('member'),
    userId: z.string().min(1).max(limits.id),
    /** The name when the template was written, to show. */
    name: z.string().trim().min(1).max(limits.name),
  }),
]);
export type AssigneeHint = z.infer<typeof assigneeHintSchema>;

export const dayUnits = ['calendar', 'business'] as const;
export type DayUnit = (typeof dayUnits)[number];

/** Business days are Monday to Friday. */
const unit = z.enum(dayUnits).default('calendar');
const daysAfter = z.number().int().min(0).max(limits.dueDays);

/**
 * When a step is due: so many days after the flow's start date, after the task became READY, or after (before, when
 * negative) the day answered to a date field of an earlier form. Days are days in the flow's time zone, and a task is
 * late when its day is over. No business days from a Saturday is the Monday after it.
 */
export const dueOffsetSchema = z.discriminatedUnion('from', [
  z.object({ from: z.literal('start'), days: daysAfter, unit }),
  z.object({ from: z.literal('ready'), days: daysAfter, unit }),
  z.object({
    from: z.literal('answer'),
    days: z.number().int().min(-limits.dueDaysBefore).max(limits.dueDays),
    unit,
    step: key,
    field: key,
  }),
]);
export type DueOffset = z.infer<typeof dueOffsetSchema>;

/**
 * A step is done only if an answer to an earlier form is (`is`), or is not (`is_not`), one of these values; else its
 * task is SKIPPED. Of a choice the values are options; a text fits whatever its letter case and outer blanks.
 * No answer is none of the values.
 */
export const conditionSchema = z.object({
  step: key,
  field: key,
  op: z.enum(['is', 'is_not']),
  values: z.array(z.string().min(1).max(limits.name)).min(1).max(limits.optionsPerField),
});
export type Condition = z.infer<typeof conditionSchema>;

export const stepSchema = z.object({
  key,
  title: z.string().trim().min(1).max(limits.name),
  description: z.string().max(limits.description).default(''),
  type: z.enum(taskTypes).default('TASK'),
  assignee: assigneeHintSchema.default({ kind: 'nobody' }),
  due: dueOffsetSchema.nullable().default(null),
  condition: conditionSchema.nullable().default(null),
  dependsOn: z.array(key).max(limits.dependenciesPerTask).default([]),
  fields: z.array(formFieldSchema).max(limits.fieldsPerForm).default([]),
});
export type Step = z.infer<typeof stepSchema>;

/** The shape alone, with the defaults that templates of older releases lack; `readTemplate` also holds the steps to the rules of a graph. */
export const templateSchema = z.object({
  name: z.string().trim().min(1).max(limits.name),
  description: z.string().max(limits.description).default(''),
  category: z.string().trim().max(limits.role).default(''),
  steps: z.array(stepSchema).min(1).max(limits.tasksPerFlow),
});
export type Template = z.infer<typeof templateSchema>;

/** The template as others may have it: a step that was a certain member's is nobody's, and no id or name of theirs is left. */
export const withoutMembers = (template: Template): Template => ({
  ...template,
  steps: template.steps.map((s) => (s.assignee.kind === 'member' ? { ...s, assignee: { kind: 'nobody' } } : s)),
});

export interface Roles {
  /** Roles inside the org, such as "account manager". */
  readonly internal: readonly string[];
  /** Roles of clients, such as "client signatory". */
  readonly client: readonly string[];
}

/** Two spellings of one role. */
export const sameRole = (a: string, b: string): boolean => composed(a).toLowerCase() === composed(b).toLowerCase();

/** The roles that the steps name, each once, as it is first written. */
export function rolesOf({ steps }: Pick<Template, 'steps'>): Roles {
  const named = (kind: 'role' | 'client'): string[] => {
    const roles = steps.flatMap(({ assignee }) =>
      assignee.kind === kind && assignee.role !== '' ? [assignee.role] : [],
    );
    return roles.filter((role, i) => roles.findIndex((r) => sameRole(r, role)) === i);
  };
  return { internal: named('role'), client: named('client') };
}

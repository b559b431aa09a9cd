/** A template: the steps a flow is made from. Published versions never change; running flows keep theirs. */
import { z } from 'zod';
import { findCycle } from './graph.ts';
import { limits } from './limits.ts';
import { jsonBytes } from './size.ts';
import { isStorable } from './storable.ts';

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

/** One thing a form asks. A date is a calendar day, YYYY-MM-DD. */
export const formFieldSchema = z.discriminatedUnion('type', [
  z.object({ ...fieldBase, type: z.literal('text'), multiline: z.boolean().default(false) }),
  z.object({
    ...fieldBase,
    type: z.literal('choice'),
    options: z.array(z.string().min(1).max(limits.name)).min(1).max(limits.optionsPerField),
  }),
  z.object({ ...fieldBase, type: z.literal('date') }),
]);
export type FormField = z.infer<typeof formFieldSchema>;

/**
 * Who is meant to do a step. `starter`: whoever makes the flow. `client`: an external user, the one invited
 * with that role, or the first one invited when no role is named. `role`: a role inside the org, filled by hand.
 */
export const assigneeHintSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('nobody') }),
  z.object({ kind: z.literal('starter') }),
  z.object({ kind: z.literal('client'), role: z.string().trim().max(limits.role).default('') }),
  z.object({ kind: z.literal('role'), role: z.string().trim().min(1).max(limits.role) }),
]);
export type AssigneeHint = z.infer<typeof assigneeHintSchema>;

/** Due so many calendar days after the flow's start date, or after the task became READY. */
export const dueOffsetSchema = z.object({
  days: z.number().int().min(0).max(limits.dueDays),
  from: z.enum(['start', 'ready']),
});
export type DueOffset = z.infer<typeof dueOffsetSchema>;

export const stepSchema = z.object({
  key,
  title: z.string().trim().min(1).max(limits.name),
  description: z.string().max(limits.description).default(''),
  type: z.enum(taskTypes).default('TASK'),
  assignee: assigneeHintSchema.default({ kind: 'nobody' }),
  due: dueOffsetSchema.nullable().default(null),
  dependsOn: z.array(key).max(limits.dependenciesPerTask).default([]),
  fields: z.array(formFieldSchema).max(limits.fieldsPerForm).default([]),
});
export type Step = z.infer<typeof stepSchema>;

/** The shape alone; `readTemplate` also holds the steps to the rules of a graph. */
export const templateSchema = z.object({
  name: z.string().trim().min(1).max(limits.name),
  description: z.string().max(limits.description).default(''),
  category: z.string().trim().max(limits.role).default(''),
  steps: z.array(stepSchema).min(1).max(limits.tasksPerFlow),
});
export type Template = z.infer<typeof templateSchema>;

/** Something wrong with a template: where (a step's key, or '' for the whole) and what to do. */
export interface TemplateProblem {
  readonly step: string;
  readonly message: string;
}

/** Everything wrong with the steps as a graph; empty when they can be run. */
export function templateProblems(steps: readonly Step[]): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  const known = new Set(steps.map((s) => s.key));
  const seen = new Set<string>();
  for (const step of steps) {
    if (seen.has(step.key)) {
      problems.push({ step: step.key, message: `Two steps have the key "${step.key}". Give each its own.` });
    }
    seen.add(step.key);
    for (const dep of new Set(step.dependsOn)) {
      if (dep === step.key) {
        problems.push({ step: step.key, message: `"${step.title}" depends on itself. Remove that dependency.` });
      } else if (!known.has(dep)) {
        problems.push({
          step: step.key,
          message: `"${step.title}" depends on "${dep}", which is no step of this template.`,
        });
      }
    }
    if (new Set(step.dependsOn).size !== step.dependsOn.length) {
      problems.push({ step: step.key, message: `"${step.title}" names a dependency twice.` });
    }
    if (step.type === 'FORM' && step.fields.length === 0) {
      problems.push({
        step: step.key,
        message: `"${step.title}" is a form without fields. Add one, or make it a task.`,
      });
    }
    if (step.type !== 'FORM' && step.fields.length > 0) {
      problems.push({ step: step.key, message: `"${step.title}" has fields, so its type must be FORM.` });
    }
    const fieldKeys = step.fields.map((f) => f.key);
    for (const repeated of new Set(fieldKeys.filter((k, i) => fieldKeys.indexOf(k) !== i))) {
      problems.push({ step: step.key, message: `"${step.title}" has two fields with the key "${repeated}".` });
    }
  }
  const arrows = steps.reduce((n, s) => n + s.dependsOn.length, 0);
  if (arrows > limits.dependenciesPerTemplate) {
    problems.push({
      step: '',
      message: `The steps have ${arrows} dependencies together; ${limits.dependenciesPerTemplate} is the most. Leave out those that follow from others.`,
    });
  }
  const bytes = jsonBytes(steps);
  if (bytes > limits.templateBytes) {
    problems.push({
      step: '',
      message: `The steps have ${bytes} bytes of text; ${limits.templateBytes} is the most. Put long texts in a file and link it.`,
    });
  }
  if (problems.length === 0) {
    const cycle = findCycle(new Map(steps.map((s) => [s.key, s.dependsOn])));
    if (cycle) {
      const path = [...cycle, cycle[0]].map((k) => `"${k}"`).join(' → ');
      problems.push({
        step: cycle[0] ?? '',
        message: `These steps wait for each other: ${path}. Remove one of the dependencies.`,
      });
    }
  }
  return problems;
}

export type TemplateReading = { ok: true; template: Template } | { ok: false; problems: TemplateProblem[] };

/** Reads a template from outside: shape, sizes, and a graph that can be run (no cycle, no unknown or repeated key). */
export function readTemplate(input: unknown): TemplateReading {
  const parsed = templateSchema.safeParse(input);
  if (!parsed.success) {
    return {
      ok: false,
      problems: parsed.error.issues.map((i) => ({
        step: '',
        message: `${i.path.join('.') || 'template'}: ${i.message}`,
      })),
    };
  }
  const problems = templateProblems(parsed.data.steps);
  if (!isStorable(parsed.data)) {
    problems.push({ step: '', message: "A text of the template has characters that can't be stored. Remove them." });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, template: parsed.data };
}

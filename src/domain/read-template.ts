/** A template from outside: its shape, and whether its steps can be run. */
import { findCycle } from './graph.ts';
import { limits } from './limits.ts';
import { jsonBytes } from './size.ts';
import { isStorable } from './storable.ts';
import {
  type Condition,
  type DueOffset,
  type FormField,
  type Step,
  sameRole,
  type Template,
  templateSchema,
} from './template.ts';

/** Which part of a step is wrong, as the step's own fields are called; '' for the step, or the template, as a whole. */
export type StepPart = keyof Step | '';

/** Something wrong with a template: where (a step's key, or '' for the whole, and its part) and what to do. */
export interface TemplateProblem {
  readonly step: string;
  readonly part: StepPart;
  readonly message: string;
}

/** Everything wrong with the steps as a graph; empty when they can be run. */
export function templateProblems(steps: readonly Step[]): TemplateProblem[] {
  const problems = [
    ...steps.flatMap((step) => keyAndDependencies(step, steps)),
    ...steps.flatMap(form),
    ...earlierAnswers(steps),
    ...roles(steps),
    ...size(steps),
  ];
  return problems.length > 0 ? problems : cycle(steps);
}

function keyAndDependencies(step: Step, steps: readonly Step[]): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  const tell = (part: StepPart, message: string) => problems.push({ step: step.key, part, message });
  if (steps.find((s) => s.key === step.key) !== step)
    tell('key', `Two steps have the key "${step.key}". Give each its own.`);
  for (const dep of new Set(step.dependsOn)) {
    if (dep === step.key) tell('dependsOn', `"${step.title}" depends on itself. Remove that dependency.`);
    else if (!steps.some((s) => s.key === dep))
      tell('dependsOn', `"${step.title}" depends on "${dep}", which is no step of this template.`);
  }
  if (new Set(step.dependsOn).size !== step.dependsOn.length)
    tell('dependsOn', `"${step.title}" names a dependency twice.`);
  return problems;
}

function form(step: Step): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  const tell = (message: string) => problems.push({ step: step.key, part: 'fields', message });
  if (step.type === 'FORM' && step.fields.length === 0)
    tell(`"${step.title}" is a form without fields. Add one, or make it a task.`);
  if (step.type !== 'FORM' && step.fields.length > 0) tell(`"${step.title}" has fields, so its type must be FORM.`);
  for (const repeated of repeats(step.fields.map((f) => f.key)))
    tell(`"${step.title}" has two fields with the key "${repeated}".`);
  for (const field of step.fields) {
    for (const repeated of field.type === 'choice' ? repeats(field.options) : [])
      tell(`"${field.label}" of "${step.title}" has the option "${repeated}" twice.`);
  }
  return problems;
}

const repeats = (texts: readonly string[]): Set<string> => new Set(texts.filter((t, i) => texts.indexOf(t) !== i));

/** What conditions and due dates count on: a field of a form that comes before. */
function earlierAnswers(steps: readonly Step[]): TemplateProblem[] {
  const byKey = new Map(steps.map((s) => [s.key, s]));
  return steps.flatMap((step) => {
    const { condition, due } = step;
    const problems: TemplateProblem[] = [];
    const tell = (part: StepPart, message: string | null) => {
      if (message !== null) problems.push({ step: step.key, part, message });
    };
    if (condition)
      tell(
        'condition',
        answerProblem(step, condition, byKey, (form, f) => conditionProblem(step, condition, form, f)),
      );
    if (due?.from === 'answer')
      tell(
        'due',
        answerProblem(step, due, byKey, (form, f) => dueProblem(step, form, f)),
      );
    return problems;
  });
}

function answerProblem(
  step: Step,
  on: Condition | Extract<DueOffset, { from: 'answer' }>,
  byKey: ReadonlyMap<string, Step>,
  fits: (form: Step, field: FormField) => string | null,
): string | null {
  const form = byKey.get(on.step);
  if (!form) return `"${step.title}" counts on an answer to "${on.step}", which is no step of this template.`;
  if (form.type !== 'FORM')
    return `"${step.title}" counts on an answer to "${form.title}", which is no form. Choose a form.`;
  if (!comesBefore(form, step, byKey)) {
    return `"${step.title}" counts on an answer to "${form.title}", which doesn't come before it. Make it depend on that form, or on a step that does.`;
  }
  const field = form.fields.find((f) => f.key === on.field);
  if (!field) {
    return `"${step.title}" counts on the answer to "${on.field}", which is no field of "${form.title}"; its fields are ${form.fields.map((f) => `"${f.key}"`).join(', ')}.`;
  }
  return fits(form, field);
}

function conditionProblem(step: Step, condition: Condition, form: Step, field: FormField): string | null {
  if (field.type !== 'choice' && field.type !== 'text') {
    return `Whether "${step.title}" is done can't depend on "${field.label}" of "${form.title}", which is a ${field.type}. Choose a field that is a choice or a text.`;
  }
  if (field.type === 'text') return null;
  const strange = condition.values.find((v) => !field.options.includes(v));
  return strange === undefined
    ? null
    : `Whether "${step.title}" is done depends on the answer "${strange}", which is no option of "${field.label}"; they are: ${field.options.join(', ')}.`;
}

const dueProblem = (step: Step, form: Step, field: FormField): string | null =>
  field.type === 'date'
    ? null
    : `"${step.title}" can't be due by "${field.label}" of "${form.title}", which is a ${field.type}. Choose a date.`;

function comesBefore(form: Step, step: Step, byKey: ReadonlyMap<string, Step>): boolean {
  const seen = new Set<string>();
  const next = [...step.dependsOn];
  for (let key = next.pop(); key !== undefined; key = next.pop()) {
    if (key === form.key) return true;
    if (seen.has(key)) continue;
    seen.add(key);
    next.push(...(byKey.get(key)?.dependsOn ?? []));
  }
  return false;
}

/** A role is filled by its name, so one name can't be that of a member's role and of a client's. */
function roles(steps: readonly Step[]): TemplateProblem[] {
  return steps.flatMap((step, i) => {
    const { assignee } = step;
    if (assignee.kind !== 'role' && assignee.kind !== 'client') return [];
    const { kind, role } = assignee;
    const other = steps
      .slice(0, i)
      .find(
        (s) =>
          (s.assignee.kind === 'role' || s.assignee.kind === 'client') &&
          s.assignee.kind !== kind &&
          sameRole(s.assignee.role, role),
      );
    return other && role !== ''
      ? [
          {
            step: step.key,
            part: 'assignee' as const,
            message: `The role "${role}" is a client's in one of "${other.title}" and "${step.title}", and one inside the organization in the other. Give each its own name.`,
          },
        ]
      : [];
  });
}

function size(steps: readonly Step[]): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  const arrows = steps.reduce((n, s) => n + s.dependsOn.length, 0);
  if (arrows > limits.dependenciesPerTemplate) {
    problems.push({
      step: '',
      part: 'dependsOn',
      message: `The steps have ${arrows} dependencies together; ${limits.dependenciesPerTemplate} is the most. Leave out those that follow from others.`,
    });
  }
  const bytes = jsonBytes(steps);
  if (bytes > limits.templateBytes) {
    problems.push({
      step: '',
      part: '',
      message: `The steps have ${bytes} bytes of text; ${limits.templateBytes} is the most. Put long texts in a file and link it.`,
    });
  }
  return problems;
}

function cycle(steps: readonly Step[]): TemplateProblem[] {
  const found = findCycle(new Map(steps.map((s) => [s.key, s.dependsOn])));
  if (!found) return [];
  const path = [...found, found[0]].map((k) => `"${k}"`).join(' → ');
  const message = `These steps wait for each other: ${path}. Remove one of the dependencies.`;
  return [{ step: found[0] ?? '', part: 'dependsOn', message }];
}

export type TemplateReading = { ok: true; template: Template } | { ok: false; problems: TemplateProblem[] };

/** Reads a template from outside: shape, sizes, and steps that can be run (no cycle, no unknown or repeated key). */
export function readTemplate(input: unknown): TemplateReading {
  const parsed = templateSchema.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((i) => ({
      step: '',
      part: '' as const,
      message: `${i.path.join('.') || 'template'}: ${i.message}`,
    }));
    return { ok: false, problems };
  }
  const problems = templateProblems(parsed.data.steps);
  if (!isStorable(parsed.data)) {
    const message = "A text of the template has characters that can't be stored. Remove them.";
    problems.push({ step: '', part: '', message });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, template: parsed.data };
}

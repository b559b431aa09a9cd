/** A template being written: a template's shape, in which much may still be missing or wrong, kept as it was typed. */
import { z } from 'zod';
import { limits } from './limits.ts';
import { nameTrouble } from './naming.ts';
import { templateProblems } from './read-template.ts';
import { jsonBytes } from './size.ts';
import { isStorable } from './storable.ts';
import { dayUnits, fileKinds, taskTypes, templateSchema } from './template.ts';

/** Far beyond what a template may have: longer than that is no slip of a hand. */
const word = z.string().normalize().max(2_000).default('');
const prose = z.string().max(40_000).default('');
const days = z.number().min(-1_000_000).max(1_000_000);
const unit = z.enum(dayUnits).default('calendar');

const fieldBase = { key: word, label: word, help: prose, required: z.boolean().default(true) };
export const draftFieldSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...fieldBase, type: z.literal('text'), multiline: z.boolean().default(false) }),
  z.strictObject({ ...fieldBase, type: z.literal('choice'), options: z.array(word).max(1_000).default([]) }),
  z.strictObject({ ...fieldBase, type: z.literal('date') }),
  z.strictObject({
    ...fieldBase,
    type: z.literal('file'),
    accept: z.array(z.enum(fileKinds)).max(fileKinds.length).default([]),
    multiple: z.boolean().default(false),
  }),
]);
export type DraftField = z.infer<typeof draftFieldSchema>;

const assignee = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('nobody') }),
  z.strictObject({ kind: z.literal('starter') }),
  z.strictObject({ kind: z.literal('client'), role: word }),
  z.strictObject({ kind: z.literal('role'), role: word }),
  z.strictObject({ kind: z.literal('member'), userId: word, name: word }),
]);

const due = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('start'), days, unit }),
  z.strictObject({ from: z.literal('ready'), days, unit }),
  z.strictObject({ from: z.literal('answer'), days, unit, step: word, field: word }),
]);

const condition = z.strictObject({
  step: word,
  field: word,
  op: z.enum(['is', 'is_not']),
  values: z.array(word).max(1_000).default([]),
});

export const draftStepSchema = z.strictObject({
  key: word,
  title: word,
  description: prose,
  type: z.enum(taskTypes).default('TASK'),
  assignee: assignee.default({ kind: 'nobody' }),
  due: due.nullable().default(null),
  condition: condition.nullable().default(null),
  dependsOn: z.array(word).max(1_000).default([]),
  fields: z.array(draftFieldSchema).max(200).default([]),
});
export type DraftStep = z.infer<typeof draftStepSchema>;

export const draftSchema = z.strictObject({
  name: word,
  description: prose,
  category: word,
  steps: z.array(draftStepSchema).max(1_000).default([]),
});
export type Draft = z.infer<typeof draftSchema>;

/** The most bytes of JSON a draft may have; a template may have less. */
export const draftBytes = 3 * limits.templateBytes;

/** Something to mend before it can be published: the step's key ('' for the whole), the place within, what to do. */
export interface DraftProblem {
  readonly step: string;
  /** The step's title; '' for the whole. */
  readonly title: string;
  /** Such as "title", "due.days", "fields.0.label"; '' for the step or the template as a whole. */
  readonly at: string;
  readonly message: string;
}

/** All that keeps a draft from being published; none for what `readTemplate` accepts. */
export function draftProblems(draft: Draft): DraftProblem[] {
  const parsed = templateSchema.safeParse(draft);
  const shape = parsed.success ? [] : once(parsed.error.issues.map((issue) => shapeProblem(draft, issue)));
  // What has no right shape needs no second complaint about the same part.
  const told = new Set(shape.map((p) => JSON.stringify([p.step, partOf(p.at)])));
  const rules = templateProblems(draft.steps)
    .map(({ step, part, message }) => ({ step, title: titleOf(draft, step), at: part, message }))
    .filter((p) => !told.has(JSON.stringify([p.step, p.at])));
  const storable = isStorable(draft)
    ? []
    : [{ step: '', title: '', at: '', message: "A text has characters that can't be stored. Remove them." }];
  const order = new Map(draft.steps.map((s, i) => [s.key, i + 1]));
  return [...shape, ...rules, ...namingProblems(draft), ...storable].sort(
    (a, b) => (order.get(a.step) ?? 0) - (order.get(b.step) ?? 0),
  );
}

/** "Choose the form and the field" is said once, not for each of the two. */
const once = (problems: readonly DraftProblem[]): DraftProblem[] =>
  problems.filter(
    (p, i) =>
      problems.findIndex((q) => q.step === p.step && q.message === p.message && partOf(q.at) === partOf(p.at)) === i ||
      /\d/.test(p.at),
  );

/** Asked of what is written now and not of `templateSchema`, which must read what was published before there was this rule. */
function namingProblems(draft: Draft): DraftProblem[] {
  const look = (step: string, title: string, at: string, text: string): DraftProblem[] => {
    const trouble = nameTrouble(text.trim());
    return trouble === null ? [] : [{ step, title, at, message: `This ${trouble}. Write it anew.` }];
  };
  return [
    ...look('', '', 'name', draft.name),
    ...look('', '', 'category', draft.category),
    ...draft.steps.flatMap(({ key, title, assignee, fields }) => [
      ...look(key, title, 'title', title),
      ...('role' in assignee ? look(key, title, 'assignee.role', assignee.role) : []),
      ...fields.flatMap((field, i) => [
        ...look(key, title, `fields.${i}.label`, field.label),
        ...(field.type === 'choice' ? field.options : []).flatMap((option, j) =>
          look(key, title, `fields.${i}.options.${j}`, option),
        ),
      ]),
    ]),
  ];
}

const titleOf = (draft: Draft, key: string): string => draft.steps.find((s) => s.key === key)?.title ?? '';

const partOf = (at: string): string => at.split('.')[0] ?? '';

function shapeProblem(draft: Draft, issue: z.core.$ZodIssue): DraftProblem {
  const [first, index, ...rest] = issue.path;
  const step = first === 'steps' && typeof index === 'number' ? draft.steps[index] : undefined;
  const at = step ? rest.join('.') : issue.path.join('.');
  return { step: step?.key ?? '', title: step?.title ?? '', at, message: shapeWords(at, issue) };
}

function shapeWords(at: string, issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small') {
    const missing = missingWords.find(([place]) => place.test(at));
    if (missing) return missing[1];
  }
  if (at === 'due.days') {
    return `Write whole days, 0 to ${limits.dueDays}; before an answered date, down to -${limits.dueDaysBefore}.`;
  }
  if (/(^|\.)(key|step|field)$|^dependsOn\./.test(at)) {
    return /^(condition|due)\./.test(at)
      ? 'Choose the form and the field whose answer counts.'
      : 'A key starts with a letter and has only a–z, 0–9, “-” and “_”, at most 64 of them.';
  }
  if (issue.code === 'too_big')
    return issue.origin === 'string'
      ? `This is too long: ${issue.maximum} letters are the most.`
      : `These are too many: ${issue.maximum} are the most.`;
  return issue.message;
}

const missingWords: readonly (readonly [RegExp, string])[] = [
  [/^name$/, 'Give the template a name.'],
  [/^steps$/, 'Add a first step.'],
  [/^title$/, 'Give this step a title.'],
  [/^assignee\.role$/, 'Say which role.'],
  [/^assignee\./, 'Choose the member.'],
  [/^condition\.values$/, 'Say which answers count.'],
  [/^condition\.values\./, 'An answer that counts is empty. Remove it, or fill it in.'],
  [/^fields\.\d+\.label$/, 'Give this field a label.'],
  [/^fields\.\d+\.options$/, 'Give this choice at least one option.'],
  [/^fields\.\d+\.options\./, 'An option is empty. Remove it, or fill it in.'],
];

export type DraftReading = { ok: true; draft: Draft } | { ok: false; message: string };

/** Reads a draft from outside: its words and sizes. What is wrong with it otherwise, `draftProblems` tells. */
export function readDraft(input: unknown): DraftReading {
  const parsed = draftSchema.safeParse(input);
  if (!parsed.success) {
    const told = parsed.error.issues
      .slice(0, 5)
      .map((i) => `${i.path.join('.') || 'the template'}: ${strangeWords(i)}`);
    const more = parsed.error.issues.length - told.length;
    return { ok: false, message: `${told.join(' ')}${more > 0 ? ` And ${more} more.` : ''}` };
  }
  const bytes = jsonBytes(parsed.data);
  return bytes > draftBytes
    ? { ok: false, message: `It has ${bytes} bytes; ${draftBytes} are the most.` }
    : { ok: true, draft: parsed.data };
}

function strangeWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `${issue.keys.map((k) => JSON.stringify(k.slice(0, 100))).join(', ')} is no word of a template.`;
    case 'invalid_type':
      return `this must be ${issue.expected === 'array' ? 'a list' : issue.expected === 'object' || issue.expected === 'record' ? 'an object' : `a ${issue.expected}`}.`;
    case 'invalid_value':
      return `this must be one of ${issue.values.map((v) => JSON.stringify(v)).join(', ')}.`;
    case 'too_big':
      return issue.origin === 'string'
        ? `this text is too long; ${issue.maximum} letters are the most.`
        : `too many; ${issue.maximum} are the most.`;
    case 'invalid_union':
      return `its ${issue.discriminator ? `"${issue.discriminator}"` : 'kind'} is missing or unknown.`;
    default:
      return `${issue.message}.`;
  }
}

/** What the editor's form sends for a step, or for the template's own details, as a part of the draft. */
import type { Draft, DraftField, DraftStep } from '../../domain/draft.ts';
import { fileKinds, taskTypes } from '../../domain/template.ts';
import { keyFrom, renameKey, replaceStep } from './edit.ts';

export type Fields = Readonly<Record<string, string>>;

export interface Member {
  readonly id: string;
  readonly name: string;
}

/** Browsers send line ends as two characters. */
const text = (fields: Fields, name: string): string => (fields[name] ?? '').replace(/\r\n?/g, '\n');
const lines = (fields: Fields, name: string): string[] =>
  text(fields, name)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Of two parts that a select sends as one, such as a form and its field. */
export const pairOf = (step: string, field: string): string => `${step}.${field}`;
const split = (pair: string): { step: string; field: string } => {
  const [step = '', field = ''] = pair.split('.', 2);
  return { step, field };
};

const whole = (value: string): number => {
  const n = Number(value);
  return value.trim() !== '' && Number.isFinite(n) ? Math.max(-1_000_000, Math.min(1_000_000, n)) : 0;
};

/** The draft with what the form holds: of the step `open`, or with '' of the template itself. */
export function applyForm(
  draft: Draft,
  open: string,
  fields: Fields,
  members: readonly Member[] = [],
): { draft: Draft; open: string } {
  const step = draft.steps.find((s) => s.key === open);
  if (!step) {
    if (open !== '' || fields.name === undefined) return { draft, open };
    const head = {
      name: text(fields, 'name'),
      description: text(fields, 'description'),
      category: text(fields, 'category'),
    };
    return { draft: { ...draft, ...head }, open };
  }
  if (fields.title === undefined) return { draft, open };
  const written = replaceStep(draft, open, stepFrom(step, fields, members));
  const wanted = text(fields, 'key').trim();
  const free = wanted !== '' && wanted !== open && !draft.steps.some((s) => s.key === wanted);
  return free ? { draft: renameKey(written, open, wanted), open: wanted } : { draft: written, open };
}

function stepFrom(step: DraftStep, fields: Fields, members: readonly Member[]): DraftStep {
  const type = taskTypes.find((t) => t === fields.type) ?? step.type;
  const given = formFields(step.fields, fields);
  return {
    ...step,
    title: text(fields, 'title'),
    description: text(fields, 'description'),
    type,
    assignee: assigneeFrom(step, fields, members),
    due: dueFrom(fields),
    condition: conditionFrom(step, fields),
    fields: type === 'FORM' ? given : [],
  };
}

function assigneeFrom(step: DraftStep, fields: Fields, members: readonly Member[]): DraftStep['assignee'] {
  const [kind = '', userId = ''] = (fields.who ?? '').split(':', 2);
  const role = text(fields, 'role').trim();
  switch (kind) {
    case 'starter':
    case 'nobody':
      return { kind };
    case 'client':
    case 'role':
      return { kind, role };
    case 'member': {
      const known = step.assignee.kind === 'member' && step.assignee.userId === userId ? step.assignee.name : '';
      return { kind, userId, name: members.find((m) => m.id === userId)?.name ?? known };
    }
    default:
      return step.assignee;
  }
}

function dueFrom(fields: Fields): DraftStep['due'] {
  const days = whole(fields.due_days ?? '');
  const unit = fields.due_unit === 'business' ? 'business' : 'calendar';
  switch (fields.due_from) {
    case 'start':
    case 'ready':
      return { from: fields.due_from, days, unit };
    case 'before':
    case 'after': {
      const signed = fields.due_from === 'before' ? -Math.abs(days) : Math.abs(days);
      return { from: 'answer', days: signed === 0 ? 0 : signed, unit, ...split(fields.due_answer ?? '') };
    }
    default:
      return null;
  }
}

function conditionFrom(step: DraftStep, fields: Fields): DraftStep['condition'] {
  const on = fields.if_on ?? '';
  if (on === '') return null;
  const same = step.condition !== null && pairOf(step.condition.step, step.condition.field) === on;
  // The answers belong to the field that was shown; another one begins anew.
  const chosen = Object.entries(fields).flatMap(([name, value]) => (name.startsWith('if_value.') ? [value] : []));
  const values = same ? [...chosen, ...lines(fields, 'if_text')] : [];
  return { ...split(on), op: fields.if_op === 'is_not' ? 'is_not' : 'is', values };
}

function formFields(before: readonly DraftField[], fields: Fields): DraftField[] {
  const keys = before.map((f) => f.key);
  return before.map((field, n) => {
    const given = (part: string): string => text(fields, `field.${n}.${part}`);
    if (fields[`field.${n}.label`] === undefined) return field;
    const label = given('label');
    // A key is made from the first label, and stays: answers and conditions are known by it.
    const fresh = /^field-\d+$/.test(field.key) && field.label === '' && label.trim() !== '';
    const key = fresh ? keyFrom(label, keys, 'field') : field.key;
    keys[n] = key;
    const base = { key, label, help: given('help'), required: fields[`field.${n}.required`] === 'on' };
    switch (fields[`field.${n}.type`] ?? field.type) {
      case 'choice':
        return { ...base, type: 'choice', options: lines(fields, `field.${n}.options`) };
      case 'date':
        return { ...base, type: 'date' };
      case 'file':
        return {
          ...base,
          type: 'file',
          accept: fileKinds.filter((kind) => fields[`field.${n}.accept.${kind}`] === 'on'),
          multiple: fields[`field.${n}.multiple`] === 'on',
        };
      default:
        return { ...base, type: 'text', multiline: fields[`field.${n}.multiline`] === 'on' };
    }
  });
}

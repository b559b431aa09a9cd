/** Form answers against the form's fields. */
import { isCalendarDay } from './dates.ts';
import type { Answers, Task } from './flow.ts';
import { limits } from './limits.ts';
import type { FormField } from './template.ts';

const fileId = /^[A-Za-z0-9_-]{1,128}$/;

/** The ids in the answer to a file field: "fi_1,fi_2". Whether there are such files is the operation's to know. */
export const fileIdsOf = (answer: string): string[] =>
  answer.trim() === '' ? [] : answer.split(',').map((id) => id.trim());

/** What is wrong with the answers as a sentence that names the fields, or null. A missing `answers` keeps earlier ones. */
export function answersProblem(
  task: Pick<Task, 'title' | 'type' | 'fields' | 'answers'>,
  answers: Answers | null,
): string | null {
  if (task.type !== 'FORM') {
    return answers !== null && Object.keys(answers).length > 0
      ? `"${task.title}" is no form, so it takes no answers.`
      : null;
  }
  const given = answers ?? task.answers ?? {};
  // Own properties only: a field may be called "constructor".
  const answerTo = (field: FormField): string => (Object.hasOwn(given, field.key) ? (given[field.key] ?? '') : '');
  const known = new Set(task.fields.map((f) => f.key));
  const strange = Object.keys(given).filter((k) => !known.has(k));
  if (strange.length > 0) {
    return `"${task.title}" has no field ${strange.map((k) => `"${k}"`).join(', ')}; its fields are ${task.fields.map((f) => `"${f.key}"`).join(', ')}.`;
  }
  const missing = task.fields.filter((f) => f.required && answerTo(f).trim() === '');
  if (missing.length > 0) {
    return `"${task.title}" still needs an answer to ${missing.map((f) => `"${f.label}" (${f.key})`).join(', ')}.`;
  }
  const wrong = task.fields.map((f) => fieldProblem(f, answerTo(f))).find((p) => p !== null);
  if (wrong !== undefined) return wrong;
  const size = Object.values(given).reduce((n, v) => n + v.length, 0);
  return size > limits.answersPerTask
    ? `The answers to "${task.title}" have ${size} characters; ${limits.answersPerTask} is the most.`
    : null;
}

function fieldProblem(field: FormField, value: string): string | null {
  if (value === '') return null;
  switch (field.type) {
    case 'text':
      return null;
    case 'choice':
      return field.options.includes(value)
        ? null
        : `"${field.label}" (${field.key}) must be one of: ${field.options.join(', ')}.`;
    case 'date':
      return isCalendarDay(value) ? null : `"${field.label}" (${field.key}) must be a day written YYYY-MM-DD.`;
    case 'file':
      return filesProblem(field, fileIdsOf(value));
  }
}

function filesProblem(field: Extract<FormField, { type: 'file' }>, ids: readonly string[]): string | null {
  const name = `"${field.label}" (${field.key})`;
  if (ids.some((id) => !fileId.test(id))) return `${name} must be the ids of uploaded files, joined by commas.`;
  if (new Set(ids).size !== ids.length) return `${name} names a file twice.`;
  const most = field.multiple ? limits.filesPerAnswer : 1;
  return ids.length > most ? `${name} takes ${most === 1 ? 'one file' : `${most} files`} at most.` : null;
}

/** Whether a task is needed: its condition against the answer of the form it is on. */
import type { Flow, Task } from './flow.ts';
import type { Condition } from './template.ts';

interface AnswerOf {
  readonly step: string;
  readonly field: string;
}

/** The task made from the step with this key. */
const taskOfStep = (flow: Pick<Flow, 'tasks'>, key: string): Task | undefined => flow.tasks.find((t) => t.key === key);

/** The answer to a form's field; null while the form is not COMPLETED, and when the field was left empty. */
export function answerTo(flow: Pick<Flow, 'tasks'>, { step, field }: AnswerOf): string | null {
  const form = taskOfStep(flow, step);
  if (form?.status !== 'COMPLETED' || form.answers === null || !Object.hasOwn(form.answers, field)) return null;
  const answer = form.answers[field] ?? '';
  return answer.trim() === '' ? null : answer;
}

function isMet(condition: Condition, answer: string | null): boolean {
  const plain = (text: string): string => text.trim().toLowerCase();
  const among = answer !== null && condition.values.some((v) => plain(v) === plain(answer));
  return condition.op === 'is' ? among : !among;
}

const quoted = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').replace(/"/g, "'").trim();
  return `"${line.length > 100 ? `${line.slice(0, 99).replace(/\p{Cs}$/u, '')}…` : line}"`;
};

/**
 * Why a task is not needed, as a clause: `"Package" in "Tell us about you" is "Basic"`. Null when it is, or has no
 * condition. Asked once the form is done or skipped; a skipped form has no answers.
 */
export function whyNotNeeded(flow: Pick<Flow, 'tasks'>, task: Pick<Task, 'condition'>): string | null {
  const { condition } = task;
  if (condition === null) return null;
  const answer = answerTo(flow, condition);
  if (isMet(condition, answer)) return null;
  const form = taskOfStep(flow, condition.step);
  const label = form?.fields.find((f) => f.key === condition.field)?.label ?? condition.field;
  if (form?.status === 'SKIPPED') return `${quoted(form.title)} was skipped`;
  const where = `${quoted(label)} in ${quoted(form?.title ?? condition.step)}`;
  return answer === null ? `${where} has no answer` : `${where} is ${quoted(answer)}`;
}

/** A condition as it is read beside a task: `only if "Package" in "Tell us about you" is "Full" or "Plus"`. */
export function conditionWords(condition: Condition, form: Pick<Task, 'title' | 'fields'> | undefined): string {
  const label = form?.fields.find((f) => f.key === condition.field)?.label ?? condition.field;
  const verb = condition.op === 'is' ? 'is' : 'is not';
  return `only if ${quoted(label)} in ${quoted(form?.title ?? condition.step)} ${verb} ${condition.values.map(quoted).join(' or ')}`;
}

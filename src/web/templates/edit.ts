/** What the editor's buttons do to a draft. Pure: a draft in, a draft out. */
import type { Draft, DraftField, DraftStep } from '../../domain/draft.ts';
import { short } from '../../operations/words.ts';

/** A key from a title: "Send the contract!" is "send-the-contract"; a number is added when it is taken. */
export function keyFrom(title: string, taken: Iterable<string>, otherwise = 'step'): string {
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '');
  const base = words.slice(0, 56).replace(/-+$/, '') || otherwise;
  const known = new Set(taken);
  for (let n = 1; ; n++) {
    const key = n === 1 ? base : `${base}-${n}`;
    if (!known.has(key)) return key;
  }
}

const keys = (draft: Draft): string[] => draft.steps.map((s) => s.key);
const indexOf = (draft: Draft, key: string): number => draft.steps.findIndex((s) => s.key === key);
const withSteps = (draft: Draft, steps: DraftStep[]): Draft => ({ ...draft, steps });

/** The draft, and the key of the step to show next; '' for the template's own details. */
export interface Edited {
  readonly draft: Draft;
  readonly open: string;
}

/** A new step after the one with this key, waiting for it; at the end, waiting for nothing, when there is none. */
export function addStep(draft: Draft, title: string, after: string): Edited {
  const key = keyFrom(title, keys(draft));
  const at = indexOf(draft, after);
  const step: DraftStep = {
    ...{ key, title: title.trim(), description: '', type: 'TASK', assignee: { kind: 'nobody' }, due: null },
    ...{ condition: null, dependsOn: at < 0 ? [] : [after], fields: [] },
  };
  return { draft: withSteps(draft, draft.steps.toSpliced(at < 0 ? draft.steps.length : at + 1, 0, step)), open: key };
}

/** The same step once more, right after it. */
export function duplicateStep(draft: Draft, key: string): Edited {
  const at = indexOf(draft, key);
  const step = draft.steps[at];
  if (!step) return { draft, open: key };
  const title = `${short(step.title, 190)} (copy)`;
  const copy = { ...step, title, key: keyFrom(title, keys(draft)) };
  return { draft: withSteps(draft, draft.steps.toSpliced(at + 1, 0, copy)), open: copy.key };
}

/** Without the step: those that waited for it wait for what it waited for. */
export function removeStep(draft: Draft, key: string): Edited {
  const at = indexOf(draft, key);
  const gone = draft.steps[at];
  if (!gone) return { draft, open: '' };
  const steps = draft.steps
    .filter((s) => s !== gone)
    .map((s) => (s.dependsOn.includes(key) ? { ...s, dependsOn: bridged(s.dependsOn, gone, s.key) } : s));
  return { draft: withSteps(draft, steps), open: (steps[at] ?? steps[at - 1])?.key ?? '' };
}

const bridged = (dependsOn: readonly string[], gone: DraftStep, self: string): string[] => [
  ...new Set(dependsOn.flatMap((d) => (d === gone.key ? gone.dependsOn : [d])).filter((d) => d !== self)),
];

/** Puts back the step that `before` has and `draft` no longer: in its place, and with those that waited for it. */
export function putBack(draft: Draft, before: Draft, key: string): Edited {
  const at = indexOf(before, key);
  const step = before.steps[at];
  if (!step || indexOf(draft, key) >= 0) return { draft, open: step ? key : '' };
  const previous = before.steps.slice(0, at).findLast((s) => indexOf(draft, s.key) >= 0);
  const place = previous ? indexOf(draft, previous.key) + 1 : 0;
  const steps = draft.steps.map((s) => {
    const then = before.steps.find((b) => b.key === s.key);
    if (!then?.dependsOn.includes(key)) return s;
    const inherited = new Set(step.dependsOn.filter((d) => !then.dependsOn.includes(d)));
    const own = s.dependsOn.filter((d) => !inherited.has(d));
    // In the order it had, what came since after it.
    const old = then.dependsOn.filter((d) => d === key || own.includes(d));
    return { ...s, dependsOn: [...old, ...own.filter((d) => !old.includes(d))] };
  });
  return { draft: withSteps(draft, steps.toSpliced(place, 0, step)), open: key };
}

/** One place up (-1) or down (1) in the list, which says nothing about what waits for what. */
export function moveStep(draft: Draft, key: string, by: -1 | 1): Edited {
  const at = indexOf(draft, key);
  const [a, b] = [draft.steps[at], draft.steps[at + by]];
  if (!a || !b) return { draft, open: key };
  return { draft: withSteps(draft, draft.steps.with(at, b).with(at + by, a)), open: key };
}

/** Another key, followed by all that names it. */
export function renameKey(draft: Draft, from: string, to: string): Draft {
  const follow = (key: string): string => (key === from ? to : key);
  const steps = draft.steps.map((s) => ({
    ...s,
    key: follow(s.key),
    dependsOn: s.dependsOn.map(follow),
    due: s.due?.from === 'answer' ? { ...s.due, step: follow(s.due.step) } : s.due,
    condition: s.condition && { ...s.condition, step: follow(s.condition.step) },
  }));
  return withSteps(draft, steps);
}

export const replaceStep = (draft: Draft, key: string, step: DraftStep): Draft =>
  withSteps(
    draft,
    draft.steps.map((s) => (s.key === key ? step : s)),
  );

export function addDependency(step: DraftStep, on: string): DraftStep {
  return on === '' || step.dependsOn.includes(on) ? step : { ...step, dependsOn: [...step.dependsOn, on] };
}

export const removeDependency = (step: DraftStep, on: string): DraftStep => ({
  ...step,
  dependsOn: step.dependsOn.filter((d) => d !== on),
});

export function addField(step: DraftStep): DraftStep {
  const key = keyFrom(
    `field-${step.fields.length + 1}`,
    step.fields.map((f) => f.key),
  );
  const field: DraftField = { key, label: '', help: '', required: true, type: 'text', multiline: false };
  return { ...step, type: 'FORM', fields: [...step.fields, field] };
}

export const removeField = (step: DraftStep, at: number): DraftStep => ({
  ...step,
  fields: step.fields.toSpliced(at, 1),
});

export function moveField(step: DraftStep, at: number, by: -1 | 1): DraftStep {
  const [a, b] = [step.fields[at], step.fields[at + by]];
  return a && b ? { ...step, fields: step.fields.with(at, b).with(at + by, a) } : step;
}

/** Steps that certainly come before this one: what an answer can be counted on from. */
export function earlier(draft: Draft, key: string): DraftStep[] {
  const byKey = new Map(draft.steps.map((s) => [s.key, s]));
  const found = new Set<string>();
  const next = [...(byKey.get(key)?.dependsOn ?? [])];
  for (let k = next.pop(); k !== undefined; k = next.pop()) {
    if (found.has(k) || k === key) continue;
    found.add(k);
    next.push(...(byKey.get(k)?.dependsOn ?? []));
  }
  return draft.steps.filter((s) => found.has(s.key));
}

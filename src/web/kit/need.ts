/** What pages make of a result that is none. */
import type { Result } from '../../operations/operation.ts';
import { forPeople } from './for-people.ts';
import { notNow, notThere, PageTrouble, type Trouble, troubles } from './trouble.tsx';

const passing = new Map<string, Trouble>([
  ['database_unavailable', troubles.database],
  ['engine_unavailable', troubles.engine],
  ['flow_busy', troubles.busy],
]);
const known = new Map<string, Trouble>([
  ...passing,
  ['not_allowed', troubles.onlyAdmins],
  ['bad_cursor', troubles.badCursor],
  // Only an address brings such: what people type is told on the form's own page.
  ['bad_input', troubles.badAddress],
]);
const missing = ['not_found', 'task_unknown', 'external_unknown'];

/** The facts; a refusal becomes a page of its own. */
export function need<F>(result: Result<F>): F {
  if (result.ok) return result.facts;
  const trouble = known.get(result.code);
  if (trouble) throw new PageTrouble(trouble);
  const text = forPeople(result.text.replace(' Nothing changed.', ''));
  throw new PageTrouble(missing.includes(result.code) ? notThere(text) : notNow(text));
}

/**
 * What came of a form. Where a part of Booflow was away, trying again is the answer, so the page that says so keeps the
 * form as it was sent, command id and all, by which it is done once at most.
 */
export function settled<F>(result: Result<F>): Result<F> {
  const trouble = result.ok ? undefined : passing.get(result.code);
  if (trouble) throw new PageTrouble(trouble);
  return result;
}

/** What pages make of a result that is none. */
import type { Result } from '../../operations/operation.ts';
import { notThere, PageTrouble, type Trouble, troubles } from './trouble.tsx';

/** The facts; a refusal becomes a page of its own. */
export function need<F>(result: Result<F>): F {
  if (result.ok) return result.facts;
  if (result.code === 'database_unavailable') throw new PageTrouble(troubles.database);
  if (result.code === 'not_allowed') throw new PageTrouble(troubles.onlyAdmins);
  throw new PageTrouble(notThere(result.text.replace(' Nothing changed.', '')));
}

const passing = new Map<string, Trouble>([
  ['database_unavailable', troubles.database],
  ['engine_unavailable', troubles.engine],
  ['flow_busy', troubles.busy],
]);

/**
 * What came of a form. Where a part of Booflow was away, trying again is the answer, so the page that says so keeps the
 * form as it was sent, command id and all, by which it is done once at most.
 */
export function settled<F>(result: Result<F>): Result<F> {
  const trouble = result.ok ? undefined : passing.get(result.code);
  if (trouble) throw new PageTrouble(trouble);
  return result;
}

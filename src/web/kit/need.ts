/** Reads that a page can't do without. */
import type { Result } from '../../operations/operation.ts';
import { notThere, PageTrouble, troubles } from './trouble.tsx';

/** The facts; a refusal becomes a page of its own. */
export function need<F>(result: Result<F>): F {
  if (result.ok) return result.facts;
  if (result.code === 'database_unavailable') throw new PageTrouble(troubles.database);
  throw new PageTrouble(notThere(result.text.replace(' Nothing changed.', '')));
}

/** What operations on an org's members have in common. */
import { z } from 'zod';
import type { Trx } from '../db/database.ts';
import { findMemberById, lockMembers } from '../db/members.ts';
import type { MemberRow } from '../db/people.ts';
import { type MemberPrincipal, roles } from '../oauth/principal.ts';
import { findMember } from './names.ts';
import type { Call } from './operation.ts';
import { Refusal } from './refusal.ts';

export const roleInput = z.enum(roles);
export const memberShape = z.object({ id: z.string(), name: z.string(), email: z.string(), role: z.enum(roles) });

/**
 * Runs `work` while nobody else changes this org's members, with the caller's role as it is now, not as it was when the
 * request came in.
 */
export function changingMembers<T>(
  { database, principal }: Call<MemberPrincipal>,
  work: (trx: Trx, me: MemberRow) => Promise<T>,
): Promise<T> {
  if (principal.byApp) {
    throw new Refusal(
      'not_allowed',
      'An app that was connected changes no members and no settings. Do it on the page, or with an API key. Nothing changed.',
    );
  }
  return database.withOrg(principal, async (trx) => {
    await lockMembers(trx, principal.orgId);
    const me = await findMemberById(trx, principal.userId);
    if (!me) throw new Refusal('not_allowed', 'You are no member of this organization any more. Nothing changed.');
    return work(trx, me);
  });
}

/** Whom the tasks of someone who leaves go to: a member who stays, or null for nobody. */
export async function successor(
  trx: Trx,
  ref: string,
  me: string,
  leaving: { readonly id: string; readonly name: string },
): Promise<MemberRow | null> {
  if (ref.toLowerCase() === 'nobody') return null;
  const found = await findMember(trx, ref, me);
  if (found.id === leaving.id) {
    throw new Refusal(
      'bad_input',
      `The tasks can't go to ${found.name}, who is the one that goes. Name another member, or nobody. Nothing changed.`,
    );
  }
  return found;
}

/** What operations on an org's members have in common. */
import { z } from 'zod';
import type { Trx } from '../db/database.ts';
import { findMemberById, lockMembers } from '../db/members.ts';
import type { MemberRow } from '../db/people.ts';
import { type MemberPrincipal, roles } from '../oauth/principal.ts';
import { findMember } from './names.ts';
import { type Once, once } from './once.ts';
import type { Call } from './operation.ts';
import { Refusal } from './refusal.ts';

export const roleInput = z.enum(roles);
export const memberShape = z.object({ id: z.string(), name: z.string(), email: z.string(), role: z.enum(roles) });

export const changesNoMembers = 'changes no members and no settings';

/**
 * Runs `work` once for each command id, while nobody else changes this org's members, with the caller's role as it is
 * now, not as it was when the request came in.
 */
export async function changingMembers<K extends object, R extends K>(
  call: Call<MemberPrincipal>,
  keep: z.ZodType<K>,
  work: (trx: Trx, me: MemberRow) => Promise<R>,
): Promise<Once<K, R>> {
  const { principal } = call;
  return once(call, keep, async (trx) => {
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

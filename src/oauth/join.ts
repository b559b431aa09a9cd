/** Joining an org by the link of an invitation: the invited address is what counts, whoever holds the link. */
import { acceptInvitation, type FoundInvitation, findInvitation, insertMember, lockMembers } from '../db/members.ts';
import { noteOrgEvent } from '../db/org-events.ts';
import { setCurrentOrg } from '../db/sessions.ts';
import { insertUser } from '../db/sign-ups.ts';
import { newId } from '../platform/ids.ts';
import { hashSecret } from '../platform/secrets.ts';
import type { Authority } from './authority.ts';
import { hashPassword } from './password.ts';
import type { Session } from './session.ts';
import { openSession } from './sign-in.ts';

export type { FoundInvitation };

export type InvitationState =
  /** No such link: replaced by a newer one, or never one. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'accepted' | 'revoked' | 'expired' | 'open'; readonly invitation: FoundInvitation };

/** What a link leads to; uses nothing up. */
export async function readInvitation({ database, clock }: Authority, secret: string): Promise<InvitationState> {
  const invitation = await findInvitation(database.open, hashSecret(secret));
  if (!invitation) return { kind: 'unknown' };
  const { accepted, revoked, expires_at } = invitation;
  const kind = accepted ? 'accepted' : revoked ? 'revoked' : expires_at.getTime() <= clock() ? 'expired' : 'open';
  return { kind, invitation };
}

/** Someone signed in joins. False when the invitation is not open any more, or is for another address. */
export async function joinAs(authority: Authority, session: Session, secret: string): Promise<boolean> {
  const state = await readInvitation(authority, secret);
  if (state.kind !== 'open' || state.invitation.email !== session.email) return false;
  return (await join(authority, state.invitation, secret, session)) === true;
}

export type JoinedAnew =
  | { readonly kind: 'in'; readonly secret: string }
  | { readonly kind: 'over' }
  | { readonly kind: 'account_exists' };

/** Someone without an account makes one and joins. The link came by mail, so the address is proved. */
export async function joinAnew(
  authority: Authority,
  secret: string,
  { name, password, userAgent }: { readonly name: string; readonly password: string; readonly userAgent: string },
): Promise<JoinedAnew> {
  const state = await readInvitation(authority, secret);
  if (state.kind !== 'open') return { kind: 'over' };
  const userId = newId('us');
  const password_hash = await hashPassword(password);
  const who = { userId, name };
  const made = await join(authority, state.invitation, secret, who, password_hash);
  if (made === 'account_exists') return { kind: 'account_exists' };
  return made ? { kind: 'in', secret: await openSession(authority, { userId, userAgent }) } : { kind: 'over' };
}

class AccountExists extends Error {}

/** With `passwordHash` the account is made too. All of it, or nothing. */
async function join(
  { database, clock }: Authority,
  { org_id: orgId, id, email, role }: FoundInvitation,
  secret: string,
  who: { readonly userId: string; readonly name: string; readonly id?: string },
  passwordHash?: string,
): Promise<boolean | 'account_exists'> {
  const { userId, name } = who;
  try {
    return await database.withPersonInOrg({ orgId, userId }, async (trx) => {
      await lockMembers(trx, orgId);
      if (!(await acceptInvitation(trx, id, hashSecret(secret), new Date(clock())))) return false;
      if (passwordHash !== undefined) {
        const made = await insertUser(trx, { id: userId, email, name, password_hash: passwordHash });
        // Undone with the invitation, which is then still open.
        if (!made) throw new AccountExists();
      }
      await insertMember(trx, orgId, userId, role);
      if (who.id !== undefined) await setCurrentOrg(trx, who.id, orgId);
      await noteOrgEvent(trx, { orgId, userId, name, through: 'web' }, clock(), 'member_joined', `joined as ${role}`);
      return true;
    });
  } catch (error) {
    if (error instanceof AccountExists) return 'account_exists';
    throw error;
  }
}

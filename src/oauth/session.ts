/** Who sits at the browser. */
import { deleteSession, findSession, keepCurrentOrg, type MyOrg, myOrgs, touchSession } from '../db/sessions.ts';
import { hashSecret } from '../platform/secrets.ts';
import type { Authority } from './authority.ts';
import { type MemberPrincipal, scopes } from './principal.ts';

export type { MyOrg };

export interface Session {
  readonly id: string;
  /** What the cookie holds; forms derive their proof from it. */
  readonly secret: string;
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  readonly orgs: readonly MyOrg[];
  /** Where they look at the moment; null for someone in no org. */
  readonly org: MyOrg | null;
}

const touchEveryMs = 5 * 60_000;

/** The live session with this secret, with today's orgs and roles; null when it is over. */
export async function readSession({ database, clock }: Authority, secret: string): Promise<Session | null> {
  const now = new Date(clock());
  const found = await findSession(database.open, hashSecret(secret), now);
  if (!found) return null;
  const { orgs, org } = await database.withUser({ userId: found.user_id }, async (trx) => {
    if (now.getTime() - found.last_seen_at.getTime() > touchEveryMs) await touchSession(trx, found.id, now);
    const orgs = await myOrgs(trx);
    const org = orgs.find((o) => o.id === found.current_org) ?? orgs[0] ?? null;
    // Kept once it is settled: which one is first by name changes with every new name.
    if (org && org.id !== found.current_org) await keepCurrentOrg(trx, found, org.id);
    return { orgs, org };
  });
  return { id: found.id, secret, userId: found.user_id, name: found.name, email: found.email, orgs, org };
}

export async function endSession({ database }: Authority, session: Session): Promise<void> {
  await database.withUser(session, (trx) => deleteSession(trx, session.id));
}

/** The person as a member of one of their orgs. */
export const memberIn = (session: Session, org: MyOrg): MemberPrincipal => ({
  kind: 'member',
  orgId: org.id,
  userId: session.userId,
  name: session.name,
  email: session.email,
  role: org.role,
  through: 'web',
  scopes,
});

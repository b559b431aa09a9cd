/** What a member gave out in an org's name: API keys and connected apps. OWNER and ADMIN see all, a MEMBER their own. */
import { listApiKeys, revokeApiKey } from '../db/api-keys.ts';
import { listGrants, revokeGrant } from '../db/oauth.ts';
import { listMembers } from '../db/people.ts';
import { deleteSession, listSessions, setCurrentOrg } from '../db/sessions.ts';
import { createApiKey } from './api-keys.ts';
import type { Authority } from './authority.ts';
import type { MemberPrincipal } from './principal.ts';
import type { Session } from './session.ts';

const seesAll = (p: MemberPrincipal): boolean => p.role !== 'MEMBER';

export async function keysOf({ database }: Authority, principal: MemberPrincipal) {
  const keys = await database.withOrg(principal, listApiKeys);
  return keys.filter((k) => seesAll(principal) || k.user_id === principal.userId);
}
export type KeyRow = Awaited<ReturnType<typeof keysOf>>[number];

/** The secret is given out here and never again. */
export const makeKey = ({ database }: Authority, principal: MemberPrincipal, name: string) =>
  database.withOrg(principal, (trx) => createApiKey(trx, principal, name));

/** True when it was a live key that this person may revoke. */
export async function revokeKey(authority: Authority, principal: MemberPrincipal, id: string): Promise<boolean> {
  const mine = await keysOf(authority, principal);
  if (!mine.some((k) => k.id === id)) return false;
  return authority.database.withOrg(principal, (trx) => revokeApiKey(trx, id));
}

export async function appsOf({ database, clock }: Authority, principal: MemberPrincipal) {
  const grants = await database.withOrg(principal, (trx) => listGrants(trx, new Date(clock())));
  return grants.filter((g) => seesAll(principal) || g.user_id === principal.userId);
}
export type AppRow = Awaited<ReturnType<typeof appsOf>>[number];

/** Ends all tokens of the app at once. True when it was connected and this person may disconnect it. */
export async function disconnectApp(authority: Authority, principal: MemberPrincipal, id: string): Promise<boolean> {
  const mine = await appsOf(authority, principal);
  if (!mine.some((g) => g.id === id)) return false;
  return authority.database.withOrg(principal, (trx) => revokeGrant(trx, id, new Date(authority.clock())));
}

export const sessionsOf = ({ database, clock }: Authority, session: Session) =>
  database.withUser(session, (trx) => listSessions(trx, new Date(clock())));
export type SessionRow = Awaited<ReturnType<typeof sessionsOf>>[number];

/** A session of the person's own, also the one in use. */
export const endSessionById = ({ database }: Authority, session: Session, id: string): Promise<boolean> =>
  database.withUser(session, (trx) => deleteSession(trx, id));

/** Looks at another of the person's orgs from now on; false when it is none of theirs. */
export async function switchOrg({ database }: Authority, session: Session, orgId: string): Promise<boolean> {
  if (!session.orgs.some((o) => o.id === orgId)) return false;
  await database.withUser(session, (trx) => setCurrentOrg(trx, session.id, orgId));
  return true;
}

/** The people of an org who may connect apps, to say whom to ask. */
export async function adminsOf({ database }: Authority, orgId: string): Promise<string[]> {
  const members = await database.withOrg({ orgId }, listMembers);
  return members.filter((m) => m.role !== 'MEMBER').map((m) => m.name);
}

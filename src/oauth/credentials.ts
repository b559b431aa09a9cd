/** What a member gave out in an org's name: API keys and connected apps. OWNER and ADMIN see all, a MEMBER their own. */
import { listApiKeys, revokeApiKey } from '../db/api-keys.ts';
import { findMemberById, lockMembers } from '../db/members.ts';
import { listGrants, revokeGrant } from '../db/oauth.ts';
import { listMembers } from '../db/people.ts';
import { deleteSession, listSessions, setCurrentOrg } from '../db/sessions.ts';
import { createApiKeyOnce, type KeyMade } from './api-keys.ts';
import type { Authority } from './authority.ts';
import type { MemberPrincipal } from './principal.ts';
import type { Session } from './session.ts';

const seesAll = (p: MemberPrincipal): boolean => p.role !== 'MEMBER';

export async function keysOf({ database }: Authority, principal: MemberPrincipal) {
  const keys = await database.withOrg(principal, listApiKeys);
  return keys.filter((k) => seesAll(principal) || k.user_id === principal.userId);
}
export type KeyRow = Awaited<ReturnType<typeof keysOf>>[number];

/**
 * The secret is given out here and never again; the same command id makes no second key. Null for who was removed since the
 * request came in: what is made after a membership ended is not ended with it, and would live again if they came back.
 */
export const makeKey = (
  { database }: Authority,
  principal: MemberPrincipal,
  name: string,
  commandId: string,
): Promise<KeyMade | null> =>
  database.withOrg(principal, async (trx) => {
    await lockMembers(trx, principal.orgId);
    if (!(await findMemberById(trx, principal.userId))) return null;
    return createApiKeyOnce(trx, principal, name, commandId);
  });

/** True when it was a live key that this person may revoke. */
export async function revokeKey(authority: Authority, principal: MemberPrincipal, id: string): Promise<boolean> {
  const mine = await keysOf(authority, principal);
  if (!mine.some((k) => k.id === id)) return false;
  return authority.database.withOrg(principal, (trx) => revokeApiKey(trx, id));
}

type GrantRow = Awaited<ReturnType<typeof listGrants>>[number];

/** A program on one's own machine is answered at another port each time. */
const withoutLoopbackPort = (host: string): string => host.replace(/^(localhost|127\.0\.0\.1|\[::1\]):\d+$/, '$1');

/** An app as a person sees it, however often it was allowed: who allowed it, its name, and where it is answered. */
const appOf = (g: GrantRow): string => JSON.stringify([g.user_id, g.client_name, withoutLoopbackPort(g.redirect_host)]);

/** One row an app, with the id of its newest grant, all it may, and when it was first allowed and last used. */
export async function appsOf({ database, clock }: Authority, principal: MemberPrincipal) {
  const grants = await database.withOrg(principal, (trx) => listGrants(trx, new Date(clock())));
  const apps = new Map<string, { newest: GrantRow; all: GrantRow[] }>();
  for (const grant of grants.filter((g) => seesAll(principal) || g.user_id === principal.userId)) {
    const known = apps.get(appOf(grant));
    if (known) known.all.push(grant);
    else apps.set(appOf(grant), { newest: grant, all: [grant] });
  }
  return [...apps.values()].map(({ newest, all }) => {
    const used = all.flatMap((g) => g.last_used_at?.getTime() ?? []);
    return {
      ...newest,
      redirect_host: withoutLoopbackPort(newest.redirect_host),
      scope: [...new Set(all.flatMap((g) => g.scope))],
      created_at: new Date(Math.min(...all.map((g) => g.created_at.getTime()))),
      last_used_at: used.length === 0 ? null : new Date(Math.max(...used)),
      grantIds: all.map((g) => g.id),
    };
  });
}
export type AppRow = Awaited<ReturnType<typeof appsOf>>[number];

/** Ends all tokens of the app at once, of each time it was allowed. True when this person may disconnect it. */
export async function disconnectApp(authority: Authority, principal: MemberPrincipal, id: string): Promise<boolean> {
  const app = (await appsOf(authority, principal)).find((a) => a.grantIds.includes(id));
  if (!app) return false;
  return authority.database.withOrg(principal, async (trx) => {
    const ended = [];
    for (const grant of app.grantIds) ended.push(await revokeGrant(trx, grant, new Date(authority.clock())));
    return ended.includes(true);
  });
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

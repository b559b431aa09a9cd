/** Who is calling: from the credentials of a request to a principal, or nobody. */
import { findApiKey, touchApiKey } from '../db/api-keys.ts';
import type { Trx } from '../db/database.ts';
import { findAccess, touchGrant } from '../db/oauth.ts';
import { hashSecret } from '../platform/secrets.ts';
import { looksLikeApiKey } from './api-keys.ts';
import { type Authority, resourceOf } from './authority.ts';
import { type Door, type MemberPrincipal, scopes } from './principal.ts';

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1), or null. */
export function bearerToken(header: string | undefined): string | null {
  const match = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header ?? '');
  return match?.[1] ?? null;
}

/** "Last used" is told to the minute, so that a busy app writes one row a minute and not one a call. */
const touchEveryMs = 60_000;

/** The member a bearer token speaks for; null when it is unknown, over, or its owner may no longer have it. */
export function authenticate(authority: Authority, token: string, through: Door): Promise<MemberPrincipal | null> {
  return looksLikeApiKey(token) ? byApiKey(authority, token, through) : byAccessToken(authority, token, through);
}

async function byApiKey({ database, clock }: Authority, token: string, through: Door): Promise<MemberPrincipal | null> {
  const key = await findApiKey(database.open, hashSecret(token));
  if (!key) return null;
  if (isStale(key.last_used_at, clock())) await touchApiKey(database, key);
  return {
    kind: 'member',
    orgId: key.org_id,
    userId: key.user_id,
    name: key.user_name,
    email: key.email,
    role: key.role,
    through,
    scopes,
  };
}

async function byAccessToken(authority: Authority, token: string, through: Door): Promise<MemberPrincipal | null> {
  const { database, clock } = authority;
  if (!token.startsWith('bflow_at_')) return null;
  const now = new Date(clock());
  const found = await findAccess(database.open, hashSecret(token), now);
  // A token is for one server (RFC 8707); one that was given under another address is not ours.
  if (!found || found.resource !== resourceOf(authority)) return null;
  if (isStale(found.last_used_at, clock())) {
    const touch = (trx: Trx) => touchGrant(trx, found.grant_id, now);
    await database.withOrg({ orgId: found.org_id }, touch, { asTheyAre: true });
  }
  return {
    kind: 'member',
    orgId: found.org_id,
    userId: found.user_id,
    name: found.user_name,
    email: found.email,
    role: found.role,
    through,
    scopes: scopes.filter((s) => found.scope.includes(s)),
    byApp: true,
  };
}

const isStale = (lastUsed: Date | null, now: number): boolean =>
  lastUsed === null || now - lastUsed.getTime() > touchEveryMs;

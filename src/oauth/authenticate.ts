/** Who is calling: from the credentials of a request to a principal, or nobody. */
import { findApiKey, touchApiKey } from '../db/api-keys.ts';
import type { Database } from '../db/database.ts';
import { hashSecret } from '../platform/secrets.ts';
import { looksLikeApiKey } from './api-keys.ts';
import { type Door, type MemberPrincipal, scopes } from './principal.ts';

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1), or null. */
export function bearerToken(header: string | undefined): string | null {
  const match = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header ?? '');
  return match?.[1] ?? null;
}

const touchEveryMs = 60_000;

/** The member a bearer token speaks for; null when it is unknown, revoked, or its owner has left the org. */
export async function authenticate(database: Database, token: string, through: Door): Promise<MemberPrincipal | null> {
  if (!looksLikeApiKey(token)) return null;
  const key = await findApiKey(database.open, hashSecret(token));
  if (!key) return null;
  if (key.last_used_at === null || Date.now() - key.last_used_at.getTime() > touchEveryMs) {
    await touchApiKey(database, key);
  }
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

/** A client's way in: the magic link of their mail opens a session for their flow alone. */
import type { Database } from '../db/database.ts';
import { findClient, findMagicLink, findPortalSession, insertPortalSession, type PortalKey } from '../db/portal.ts';
import { hashSecret, randomText } from '../platform/secrets.ts';
import type { ExternalPrincipal } from './principal.ts';

export const portalSessionMs = 7 * 86_400_000;

const secretShape = /^[A-Za-z0-9]{32}$/;

/** Opens a session; null when the link is unknown, expired, or its flow or invitation is over. */
export async function openMagicLink(database: Database, secret: string): Promise<{ sessionSecret: string } | null> {
  if (!secretShape.test(secret)) return null;
  const key = await findMagicLink(database.open, hashSecret(secret));
  if (!key) return null;
  const sessionSecret = randomText(32);
  const expires = new Date(Date.now() + portalSessionMs);
  const opened = await database.withOrg({ orgId: key.org_id }, async (trx) => {
    if (!(await findClient(trx, key))) return false;
    await insertPortalSession(trx, hashSecret(sessionSecret), key, expires);
    return true;
  });
  return opened ? { sessionSecret } : null;
}

/** Who a session's secret speaks for; null when it is over. */
export async function portalPrincipal(database: Database, secret: string): Promise<ExternalPrincipal | null> {
  if (!secretShape.test(secret)) return null;
  const key = await findPortalSession(database.open, hashSecret(secret));
  return key ? principalOf(database, key) : null;
}

async function principalOf(database: Database, key: PortalKey): Promise<ExternalPrincipal | null> {
  const client = await database.withOrg({ orgId: key.org_id }, (trx) => findClient(trx, key));
  if (!client) return null;
  const { name, email } = client;
  return { kind: 'external', orgId: key.org_id, flowId: key.flow_id, externalId: client.id, name, email };
}

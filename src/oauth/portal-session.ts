/**
 * A client's way in. The magic link of their mail works until it expires or their part is over, as often as they come;
 * what it opens is a session for their flow alone, which is bound to their browser.
 */
import { type Branding, brandingOf } from '../db/branding.ts';
import type { Database } from '../db/database.ts';
import {
  type Client,
  deletePortalSession,
  findClient,
  findMagicLink,
  findPastKey,
  findPortalSession,
  insertPortalSession,
  isWelcome,
  type PortalKey,
} from '../db/portal.ts';
import { hashSecret, randomText } from '../platform/secrets.ts';
import type { ExternalPrincipal } from './principal.ts';

export const portalSessionMs = 7 * 86_400_000;

const secretShape = /^[A-Za-z0-9]{32}$/;

/** Whom a link is for. */
export interface Invitation {
  readonly org: Branding;
  readonly flow: string;
  readonly name: string;
  readonly email: string;
}

/** What can be said of a secret that opens nothing. `unknown`: also one that expired; both are told the same. */
export type Closed =
  | { readonly why: 'unknown' }
  | { readonly why: 'revoked'; readonly org: Branding }
  | { readonly why: 'completed' | 'cancelled'; readonly org: Branding; readonly flow: string; readonly name: string };

type Looked =
  | { readonly live: true; readonly key: PortalKey; readonly invitation: Invitation }
  | ({ live: false } & Closed);

/** What a link's secret is for. Looking uses nothing up and makes nothing. */
export async function lookAtMagicLink(database: Database, secret: string): Promise<Looked> {
  if (!secretShape.test(secret)) return { live: false, why: 'unknown' };
  const key = await findMagicLink(database.open, hashSecret(secret));
  if (!key) return { live: false, ...(await whyClosed(database, secret)) };
  return database.withOrg({ orgId: key.org_id }, async (trx) => {
    const client = await findClient(trx, key);
    if (!client) return { live: false, why: 'unknown' };
    const org = await brandingOf(trx, key.org_id);
    if (!isWelcome(client)) return { live: false, ...closedFor(client, org) };
    const { flow, name, email } = client;
    return { live: true, key, invitation: { org, flow, name, email } };
  });
}

/** Opens a session; null when the link is unknown, expired, or its flow or invitation is over. */
export async function openMagicLink(
  database: Database,
  secret: string,
  now: number,
): Promise<{ sessionSecret: string } | null> {
  if (!secretShape.test(secret)) return null;
  const key = await findMagicLink(database.open, hashSecret(secret));
  if (!key) return null;
  const sessionSecret = randomText(32);
  const expires = new Date(now + portalSessionMs);
  const opened = await database.withOrg({ orgId: key.org_id }, async (trx) => {
    const client = await findClient(trx, key);
    if (!client || !isWelcome(client)) return false;
    await insertPortalSession(trx, hashSecret(sessionSecret), key, expires);
    return true;
  });
  return opened ? { sessionSecret } : null;
}

/** Who a session's secret speaks for; null when it is over. */
export async function portalPrincipal(database: Database, secret: string): Promise<ExternalPrincipal | null> {
  if (!secretShape.test(secret)) return null;
  const key = await findPortalSession(database.open, hashSecret(secret));
  if (!key) return null;
  const client = await database.withOrg({ orgId: key.org_id }, (trx) => findClient(trx, key));
  if (!client || !isWelcome(client)) return null;
  const { name, email } = client;
  return { kind: 'external', orgId: key.org_id, flowId: key.flow_id, externalId: client.id, name, email };
}

/** Ends a session: the browser it was in holds nothing any more. */
export async function endPortalSession(database: Database, principal: ExternalPrincipal, secret: string) {
  await database.withOrg(principal, (trx) => deletePortalSession(trx, hashSecret(secret)));
}

/** Why the secret of a link or a session opens nothing. */
export async function whyClosed(database: Database, secret: string): Promise<Closed> {
  const key = secretShape.test(secret) ? await findPastKey(database.open, hashSecret(secret)) : undefined;
  if (!key) return { why: 'unknown' };
  return database.withOrg({ orgId: key.org_id }, async (trx) => {
    const client = await findClient(trx, key);
    return client ? closedFor(client, await brandingOf(trx, key.org_id)) : { why: 'unknown' };
  });
}

function closedFor({ invitation, status, flow, name }: Client, org: Branding): Closed {
  if (invitation === 'REVOKED') return { why: 'revoked', org };
  if (status === 'COMPLETED') return { why: 'completed', org, flow, name };
  if (status === 'CANCELLED') return { why: 'cancelled', org, flow, name };
  return { why: 'unknown' };
}

/** Magic links and the sessions they open, found by the hash of their secret. */
import { type Kysely, sql } from 'kysely';
import type { Trx } from './database.ts';
import type { Tables } from './schema.ts';

export interface PortalKey {
  readonly org_id: string;
  readonly flow_id: string;
  readonly external_id: string;
}

/** The live link with this hash; before any org is known. */
export async function findMagicLink(db: Kysely<Tables>, hash: Buffer): Promise<PortalKey | undefined> {
  const { rows } = await sql<PortalKey>`select * from find_magic_link(${hash})`.execute(db);
  return rows[0];
}

/** The live session with this hash; before any org is known. */
export async function findPortalSession(db: Kysely<Tables>, hash: Buffer): Promise<PortalKey | undefined> {
  const { rows } = await sql<PortalKey>`select * from find_portal_session(${hash})`.execute(db);
  return rows[0];
}

export async function insertPortalSession(trx: Trx, hash: Buffer, key: PortalKey, expiresAt: Date): Promise<void> {
  await trx
    .insertInto('portal_sessions')
    .values({ secret_hash: hash, ...key, expires_at: expiresAt })
    .execute();
}

/** The client of a link or session, as long as their invitation stands. */
export function findClient(trx: Trx, key: PortalKey) {
  return trx
    .selectFrom('external_users')
    .select(['id', 'name', 'email', 'invitation'])
    .where('flow_id', '=', key.flow_id)
    .where('id', '=', key.external_id)
    .where('invitation', 'in', ['SENT', 'ACCEPTED'])
    .executeTakeFirst();
}

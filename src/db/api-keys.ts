/** API keys: stored as hashes, found by them. */
import { type Kysely, sql } from 'kysely';
import type { Database, Trx } from './database.ts';
import type { MemberRole, Tables } from './schema.ts';

export interface FoundKey {
  readonly id: string;
  readonly org_id: string;
  readonly user_id: string;
  readonly role: MemberRole;
  readonly user_name: string;
  readonly email: string;
  readonly last_used_at: Date | null;
}

/** The live key with this hash, whose maker is still a member; before any org is known. */
export async function findApiKey(db: Kysely<Tables>, hash: Buffer): Promise<FoundKey | undefined> {
  const { rows } = await sql<FoundKey>`select * from find_api_key(${hash})`.execute(db);
  return rows[0];
}

/** "Last used" is told to the minute, so that a busy key writes one row a minute and not one a call. */
export async function touchApiKey(database: Database, key: Pick<FoundKey, 'id' | 'org_id'>): Promise<void> {
  const touch = (trx: Trx) =>
    trx
      .updateTable('api_keys')
      .set({ last_used_at: sql<Date>`now()` })
      .where('id', '=', key.id)
      .where((eb) =>
        eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', sql<Date>`now() - interval '1 minute'`)]),
      )
      .execute();
  await database.withOrg({ orgId: key.org_id }, touch, { asTheyAre: true });
}

export interface NewKey {
  readonly id: string;
  readonly orgId: string;
  readonly userId: string;
  readonly name: string;
  readonly hash: Buffer;
  /** The last letters, to tell keys apart. */
  readonly hint: string;
}

/** False when there is a key with this id already: nothing is done then. */
export async function insertApiKey(trx: Trx, key: NewKey): Promise<boolean> {
  const done = await trx
    .insertInto('api_keys')
    .values({
      id: key.id,
      org_id: key.orgId,
      user_id: key.userId,
      name: key.name,
      secret_hash: key.hash,
      hint: key.hint,
      last_used_at: null,
      revoked_at: null,
    })
    .onConflict((on) => on.column('id').doNothing())
    .executeTakeFirst();
  return done.numInsertedOrUpdatedRows === 1n;
}

export const findApiKeyById = (trx: Trx, id: string): Promise<{ name: string } | undefined> =>
  trx.selectFrom('api_keys').select('name').where('id', '=', id).executeTakeFirst();

/** The org's keys, newest first, revoked ones too. */
export function listApiKeys(trx: Trx) {
  return trx
    .selectFrom('api_keys')
    .innerJoin('users', 'users.id', 'api_keys.user_id')
    .select([
      'api_keys.id',
      'api_keys.name',
      'api_keys.hint',
      'api_keys.created_at',
      'api_keys.last_used_at',
      'api_keys.revoked_at',
      'api_keys.user_id',
      'users.name as user_name',
      'users.email as email',
    ])
    .orderBy('api_keys.created_at', 'desc')
    .execute();
}

/** True when a live key with this id was revoked. */
export async function revokeApiKey(trx: Trx, id: string): Promise<boolean> {
  const done = await trx
    .updateTable('api_keys')
    .set({ revoked_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return done.numUpdatedRows > 0n;
}

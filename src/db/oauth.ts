/** OAuth clients, and what was granted to them: found by hashes, changed one row at a time. */
import { type Kysely, sql } from 'kysely';
import type { Trx } from './database.ts';
import type { MemberRole, OAuthClients, Tables } from './schema.ts';

export function findClientById(db: Kysely<Tables>, id: string): Promise<OAuthClients | undefined> {
  return db.selectFrom('oauth_clients').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function saveClient(db: Kysely<Tables>, client: OAuthClients): Promise<void> {
  const { name, redirect_uris, fresh_until } = client;
  await db
    .insertInto('oauth_clients')
    .values(client)
    .onConflict((on) => on.column('id').doUpdateSet({ name, redirect_uris, fresh_until }))
    .execute();
}

export async function touchClient(db: Kysely<Tables>, id: string, at: Date): Promise<void> {
  await db.updateTable('oauth_clients').set({ last_used_at: at }).where('id', '=', id).execute();
}

interface Found {
  readonly org_id: string;
  readonly grant_id: string;
  readonly user_id: string;
  readonly client_id: string;
  readonly scope: string[];
  readonly resource: string;
  readonly expires_at: Date;
  readonly spent: boolean;
  readonly revoked: boolean;
  /** Today's role of whoever allowed it; null when they left the org. */
  readonly role: MemberRole | null;
}
export type FoundToken = Found & { readonly kind: 'access' | 'refresh' };
export type FoundCode = Found & { readonly redirect_uri: string; readonly code_challenge: string };

export async function findToken(db: Kysely<Tables>, hash: Buffer): Promise<FoundToken | undefined> {
  return (await sql<FoundToken>`select * from find_oauth_token(${hash})`.execute(db)).rows[0];
}

export async function findCode(db: Kysely<Tables>, hash: Buffer): Promise<FoundCode | undefined> {
  return (await sql<FoundCode>`select * from find_oauth_code(${hash})`.execute(db)).rows[0];
}

export interface FoundAccess {
  readonly grant_id: string;
  readonly org_id: string;
  readonly user_id: string;
  readonly role: MemberRole;
  readonly user_name: string;
  readonly email: string;
  readonly client_id: string;
  readonly scope: string[];
  readonly resource: string;
  readonly last_used_at: Date | null;
}

/** The live access token with this hash, whose maker is still OWNER or ADMIN. */
export async function findAccess(db: Kysely<Tables>, hash: Buffer, at: Date): Promise<FoundAccess | undefined> {
  return (await sql<FoundAccess>`select * from find_access_token(${hash}, ${at})`.execute(db)).rows[0];
}

export async function touchGrant(trx: Trx, id: string, at: Date): Promise<void> {
  await trx.updateTable('oauth_grants').set({ last_used_at: at }).where('id', '=', id).execute();
}

export async function insertGrant(
  trx: Trx,
  grant: Omit<Tables['oauth_grants'], 'last_used_at' | 'revoked_at'>,
): Promise<void> {
  await trx
    .insertInto('oauth_grants')
    .values({ ...grant, last_used_at: null, revoked_at: null })
    .execute();
}

export async function insertCode(trx: Trx, code: Omit<Tables['oauth_codes'], 'spent_at'>): Promise<void> {
  await trx
    .insertInto('oauth_codes')
    .values({ ...code, spent_at: null })
    .execute();
}

/** False when it was spent before: two that come at once can't both be first. */
export async function spendCode(trx: Trx, hash: Buffer, at: Date): Promise<boolean> {
  const done = await trx
    .updateTable('oauth_codes')
    .set({ spent_at: at })
    .where('code_hash', '=', hash)
    .where('spent_at', 'is', null)
    .executeTakeFirst();
  return done.numUpdatedRows === 1n;
}

/** Spends a refresh token and with it the grant's access tokens; false when it was spent before. */
export async function spendRefreshToken(trx: Trx, hash: Buffer, grantId: string, at: Date): Promise<boolean> {
  const done = await trx
    .updateTable('oauth_tokens')
    .set({ spent_at: at })
    .where('token_hash', '=', hash)
    .where('spent_at', 'is', null)
    .executeTakeFirst();
  if (done.numUpdatedRows !== 1n) return false;
  await trx
    .updateTable('oauth_tokens')
    .set({ spent_at: at })
    .where('grant_id', '=', grantId)
    .where('kind', '=', 'access')
    .where('spent_at', 'is', null)
    .execute();
  return true;
}

/** Ends a grant and all that was given for it. True when it was alive. */
export async function revokeGrant(trx: Trx, id: string, at: Date): Promise<boolean> {
  const done = await trx
    .updateTable('oauth_grants')
    .set({ revoked_at: at })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return done.numUpdatedRows === 1n;
}

/** Adds tokens to a grant that is alive; false when it was revoked meanwhile. */
export async function insertTokens(
  trx: Trx,
  grantId: string,
  tokens: readonly Omit<Tables['oauth_tokens'], 'grant_id' | 'spent_at'>[],
): Promise<boolean> {
  const alive = await trx
    .selectFrom('oauth_grants')
    .select('id')
    .where('id', '=', grantId)
    .where('revoked_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!alive) return false;
  await trx
    .insertInto('oauth_tokens')
    .values(tokens.map((t) => ({ ...t, grant_id: grantId, spent_at: null })))
    .execute();
  return true;
}

/** What is allowed in the org of the transaction, newest first: the connected apps. */
export function listGrants(trx: Trx, at: Date) {
  return trx
    .selectFrom('oauth_grants')
    .innerJoin('users', 'users.id', 'oauth_grants.user_id')
    .select([
      'oauth_grants.id',
      'oauth_grants.user_id',
      'users.name as user_name',
      'client_name',
      'redirect_host',
      'scope',
      'oauth_grants.created_at',
      'last_used_at',
    ])
    .where('revoked_at', 'is', null)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('oauth_tokens')
          .select('token_hash')
          .whereRef('oauth_tokens.grant_id', '=', 'oauth_grants.id')
          .where('oauth_tokens.spent_at', 'is', null)
          .where('oauth_tokens.expires_at', '>', at),
      ),
    )
    .orderBy('oauth_grants.created_at', 'desc')
    .execute();
}

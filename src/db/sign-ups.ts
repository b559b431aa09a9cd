/** New accounts and organizations. Before an address is proved there is a row of `sign_ups`, and nothing else. */
import { type Kysely, sql } from 'kysely';
import type { Trx } from './database.ts';
import type { Tables } from './schema.ts';

export async function noteSignUp(
  db: Kysely<Tables>,
  s: {
    readonly hash: Buffer;
    readonly email: string;
    readonly name: string;
    readonly orgName: string;
    readonly at: Date;
    readonly until: Date;
  },
): Promise<void> {
  await sql`select note_sign_up(${s.hash}, ${s.email}, ${s.name}, ${s.orgName}, ${s.at}, ${s.until})`.execute(db);
}

export async function countSignUps(db: Kysely<Tables>, email: string, since: Date): Promise<number> {
  return (await sql<{ n: number }>`select count_sign_ups(${email}, ${since}) as n`.execute(db)).rows[0]?.n ?? 0;
}

export interface FoundSignUp {
  readonly email: string;
  readonly name: string;
  readonly org_name: string;
}

export async function findSignUp(db: Kysely<Tables>, hash: Buffer, at: Date): Promise<FoundSignUp | undefined> {
  return (await sql<FoundSignUp>`select * from find_sign_up(${hash}, ${at})`.execute(db)).rows[0];
}

/** Takes it out for good; undefined when there is none, or it is over. */
export async function takeSignUp(trx: Trx, hash: Buffer, at: Date): Promise<FoundSignUp | undefined> {
  return (await sql<FoundSignUp>`select * from take_sign_up(${hash}, ${at})`.execute(trx)).rows[0];
}

/** The person of this transaction; false when the address has an account. */
export async function insertUser(
  trx: Trx,
  user: Pick<Tables['users'], 'id' | 'email' | 'name' | 'password_hash'>,
): Promise<boolean> {
  const done = await trx
    .insertInto('users')
    .values(user)
    .onConflict((on) => on.doNothing())
    .executeTakeFirst();
  return done.numInsertedOrUpdatedRows === 1n;
}

/** The org of this transaction; false when the slug is taken, or it is there already. */
export async function insertOrg(
  trx: Trx,
  org: { readonly id: string; readonly name: string; readonly slug: string },
): Promise<boolean> {
  const done = await trx
    .insertInto('orgs')
    .values(org)
    .onConflict((on) => on.doNothing())
    .executeTakeFirst();
  return done.numInsertedOrUpdatedRows === 1n;
}

export const hasOrg = async (trx: Trx, id: string): Promise<boolean> =>
  (await trx.selectFrom('orgs').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;

/** Browser sessions and how people sign in. */
import { type Kysely, sql } from 'kysely';
import type { Trx } from './database.ts';
import type { MemberRole, Tables } from './schema.ts';

export interface FoundSession {
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly email: string;
  readonly current_org: string | null;
  readonly last_seen_at: Date;
}

export async function findSession(db: Kysely<Tables>, hash: Buffer, at: Date): Promise<FoundSession | undefined> {
  return (await sql<FoundSession>`select * from find_session(${hash}, ${at})`.execute(db)).rows[0];
}

export async function insertSession(trx: Trx, session: Tables['sessions']): Promise<void> {
  await trx.insertInto('sessions').values(session).execute();
}

export async function touchSession(trx: Trx, id: string, at: Date): Promise<void> {
  await trx.updateTable('sessions').set({ last_seen_at: at }).where('id', '=', id).execute();
}

/** A person's own sessions, the newest first. */
export function listSessions(trx: Trx, at: Date) {
  return trx
    .selectFrom('sessions')
    .select(['id', 'user_agent', 'created_at', 'last_seen_at'])
    .where('expires_at', '>', at)
    .orderBy('last_seen_at', 'desc')
    .execute();
}

export async function deleteSession(trx: Trx, id: string): Promise<boolean> {
  const done = await trx.deleteFrom('sessions').where('id', '=', id).executeTakeFirst();
  return done.numDeletedRows === 1n;
}

export async function setCurrentOrg(trx: Trx, sessionId: string, orgId: string): Promise<void> {
  await trx.updateTable('sessions').set({ current_org: orgId }).where('id', '=', sessionId).execute();
}

/** The same for a session in which nobody chose; what was chosen since it was read stays. */
export async function keepCurrentOrg(trx: Trx, read: FoundSession, orgId: string): Promise<void> {
  await trx
    .updateTable('sessions')
    .set({ current_org: orgId })
    .where('id', '=', read.id)
    .where('current_org', 'is not distinct from', read.current_org)
    .execute();
}

export interface FoundUser {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly password_hash: string | null;
}

export async function findUserByEmail(db: Kysely<Tables>, email: string): Promise<FoundUser | undefined> {
  return (await sql<FoundUser>`select * from find_user_by_email(${email})`.execute(db)).rows[0];
}

export async function insertSignInLink(trx: Trx, link: Tables['sign_in_links']): Promise<void> {
  await trx.insertInto('sign_in_links').values(link).execute();
}

/** Links of the person of this transaction that were made since and not used. */
export async function countSignInLinks(trx: Trx, since: Date): Promise<number> {
  const { n } = await trx
    .selectFrom('sign_in_links')
    .select(({ fn }) => fn.countAll<string>().as('n'))
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Whose account the live link with this hash opens; it stays. */
export async function findSignInLink(db: Kysely<Tables>, hash: Buffer, at: Date) {
  return (await sql<{ name: string; email: string }>`select * from find_sign_in_link(${hash}, ${at})`.execute(db))
    .rows[0];
}

/** Takes the link with this hash out for good; undefined when there is none, or it is over. */
export async function takeSignInLink(db: Kysely<Tables>, hash: Buffer, at: Date) {
  return (await sql<{ user_id: string; next: string }>`select * from take_sign_in_link(${hash}, ${at})`.execute(db))
    .rows[0];
}

export async function countSignInFailures(db: Kysely<Tables>, emailHash: Buffer, since: Date): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count_sign_in_failures(${emailHash}, ${since}) as n`.execute(db);
  return rows[0]?.n ?? 0;
}

export async function noteSignInFailure(db: Kysely<Tables>, emailHash: Buffer, at: Date): Promise<void> {
  await sql`select note_sign_in_failure(${emailHash}, ${at})`.execute(db);
}

export async function forgetSignInFailures(db: Kysely<Tables>, emailHash: Buffer): Promise<void> {
  await sql`select forget_sign_in_failures(${emailHash})`.execute(db);
}

export interface MyOrg {
  readonly id: string;
  readonly name: string;
  readonly timeZone: string;
  readonly role: MemberRole;
}

/** The orgs of the person of this transaction, by name. */
export function myOrgs(trx: Trx): Promise<MyOrg[]> {
  return trx
    .selectFrom('memberships')
    .innerJoin('orgs', 'orgs.id', 'memberships.org_id')
    .select(['orgs.id', 'orgs.name', 'orgs.time_zone as timeZone', 'memberships.role'])
    .orderBy(sql`lower(orgs.name)`)
    .orderBy('orgs.id')
    .execute();
}

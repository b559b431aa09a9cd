/** Who wants no reminders from an org, and the links that say so. */
import { type Kysely, sql } from 'kysely';
import type { Trx } from './database.ts';
import type { Tables } from './schema.ts';

/** A member by their id; a client by their address, since they are one person in all flows of an org. */
export interface Reminded {
  readonly kind: 'member' | 'external';
  readonly person: string;
}

export const remindedMember = (id: string): Reminded => ({ kind: 'member', person: id });
export const remindedClient = (email: string): Reminded => ({ kind: 'external', person: email.toLowerCase() });

export async function areRemindersOff(trx: Trx, { kind, person }: Reminded): Promise<boolean> {
  const row = await trx
    .selectFrom('reminders_off')
    .select('person')
    .where('kind', '=', kind)
    .where('person', '=', person)
    .executeTakeFirst();
  return row !== undefined;
}

/** Those of these people who switched reminders off. */
export async function remindersOffOf(trx: Trx, people: readonly Reminded[]): Promise<Reminded[]> {
  if (people.length === 0) return [];
  return trx
    .selectFrom('reminders_off')
    .select(['kind', 'person'])
    .where('person', 'in', [...new Set(people.map((p) => p.person))])
    .execute();
}

export async function setReminders(trx: Trx, orgId: string, { kind, person }: Reminded, on: boolean): Promise<void> {
  if (on) {
    await trx.deleteFrom('reminders_off').where('kind', '=', kind).where('person', '=', person).execute();
    return;
  }
  await trx
    .insertInto('reminders_off')
    .values({ org_id: orgId, kind, person })
    .onConflict((on) => on.doNothing())
    .execute();
}

export async function insertReminderLink(
  trx: Trx,
  orgId: string,
  hash: Buffer,
  { kind, person }: Reminded,
  expiresAt: Date,
): Promise<void> {
  await trx
    .insertInto('reminder_links')
    .values({ secret_hash: hash, org_id: orgId, kind, person, expires_at: expiresAt })
    .execute();
}

/** Whose reminders a link switches; before any org is known. */
export async function findReminderLink(
  db: Kysely<Tables>,
  hash: Buffer,
  at: Date,
): Promise<(Reminded & { readonly orgId: string }) | undefined> {
  const { rows } = await sql<{
    org_id: string;
    kind: Reminded['kind'];
    person: string;
  }>`select * from find_reminder_link(${hash}, ${at})`.execute(db);
  const [row] = rows;
  return row && { orgId: row.org_id, kind: row.kind, person: row.person };
}

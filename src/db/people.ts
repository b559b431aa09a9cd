/** Orgs, members and clients. */
import { type SqlBool, sql } from 'kysely';
import type { Trx } from './database.ts';
import type { MemberRole } from './schema.ts';

export interface MemberRow {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: MemberRole;
}

/** The org of this transaction. */
export function readOrg(trx: Trx, orgId: string) {
  return trx.selectFrom('orgs').select(['id', 'slug', 'name', 'plan']).where('id', '=', orgId).executeTakeFirst();
}

/** The org's IANA time zone: its due dates are days in it. */
export async function readTimeZone(trx: Trx, orgId: string): Promise<string> {
  const org = await trx.selectFrom('orgs').select('time_zone').where('id', '=', orgId).executeTakeFirst();
  if (!org) throw new Error(`There is no org ${orgId}.`);
  return org.time_zone;
}

/** What an org's owners and admins decide about it. */
export function readOrgSettings(trx: Trx, orgId: string) {
  return trx
    .selectFrom('orgs')
    .select(['id', 'slug', 'name', 'plan', 'time_zone', 'brand_colour', 'logo_hash'])
    .where('id', '=', orgId)
    .executeTakeFirstOrThrow();
}

export async function updateOrg(
  trx: Trx,
  orgId: string,
  changed: { readonly name?: string; readonly time_zone?: string; readonly brand_colour?: string | null },
): Promise<void> {
  if (Object.keys(changed).length > 0) await trx.updateTable('orgs').set(changed).where('id', '=', orgId).execute();
}

export async function countMembers(trx: Trx): Promise<number> {
  const row = await trx
    .selectFrom('memberships')
    .select(({ fn }) => fn.countAll<string>().as('n'))
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** Members in the order of their rights, then by name. */
export function listMembers(trx: Trx): Promise<MemberRow[]> {
  return trx
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select(['users.id', 'users.name', 'users.email', 'memberships.role'])
    .orderBy(sql`array_position(array['OWNER', 'ADMIN', 'MEMBER'], memberships.role)`)
    .orderBy(sql`lower(users.name)`)
    .execute();
}

export interface ClientRow {
  readonly id: string;
  readonly flow_id: string;
  readonly name: string;
  readonly email: string;
}

/** External users whose id, address or name this is, of one flow or of all. */
export function findClients(trx: Trx, ref: string, flowId: string | null, limit: number): Promise<ClientRow[]> {
  const query = trx
    .selectFrom('external_users')
    .select(['id', 'flow_id', 'name', 'email'])
    .where(sql<SqlBool>`(id = ${ref} or email = lower(${ref}) or lower(name) = lower(${ref}))`)
    .where('invitation', '<>', 'REVOKED')
    .orderBy('invited_at', 'desc')
    .limit(limit);
  return (flowId === null ? query : query.where('flow_id', '=', flowId)).execute();
}

/** Orgs, members and clients. */
import { type SqlBool, sql } from 'kysely';
import { erasedAddress } from '../domain/erasure.ts';
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
  readonly flow_name: string;
  readonly name: string;
  readonly email: string;
}

/**
 * External users of one flow, or of all; the newest first. Of each address one goes before a second of any: someone who is
 * in more flows than are asked for does not hide another of that name.
 */
function clients(trx: Trx, flowId: string | null, limit: number) {
  const query = trx
    .selectFrom('external_users as e')
    .innerJoin('flows', (join) => join.onRef('flows.org_id', '=', 'e.org_id').onRef('flows.id', '=', 'e.flow_id'))
    .select(['e.id', 'e.flow_id', 'flows.name as flow_name', 'e.name', 'e.email'])
    .where('e.invitation', '<>', 'REVOKED')
    .orderBy(sql`row_number() over (partition by e.email order by e.invited_at desc, e.id)`)
    .orderBy('e.invited_at', 'desc')
    .limit(limit);
  return flowId === null ? query : query.where('e.flow_id', '=', flowId);
}

/** Those whose id, address or name this is. */
export const findClients = (trx: Trx, ref: string, flowId: string | null, limit: number): Promise<ClientRow[]> =>
  clients(trx, flowId, limit)
    .where(sql<SqlBool>`(e.id = ${ref} or e.email = lower(${ref}) or lower(e.name) = lower(${ref}))`)
    .execute();

/** Those of whose name this is one word, such as the first. */
export const findClientsByWord = (trx: Trx, word: string, flowId: string | null, limit: number): Promise<ClientRow[]> =>
  clients(trx, flowId, limit)
    .where(sql<SqlBool>`lower(${word}) = any(regexp_split_to_array(lower(e.name), '\\s+'))`)
    .execute();

export const listClients = (trx: Trx, flowId: string, limit: number): Promise<ClientRow[]> =>
  clients(trx, flowId, limit).execute();

/** One of several flows' clients; called by one of the names they have there. */
export interface KnownClient {
  readonly email: string;
  readonly name: string;
  readonly flows: number;
}

/** Clients with the words in their name or address, by name; who was erased is nobody's client any more. */
export async function clientsLike(trx: Trx, part: string, limit: number): Promise<KnownClient[]> {
  const { rows } = await sql<KnownClient>`
    select email, max(name) as name, count(*)::int as flows from external_users
    where position(lower(${part}) in lower(email)) > 0 or position(lower(${part}) in lower(name)) > 0
    group by email having email not like ${erasedAddress('%')}
    order by lower(max(name)), email limit ${limit}`.execute(trx);
  return rows;
}

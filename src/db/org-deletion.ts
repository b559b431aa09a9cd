/** An organization's rows go. For `withOrg`. */
import { sql } from 'kysely';
import type { Trx } from './database.ts';

/** Nobody is let in any more: no member, no key or app, no client. */
export async function closeOrg(trx: Trx): Promise<void> {
  // Keys and apps are looked up together with the membership.
  for (const table of ['memberships', 'member_invitations', 'magic_links', 'portal_sessions'] as const)
    await trx.deleteFrom(table).execute();
}

const atOnce = 200;

/** One batch; true while there is more. What has no end, such as flows with all that is theirs, goes some at a time. */
export async function deleteSomeRows(trx: Trx, orgId: string): Promise<boolean> {
  for (const table of ['flows', 'mails', 'webhook_deliveries', 'flow_import_lines'] as const) {
    const { numAffectedRows = 0n } = await sql`delete from ${sql.table(table)} where ctid = any(array(
      select ctid from ${sql.table(table)} where org_id = ${orgId} limit ${table === 'flows' ? atOnce : 5_000}))`.execute(
      trx,
    );
    if (numAffectedRows > 0n) return true;
  }
  await trx.deleteFrom('orgs').where('id', '=', orgId).execute();
  // Noted when links went; it belongs to no row.
  await trx.deleteFrom('past_keys').where('org_id', '=', orgId).execute();
  return false;
}

/** Files of the org whose bytes are still in the store. */
export const remainsOf = async (trx: Trx, limit: number): Promise<string[]> =>
  (await trx.selectFrom('file_remains').select('store_key').limit(limit).execute()).map((r) => r.store_key);

export async function forgetRemains(trx: Trx, keys: readonly string[]): Promise<void> {
  await trx
    .deleteFrom('file_remains')
    .where('store_key', 'in', [...keys])
    .execute();
}

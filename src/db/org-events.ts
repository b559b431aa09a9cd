/** What was changed about an org, its members and settings, and by whom. */
import { newId } from '../platform/ids.ts';
import { beyond, type Cursor } from './cursor.ts';
import type { Trx } from './database.ts';

export const orgEventKinds = [
  'org_created',
  'member_invited',
  'invitation_resent',
  'invitation_revoked',
  'member_joined',
  'role_changed',
  'member_removed',
  'member_left',
  'settings_changed',
  'org_exported',
  'client_erased',
] as const;
export type OrgEventKind = (typeof orgEventKinds)[number];

export interface OrgEventBy {
  readonly orgId: string;
  readonly userId: string;
  readonly name: string;
  readonly through: string;
}

/** In the transaction that changes it. `text` reads on after the name: "invited jane@acme.test as ADMIN". */
export async function noteOrgEvent(
  trx: Trx,
  by: OrgEventBy,
  at: number,
  what: OrgEventKind,
  text: string,
): Promise<void> {
  await trx
    .insertInto('org_events')
    .values({
      ...{ org_id: by.orgId, id: newId('oe'), at: new Date(at), what, text },
      ...{ by_id: by.userId, by_name: by.name, through: by.through },
    })
    .execute();
}

/** A page of the org's changes, the newest first. */
export async function listOrgEvents(trx: Trx, from: Cursor | null, limit: number) {
  const order = from?.back ? 'asc' : 'desc';
  let rows = trx
    .selectFrom('org_events')
    .select(['id', 'at', 'what', 'text', 'by_name', 'through'])
    .orderBy('at', order)
    .orderBy('id', order)
    .limit(limit);
  if (from) rows = rows.where(beyond('at', from));
  const found = await rows.execute();
  return from?.back ? found.reverse() : found;
}

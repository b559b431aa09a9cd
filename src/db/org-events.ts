/** What was changed about an org, its members and settings, and by whom. */
import { newId } from '../platform/ids.ts';
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

/** The org's last changes, the newest first. */
export function listOrgEvents(trx: Trx, limit: number) {
  return trx
    .selectFrom('org_events')
    .select(['id', 'at', 'what', 'text', 'by_name', 'through'])
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

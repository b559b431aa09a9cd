/** Magic links and the sessions they open, found by the hash of their secret. */
import { type Kysely, sql } from 'kysely';
import type { FlowStatus, InvitationStatus } from '../domain/flow.ts';
import type { Trx } from './database.ts';
import type { Tables } from './schema.ts';

export interface PortalKey {
  readonly org_id: string;
  readonly flow_id: string;
  readonly external_id: string;
}

/** The live link with this hash; before any org is known. */
export async function findMagicLink(db: Kysely<Tables>, hash: Buffer): Promise<PortalKey | undefined> {
  const { rows } = await sql<PortalKey>`select * from find_magic_link(${hash})`.execute(db);
  return rows[0];
}

/** The live session with this hash; before any org is known. */
export async function findPortalSession(db: Kysely<Tables>, hash: Buffer): Promise<PortalKey | undefined> {
  const { rows } = await sql<PortalKey>`select * from find_portal_session(${hash})`.execute(db);
  return rows[0];
}

/** Whose link or session this once was, also when it is over; before any org is known. */
export async function findPastKey(db: Kysely<Tables>, hash: Buffer): Promise<PortalKey | undefined> {
  const { rows } = await sql<PortalKey>`select * from find_past_key(${hash})`.execute(db);
  return rows[0];
}

/** The invitations of this address to flows that run, the latest first; before any org is known. */
export async function findInvitations(db: Kysely<Tables>, address: string, most: number): Promise<PortalKey[]> {
  const { rows } = await sql<PortalKey>`select * from find_invitations(${address}, ${most})`.execute(db);
  return rows;
}

export async function insertPortalSession(trx: Trx, hash: Buffer, key: PortalKey, expiresAt: Date): Promise<void> {
  await trx
    .insertInto('portal_sessions')
    .values({ secret_hash: hash, ...key, expires_at: expiresAt })
    .execute();
}

export async function deletePortalSession(trx: Trx, hash: Buffer): Promise<void> {
  await trx.deleteFrom('portal_sessions').where('secret_hash', '=', hash).execute();
}

export interface Client {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly invitation: InvitationStatus;
  readonly flow: string;
  readonly status: FlowStatus;
}

/** The client a link or session was for, and how the flow stands, whatever has become of either. */
export function findClient(trx: Trx, key: PortalKey): Promise<Client | undefined> {
  return trx
    .selectFrom('external_users as e')
    .innerJoin('flows as f', (join) => join.onRef('f.org_id', '=', 'e.org_id').onRef('f.id', '=', 'e.flow_id'))
    .select(['e.id', 'e.name', 'e.email', 'e.invitation', 'f.name as flow', 'f.status'])
    .where('e.flow_id', '=', key.flow_id)
    .where('e.id', '=', key.external_id)
    .executeTakeFirst();
}

/** Whether this client may come in: their invitation stands and the flow has not ended. */
export const isWelcome = ({ invitation, status }: Client): boolean =>
  (invitation === 'SENT' || invitation === 'ACCEPTED') && status !== 'COMPLETED' && status !== 'CANCELLED';

/** True once in `everyMs` for each client, however many ask at the same moment. */
export async function takeLinkRequest(trx: Trx, key: PortalKey, at: Date, everyMs: number): Promise<boolean> {
  const taken = await trx
    .insertInto('link_requests')
    .values({ ...key, asked_at: at })
    .onConflict((on) =>
      on
        .columns(['org_id', 'flow_id', 'external_id'])
        .doUpdateSet({ asked_at: at })
        .where('link_requests.asked_at', '<=', new Date(at.getTime() - everyMs)),
    )
    .returning('flow_id')
    .executeTakeFirst();
  return taken !== undefined;
}

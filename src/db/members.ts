/** Who belongs to an org, who is asked to, and what becomes of the tasks of those who leave. */
import { type Kysely, sql } from 'kysely';
import type { Actor } from '../domain/actor.ts';
import type { Trx } from './database.ts';
import type { MemberRow } from './people.ts';
import type { MemberRole, Tables } from './schema.ts';

/**
 * Changes of an org's members come one after the other: each holds this to the end of its transaction, and looks at
 * roles after it got it. Flows and what else refers to the org go on meanwhile.
 */
export async function lockMembers(trx: Trx, orgId: string): Promise<void> {
  await trx.selectFrom('orgs').select('id').where('id', '=', orgId).forNoKeyUpdate().execute();
}

/** A member of the org of this transaction. */
export function findMemberById(trx: Trx, userId: string): Promise<MemberRow | undefined> {
  return trx
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select(['users.id', 'users.name', 'users.email', 'memberships.role'])
    .where('users.id', '=', userId)
    .executeTakeFirst();
}

export async function countOwners(trx: Trx): Promise<number> {
  const { n } = await trx
    .selectFrom('memberships')
    .select(({ fn }) => fn.countAll<string>().as('n'))
    .where('role', '=', 'OWNER')
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** False when they are a member already. */
export async function insertMember(trx: Trx, orgId: string, userId: string, role: MemberRole): Promise<boolean> {
  const done = await trx
    .insertInto('memberships')
    .values({ org_id: orgId, user_id: userId, role })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst();
  return done.numInsertedOrUpdatedRows === 1n;
}

/** The database ends what the role alone allowed: tokens of apps and open invitations. */
export async function setRole(trx: Trx, userId: string, role: MemberRole): Promise<void> {
  await trx.updateTable('memberships').set({ role }).where('user_id', '=', userId).execute();
}

/** The database ends what they gave out as a member: API keys, tokens of apps, open invitations. */
export async function deleteMember(trx: Trx, userId: string): Promise<void> {
  await trx.deleteFrom('memberships').where('user_id', '=', userId).execute();
}

const isOpen = sql<boolean>`accepted_at is null and revoked_at is null`;

/** False when the address has an open invitation already. */
export async function insertInvitation(
  trx: Trx,
  invitation: Omit<Tables['member_invitations'], 'accepted_at' | 'revoked_at'>,
): Promise<boolean> {
  // One that ran out makes room for a new one.
  await trx
    .updateTable('member_invitations')
    .set({ revoked_at: invitation.created_at })
    .where('email', '=', invitation.email)
    .where('expires_at', '<=', invitation.created_at)
    .where(isOpen)
    .execute();
  const done = await trx
    .insertInto('member_invitations')
    .values({ ...invitation, accepted_at: null, revoked_at: null })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst();
  return done.numInsertedOrUpdatedRows === 1n;
}

/** Invitations that were neither accepted nor revoked, expired ones too, the newest first. */
export function openInvitations(trx: Trx) {
  return trx
    .selectFrom('member_invitations')
    .innerJoin('users', 'users.id', 'member_invitations.invited_by')
    .select([
      'member_invitations.id',
      'member_invitations.email',
      'member_invitations.role',
      'users.name as invited_by',
      'sent_at',
      'expires_at',
    ])
    .where(isOpen)
    .orderBy('member_invitations.created_at', 'desc')
    .execute();
}
export type OpenInvitation = Awaited<ReturnType<typeof openInvitations>>[number];

/** How many invitations the org of this transaction had mailed since. */
export async function countInvitationsSent(trx: Trx, since: Date): Promise<number> {
  const { n } = await trx
    .selectFrom('member_invitations')
    .select(({ fn }) => fn.countAll<string>().as('n'))
    .where('sent_at', '>', since)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Gives an open invitation a new link; the old one leads nowhere any more. */
export async function renewInvitation(
  trx: Trx,
  id: string,
  renewed: Pick<Tables['member_invitations'], 'secret_hash' | 'sent_at' | 'expires_at'>,
): Promise<void> {
  await trx.updateTable('member_invitations').set(renewed).where('id', '=', id).where(isOpen).execute();
}

export async function revokeInvitation(trx: Trx, id: string, at: Date): Promise<void> {
  await trx.updateTable('member_invitations').set({ revoked_at: at }).where('id', '=', id).where(isOpen).execute();
}

/** True when it was open and unexpired: two who accept at once can't both be first. */
export async function acceptInvitation(trx: Trx, id: string, hash: Buffer, at: Date): Promise<boolean> {
  const done = await trx
    .updateTable('member_invitations')
    .set({ accepted_at: at })
    .where('id', '=', id)
    .where('secret_hash', '=', hash)
    .where('expires_at', '>', at)
    .where(isOpen)
    .executeTakeFirst();
  return done.numUpdatedRows === 1n;
}

export interface FoundInvitation {
  readonly org_id: string;
  readonly id: string;
  readonly email: string;
  readonly role: MemberRole;
  readonly org_name: string;
  readonly inviter_name: string;
  readonly expires_at: Date;
  readonly accepted: boolean;
  readonly revoked: boolean;
  /** The address has an account. */
  readonly has_account: boolean;
}

/** The invitation whose link has this hash, whatever became of it; before any org is known. */
export async function findInvitation(db: Kysely<Tables>, hash: Buffer): Promise<FoundInvitation | undefined> {
  return (await sql<FoundInvitation>`select * from find_member_invitation(${hash})`.execute(db)).rows[0];
}

export async function insertHandOver(
  trx: Trx,
  handOver: Omit<Tables['hand_overs'], 'by' | 'looked_at' | 'finished_at'> & { readonly by: Actor },
): Promise<void> {
  await trx
    .insertInto('hand_overs')
    .values({ ...handOver, by: JSON.stringify(handOver.by), looked_at: null, finished_at: null })
    .execute();
}

/** Open tasks that lie with this member, in flows that are not over. */
const openTasksOf = (trx: Trx, userId: string) =>
  trx
    .selectFrom('tasks')
    .innerJoin('flows', (join) =>
      join.onRef('flows.org_id', '=', 'tasks.org_id').onRef('flows.id', '=', 'tasks.flow_id'),
    )
    .where('tasks.assignee_kind', '=', 'member')
    .where('tasks.assignee_id', '=', userId)
    .where('tasks.status', 'in', ['BLOCKED', 'READY', 'REJECTED'])
    .where('flows.status', 'in', ['DRAFT', 'ACTIVE', 'PAUSED']);

/** How many open tasks lie with this member, and in how many flows. */
export async function countOpenTasks(trx: Trx, userId: string): Promise<{ tasks: number; flows: number }> {
  const { tasks, flows } = await openTasksOf(trx, userId)
    .select(({ fn }) => [fn.countAll<string>().as('tasks'), fn.count<string>('flows.id').distinct().as('flows')])
    .executeTakeFirstOrThrow();
  return { tasks: Number(tasks), flows: Number(flows) };
}

export interface TaskToHandOver {
  readonly id: string;
  readonly flow_id: string;
}

/** Some of them, by flow, after the one that was seen last. */
export function someOpenTasks(
  trx: Trx,
  userId: string,
  after: TaskToHandOver | null,
  limit: number,
): Promise<TaskToHandOver[]> {
  const from = openTasksOf(trx, userId).select(['tasks.id', 'tasks.flow_id']);
  const rest =
    after === null ? from : from.where(sql<boolean>`(tasks.flow_id, tasks.id) > (${after.flow_id}, ${after.id})`);
  return rest.orderBy('tasks.flow_id').orderBy('tasks.id').limit(limit).execute();
}

/** Some hand-overs of every org that are not finished: those that no worker looked at, then others in turn. */
export async function openHandOvers(db: Kysely<Tables>, most: number): Promise<{ org_id: string; id: string }[]> {
  return (await sql<{ org_id: string; id: string }>`select * from open_hand_overs(${most})`.execute(db)).rows;
}

export function readHandOver(trx: Trx, id: string) {
  return trx
    .selectFrom('hand_overs')
    .select(['id', 'from_user', 'from_name', 'to_user', 'by', 'looked_at', 'finished_at'])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Those of the org of this transaction that are not finished. */
export function unfinishedHandOvers(trx: Trx) {
  return trx
    .selectFrom('hand_overs')
    .leftJoin('users', 'users.id', 'hand_overs.to_user')
    .select(['hand_overs.id', 'from_user', 'from_name', 'users.name as to_name'])
    .where('finished_at', 'is', null)
    .orderBy('hand_overs.created_at')
    .execute();
}

export async function noteFirstLook(trx: Trx, id: string, at: Date): Promise<void> {
  await trx
    .updateTable('hand_overs')
    .set({ looked_at: at })
    .where('id', '=', id)
    .where('looked_at', 'is', null)
    .execute();
}

export async function finishHandOver(trx: Trx, id: string, at: Date): Promise<void> {
  await trx.updateTable('hand_overs').set({ finished_at: at }).where('id', '=', id).execute();
}

export const formerMember = 'Former member';

/** What an org keeps of a member beside its flows no longer says who they were. For an org they are no member of. */
export async function forgetMember(
  trx: Trx,
  { id, email, name }: { readonly id: string; readonly email: string; readonly name: string },
): Promise<void> {
  await trx.deleteFrom('reminders_off').where('kind', '=', 'member').where('person', '=', id).execute();
  await trx.deleteFrom('reminder_links').where('kind', '=', 'member').where('person', '=', id).execute();
  await trx.deleteFrom('member_invitations').where('email', '=', email).execute();
  await trx.updateTable('hand_overs').set({ from_name: formerMember }).where('from_user', '=', id).execute();
  await trx.updateTable('org_events').set({ by_name: formerMember }).where('by_id', '=', id).execute();
  await sql`update org_events set text = replace(without_address(text, ${email}), ${name}, ${formerMember})
    where strpos(lower(text), ${email}) > 0`.execute(trx);
  await trx.updateTable('mails').set({ to_address: 'nobody@erased.invalid' }).where('to_address', '=', email).execute();
  await sql`update erasures set by = by || jsonb_build_object('name', ${formerMember}::text) where by ->> 'id' = ${id}`.execute(
    trx,
  );
  await forgetImporter(trx, id, name);
  await forgetName(trx, name);
}

/** Who began an import or stopped it. What was kept of who began one had their address in it once. */
async function forgetImporter(trx: Trx, id: string, name: string): Promise<void> {
  await sql`update flow_import_lines set error = replace(error, ${name}, ${formerMember})
    where strpos(error, ${name}) > 0
      and import_id in (select i.id from flow_imports i where i.by ->> 'userId' = ${id})`.execute(trx);
  await sql`update flow_imports set by = jsonb_strip_nulls(jsonb_build_object(
      'userId', ${id}::text, 'name', ${formerMember}::text, 'through', by -> 'through'))
    where by ->> 'userId' = ${id}`.execute(trx);
}

/** Who stopped an import or made a webhook is a name alone: where a member has the same, it is theirs. */
async function forgetName(trx: Trx, name: string): Promise<void> {
  const [stays] = await trx
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select('users.id')
    .where('users.name', '=', name)
    .limit(1)
    .execute();
  if (stays) return;
  await trx.updateTable('flow_imports').set({ stopped_by: formerMember }).where('stopped_by', '=', name).execute();
  await trx.updateTable('webhooks').set({ created_by: formerMember }).where('created_by', '=', name).execute();
}

/** How many invitations an org has asked for lately. */
import { sql } from 'kysely';
import type { Trx } from './database.ts';

export interface Asked {
  readonly orgId: string;
  readonly commandId: string;
  /** How many this command asks for. */
  readonly n: number;
  readonly at: Date;
}

/**
 * Notes them when there is room: at most `most` since `since`. A command that was noted before has its room already.
 * Gives whether they are noted just now; without room, how many there are and when the oldest of them no longer counts,
 * in milliseconds.
 */
export async function askForInvitations(
  trx: Trx,
  { orgId, commandId, n, at }: Asked,
  since: Date,
  most: number,
): Promise<{ room: true; fresh: boolean } | { room: false; lately: number; oldest: number }> {
  // One at a time for each org, or several at once would all find room.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`invitations ${orgId}`}, 0))`.execute(trx);
  const { lately, oldest } = await trx
    .selectFrom('invitations_asked')
    .select(({ fn }) => [fn.sum<string | null>('n').as('lately'), fn.min('at').as('oldest')])
    .where('at', '>', since)
    .where('command_id', '!=', commandId)
    .executeTakeFirstOrThrow();
  const count = Number(lately ?? 0);
  if (count + n > most) return { room: false, lately: count, oldest: oldest?.getTime() ?? at.getTime() };
  const noted = await trx
    .insertInto('invitations_asked')
    .values({ org_id: orgId, command_id: commandId, at, n })
    .onConflict((on) => on.columns(['org_id', 'command_id']).doNothing())
    .returning('command_id')
    .executeTakeFirst();
  return { room: true, fresh: noted !== undefined };
}

/** What came of it: only invitations that went out count. */
export async function settleInvitations(trx: Trx, commandId: string, n: number): Promise<void> {
  await trx.updateTable('invitations_asked').set({ n }).where('command_id', '=', commandId).execute();
}

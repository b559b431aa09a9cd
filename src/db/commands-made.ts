/** Command ids that something was made with, and what was answered. */
import type { Selectable } from 'kysely';
import type { Sealed } from '../platform/keyring.ts';
import type { Trx } from './database.ts';
import type { CommandsMade } from './schema.ts';

export type CommandMade = Selectable<CommandsMade>;

/**
 * Takes a command id for this transaction. Of two at once the second waits here until the first has ended.
 * Gives null when it is free, else what was made with it.
 */
export async function takeCommandId(
  trx: Trx,
  command: Pick<CommandMade, 'org_id' | 'command_id' | 'operation' | 'fingerprint' | 'made_at'>,
): Promise<CommandMade | null> {
  const taken = await trx
    .insertInto('commands_made')
    .values(command)
    .onConflict((on) => on.columns(['org_id', 'command_id']).doNothing())
    .returning('command_id')
    .executeTakeFirst();
  if (taken) return null;
  const made = await trx
    .selectFrom('commands_made')
    .selectAll()
    .where('command_id', '=', command.command_id)
    .executeTakeFirst();
  // Cleaned up between the two statements: old enough to be forgotten.
  return made ?? takeCommandId(trx, command);
}

export async function keepAnswer(trx: Trx, commandId: string, answer: Sealed): Promise<void> {
  await trx
    .updateTable('commands_made')
    .set({ answer: answer.bytes, answer_key_id: answer.keyId })
    .where('command_id', '=', commandId)
    .execute();
}

/** A command id of the caller's own makes something once, in what PostgreSQL keeps; a flow sees to that by itself. */
import type { z } from 'zod';
import { type CommandMade, keepAnswer, takeCommandId } from '../db/commands-made.ts';
import type { Trx } from '../db/database.ts';
import type { MemberPrincipal } from '../oauth/principal.ts';
import { type Keyring, SealError } from '../platform/keyring.ts';
import type { Call } from './operation.ts';
import { Refusal } from './refusal.ts';
import { plain, short } from './words.ts';

/** What is kept of an answer; `fresh` is all that was made just now, and null when it was made before. */
export interface Once<K, R> {
  readonly kept: K;
  readonly fresh: R | null;
}

/**
 * Runs `work` in the org's transaction, once for each command id of the caller's own. The same again gives what was
 * kept of the first answer, and a command id that was used for something else is refused. A refusal keeps nothing, so
 * the command id is free again.
 */
export function once<K extends object, R extends K>(
  call: Call<MemberPrincipal>,
  keep: z.ZodType<K>,
  work: (trx: Trx) => Promise<R>,
): Promise<Once<K, R>> {
  const { database, principal, operation, commandId, fingerprint, now } = call;
  const { keyring } = call.webhooks;
  return database.withOrg(principal, async (trx) => {
    if (!call.commandIdGiven) {
      const fresh = await work(trx);
      return { kept: keep.parse(fresh), fresh };
    }
    const command = { org_id: principal.orgId, command_id: commandId };
    const made = await takeCommandId(trx, { ...command, operation, fingerprint, made_at: new Date(now) });
    if (made) return { kept: answerOf(made, fingerprint, keyring, keep), fresh: null };
    const fresh = await work(trx);
    const kept = keep.parse(fresh);
    await keepAnswer(trx, commandId, keyring.seal(Buffer.from(JSON.stringify(kept)), purposeOf(command)));
    return { kept, fresh };
  });
}

/** `once`, where all of the answer is kept and nothing follows. */
export const onceOnly = async <K extends object>(
  call: Call<MemberPrincipal>,
  keep: z.ZodType<K>,
  work: (trx: Trx) => Promise<K>,
): Promise<K> => (await once(call, keep, work)).kept;

/** Of something that is there already, made with a command id so long ago that what was asked for is forgotten. */
export const madeLongAgo = (commandId: string, id: string): Refusal =>
  new Refusal(
    'command_id_reused',
    `The command id ${told(commandId)} made ${id} long ago, and what was asked for then is forgotten. Give this command its own id. Nothing changed.`,
    { made: id },
  );

const purposeOf = ({ org_id, command_id }: Pick<CommandMade, 'org_id' | 'command_id'>): string =>
  `command ${org_id} ${command_id}`;

const told = (commandId: string): string => short(plain(commandId), 128);

function answerOf<K>(made: CommandMade, fingerprint: string, keyring: Keyring, keep: z.ZodType<K>): K {
  if (made.fingerprint !== fingerprint) {
    throw new Refusal(
      'command_id_reused',
      `The command id ${told(made.command_id)} was used for something else (${made.operation}). Give this command its own id. Nothing changed.`,
    );
  }
  const answer = keep.safeParse(openAnswer(made, keyring));
  if (answer.success) return answer.data;
  throw new Refusal(
    'already_done',
    'That was done before, with the same command id, and what was answered then can no longer be read. Look at what is there.',
  );
}

/** Undefined when its key is no longer on the ring. */
function openAnswer(made: CommandMade, keyring: Keyring): unknown {
  const { answer: bytes, answer_key_id: keyId } = made;
  if (bytes === null || keyId === null) throw new Error(`${made.operation} ${made.command_id} kept no answer.`);
  try {
    return JSON.parse(keyring.open({ keyId, bytes }, purposeOf(made)).toString());
  } catch (error) {
    if (error instanceof SealError) return undefined;
    throw error;
  }
}

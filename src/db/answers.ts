/**
 * Answers to commands, told by PostgreSQL when the projection with their effects commits, to whichever server waits for
 * one: as sure as asking the flow, for the answer can't be there before the lists have it, and without asking.
 */
import { sql } from 'kysely';
import { z } from 'zod';
import type { CommandAnswer } from '../domain/view.ts';
import type { Keyring } from '../platform/keyring.ts';
import type { Trx } from './database.ts';

export const answersChannel = 'booflow_answers';

/** PostgreSQL's limit for what a notification carries, less one; whoever waits for more asks the flow. */
const payloadBytes = 7_999;

const refSchema = z.object({ orgId: z.string(), flowId: z.string(), commandId: z.string() });
const payloadSchema = refSchema.extend({ keyId: z.string(), sealed: z.base64() });

/** Of one command: ids of commands are each flow's own. */
export type CommandRef = Readonly<z.infer<typeof refSchema>>;

const purposeOf = ({ orgId, flowId, commandId }: CommandRef): string => `answer ${orgId} ${flowId} ${commandId}`;

/** Sealed, for a notification keeps to no row-level security. */
export async function tellAnswer(trx: Trx, keyring: Keyring, orgId: string, answer: CommandAnswer): Promise<void> {
  const commandId = answer.outcome?.commandId;
  if (commandId === undefined) return;
  const ref = { orgId, flowId: answer.flow.id, commandId };
  const { keyId, bytes } = keyring.seal(Buffer.from(JSON.stringify(answer)), purposeOf(ref));
  const payload = JSON.stringify({ ...ref, keyId, sealed: bytes.toString('base64') });
  if (Buffer.byteLength(payload) <= payloadBytes)
    await sql`select pg_notify(${answersChannel}, ${payload})`.execute(trx);
}

type Waiting = (answer: CommandAnswer | null) => void;

/** Who waits in this process, by command. */
export class Answers {
  readonly #keyring: Keyring;
  readonly #waiting = new Map<string, Set<Waiting>>();
  readonly #onUnreadable: (error: unknown) => void;
  #isListening = false;

  /** Whoever may use the database may use the channel; `onUnreadable` hears of what is nothing of ours. */
  constructor(keyring: Keyring, onUnreadable: (error: unknown) => void) {
    this.#keyring = keyring;
    this.#onUnreadable = onUnreadable;
  }

  /** Set by who listens: while the connection is lost nobody is told anything. */
  set listening(is: boolean) {
    this.#isListening = is;
  }

  /** The answer to a command that is sent after this; null when it is not told within `ms`. */
  hear(command: CommandRef, ms: number): Promise<CommandAnswer | null> {
    if (!this.#isListening) return Promise.resolve(null);
    const key = purposeOf(command);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting);
      const settle: Waiting = (answer) => {
        clearTimeout(timer);
        waiting.delete(settle);
        if (waiting.size === 0) this.#waiting.delete(key);
        resolve(answer);
      };
      const timer = setTimeout(settle, ms, null).unref();
      waiting.add(settle);
    });
  }

  /** What came over the channel. */
  take(payload: string): void {
    try {
      this.#take(payload);
    } catch (error) {
      this.#onUnreadable(error);
    }
  }

  #take(payload: string): void {
    const { keyId, sealed, ...command } = payloadSchema.parse(JSON.parse(payload));
    const key = purposeOf(command);
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    const plain = this.#keyring.open({ keyId, bytes: Buffer.from(sealed, 'base64') }, key);
    // Sealed by a worker of ours: what it says needs no second look.
    const answer: CommandAnswer = JSON.parse(plain.toString());
    for (const settle of [...waiting]) settle(answer);
  }
}

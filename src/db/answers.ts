/**
 * Answers to commands, told by the worker in the midst of the workflow task that takes them, through PostgreSQL, to whichever
 * server waits for one: docs/decisions/0017. The read model has their effects a moment later (`lag.ts`).
 */
import { sql } from 'kysely';
import { z } from 'zod';
import type { CommandAnswer } from '../domain/view.ts';
import type { Keyring } from '../platform/keyring.ts';
import type { Database } from './database.ts';
import type { Lag } from './lag.ts';

export const answersChannel = 'booflow_answers';

/** PostgreSQL's limit for what a notification carries, less one; whoever waits for more asks the flow. */
const payloadBytes = 7_999;

/** Whoever waited for more than so many before it asked the flow long since. */
const waitingMost = 1_000;

const refSchema = z.object({ orgId: z.string(), flowId: z.string(), commandId: z.string() });
const payloadSchema = refSchema.extend({
  keyId: z.string(),
  sealed: z.base64(),
  /** The flow's, where the rows may not have it yet; a worker of an older release tells when they do, and leaves it out. */
  version: z.number().int().optional(),
});

/** Of one command: ids of commands are each flow's own. */
export type CommandRef = Readonly<z.infer<typeof refSchema>>;

const purposeOf = ({ orgId, flowId, commandId }: CommandRef): string => `answer ${orgId} ${flowId} ${commandId}`;

/** Sealed, for a notification keeps to no row-level security. Null where it is too long to be told. */
function payloadOf(keyring: Keyring, orgId: string, answer: CommandAnswer): string | null {
  const { outcome, projected, flow } = answer;
  if (outcome === null) return null;
  const ref = { orgId, flowId: flow.id, commandId: outcome.commandId };
  const { keyId, bytes } = keyring.seal(Buffer.from(JSON.stringify(answer)), purposeOf(ref));
  const version = projected ? undefined : outcome.version;
  const payload = JSON.stringify({ ...ref, version, keyId, sealed: bytes.toString('base64') });
  return Buffer.byteLength(payload) <= payloadBytes ? payload : null;
}

/** Tells answers: one statement at a time, and with the next all that came meanwhile. */
export class Teller {
  readonly #database: Database;
  readonly #keyring: Keyring;
  readonly #onFailure: (error: unknown) => void;
  #waiting: string[] = [];
  #isTelling = false;

  /**
   * `database`: of its own, of one connection whose commits are not waited for until they are on a disk, for nothing is kept.
   * `onFailure` hears why some were not told.
   */
  constructor(database: Database, keyring: Keyring, onFailure: (error: unknown) => void) {
    this.#database = database;
    this.#keyring = keyring;
    this.#onFailure = onFailure;
  }

  /** Returns at once. What can't be told is asked for by whoever waits for it. */
  tell(orgId: string, answer: CommandAnswer): void {
    const payload = payloadOf(this.#keyring, orgId, answer);
    if (payload === null) return;
    this.#waiting.push(payload);
    if (this.#waiting.length > waitingMost) this.#waiting.shift();
    if (!this.#isTelling) void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    while (this.#waiting.length > 0) {
      const payloads = this.#waiting;
      this.#waiting = [];
      try {
        await sql`select pg_notify(${answersChannel}, told) from unnest(${payloads}::text[]) told`.execute(
          this.#database.open,
        );
      } catch (error) {
        this.#onFailure(error);
      }
    }
    this.#isTelling = false;
  }
}

type Waiting = (answer: CommandAnswer | null) => void;

/** Who waits in this process, by command. */
export class Answers {
  readonly lag: Lag;
  readonly #keyring: Keyring;
  readonly #waiting = new Map<string, Set<Waiting>>();
  readonly #onUnreadable: (error: unknown) => void;
  #isListening = false;

  /** `lag` hears what the rows lack of it. Whoever may use the database may use the channel; `onUnreadable` hears of what is nothing of ours. */
  constructor(keyring: Keyring, lag: Lag, onUnreadable: (error: unknown) => void) {
    this.#keyring = keyring;
    this.lag = lag;
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
    const { keyId, sealed, version, ...command } = payloadSchema.parse(JSON.parse(payload));
    // Of any server's command: whoever is told of it may ask this one next.
    if (version !== undefined) this.lag.told(command.orgId, command.flowId, version);
    const key = purposeOf(command);
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    const plain = this.#keyring.open({ keyId, bytes: Buffer.from(sealed, 'base64') }, key);
    // Sealed by a worker of ours: what it says needs no second look.
    const answer: CommandAnswer = JSON.parse(plain.toString());
    for (const settle of [...waiting]) settle(answer);
  }
}

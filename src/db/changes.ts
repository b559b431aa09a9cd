/** News of flows, told by PostgreSQL when a projection commits: pages that are open show it without a reload. */
import { type RawBuilder, sql } from 'kysely';
import pg from 'pg';
import { type Answers, answersChannel } from './answers.ts';
import type { Trx } from './database.ts';

const channel = 'booflow_changes';

/** Told to listeners when the transaction commits, and not when it doesn't; if `news` holds. Carries ids and the version. */
export async function notifyChange(
  trx: Trx,
  flow: { readonly orgId: string; readonly id: string; readonly version: number },
  news: RawBuilder<boolean>,
): Promise<void> {
  await sql`select pg_notify(${channel}, ${`${flow.orgId} ${flow.id} ${flow.version}`}) where ${news}`.execute(trx);
}

type Listener = (flowId: string) => void;

const reconnectMs = 1_000;

/** One connection that listens for all orgs, and hands each org's news to that org's listeners only. */
export class Changes {
  readonly #url: string;
  readonly #onLost: (error: Error) => void;
  readonly #answers: Answers | undefined;
  readonly #listeners = new Map<string, Set<Listener>>();
  #client: pg.Client | null = null;
  #closed = false;

  /** `answers`: told over the same connection. */
  constructor(url: string, onLost: (error: Error) => void, answers?: Answers) {
    this.#url = url;
    this.#onLost = onLost;
    this.#answers = answers;
    void this.#connect();
  }

  /** Calls `listener` for each change in this org until the function that is given back is called. */
  subscribe(orgId: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(orgId) ?? new Set();
    this.#listeners.set(orgId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(orgId);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.end();
  }

  async #connect(): Promise<void> {
    if (this.#closed) return;
    const client = new pg.Client({ connectionString: this.#url, options: '-c role=booflow_app', keepAlive: true });
    this.#client = client;
    let lost = false;
    const again = (error: Error): void => {
      if (lost || this.#closed) return;
      lost = true;
      if (this.#answers) this.#answers.listening = false;
      this.#onLost(error);
      setTimeout(() => void this.#connect(), reconnectMs).unref();
    };
    client.on('error', again);
    client.on('end', () => again(new Error('The connection for news ended')));
    client.on('notification', ({ channel: of, payload }) => {
      if (of === answersChannel) return this.#answers?.take(payload ?? '');
      const [orgId = '', flowId = '', version] = (payload ?? '').split(' ');
      // A server or worker of an older release leaves the version out.
      if (version !== undefined) this.#answers?.lag.projected(orgId, flowId, Number(version));
      for (const listener of this.#listeners.get(orgId) ?? []) listener(flowId);
    });
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      if (!this.#answers) return;
      await client.query(`listen ${answersChannel}`);
      this.#answers.listening = true;
    } catch (error) {
      again(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

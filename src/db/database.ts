/** The one way to the database: `withOrg` for an org's rows, `withUser` for a person's own, `open` for the rest. */
import { Kysely, type LogEvent, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { pastSpan, SpanKind } from '../platform/tracing.ts';
import type { Tables } from './schema.ts';

export type Trx = Transaction<Tables>;

export interface DatabaseOptions {
  /** Connections at most. */
  readonly max?: number;
  /** Told of errors on idle connections: the server went away, and the pool will connect anew. */
  readonly onIdleError?: (error: Error) => void;
}

/**
 * A pool whose every connection runs as `booflow_app`, a role that owns no table, from its first moment:
 * a query outside `withOrg` and `withUser` sees no tenant's rows.
 */
export class Database {
  /** For what belongs to no org: public templates, look-ups by a secret's hash. */
  readonly open: Kysely<Tables>;
  readonly #pool: pg.Pool;

  constructor(url: string, options: DatabaseOptions = {}) {
    const pool = new pg.Pool({
      connectionString: url,
      max: options.max ?? 10,
      options: '-c role=booflow_app -c statement_timeout=15000 -c idle_in_transaction_session_timeout=30000',
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 30_000,
      application_name: 'booflow',
    });
    pool.on('error', options.onIdleError ?? (() => undefined));
    // One lost while it is in use also emits: unheard, that would end the process. Who uses it gets the rejection.
    pool.on('connect', (connection) => connection.on('error', () => undefined));
    this.#pool = pool;
    this.open = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), log: traceQuery });
  }

  /** Connections by what they do, and who waits for one. */
  get connections(): { readonly used: number; readonly idle: number; readonly waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  /** Runs `work` in a transaction that sees and takes the rows of this org and no other. */
  withOrg<T>(org: { readonly orgId: string }, work: (trx: Trx) => Promise<T>): Promise<T> {
    return this.#acting('app.org_id', org.orgId, work);
  }

  /** Runs `work` in a transaction that sees this person's own account, memberships and orgs. */
  withUser<T>(user: { readonly userId: string }, work: (trx: Trx) => Promise<T>): Promise<T> {
    return this.#acting('app.user_id', user.userId, work);
  }

  /** Runs `work` in a transaction that sees both: for what makes a person a member, or an org's first owner. */
  withPersonInOrg<T>(
    who: { readonly orgId: string; readonly userId: string },
    work: (trx: Trx) => Promise<T>,
  ): Promise<T> {
    return this.#acting('app.org_id', who.orgId, async (trx) => {
      await sql`select set_config('app.user_id', ${who.userId}, true)`.execute(trx);
      return work(trx);
    });
  }

  /** Answers when the database does; throws when it doesn't. */
  async ping(): Promise<void> {
    await sql`select 1`.execute(this.open);
  }

  close(): Promise<void> {
    return this.open.destroy();
  }

  #acting<T>(setting: 'app.org_id' | 'app.user_id', value: string, work: (trx: Trx) => Promise<T>): Promise<T> {
    return this.open.transaction().execute(async (trx) => {
      // Local to the transaction, so nothing survives on the pooled connection.
      await sql`select set_config(${setting}, ${value}, true)`.execute(trx);
      return work(trx);
    });
  }
}

/** The statement, without its values: they are people's. */
function traceQuery({ query, queryDurationMillis: took }: LogEvent): void {
  const now = Date.now();
  const text = query.sql.slice(0, 500);
  const attributes = { 'db.system.name': 'postgresql', 'db.query.text': text };
  pastSpan(`SQL ${text.split(' ', 1)[0]}`, attributes, now - took, now, { kind: SpanKind.CLIENT });
}

/** As the role that owns the tables, past row-level security: for migrations' siblings such as the demo's seed, never for a request. */
export const openAsOwner = (url: string): Kysely<Tables> =>
  new Kysely<Tables>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 1 }) }) });

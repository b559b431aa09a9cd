/** The one way to the database: `withOrg` for an org's rows, `withUser` for a person's own, `open` for the rest. */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  CompiledQuery,
  type DatabaseConnection,
  DummyDriver,
  Kysely,
  type LogEvent,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  sql,
  Transaction,
  type TransactionSettings,
} from 'kysely';
import pg from 'pg';
import { takesNoWrites } from '../platform/outage.ts';
import { pastSpan, SpanKind } from '../platform/tracing.ts';
import type { Lag } from './lag.ts';
import { preparing } from './prepared.ts';
import type { Tables } from './schema.ts';

export type Trx = Transaction<Tables>;

export interface DatabaseOptions {
  /** Connections at most. */
  readonly max?: number;
  /** Told of errors on idle connections: the server went away, and the pool will connect anew. */
  readonly onIdleError?: (error: Error) => void;
  /** What people were told and the rows may lack: waited for before an org's rows are looked at. */
  readonly lag?: Lag;
  /** False: no commit is waited for until it is on the disk. */
  readonly synced?: false;
}

export interface ActingOptions {
  /** How long a statement may wait or take, in milliseconds; else as long as everywhere. */
  readonly statementMs?: number;
  /**
   * False: the commit is not waited for until it is on the disk. PostgreSQL, should it be killed within the next second,
   * comes back without what was written. Only for what is written again from elsewhere. `afterwards`: others see it, and
   * are told of it, before it is on the disk; the caller waits until it is, and hears of an error when it is not.
   */
  readonly synced?: boolean | 'afterwards';
  /** True: it may only read, all of it as at one moment, and its end is not waited for. */
  readonly reads?: boolean;
  /** True: at once, also where the rows lack what somebody was told of flows. For what brings it, or asks nothing of flows. */
  readonly asTheyAre?: boolean;
}

/**
 * A pool whose every connection runs as `booflow_app`, a role that owns no table, from its first moment:
 * a query outside `withOrg` and `withUser` sees no tenant's rows.
 */
export class Database {
  /** For what belongs to no org: public templates, look-ups by a secret's hash. */
  readonly open: Kysely<Tables>;
  readonly #pool: pg.Pool;
  readonly #dialect: ActingDialect;
  readonly #lag: Lag | undefined;

  constructor(url: string, options: DatabaseOptions = {}) {
    const pool = poolOf(
      {
        connectionString: url,
        max: options.max ?? 10,
        options: `-c role=booflow_app -c statement_timeout=15000 -c idle_in_transaction_session_timeout=30000${options.synced === false ? ' -c synchronous_commit=off' : ''}`,
        // So that a transaction's first query need not wait for its beginning.
        pipeline: true,
        connectionTimeoutMillis: 5_000,
        idleTimeoutMillis: 30_000,
        onConnect: needWrites,
        application_name: 'booflow',
      },
      options.onIdleError,
    );
    pool.on('connect', preparing);
    this.#pool = pool;
    this.#lag = options.lag;
    this.#dialect = new ActingDialect({ pool });
    this.open = new Kysely<Tables>({ dialect: this.#dialect, log: traceQuery });
  }

  /** Connections by what they do, and who waits for one. */
  get connections(): { readonly used: number; readonly idle: number; readonly waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  /** Runs `work` in a transaction that sees and takes the rows of this org and no other, with what anybody was told of them. */
  async withOrg<T>(
    org: { readonly orgId: string },
    work: (trx: Trx) => Promise<T>,
    { statementMs, synced = true, reads = false, asTheyAre = false }: ActingOptions = {},
  ): Promise<T> {
    if (!asTheyAre) await this.caughtUp(org.orgId);
    return this.#acting(
      {
        'app.org_id': org.orgId,
        ...(statementMs !== undefined && { statement_timeout: String(statementMs) }),
        ...(synced !== true && { synchronous_commit: 'off' }),
      },
      work,
      { reads, syncs: synced === 'afterwards' },
    );
  }

  /** Waits until the org's rows have what anybody was told of them until now. False where that takes too long. */
  async caughtUp(orgId: string): Promise<boolean> {
    await this.#lag?.caughtUp(orgId, async (flowIds) => {
      const versions = (trx: Trx) =>
        trx
          .selectFrom('flows')
          .select(['id', 'version'])
          .where('id', 'in', [...flowIds])
          .execute();
      const rows = await this.withOrg({ orgId }, versions, { reads: true, asTheyAre: true });
      return new Map(rows.map((row) => [row.id, row.version]));
    });
    return !this.isLate(orgId);
  }

  /** Was something told of the flow that its rows lack? */
  isBehind(orgId: string, flowId: string): boolean {
    return this.#lag?.isBehind(orgId, flowId) ?? false;
  }

  /** May the org's rows lack for longer what somebody was told? */
  isLate(orgId: string): boolean {
    return this.#lag?.isLate(orgId) ?? false;
  }

  /** Runs `work` in a transaction that sees this person's own account, memberships and orgs. */
  withUser<T>(user: { readonly userId: string }, work: (trx: Trx) => Promise<T>): Promise<T> {
    return this.#acting({ 'app.user_id': user.userId }, work);
  }

  /** Runs `work` in a transaction that sees both: for what makes a person a member, or an org's first owner. */
  withPersonInOrg<T>(
    who: { readonly orgId: string; readonly userId: string },
    work: (trx: Trx) => Promise<T>,
  ): Promise<T> {
    return this.#acting({ 'app.org_id': who.orgId, 'app.user_id': who.userId }, work);
  }

  /** Answers when the database does; throws when it doesn't. */
  async ping(): Promise<void> {
    await sql`select 1`.execute(this.open);
  }

  close(): Promise<void> {
    return this.open.destroy();
  }

  /** With settings that are local to the transaction, so that nothing survives on the pooled connection. */
  #acting<T>(
    settings: Readonly<Record<string, string>>,
    work: (trx: Trx) => Promise<T>,
    { reads = false, syncs = false }: Partial<Pick<Beginning, 'reads' | 'syncs'>> = {},
  ): Promise<T> {
    const set = Object.entries(settings).map(
      ([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`,
    );
    const statement = `begin${reads ? ' isolation level repeatable read read only' : ''}; select ${set.join(', ')}`;
    const beginning: Beginning = { statement, reads, syncs };
    return beginnings.run(beginning, async () => {
      try {
        return await this.open.transaction().execute(async (trx) => work(await this.#atOnce(trx, beginning)));
      } catch (error) {
        // What came after it then failed for no reason of its own.
        throw beginning.failure ?? (isAborted(error) ? beginning.firstFailure : error);
      }
    });
  }

  /**
   * Queries of the transaction that are asked for at once then go out at once, and are answered in their order; Kysely
   * would send each when the one before it was answered.
   */
  async #atOnce(trx: Trx, beginning: Beginning): Promise<Trx> {
    const kept = trx.getExecutor();
    const its = await kept.provideConnection(async (its) => its);
    const connection: DatabaseConnection = {
      executeQuery: <R>(query: CompiledQuery) =>
        its.executeQuery<R>(query).catch((error: unknown) => {
          beginning.firstFailure ??= error;
          throw error;
        }),
      streamQuery: (...given) => its.streamQuery(...given),
    };
    const executor = kept.withConnectionProvider({ provideConnection: (consumer) => consumer(connection) });
    const dialect = this.#dialect;
    // Only what begins or ends a transaction would use the driver.
    return new Transaction<Tables>({ config: { dialect }, dialect, driver: new DummyDriver(), executor });
  }
}

/** How a transaction begins: with its settings, which its first query does not wait for. */
interface Beginning {
  readonly statement: string;
  readonly reads: boolean;
  /** Is what it committed put on the disk afterwards? */
  readonly syncs: boolean;
  failure?: unknown;
  /** Of its queries, in the order they went out. */
  firstFailure?: unknown;
}
const beginnings = new AsyncLocalStorage<Beginning>();

class ActingDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): PostgresDriver {
    return new ActingDriver(this.#config);
  }
}

type Connection = Parameters<PostgresDriver['rollbackTransaction']>[0];

class ActingDriver extends PostgresDriver {
  override async beginTransaction(connection: Connection, settings: TransactionSettings): Promise<void> {
    const beginning = beginnings.getStore();
    if (beginning === undefined) return super.beginTransaction(connection, settings);
    // Were a setting refused, the transaction that is open then takes no query until it is rolled back.
    connection.executeQuery(CompiledQuery.raw(beginning.statement)).catch((error: unknown) => {
      beginning.failure = error;
    });
  }

  override async commitTransaction(connection: Connection): Promise<void> {
    const { reads, syncs } = beginnings.getStore() ?? {};
    if (syncs) {
      // A commit that wrote is waited for, and with it whatever stands before it in the log. On this connection, which
      // would be gone had PostgreSQL been killed meanwhile.
      const sync = CompiledQuery.raw("select pg_logical_emit_message(true, 'booflow', '')");
      await Promise.all([super.commitTransaction(connection), connection.executeQuery(sync)]);
      return;
    }
    if (!reads) return super.commitTransaction(connection);
    // What was read has been answered; were this to fail, so will the next query on the connection.
    connection.executeQuery(CompiledQuery.raw('commit')).catch(() => undefined);
  }
}

/**
 * While one PostgreSQL takes over from another, its address may lead to the old one for a moment, which is a copy then and
 * takes no writes: a connection to it would be used for as long as there is work.
 */
async function needWrites(connection: pg.ClientBase): Promise<void> {
  const { rows } = await connection.query('show transaction_read_only');
  if (rows[0]?.transaction_read_only === 'on') throw new Error(takesNoWrites);
}

/** Of a statement that came after one that failed. */
const isAborted = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === '25P02';

/** The statement, without its values: they are people's. */
function traceQuery({ query, queryDurationMillis: took }: LogEvent): void {
  const now = Date.now();
  const text = query.sql.slice(0, 500);
  const attributes = { 'db.system.name': 'postgresql', 'db.query.text': text };
  pastSpan(`SQL ${text.split(' ', 1)[0]}`, attributes, now - took, now, { kind: SpanKind.CLIENT });
}

/** As the role that owns the tables, past row-level security: for migrations' siblings such as the demo's seed, never for a request. */
export const openAsOwner = (url: string): Kysely<Tables> =>
  new Kysely<Tables>({ dialect: new PostgresDialect({ pool: poolOf({ connectionString: url, max: 1 }) }) });

function poolOf(config: pg.PoolConfig, onIdleError: (error: Error) => void = () => undefined): pg.Pool {
  const pool = new pg.Pool(config);
  pool.on('error', onIdleError);
  // One lost while it is in use, or just closed, also emits: unheard, that would end the process. Who uses it gets the rejection.
  pool.on('connect', (connection) => connection.on('error', () => undefined));
  return pool;
}

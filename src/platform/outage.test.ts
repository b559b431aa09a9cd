import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/folder.ts';
import { Database } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { isDatabaseAway } from './outage.ts';
import { freePort } from './ports.ts';
import { type RunningPostgres, startPostgres } from './postgres.ts';

let dataDir: string;
let port: number;
let postgres: RunningPostgres;
let database: Database;
const start = () => startPostgres({ dataDir, port, report: () => undefined });

beforeAll(async () => {
  dataDir = temporaryFolder();
  port = await freePort();
  postgres = await start();
  await migrate(postgres.url);
  database = new Database(postgres.url);
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
});

/** What it rejects with. */
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it did not fail',
    (error: unknown) => error,
  );

test('a PostgreSQL that is killed fails what is under way, takes no process with it, and is found again', async () => {
  await database.ping();
  const idle = failure(
    database.withOrg({ orgId: 'o' }, async (trx) => {
      await sleep(500);
      return sql`select 1`.execute(trx);
    }),
  );
  const busy = failure(database.withOrg({ orgId: 'o' }, (trx) => sql`select pg_sleep(20)`.execute(trx)));
  await sleep(200);
  process.kill(postgres.pid, 'SIGKILL');
  // Vitest fails on an error that nobody hears, which is what a lost connection in use would emit.
  for (const error of [await idle, await busy, await failure(database.ping())]) {
    expect(isDatabaseAway(error), String(error)).toBe(true);
  }
  postgres = await start();
  await database.ping();
});

test('a fault of ours is no outage', async () => {
  const wrong = await failure(sql`select wrong`.execute(database.open));
  expect(isDatabaseAway(wrong)).toBe(false);
  expect(isDatabaseAway(new Error('no'))).toBe(false);
});

test('a statement that waits for a lock longer than it may is told as a database that is away', async () => {
  const holder = new pg.Client({ connectionString: postgres.url });
  await holder.connect();
  await holder.query('begin');
  await holder.query('lock table flows in access exclusive mode');
  const error = await failure(
    database.withOrg({ orgId: 'o' }, async (trx) => {
      await sql`set local statement_timeout = 200`.execute(trx);
      await sql`select 1 from flows`.execute(trx);
    }),
  );
  await holder.end();
  expect(isDatabaseAway(error)).toBe(true);
});

test('a PostgreSQL that takes no writes, as one that another took over from, is away, and no connection to it is kept', async () => {
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  const cut = () =>
    admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'booflow'");
  await admin.query('alter role booflow set default_transaction_read_only = on');
  await cut();
  await expect.poll(() => failure(database.ping()).then(String)).toContain('takes no writes');
  expect(isDatabaseAway(await failure(database.ping()))).toBe(true);
  await admin.query('alter role booflow reset default_transaction_read_only');
  await admin.end();
  await database.ping();
});

test('of two that wait for each other, the one that is given up may be asked again', async () => {
  const locking = (first: number, second: number) =>
    failure(
      database.withOrg({ orgId: 'o' }, async (trx) => {
        await sql`select pg_advisory_xact_lock(${first})`.execute(trx);
        await sleep(300);
        await sql`select pg_advisory_xact_lock(${second})`.execute(trx);
      }),
    );
  const ends = await Promise.all([locking(1, 2), locking(2, 1)]);
  expect(ends.filter((end) => end === 'it did not fail')).toHaveLength(1);
  expect(ends.filter(isDatabaseAway)).toHaveLength(1);
});

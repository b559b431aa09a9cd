/** How transactions begin: with their settings, which end with them. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase, withoutSyncs } from '../../test/support/database.ts';
import { Database, openAsOwner, type Trx } from './database.ts';

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  // As in production; the tests' server does without.
  const owner = openAsOwner(fresh.url);
  await sql`alter database ${sql.id(new URL(fresh.url).pathname.slice(1))} set synchronous_commit = on`.execute(owner);
  await owner.destroy();
  // One connection, so that each transaction has the one of the transaction before.
  database = new Database(fresh.url, { max: 1 });
});
afterAll(async () => {
  await database.close();
  await fresh.drop();
});

async function settingsOf(trx: Trx): Promise<Record<string, string | null>> {
  const { rows } = await sql<Record<string, string | null>>`
    select nullif(current_setting('app.org_id', true), '') as org, nullif(current_setting('app.user_id', true), '') as "user",
      current_setting('statement_timeout') as timeout, current_setting('synchronous_commit') as synced`.execute(trx);
  return rows[0] ?? {};
}

const asEverywhere = { org: null, user: null, timeout: '15s', synced: 'on' };

test('a transaction has its own settings, and the next one on the connection has none of them', async () => {
  const options = { statementMs: 1_000, synced: false };
  expect(await database.withOrg({ orgId: 'org_a' }, settingsOf, options)).toEqual({
    ...{ org: 'org_a', user: null, timeout: '1s', synced: 'off' },
  });
  expect(await database.withUser({ userId: 'us_a' }, settingsOf)).toEqual({ ...asEverywhere, user: 'us_a' });
  expect(await database.withPersonInOrg({ orgId: 'org_b', userId: 'us_b' }, settingsOf)).toEqual({
    ...{ ...asEverywhere, org: 'org_b', user: 'us_b' },
  });
  expect(await database.open.transaction().execute(settingsOf)).toEqual(asEverywhere);
});

test('what is synced afterwards is on the disk when it is answered; where it is not, that is an error', async () => {
  let written: string | undefined;
  const write = async (trx: Trx) => {
    await sql`select pg_logical_emit_message(true, 'test', 'told')`.execute(trx);
    const { rows } = await sql<{ at: string }>`select pg_current_wal_insert_lsn()::text as at`.execute(trx);
    written = rows[0]?.at;
    expect((await settingsOf(trx)).synced).toBe('off');
  };
  await database.withOrg({ orgId: 'org_a' }, write, { synced: 'afterwards' });
  const flushed = await sql<{ is: boolean }>`
    select pg_current_wal_flush_lsn() >= ${written}::pg_lsn as is`.execute(database.open);
  expect(flushed.rows).toEqual([{ is: true }]);
  expect(await database.open.transaction().execute(settingsOf)).toEqual(asEverywhere);
  const unsyncable = await withoutSyncs(fresh.url);
  try {
    const writes = (trx: Trx) =>
      sql`insert into orgs (id, slug, name) values ('org-unsynced', 'org-unsynced', 'Org')`.execute(trx);
    const wrote = database.withOrg({ orgId: 'org-unsynced' }, writes, { synced: 'afterwards' });
    await expect(wrote).rejects.toThrow(/permission denied/);
  } finally {
    await unsyncable.end();
  }
  const told = await database.withOrg({ orgId: 'org-unsynced' }, (trx) =>
    trx.selectFrom('orgs').select('id').execute(),
  );
  expect(told).toEqual([{ id: 'org-unsynced' }]);
});

test('of queries asked for at once, the first that failed gives the reason, however deep it was asked for', async () => {
  const deep = async (trx: Trx) => {
    await Promise.all([Promise.all([sql`select 1 / 0`.execute(trx)]).then((all) => Promise.all(all))]);
  };
  const fails = (trx: Trx) => Promise.all([deep(trx), sql`select 1`.execute(trx)]);
  await expect(database.withOrg({ orgId: 'org_a' }, fails)).rejects.toThrow(/division by zero/);
  const told = async (trx: Trx) => {
    await sql`select 1 / 0`.execute(trx).catch(() => undefined);
    throw new Error('told by who caught it');
  };
  await expect(database.withOrg({ orgId: 'org_a' }, told)).rejects.toThrow('told by who caught it');
});

test('what writes is prepared once on its connection, also where it failed; what reads is not', async () => {
  const prepared = async () => {
    const found = await sql<{ statement: string; times: string }>`
      select statement, generic_plans + custom_plans as times from pg_prepared_statements order by prepare_time`;
    return (await found.execute(database.open)).rows;
  };
  const before = (await prepared()).length;
  const write = (id: string) =>
    database.withOrg({ orgId: id }, (trx) =>
      sql`insert into orgs (id, slug, name) values (${id}, ${id}, 'Org')`.execute(trx),
    );
  const read = () => database.withOrg({ orgId: 'org-1' }, (trx) => sql`select ${'read'}::text`.execute(trx));
  const other = (trx: Trx) =>
    sql`insert into orgs (id, slug, name) values (${'org-3'}, ${'org-3'}, 'Org')`.execute(trx);
  await expect(database.withOrg({ orgId: 'org-1' }, other)).rejects.toThrow(/row-level security/);
  await write('org-1');
  await expect(write('org-1')).rejects.toThrow(/duplicate key/);
  await write('org-2');
  await write('org-4');
  await read();
  expect((await prepared()).slice(before)).toEqual([
    { statement: expect.stringMatching(/^insert into orgs/), times: expect.stringMatching(/^[34]$/) },
  ]);
});

test('an id is a value, whatever stands in it', async () => {
  for (const orgId of [`o', true); drop table flows; select ('`, 'back\\slash \\', `quo''te`, 'é 漢 🙂']) {
    expect((await database.withOrg({ orgId }, settingsOf)).org).toBe(orgId);
  }
});

test('a transaction that could not begin leaves a connection that is good', async () => {
  const work = () => Promise.reject(new Error('must not run'));
  await expect(database.withOrg({ orgId: 'org_a' }, work, { statementMs: -5 })).rejects.toThrow(/statement_timeout/);
  expect(await database.withOrg({ orgId: 'org_b' }, settingsOf)).toEqual({ ...asEverywhere, org: 'org_b' });
});

test('queries that are asked for at once are answered in their order; when one fails, the transaction does with its reason', async () => {
  const named = (trx: Trx, name: string) =>
    sql<{ n: string }>`select ${name} as n, pg_sleep(0.05)`.execute(trx).then(({ rows }) => rows[0]?.n);
  const names = ['a', 'b', 'c', 'd'];
  expect(await database.withOrg({ orgId: 'org_a' }, (trx) => Promise.all(names.map((n) => named(trx, n))))).toEqual(
    names,
  );
  const fails = (trx: Trx) => Promise.all([named(trx, 'a'), sql`select 1 / 0`.execute(trx), named(trx, 'b')]);
  await expect(database.withOrg({ orgId: 'org_a' }, fails)).rejects.toThrow(/division by zero/);
  expect(await database.withOrg({ orgId: 'org_b' }, settingsOf)).toEqual({ ...asEverywhere, org: 'org_b' });
  // Kept past its transaction, it takes no query.
  const kept = await database.withOrg({ orgId: 'org_a' }, async (trx) => ({ trx }));
  await expect(settingsOf(kept.trx)).rejects.toThrow(/committed/);
});

test('a transaction that may only read does not write, and leaves the connection as it was', async () => {
  const reading = { reads: true };
  expect((await database.withOrg({ orgId: 'org_a' }, settingsOf, reading)).org).toBe('org_a');
  const writes = (trx: Trx) => sql`create temporary table kept (n int)`.execute(trx);
  await expect(database.withOrg({ orgId: 'org_a' }, writes, reading)).rejects.toThrow(/read-only/);
  await expect(database.withOrg({ orgId: 'org_a' }, (trx) => sql`select 1 / 0`.execute(trx), reading)).rejects.toThrow(
    /zero/,
  );
  expect(await database.open.transaction().execute(settingsOf)).toEqual(asEverywhere);
  await database.withOrg({ orgId: 'org_b' }, writes);
});

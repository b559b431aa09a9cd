/** Answers told by PostgreSQL: to whoever waits for that command of that flow, sealed, and to nobody else. */
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../test/support/database.ts';
import type { CommandAnswer } from '../domain/view.ts';
import { keyringOf } from '../platform/keyring.ts';
import { Answers, answersChannel, Teller } from './answers.ts';
import { Changes } from './changes.ts';
import { Database, openAsOwner } from './database.ts';
import { Lag } from './lag.ts';

const keyring = keyringOf(`test:${Buffer.alloc(32, 1).toString('base64')}`);
const odd: unknown[] = [];
let fresh: FreshDatabase;
let database: Database;
let lag: Lag;
let teller: Teller;
let answers: Answers;
let changes: Changes;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = new Database(fresh.url, { max: 1, synced: false });
  teller = new Teller(database, keyring, (error) => expect.unreachable(String(error)));
  lag = new Lag();
  answers = new Answers(keyring, lag, (error) => odd.push(error));
  changes = new Changes(fresh.url, () => undefined, answers);
});
afterAll(async () => {
  await changes.close();
  await database.close();
  await fresh.drop();
});
// Null at once while nobody listens.
beforeEach(() => expect.poll(() => Promise.race([hear('o', 'x', 200), later(100)])).toBe('later'));

const hear = (orgId: string, commandId: string, ms: number, flowId = 'fl_1') =>
  answers.hear({ orgId, flowId, commandId }, ms);
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms, 'later'));
const answerTo = (commandId: string, name = 'Harbor & Pine'): CommandAnswer => ({
  outcome: {
    ...{ commandId, fingerprint: 'f', at: 1, version: 2, ok: false },
    refusal: { code: 'bad_command', message: 'No', blockedBy: [] },
  },
  projected: true,
  flow: { id: 'fl_1', name, status: 'ACTIVE', progress: { done: 1, counting: 2, percent: 50 } },
  tasks: [],
});
test('an answer comes to all who wait for that command of that org', async () => {
  const heard = [hear('or_a', 'c 1', 5_000), hear('or_a', 'c 1', 5_000)];
  const others = [hear('or_b', 'c 1', 300), hear('or_a', 'c 2', 300), hear('or_a', 'c 1', 300, 'fl_2')];
  teller.tell('or_a', answerTo('c 1'));
  expect(await Promise.all(heard)).toEqual([answerTo('c 1'), answerTo('c 1')]);
  expect(await Promise.all(others)).toEqual([null, null, null]);
});

test('what is told can not be read by who listens, and one that is too long is not told', async () => {
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  const seen: string[] = [];
  client.on('notification', ({ payload }) => seen.push(payload ?? ''));
  await client.query(`listen ${answersChannel}`);
  const heard = hear('or_a', 'long', 500);
  teller.tell('or_a', answerTo('long', 'x'.repeat(9_000)));
  teller.tell('or_a', answerTo('short'));
  await expect.poll(() => seen.length).toBe(1);
  expect(await heard).toBeNull();
  expect(seen[0]).toContain('short');
  expect(seen[0]).not.toContain('Harbor');
  await client.end();
});

test('what others say on the channel, or move from one org to another, is told to the log and to nobody', async () => {
  const heard = hear('or_a', 'c', 1_000);
  const { keyId, bytes } = keyring.seal(Buffer.from(JSON.stringify(answerTo('c'))), 'answer or_b fl_1 c');
  const moved = JSON.stringify({
    orgId: 'or_a',
    flowId: 'fl_1',
    commandId: 'c',
    keyId,
    sealed: bytes.toString('base64'),
  });
  odd.length = 0;
  for (const payload of ['no JSON', '{}', moved])
    await sql`select pg_notify(${answersChannel}, ${payload})`.execute(database.open);
  await expect.poll(() => odd.length).toBe(3);
  expect(await heard).toBeNull();
});

test('many at once are told in few statements, and none is lost', async () => {
  const statements = vi.spyOn(database.open, 'getExecutor');
  const ids = Array.from({ length: 200 }, (_, n) => `m ${n}`);
  const heard = ids.map((id) => hear('or_a', id, 10_000));
  for (const id of ids) teller.tell('or_a', answerTo(id));
  expect((await Promise.all(heard)).map((answer) => answer?.outcome?.commandId)).toEqual(ids);
  expect(statements.mock.calls.length).toBeLessThan(10);
  statements.mockRestore();
});

test('what the rows lack of it is known to every server, whoever waits; of what they have nothing is', async () => {
  const look = vi.fn(async () => new Map<string, number>());
  teller.tell('or_a', answerTo('c 2'));
  teller.tell('or_lacks', { ...answerTo('c 3'), projected: false });
  const heard = hear('or_a', 'c 4', 5_000);
  teller.tell('or_a', answerTo('c 4'));
  await heard;
  await lag.caughtUp('or_a', look);
  expect(look).not.toHaveBeenCalled();
  expect([lag.isBehind('or_a', 'fl_1'), lag.isBehind('or_lacks', 'fl_1')]).toEqual([false, true]);
  const over = lag.caughtUp('or_lacks', look);
  const news = 'or_lacks fl_1 2';
  await sql`select pg_notify('booflow_changes', ${news})`.execute(database.open);
  await over;
  expect([lag.isBehind('or_lacks', 'fl_1'), lag.isLate('or_lacks')]).toEqual([false, false]);
});

test('what could not be told is said, and what comes after it is tried anew', async () => {
  const away = new Database('postgres://localhost:1/away', { max: 1, synced: false });
  const untold: unknown[] = [];
  const lost = new Teller(away, keyring, (error) => untold.push(error));
  for (const n of [1, 2]) {
    lost.tell('or_a', answerTo(`c ${n}`));
    await expect.poll(() => untold.length).toBe(n);
  }
  await away.close();
});

test('while the connection is lost nobody waits, and it comes back', async () => {
  const owner = openAsOwner(fresh.url);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where query like 'listen%' and datname = current_database()`.execute(owner);
  await owner.destroy();
  await expect.poll(() => Promise.race([hear('or_a', 'c', 200), later(100)])).toBeNull();
  await expect.poll(() => Promise.race([hear('or_a', 'c', 200), later(100)])).toBe('later');
});

/** Lists over many rows: one indexed query each, and pages that hold each row once while others are written. */
import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../test/support/database.ts';
import { type Cursor, type PagedList, readCursor, writeCursor } from './cursor.ts';
import { Database, type Trx } from './database.ts';
import * as flows from './flows.ts';
import { findClients } from './people.ts';
import type { Tables } from './schema.ts';

const org = { orgId: 'org_a' };
const each = { flows: 6_000, tasksOfAFlow: 8 };

let fresh: FreshDatabase;
let database: Database;
/** As requests run, but telling what they ask. */
let watched: Kysely<Tables>;
let asked: Pick<CompiledQuery, 'sql' | 'parameters'>[] = [];

beforeAll(async () => {
  fresh = await freshDatabase();
  database = new Database(fresh.url, { max: 2 });
  const pool = new pg.Pool({ connectionString: fresh.url, max: 1, options: '-c role=booflow_app' });
  watched = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), log: (e) => void asked.push(e.query) });
  const owner = new pg.Client({ connectionString: fresh.url });
  await owner.connect();
  await owner.query(`insert into orgs (id, slug, name) values ('org_a', 'a', 'A'), ('org_b', 'b', 'B')`);
  await owner.query(
    `insert into flows (org_id, id, name, template_id, template_name, template_version, status, percent, done, counting,
       created_at, created_by, start_date, paused_at, finished_at, feed_length, version, updated_at)
     select o, 'fl_' || o || n, 'Flow ' || n, 'tp' || n % 10, 'T', 1,
       (array['DRAFT','ACTIVE','PAUSED','COMPLETED','CANCELLED'])[1 + n % 5], 0, 0, 8, moment, '{}', null, null, null, 1, 1, moment
     from unnest(array['org_a', 'org_b']) o, generate_series(1, $1) n,
       -- Many of one moment: what is made in one go.
       lateral (select timestamptz '2026-01-01' + (n / 7) * interval '1 minute') m(moment)`,
    [each.flows],
  );
  await owner.query(
    `insert into tasks (org_id, flow_id, id, position, key, title, description, type, status, fields, hint, depends_on,
       assignee_kind, assignee_id, assignee_name, due_at, round, version)
     select f.org_id, f.id, 'tk_' || f.id || n, n, 'k' || n, 'Task ' || n, '', 'TASK',
       (array['READY','BLOCKED','COMPLETED','COMPLETED'])[1 + n % 4], '[]', '{}', '{}',
       case when n % 2 = 0 then 'member' end, case when n % 2 = 0 then 'us_' || (n % 7) end, case when n % 2 = 0 then 'N' end,
       case when n % 3 > 0 then f.created_at + (n / 3) * interval '300 days' end, 1, 1
     from flows f, generate_series(1, $1) n`,
    [each.tasksOfAFlow],
  );
  await owner.query(
    `insert into external_users select org_id, id, 'ex_' || id, id || '@x.test', 'Client', '', 'SENT', created_at, 1 from flows`,
  );
  await owner.query(
    `insert into mails select org_id, id || '/' || n, id, 'due', id || '@x.test', 'Something is due' from flows, generate_series(1, 3) n`,
  );
  await owner.query('analyze');
  await owner.end();
});
afterAll(async () => {
  await watched.destroy();
  await database.close();
  await fresh.drop();
});

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly Plans?: Node[];
}

/** Runs it as a request would, and gives the plan of each query it made. */
async function plans(work: (trx: Trx) => Promise<unknown>): Promise<Node[]> {
  return watched.transaction().execute(async (trx) => {
    await sql`select set_config('app.org_id', 'org_a', true)`.execute(trx);
    asked = [];
    await work(trx);
    const found: Node[] = [];
    for (const { sql: text, parameters } of [...asked]) {
      const explain = CompiledQuery.raw(`explain (analyze, format json) ${text}`, [...parameters]);
      const { rows } = await trx.executeQuery<{ 'QUERY PLAN': [{ Plan: Node }] }>(explain);
      for (const r of rows) found.push(r['QUERY PLAN'][0].Plan);
    }
    return found;
  });
}

const nodes = (plan: Node): Node[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];
const scanned = (plan: Node): string[] =>
  nodes(plan).flatMap((n) => (n['Node Type'] === 'Seq Scan' ? [n['Relation Name'] ?? '?'] : []));
const sorted = (plan: Node): number =>
  Math.max(
    0,
    ...nodes(plan).flatMap((n) => (n['Node Type'] === 'Sort' ? (n.Plans ?? []).map((p) => p['Actual Rows'] ?? 0) : [])),
  );

const middle = (list: PagedList): Cursor => {
  const id = list === 'flows' ? 'fl_org_a3000' : 'tk_fl_org_a30001';
  const cursor = readCursor(list, writeCursor(list, new Date('2026-01-01T07:08:00Z'), id));
  if (!cursor) throw new Error('A cursor that was written can be read');
  return cursor;
};
const back = (list: PagedList): Cursor => ({ ...middle(list), back: true });
const since = new Date('2026-01-01T14:00:00Z');

describe('each page is read from an index, and sorts no more than it shows', () => {
  test.each<[what: string, work: (trx: Trx) => Promise<unknown>]>([
    ['flows', (trx) => flows.listFlows(trx, {}, null, 26)],
    ['flows, from the middle', (trx) => flows.listFlows(trx, {}, middle('flows'), 26)],
    ['flows of a status', (trx) => flows.listFlows(trx, { status: 'ACTIVE' }, null, 26)],
    ['flows of a status, from the middle', (trx) => flows.listFlows(trx, { status: 'ACTIVE' }, middle('flows'), 26)],
    ['flows, back from the middle', (trx) => flows.listFlows(trx, {}, back('flows'), 26)],
    ['flows of a template', (trx) => flows.listFlows(trx, { templateId: 'tp3' }, null, 26)],
    ['flows with something overdue', (trx) => flows.listFlows(trx, { overdue: true }, null, 26)],
    ['flows that wait on clients', (trx) => flows.listFlows(trx, { waitsOn: 'clients' }, null, 26)],
    ['flows that wait on nobody', (trx) => flows.listFlows(trx, { waitsOn: 'nobody' }, null, 26)],
    [
      'flows that wait on a person',
      (trx) => flows.listFlows(trx, { waitsOn: { kind: 'member', id: 'us_2' } }, null, 26),
    ],
    ['flows by a word that many have', (trx) => flows.listFlows(trx, { words: ['flo'] }, null, 26)],
    ['flows by words that few have', (trx) => flows.listFlows(trx, { words: ['flow', '77'] }, null, 26)],
    [
      'flows by as many words as are taken',
      (trx) =>
        flows.listFlows(trx, { words: ['flow', '77', ...Array.from({ length: 18 }, (_, n) => `w${n}`)] }, null, 26),
    ],
    ["flows by a client's address", (trx) => flows.listFlows(trx, { words: ['org', 'a77', 'x'] }, null, 26)],
    ['the task that is late the longest', (trx) => flows.slowest(trx)],
    ['tasks', (trx) => flows.listTasks(trx, {}, null, 26)],
    ['tasks, back from the middle', (trx) => flows.listTasks(trx, {}, back('tasks'), 26)],
    ['tasks, from the middle', (trx) => flows.listTasks(trx, {}, middle('tasks'), 26)],
    ['tasks of a status', (trx) => flows.listTasks(trx, { status: 'READY' }, null, 26)],
    ['tasks of a status, from the middle', (trx) => flows.listTasks(trx, { status: 'READY' }, middle('tasks'), 26)],
    ['overdue tasks', (trx) => flows.listTasks(trx, { overdue: true }, null, 26)],
    [
      'the READY tasks of a person',
      (trx) => flows.listTasks(trx, { status: 'READY', assignee: { kind: 'member', id: 'us_4' } }, null, 26),
    ],
  ])('%s', async (_what, work) => {
    for (const plan of await plans(work)) {
      expect(scanned(plan)).toEqual([]);
      expect(sorted(plan)).toBeLessThanOrEqual(100);
    }
  });

  test.each<[what: string, work: (trx: Trx) => Promise<unknown>]>([
    ['flows changed since', (trx) => flows.listFlows(trx, { changedSince: since }, null, 26)],
    ['all tasks of a person', (trx) => flows.listTasks(trx, { assignee: { kind: 'member', id: 'us_4' } }, null, 26)],
    ['the tasks of a flow', (trx) => flows.listTasks(trx, { flowId: 'fl_org_a5' }, null, 26)],
    ['a flow by its name', (trx) => flows.findFlowsByName(trx, 'flow 77', 50)],
    ['a flow by its id', (trx) => flows.findFlowById(trx, 'fl_org_a77')],
    ['a task by its id', (trx) => flows.findTasks(trx, { id: 'tk_fl_org_a771' }, 1)],
    ['a task by its title in a flow', (trx) => flows.findTasks(trx, { title: 'task 3', flowId: 'fl_org_a5' }, 50)],
    ['a client of a flow', (trx) => findClients(trx, 'fl_org_a5@x.test', 'fl_org_a5', 50)],
    [
      'the mails of a flow',
      (trx) => trx.selectFrom('mails').select('key').where('flow_id', '=', 'fl_org_a5').execute(),
    ],
    ['what matters to one person', (trx) => flows.overview(trx, 'us_4')],
    ['how many flows there are', (trx) => flows.countFlows(trx, {})],
    ['how many flows have something overdue', (trx) => flows.countFlows(trx, { overdue: true })],
    ['how many flows have words', (trx) => flows.countFlows(trx, { words: ['flow', '77'] })],
    ['the counts by status', (trx) => flows.countByStatus(trx)],
  ])('found without reading a whole table: %s', async (_what, work) => {
    for (const plan of await plans(work)) expect(scanned(plan).filter((t) => t !== 'flow_counts')).toEqual([]);
  });
});

it('counts what is not kept up to a hundred, and says so', async () => {
  const count = (filter: flows.FlowFilter) => database.withOrg(org, (trx) => flows.countFlows(trx, filter));
  expect(await count({})).toEqual({ n: 6_000, stopped: false, late: 100 });
  expect(await count({ status: 'ACTIVE' })).toEqual({ n: 1_200, stopped: false, late: 100 });
  expect(await count({ status: 'PAUSED' })).toEqual({ n: 1_200, stopped: false, late: 0 });
  expect(await count({ words: ['flow'] })).toEqual({ n: 100, stopped: true, late: 100 });
  expect(await count({ words: [] })).toEqual({ n: 0, stopped: false, late: 0 });
  expect(await count({ words: ['flow', '77'] })).toEqual({ n: 11, stopped: false, late: 2 });
  expect(await count({ words: ['flow', '77'], overdue: true })).toEqual({ n: 2, stopped: false, late: 2 });
  const tasks = (filter: flows.TaskFilter) => database.withOrg(org, (trx) => flows.countTasks(trx, filter));
  expect(await tasks({ status: 'READY' })).toEqual({ n: 100, stopped: true });
  expect(await tasks({ flowId: 'fl_org_a5' })).toEqual({ n: 8, stopped: false });
});

describe('pages walk everything once', () => {
  type Page = { id: string; at: Date | number }[];
  async function walk(
    list: PagedList,
    read: (trx: Trx, after: Cursor | null) => Promise<Page>,
    between: (n: number) => Promise<unknown>,
  ): Promise<string[]> {
    const ids: string[] = [];
    let after: Cursor | null = null;
    for (let n = 0; ; n++) {
      const from: Cursor | null = after;
      const page: Page = await database.withOrg(org, (trx) => read(trx, from));
      ids.push(...page.map((r) => r.id));
      const last = page.at(-1);
      if (!last) return ids;
      after = readCursor(list, writeCursor(list, last.at, last.id));
      await between(n);
    }
  }
  const allIds = async (table: 'flows' | 'tasks'): Promise<string[]> =>
    database.withOrg(org, async (trx) => (await trx.selectFrom(table).select('id').execute()).map((r) => r.id));

  test.each(['flows', 'tasks'] as const)('of %s, there and back', async (list) => {
    const read = async (trx: Trx, from: Cursor | null): Promise<Page> =>
      list === 'flows'
        ? (await flows.listFlows(trx, {}, from, 50)).map((f) => ({ id: f.id, at: f.created_at }))
        : (await flows.listTasks(trx, {}, from, 50)).map((t) => ({ id: t.id, at: t.due_order }));
    const page = (from: Cursor | null) => database.withOrg(org, (trx) => read(trx, from));
    const cursor = (row: Page[number] | undefined, direction: 'after' | 'before') =>
      row ? readCursor(list, writeCursor(list, row.at, row.id, direction)) : null;
    const first = await page(null);
    const second = await page(cursor(first.at(-1), 'after'));
    const third = await page(cursor(second.at(-1), 'after'));
    expect(await page(cursor(third[0], 'before'))).toEqual(second);
    expect(await page(cursor(second[0], 'before'))).toEqual(first);
    expect(await page(cursor(first[0], 'before'))).toEqual([]);
  });

  test('of flows, while flows are made and changed', async () => {
    const known = await allIds('flows');
    const walked = await walk(
      'flows',
      async (trx, after) => (await flows.listFlows(trx, {}, after, 100)).map((f) => ({ id: f.id, at: f.created_at })),
      (n) =>
        database.withOrg(org, async (trx) => {
          await sql`insert into flows (org_id, id, name, template_id, template_name, template_version, status, percent, done, counting,
            created_at, created_by, start_date, paused_at, finished_at, feed_length, version, updated_at)
            select org_id, id || '-new' || ${n}::text, name, template_id, template_name, template_version,
            status, percent, done, counting, now(), created_by, start_date, paused_at, finished_at, feed_length, version, now()
            from flows where id = 'fl_org_a1'`.execute(trx);
          await trx
            .updateTable('flows')
            .set({ status: 'ACTIVE', updated_at: new Date() })
            .where('id', '=', `fl_org_a${n * 31 + 1}`)
            .execute();
        }),
    );
    expect(walked.filter((id) => !id.includes('-new')).length).toBe(known.length);
    expect(new Set(walked).size).toBe(walked.length);
    expect(new Set(walked.filter((id) => !id.includes('-new')))).toEqual(new Set(known));
  });

  test('of tasks, due first and those without a date last, while tasks are made', async () => {
    const known = await allIds('tasks');
    const orders: number[] = [];
    const walked = await walk(
      'tasks',
      async (trx, after) =>
        (await flows.listTasks(trx, {}, after, 500)).map((t) => {
          orders.push(t.due_order instanceof Date ? t.due_order.getTime() : t.due_order);
          return { id: t.id, at: t.due_order };
        }),
      (n) =>
        database.withOrg(org, (trx) =>
          sql`insert into tasks (org_id, flow_id, id, position, key, title, description, type, status, fields, hint, depends_on, due_at, round, version)
            select org_id, flow_id, id || '-new' || ${n}::text, position, key, title, description, type, status, fields, hint, depends_on,
              timestamptz '2025-01-01', round, version from tasks where id = 'tk_fl_org_a11'`.execute(trx),
        ),
    );
    expect(walked.length).toBe(known.length);
    expect(new Set(walked)).toEqual(new Set(known));
    expect(orders).toEqual([...orders].sort((a, b) => (a === b ? 0 : a - b)));
    expect(orders.at(-1)).toBe(Number.POSITIVE_INFINITY);
  });
});

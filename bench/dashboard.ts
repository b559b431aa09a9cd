/**
 * `npm run bench:dashboard`: how long the dashboard's reads take over 100 flows and over 10,000, each with twelve tasks, on
 * a PostgreSQL of its own that is thrown away. Median and 95th percentile in milliseconds.
 */
import { rmSync } from 'node:fs';
import pg from 'pg';
import type { Trx } from '../src/db/database.ts';
import { Database } from '../src/db/database.ts';
import {
  countFlows,
  countTasks,
  type FlowFilter,
  listFlows,
  listTasks,
  overview,
  slowest,
  type TaskFilter,
} from '../src/db/flows.ts';
import { migrate } from '../src/db/migrate.ts';
import { freePort } from '../src/platform/ports.ts';
import { startPostgres } from '../src/platform/postgres.ts';
import { temporaryFolder } from '../test/support/folder.ts';

const orgs = { org_small: 100, org_large: 10_000 } as const;
const rounds = 60;

/** An org's worth of flows: seven of ten run, one of three waits on a client, one of four is late. */
const seed = `
  with made as (
    insert into flows (org_id, id, name, template_id, template_name, template_version, status, percent, done, counting,
      created_at, created_by, feed_length, version, updated_at)
    select $1, $1 || n, (array['Harbor','Northwind','Juniper','Kestrel','Marlow'])[1 + n % 5] || ' ' || n, 'tp' || n % 12,
      'Client Onboarding', 1, (array['ACTIVE','ACTIVE','ACTIVE','ACTIVE','ACTIVE','ACTIVE','ACTIVE','DRAFT','PAUSED','COMPLETED'])[1 + n % 10],
      n % 100, n % 12, 12, now() - n * interval '7 minutes', '{}', 9, 1, now() - n * interval '3 minutes'
    from generate_series(1, $2::int) n returning org_id, id, created_at)
  , tasks_made as (
    insert into tasks (org_id, flow_id, id, position, key, title, description, type, status, fields, hint, depends_on,
      assignee_kind, assignee_id, assignee_name, due_at, round, version)
    select org_id, id, id || '-' || p, p, 'k' || p, 'Task ' || p, '', 'TASK',
      case when p < 5 then 'COMPLETED' when p = 5 then 'READY' else 'BLOCKED' end, '[]', '{}', '{}',
      (array['member','member','external'])[1 + n % 3], case when n % 3 = 2 then 'ex' || n else 'us' || n % 8 end, 'Somebody',
      now() + (n % 4 - 1) * interval '3 days' + interval '1 hour', 1, 1
    from (select *, row_number() over () n from made) m, generate_series(1, 12) p returning 1)
  select count(*) from tasks_made`;

const reads: Readonly<Record<string, (trx: Trx) => Promise<unknown>>> = {
  'the first page': page({}),
  'active flows': page({ status: 'ACTIVE' }),
  'what is late': page({ overdue: true }),
  'waits on me': page({ waitsOn: { kind: 'member', id: 'us3' } }),
  'waits on a client': page({ waitsOn: 'clients' }),
  'of a template': page({ templateId: 'tp3' }),
  'search for a common word': page({ words: ['harb'] }),
  'search for a rare one': page({ words: ['juniper', '72'] }),
  'my tasks': tasks({ status: 'READY', assignee: { kind: 'member', id: 'us3' } }),
  'tasks that are late': tasks({ overdue: true }),
  'all tasks': tasks({}),
  'the sentence and the counts': (trx) => Promise.all([overview(trx, 'us3'), slowest(trx)]),
};

function page(filter: FlowFilter) {
  return async (trx: Trx): Promise<void> => {
    await listFlows(trx, filter, null, 26);
    await countFlows(trx, filter);
  };
}

function tasks(filter: TaskFilter) {
  return async (trx: Trx): Promise<void> => {
    await listTasks(trx, filter, null, 26);
    await countTasks(trx, filter);
  };
}

const dataDir = temporaryFolder();
const postgres = await startPostgres({ dataDir, port: await freePort(), report: () => undefined });
try {
  await migrate(postgres.url);
  const owner = new pg.Client({ connectionString: postgres.url });
  await owner.connect();
  for (const [org, flows] of Object.entries(orgs)) {
    await owner.query('insert into orgs (id, slug, name) values ($1, $2, $1)', [org, org.replace('_', '-')]);
    await owner.query(seed, [org, flows]);
  }
  await owner.query('analyze');
  await owner.end();
  const database = new Database(postgres.url, { max: 1 });
  console.log('ms, median / 95th'.padEnd(32), 'over 100'.padStart(14), 'over 10,000'.padStart(14));
  for (const [what, read] of Object.entries(reads)) {
    // In turns, so that what else the machine does falls on both.
    const took = new Map<string, number[]>(Object.keys(orgs).map((orgId) => [orgId, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [orgId, times] of took) {
        const begun = performance.now();
        await database.withOrg({ orgId }, read);
        times.push(performance.now() - begun);
      }
    }
    const figures = [...took.values()].map((times) => {
      times.sort((a, b) => a - b);
      const at = (share: number): string => (times[Math.floor(share * times.length)] ?? 0).toFixed(1);
      return `${at(0.5)} / ${at(0.95)}`;
    });
    console.log(what.padEnd(32), ...figures.map((f) => f.padStart(14)));
  }
  await database.close();
} finally {
  await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** Lists over MCP in organizations of 100, 1,000 and 10,000 flows, beside the database's part of them alone. */
import { sql } from 'kysely';
import type { Database, Trx } from '../src/db/database.ts';
import { openAsOwner } from '../src/db/database.ts';
import { countByStatus, countFlows, countTasks, listFlows, listTasks } from '../src/db/flows.ts';
import { countMembers, readOrg } from '../src/db/people.ts';
import { createApiKey } from '../src/oauth/api-keys.ts';
import { callTool, type Site } from './site.ts';
import { at, type Table, timed } from './table.ts';

const sizes = [100, 1_000, 10_000];
const tasksEach = 20;
const rounds = 25;
const limit = 25;

/** What each tool asks the database for, with the page it asks for unless told otherwise. */
const tools: Readonly<Record<string, { args: object; reads: (trx: Trx, orgId: string) => Promise<unknown> }>> = {
  list_flows: {
    args: { limit },
    reads: (trx) => Promise.all([listFlows(trx, {}, null, limit + 1), countFlows(trx, {})]),
  },
  list_tasks: {
    args: { limit },
    reads: (trx) => Promise.all([listTasks(trx, {}, null, limit + 1), countTasks(trx, {})]),
  },
  get_org_context: {
    args: {},
    reads: (trx, orgId) => Promise.all([readOrg(trx, orgId), countByStatus(trx), countMembers(trx)]),
  },
};

export async function lists(site: Site): Promise<Table> {
  const keys = new Map<number, { orgId: string; secret: string }>();
  for (const size of sizes) keys.set(size, await organization(site, size));
  const rows: string[][] = [];
  const targets: Table['targets'][number][] = [];
  for (const [name, { args, reads }] of Object.entries(tools)) {
    const over = new Map<number, number[]>();
    const server = new Map<number, number[]>();
    const alone = new Map<number, number[]>();
    for (let round = 0; round < rounds + 3; round++) {
      for (const [size, { orgId, secret }] of keys) {
        const before = await site.serverMs();
        const mcp = await timed(() => callTool(site.product.url, secret, name, args));
        const served = (await site.serverMs()) - before;
        const db = await timed(() => site.database.withOrg({ orgId }, (trx) => reads(trx, orgId), { reads: true }));
        // The first ones warm up.
        if (round < 3) continue;
        over.set(size, [...(over.get(size) ?? []), mcp]);
        server.set(size, [...(server.get(size) ?? []), served]);
        alone.set(size, [...(alone.get(size) ?? []), db]);
      }
    }
    const cell = (size: number): string =>
      [over, server, alone].map((of) => at(of.get(size), 0.5).toFixed(1)).join(' / ');
    const [least, most] = [at(server.get(sizes[0] ?? 0), 0.5), at(server.get(sizes.at(-1) ?? 0), 0.5)];
    rows.push([name, ...sizes.map(cell), `${(most / least).toFixed(2)}×`]);
    targets.push({ what: `${name}, server time, 10,000 flows against 100`, is: most / least, wanted: { atMost: 1.3 } });
    const above = sizes.map((size) => at(server.get(size), 0.5) - at(alone.get(size), 0.5));
    targets.push({
      what: `${name}, server time over the reads', milliseconds at most`,
      is: Math.max(...above),
      wanted: { atMost: 3 },
    });
  }
  return {
    title: 'Lists',
    about: `Of ${tasksEach} tasks a flow, over MCP, medians of ${rounds}, in turns: as a client sees it / the server's time, by its own metric (\`booflow_http_request_seconds\`) / the same reads in one transaction, without the rest.`,
    head: ['ms', ...sizes.map((size) => `${size.toLocaleString('en')} flows`), 'server, 10,000 against 100'],
    rows,
    targets,
  };
}

const seed = (orgId: string, flows: number) => sql`
  with made as (
    insert into flows (org_id, id, name, template_id, template_name, template_version, status, percent, done, counting,
      created_at, created_by, feed_length, version, updated_at)
    select ${orgId}, ${orgId} || n, 'Client ' || n, 'tp' || n % 12, 'Client Onboarding', 1,
      (array['ACTIVE','ACTIVE','ACTIVE','ACTIVE','ACTIVE','ACTIVE','ACTIVE','DRAFT','PAUSED','COMPLETED'])[1 + n % 10],
      n % 100, n % 20, 20, now() - n * interval '7 minutes', '{}', 9, 1, now() - n * interval '3 minutes'
    from generate_series(1, ${flows}::int) n returning org_id, id)
  insert into tasks (org_id, flow_id, id, position, key, title, description, type, status, fields, hint, depends_on,
    assignee_kind, assignee_id, assignee_name, due_at, round, version)
  select org_id, id, id || '-' || p, p, 'k' || p, 'Task ' || p, '', 'TASK',
    case when p < 5 then 'COMPLETED' when p = 5 then 'READY' else 'BLOCKED' end, '[]', '{}', '{}',
    'member', 'us' || n % 8, 'Somebody', now() + (n % 4 - 1) * interval '3 days' + interval '1 hour', 1, 1
  from (select *, row_number() over () n from made) m, generate_series(1, ${tasksEach}::int) p`;

async function organization(site: Site, flows: number): Promise<{ orgId: string; secret: string }> {
  const orgId = `or_bench${flows}`;
  const owner = openAsOwner(site.product.databaseUrl);
  try {
    await owner
      .insertInto('orgs')
      .values({ id: orgId, slug: `bench-${flows}`, name: `Bench ${flows}` })
      .execute();
    await owner.insertInto('memberships').values({ org_id: orgId, user_id: site.olivia.id, role: 'OWNER' }).execute();
    await seed(orgId, flows).execute(owner);
    await sql`analyze`.execute(owner);
  } finally {
    await owner.destroy();
  }
  return { orgId, secret: await keyOf(site.database, orgId, site.olivia.id) };
}

async function keyOf(database: Database, orgId: string, userId: string): Promise<string> {
  const who = { orgId, userId };
  return (await database.withOrg(who, (trx) => createApiKey(trx, who, 'bench'))).secret;
}

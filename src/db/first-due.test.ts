/** When the first READY task of a flow is due stands with the flow, whatever is done to its tasks. */
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../test/support/database.ts';
import { openAsOwner } from './database.ts';
import type { Tables } from './schema.ts';

let fresh: FreshDatabase;
let owner: Kysely<Tables>;

beforeAll(async () => {
  fresh = await freshDatabase();
  owner = openAsOwner(fresh.url);
  await owner.insertInto('orgs').values({ id: 'org_a', slug: 'a', name: 'A' }).execute();
  await sql`insert into flows (org_id, id, name, template_id, template_name, template_version, status, percent, done, counting,
      created_at, created_by, feed_length, version, updated_at)
    select 'org_a', 'fl_' || n, 'Flow', 'tp', 'T', 1, 'ACTIVE', 0, 0, 1, now(), '{}', 1, 1, now() from generate_series(1, 5) n`.execute(
    owner,
  );
});
afterAll(async () => {
  await owner.destroy();
  await fresh.drop();
});

/** Flows whose kept moment is not that of their tasks. */
async function wrong(): Promise<unknown[]> {
  const { rows } = await sql`select id, first_due, (select min(due_order) from tasks t
      where t.flow_id = flows.id and t.status = 'READY') from flows
    where first_due <> coalesce((select min(due_order) from tasks t where t.flow_id = flows.id and t.status = 'READY'), 'infinity')`.execute(
    owner,
  );
  return rows;
}

const someStatus = sql`(array['READY', 'BLOCKED', 'COMPLETED'])[1 + (random() * 2)::int]`;
const someDue = sql`case when random() < 0.7 then now() + (random() * 20 - 10)::int * interval '1 day' end`;
const steps = {
  added:
    () => sql`insert into tasks (org_id, flow_id, id, position, key, title, description, type, status, fields, hint,
      depends_on, due_at, round, version)
    select 'org_a', 'fl_' || 1 + n % 5, gen_random_uuid(), n, 'k' || n, 'T', '', 'TASK', ${someStatus}, '[]', '{}', '{}', ${someDue}, 1, 1
    from generate_series(1, 8) n`,
  changed: () => sql`update tasks set status = ${someStatus}, due_at = ${someDue} where random() < 0.3`,
  'written over':
    () => sql`insert into tasks as t (org_id, flow_id, id, position, key, title, description, type, status, fields,
      hint, depends_on, due_at, round, version)
    select org_id, flow_id, id, position, key, title, description, type, ${someStatus}, fields, hint, depends_on, ${someDue}, 1, 1
      from tasks where random() < 0.3
    on conflict (org_id, flow_id, id) do update set status = excluded.status, due_at = excluded.due_at`,
  removed: () => sql`delete from tasks where random() < 0.2`,
};

test('after each of many changes', async () => {
  const names = Object.entries(steps);
  await sql`select setseed(0.5)`.execute(owner);
  for (let round = 0; round < 60; round++) {
    const [name, step] = names[round % names.length] ?? ['added', steps.added];
    await step().execute(owner);
    expect(await wrong(), `${name}, round ${round}`).toEqual([]);
  }
});

test('of a flow without tasks nothing is due', async () => {
  await sql`delete from tasks`.execute(owner);
  const { rows } = await sql`select distinct first_due::text from flows`.execute(owner);
  expect(rows).toEqual([{ first_due: 'infinity' }]);
});

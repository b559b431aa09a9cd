/** Flows that change status at the same moment are each counted, and none waits for the other in a ring. */
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../test/support/database.ts';
import type { FlowStatus } from '../domain/flow.ts';
import { Database, openAsOwner } from './database.ts';
import { countByStatus } from './flows.ts';
import type { Tables } from './schema.ts';

const org = { orgId: 'org_a' };
let fresh: FreshDatabase;
let owner: Kysely<Tables>;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  owner = openAsOwner(fresh.url);
  database = new Database(fresh.url);
  await owner.insertInto('orgs').values({ id: org.orgId, slug: 'a', name: 'A' }).execute();
  await sql`insert into flows (org_id, id, name, template_id, template_name, template_version, status, percent, done, counting,
      created_at, created_by, feed_length, version, updated_at)
    select ${org.orgId}, 'fl_' || status, 'Flow', 'tp', 'T', 1, status, 0, 0, 1, now(), '{}', 1, 1, now()
    from unnest(array['ACTIVE', 'PAUSED']) status`.execute(owner);
});
afterAll(async () => {
  await database.close();
  await owner.destroy();
  await fresh.drop();
});

interface Change {
  readonly flow: string;
  readonly to: FlowStatus;
}
const make = ({ flow, to: status }: Change) =>
  database.withOrg(org, (trx) => trx.updateTable('flows').set({ status }).where('id', '=', flow).execute());

/** Until so many of this database's connections wait for a lock. */
const untilWaiting = (n: number) =>
  expect
    .poll(async () => {
      const { rows } = await sql<{ n: number }>`select count(*)::int as n from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(owner);
      return rows[0]?.n;
    })
    .toBe(n);

test('one is paused while another is resumed, in either order', async () => {
  const rounds: [first: Change, second: Change][] = [
    [
      { flow: 'fl_PAUSED', to: 'ACTIVE' },
      { flow: 'fl_ACTIVE', to: 'PAUSED' },
    ],
    [
      { flow: 'fl_PAUSED', to: 'PAUSED' },
      { flow: 'fl_ACTIVE', to: 'ACTIVE' },
    ],
    [
      { flow: 'fl_ACTIVE', to: 'PAUSED' },
      { flow: 'fl_PAUSED', to: 'ACTIVE' },
    ],
  ];
  for (const [first, second] of rounds) {
    // Both are held up at a count until both have come.
    const changes = await database.withOrg(org, async (trx) => {
      await trx.selectFrom('flow_counts').select('n').where('status', '=', 'PAUSED').forUpdate().execute();
      const one = make(first);
      await untilWaiting(1);
      const other = make(second);
      await untilWaiting(2);
      return [one, other];
    });
    await Promise.all(changes);
    const { ACTIVE, PAUSED } = await database.withOrg(org, countByStatus);
    expect({ ACTIVE, PAUSED }).toEqual({ ACTIVE: 1, PAUSED: 1 });
  }
});

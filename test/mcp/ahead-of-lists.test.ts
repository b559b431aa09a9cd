/** What was answered before the lists had it is found in them; where that takes long, they say so. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openAsOwner } from '../../src/db/database.ts';
import { settled } from './everything.ts';
import { type TwoOrgs, twoOrgs } from './two-orgs.ts';

let all: TwoOrgs;
beforeAll(async () => {
  all = await twoOrgs();
});
afterAll(() => all.stop());
beforeEach(async () => {
  await all.world.stopWorker();
  await all.world.startWorker();
  await settled(all.world);
});

/** A worker that takes commands and writes nothing. */
const writesNothing = async (): Promise<void> => {
  await all.world.stopWorker();
  await all.world.startWorker({ held: true });
};
const mayLag = /\n\nThis may lag some seconds behind the last commands\.$/;
const harbor = { flow: 'Harbor & Pine' };
const task = 'Send contract draft';

test('a command is answered though nothing is written, and whoever looks finds what it did, by any door', async () => {
  const { world, olivia } = all;
  await writesNothing();
  const made = await olivia.call('create_flow_from_template', { template: 'Offboarding', name: 'Told early' });
  expect(made).toMatchObject({ isError: false, facts: { state: 'applied', listsMayLag: false } });
  const started = await olivia.call('update_flow_status', { flow: 'Told early', action: 'start' });
  expect(started).toMatchObject({ isError: false, facts: { state: 'applied', listsMayLag: false } });
  const list = await olivia.call('list_flows', { search: 'Told early' });
  expect(list.facts).toMatchObject({ flows: [{ name: 'Told early', status: 'ACTIVE' }] });
  expect(list.text).not.toMatch(mayLag);
  const rest = await fetch(`${world.url}/api/v1/flows?search=Told%20early`, {
    headers: { authorization: `Bearer ${await world.key('olivia@acme.test')}` },
  });
  expect(await rest.text()).toContain('ACTIVE');
});

test('what is refused is told as soon, and keeps nobody waiting', async () => {
  const { olivia } = all;
  await writesNothing();
  const refused = await olivia.call('update_flow_status', { ...harbor, action: 'resume' });
  expect(refused).toMatchObject({ isError: true, facts: { code: 'wrong_status' } });
  expect((await olivia.call('list_flows', {})).text).not.toMatch(mayLag);
});

test('a flow that is asked itself does not wait for the lists', async () => {
  const { world, olivia } = all;
  const flow = await world.owner
    .selectFrom('flows')
    .selectAll()
    .where('name', '=', harbor.flow)
    .executeTakeFirstOrThrow();
  await world.owner.transaction().execute(async (trx) => {
    await trx.selectFrom('flows').select('id').where('id', '=', flow.id).forUpdate().execute();
    await olivia.call('comment_on_task', { ...harbor, task, text: 'Told, and asked for' });
    // Whoever waits in vain calls them late.
    expect((await olivia.call('get_flow', { flow: flow.id })).text).not.toMatch(mayLag);
    expect(world.database.isBehind(flow.org_id, flow.id)).toBe(true);
  });
});

test('where the lists can’t be written for long, they say that they may lag, until they do not', async () => {
  const { world, olivia, gus } = all;
  const authorization = `Bearer ${await world.key('olivia@acme.test')}`;
  const overRest = async () =>
    (await fetch(`${world.url}/api/v1/tasks`, { headers: { authorization } })).headers.get('lists-may-lag');
  await world.owner.transaction().execute(async (trx) => {
    await trx.selectFrom('flows').select('id').where('name', '=', harbor.flow).forUpdate().execute();
    const said = await olivia.call('comment_on_task', { ...harbor, task, text: 'Told, and not written' });
    expect(said).toMatchObject({ isError: false, facts: { state: 'applied' } });
    expect((await olivia.call('list_tasks', {})).text).toMatch(mayLag);
    expect((await gus.call('list_tasks', {})).text).not.toMatch(mayLag);
    expect(await overRest()).toBe('true');
  });
  await expect.poll(async () => (await olivia.call('list_tasks', {})).text).not.toMatch(mayLag);
  expect(await overRest()).toBeNull();
  expect((await olivia.call('get_task', { ...harbor, task })).text).toContain('Told, and not written');
});

test('nor do they say so for good when the news that they were written are lost', async () => {
  const { world, olivia } = all;
  await world.owner.transaction().execute(async (trx) => {
    await trx.selectFrom('flows').select('id').where('name', '=', harbor.flow).forUpdate().execute();
    await olivia.call('comment_on_task', { ...harbor, task, text: 'Told, and written while nobody hears of it' });
    expect((await olivia.call('list_tasks', {})).text).toMatch(mayLag);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where query like 'listen%' and datname = current_database()`.execute(trx);
  });
  await settled(world);
  await expect.poll(async () => (await olivia.call('list_tasks', {})).text).not.toMatch(mayLag);
});

test('what ends a client’s way in is answered when it is ended, or says that it may not be yet', async () => {
  const { world, olivia } = all;
  const rows = openAsOwner(world.databaseUrl);
  const links = () => rows.selectFrom('magic_links').select('flow_id').where('flow_id', '=', flowId).execute();
  const { flowId } = await world.owner
    .selectFrom('flows')
    .select('id as flowId')
    .where('name', '=', harbor.flow)
    .executeTakeFirstOrThrow();
  expect((await links()).length).toBeGreaterThan(0);
  await writesNothing();
  // The worker has the flow then, and tells before anybody would ask.
  await olivia.call('comment_on_task', { ...harbor, task, text: 'Before the end' });
  const ended = await olivia.call('update_flow_status', { ...harbor, action: 'cancel', reason: 'Over' });
  expect(ended).toMatchObject({ isError: false, facts: { state: 'applied', listsMayLag: false } });
  expect(await links()).toEqual([]);
  await rows.destroy();
});

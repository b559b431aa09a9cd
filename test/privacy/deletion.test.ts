/** An organization is deleted: nobody gets in, its flows end, no table and no store knows it, and others go on. */
import { PassThrough } from 'node:stream';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoPassword } from '../../src/demo/people.ts';
import { addFile } from '../../src/operations/add-file.ts';
import { createWebhook } from '../../src/operations/create-webhook.ts';
import { orgDeletionWorkflowId } from '../../src/workflows/contract.ts';
import { get, post } from '../api/ask.ts';
import { olivia } from '../mcp/principals.ts';
import { Person } from '../oauth/person.ts';
import { acme, globex, type Scene, settled, startScene } from './scene.ts';

let scene: Scene;
let key = '';
let link = '';
let storeKeys: string[] = [];

beforeAll(async () => {
  scene = await startScene();
  const { world } = scene;
  key = await world.key('olivia@acme.test');
  const caller = { ...world.tools, now: Date.now() };
  const made = await createWebhook.run({ ...caller, principal: olivia }, { url: 'http://localhost:9/hook' });
  if (!made.ok) throw new Error(made.text);
  link = await scene.begin(scene.olivia, 'Harbor & Pine');
  await scene.sendBrand(link, 'Harbor & Pine');
  await scene.sendBrand(await scene.begin(scene.gus, 'Secret Launch'), 'Secret Launch');
  await settled(world);
  storeKeys = (await world.owner.selectFrom('files').select('store_key').where('org_id', '=', acme).execute()).map(
    (f) => f.store_key,
  );
}, 300_000);
afterAll(() => scene?.stop());

/** How many rows of each table with `org_id` are of this org, tables without any left out. */
async function rowsOf(orgId: string): Promise<Record<string, number>> {
  const { owner } = scene.world;
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.columns
    where table_schema = current_schema() and column_name = 'org_id' order by 1`.execute(owner);
  expect(tables.length).toBeGreaterThan(25);
  const counts: Record<string, number> = {};
  for (const { name } of [...tables, { name: 'orgs' }]) {
    const column = name === 'orgs' ? 'id' : 'org_id';
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from ${sql.table(name)} where ${sql.ref(column)} = ${orgId}`.execute(owner);
    if (rows[0] && rows[0].n > 0) counts[name] = rows[0].n;
  }
  return counts;
}

async function workflowsOf(orgId: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const w of scene.world.client.workflow.list())
    if (w.workflowId.includes(`/${orgId}/`)) ids.push(w.workflowId);
  return ids;
}

test('only an owner deletes it, and only by its name', async () => {
  const { url } = scene.world;
  const adam = await scene.world.key('adam@acme.test');
  expect(await post(url, adam, '/org/deletion', { name: 'Acme Agency' })).toMatchObject({ status: 403 });
  const wrong = await post(url, key, '/org/deletion', { name: 'acme' });
  expect(wrong).toMatchObject({ status: 400, json: { detail: expect.stringContaining('"Acme Agency"') } });
  const person = new Person(url);
  await person.signIn('adam@acme.test', demoPassword);
  expect((await person.get('/settings/data')).html).toContain('An owner of the organization can delete it.');
  expect(Object.keys(await rowsOf(acme)).length).toBeGreaterThan(15);
});

test('it is deleted by a form without JavaScript, though the worker is away, and nothing is left', async () => {
  const { world } = scene;
  const others = await rowsOf(globex);
  await scene.begin(scene.olivia, 'Slow line');
  const bytes = new PassThrough();
  const upload = addFile.run(
    { ...world.tools, now: Date.now(), principal: olivia, upload: { name: 'logo.pdf', bytes } },
    { flow: 'Slow line', task: await scene.taskOf('Slow line', 'Send us your brand'), field: 'logo' },
  );
  bytes.write('%PDF-1.7\n');
  const coming = world.owner.selectFrom('files').select('store_key').where('state', '=', 'UPLOADING');
  await expect.poll(async () => (await coming.execute()).length).toBe(1);
  const { store_key: late } = await coming.executeTakeFirstOrThrow();
  const person = new Person(world.url);
  await person.signIn('olivia@acme.test', demoPassword);
  const fields = (await person.get('/settings/data')).form('/settings/data/delete');
  const wrong = await person.post('/settings/data/delete', { ...fields, name: 'Acme' });
  expect(wrong.status).toBe(422);
  await world.stopWorker();
  const done = await person.post('/settings/data/delete', { ...fields, name: 'Acme Agency' });
  expect(done.html).toContain('Acme Agency is being deleted');
  expect((await get(world.url, key, '/flows')).status).toBe(401);
  expect((await fetch(link)).status).toBeGreaterThanOrEqual(400);
  await world.startWorker();
  await expect.poll(() => rowsOf(acme), { timeout: 90_000 }).toEqual({});
  await expect.poll(() => workflowsOf(acme), { timeout: 60_000 }).toEqual([]);
  // Where a worker dies, another goes on soon.
  const { events } = await world.client.workflow.getHandle(orgDeletionWorkflowId({ orgId: acme })).fetchHistory();
  const scheduled = events?.flatMap((e) => e.activityTaskScheduledEventAttributes ?? []) ?? [];
  expect(new Set(scheduled.map((a) => Number(a.heartbeatTimeout?.seconds)))).toEqual(new Set([10]));
  for (const stored of storeKeys) await expect(world.files.get(stored)).rejects.toThrow();
  expect(storeKeys.length).toBeGreaterThan(0);
  // What was still coming is not kept either.
  bytes.end('%%EOF');
  expect(await upload).toMatchObject({ ok: false, code: 'not_found' });
  await expect(world.files.get(late)).rejects.toThrow();

  // Who made it keeps her account, and her part in the other.
  expect((await person.get('/flows')).status).toBe(200);
  expect(await rowsOf(globex)).toEqual(others);
  await scene.call(scene.gus, 'complete_task', { flow: 'Secret Launch', task: 'Write the guide' });
}, 240_000);

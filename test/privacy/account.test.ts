/** A person deletes their account: they leave every org, nothing there says who they were but what they did, and no org is left without an owner. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoPassword } from '../../src/demo/people.ts';
import { createApiKey } from '../../src/oauth/api-keys.ts';
import { ask, get, post } from '../api/ask.ts';
import { Person } from '../oauth/person.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const page = '/settings/account';

async function leaves(email: string, typed: string, proof: string, person = new Person(world.url)) {
  if (person.cookies.size === 0) await person.signIn(email, demoPassword);
  const fields = (await person.get(page)).form(`${page}/delete`);
  return { person, answer: await person.post(`${page}/delete`, { ...fields, typed, proof }) };
}

/** Tables with a row that holds this word. */
async function tablesWith(word: string): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`.execute(world.owner);
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql`select 1 from ${sql.table(name)} t where strpos(lower(t::text), ${word}) > 0`.execute(
      world.owner,
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}

test('the only owner of an org stays until it is handed over', async () => {
  const { answer } = await leaves('gus@globex.test', 'gus@globex.test', demoPassword);
  expect(answer.status).toBe(409);
  expect(answer.html).toContain('You are the only owner of Globex Studio.');
  expect(
    await world.owner.selectFrom('users').select('id').where('email', '=', 'gus@globex.test').execute(),
  ).toHaveLength(1);
});

test('nobody goes by a slip, nor by another’s hand', async () => {
  const wrong = await leaves('adam@acme.test', 'olivia@acme.test', demoPassword);
  expect(wrong.answer.status).toBe(422);
  const foreign = await leaves('adam@acme.test', 'adam@acme.test', 'not the password', wrong.person);
  expect(foreign.answer.status).toBe(422);
  expect(foreign.answer.html).toContain('That is not your password. Nothing changed.');
  expect((await wrong.person.get('/flows')).status).toBe(200);
});

test('an admin goes: signed out, keys ended, tasks with nobody, and no table has the address', async () => {
  const key = await world.key('olivia@acme.test');
  const adam = await world.owner
    .selectFrom('users')
    .selectAll()
    .where('email', '=', 'adam@acme.test')
    .executeTakeFirstOrThrow();
  const member = { orgId: 'org_demo_acme', userId: adam.id };
  const hisKey = (await world.database.withOrg(member, (trx) => createApiKey(trx, member, 'his'))).secret;
  const { url } = world;
  expect((await post(url, key, '/flows', { template: 'Client Onboarding', name: 'Left behind' })).status).toBe(201);
  const flow = (await get(url, key, '/flows/Left%20behind')).json;
  const [first] = Array.isArray(flow.tasks) ? flow.tasks : [];
  const given = await ask(url, key, {
    ...{ method: 'PUT', url: `/api/v1/tasks/${first.id}/assignee` },
    body: { flow: 'Left behind', assignee: adam.id },
  });
  expect(given.status, given.text).toBe(200);

  const table = { template: 'Client Onboarding', csv: 'name\nBegun by him' };
  const { json: begun } = await post(url, hisKey, '/flow-imports', table);
  expect((await post(url, hisKey, `/flow-imports/${begun.import}/stop`, {})).status).toBe(200);
  expect((await post(url, hisKey, '/webhooks', { url: 'https://example.com/his' })).status).toBe(200);
  const itsLines = world.owner.updateTable('flow_import_lines').where('import_id', '=', String(begun.import));
  await itsLines.set({ error: `${adam.name}, who began this import, is no longer a member.` }).execute();
  // As they were kept before.
  await world.owner
    .updateTable('flow_imports')
    .set({ by: sql`by || ${JSON.stringify({ email: adam.email })}::jsonb` })
    .execute();
  const by = JSON.stringify({ kind: 'member', id: adam.id, name: adam.name, role: 'ADMIN', through: 'web' });
  const erasure = { org_id: 'org_demo_acme', id: 'er_his', address: null, by, created_at: new Date() };
  await world.owner.insertInto('erasures').values(erasure).execute();

  const many = ['name', ...Array.from({ length: 150 }, (_, n) => `Half way ${n}`)].join('\n');
  const file = { name: 'One step', steps: [{ key: 'only', title: 'The only one' }] };
  expect((await post(url, key, '/templates', { file })).status).toBe(201);
  expect((await post(url, key, '/templates/One%20step/publish', { revision: 1 })).status).toBe(200);
  const { json: running } = await post(url, hisKey, '/flow-imports', { template: 'One step', csv: many });
  const underWay = async () => (await get(url, key, `/flow-imports/${running.import}?state=FAILED`)).json;
  await expect.poll(async () => (await underWay()).done, { timeout: 30_000 }).toBeGreaterThan(0);

  const { person, answer } = await leaves('adam@acme.test', 'Adam@acme.test', demoPassword);
  expect(answer.status).toBe(200);
  expect(answer.html).toContain('Your account is deleted');
  expect((await person.get('/flows')).to?.pathname).toBe('/sign-in');
  expect((await get(url, hisKey, '/flows')).status).toBe(401);
  expect((await new Person(url).signIn('adam@acme.test', demoPassword)).status).not.toBe(303);
  expect(await tablesWith('adam@acme.test')).toEqual([]);
  expect((await get(url, key, `/flow-imports/${begun.import}`)).json).toMatchObject({
    ...{ by: 'Former member', stoppedBy: 'Former member', through: 'api' },
    lines: [{ error: 'Former member, who began this import, is no longer a member.' }],
  });
  await expect.poll(async () => (await underWay()).finishedAt, { timeout: 30_000 }).not.toBeNull();
  const { failed, lines } = await underWay();
  expect(failed).toBeGreaterThan(0);
  expect(JSON.stringify(lines)).toContain('Former member, who began this import, is no longer a member.');
  expect(JSON.stringify(lines)).not.toContain(adam.name);
  expect((await get(url, key, '/erasures')).json.erasures).toMatchObject([{ by: 'Former member' }]);
  const hooks = await world.owner.selectFrom('webhooks').select(['url', 'created_by']).execute();
  expect(hooks.filter((h) => h.url.endsWith('/his'))).toMatchObject([{ created_by: 'Former member' }]);

  const left = await world.owner
    .selectFrom('org_events')
    .select(['text', 'by_name'])
    .where('what', '=', 'member_left')
    .execute();
  expect(left).toEqual([{ text: 'deleted their account, and was ADMIN', by_name: 'Former member' }]);
  const open = await world.owner.selectFrom('hand_overs').select(['org_id', 'id', 'from_name']).execute();
  expect(open).toMatchObject([{ org_id: 'org_demo_acme', from_name: 'Former member' }]);
  await world.tools.workflows.passTasksOn('org_demo_acme', open[0]?.id ?? '');
  await expect
    .poll(
      async () => {
        const { tasks } = (await get(url, key, '/flows/Left%20behind')).json;
        return Array.isArray(tasks) ? tasks.find((t) => t.id === first.id)?.assignee : undefined;
      },
      { timeout: 60_000 },
    )
    .toBeNull();
}, 120_000);

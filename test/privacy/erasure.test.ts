/** A client is erased from one org: no table knows them any more, the flows go on, and the other org keeps what is its own. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { makeErasureActivities } from '../../src/activities/erasure.ts';
import { makeHandOverActivities } from '../../src/activities/hand-over.ts';
import { demoPassword } from '../../src/demo/people.ts';
import { erasedName } from '../../src/domain/erasure.ts';
import { createWebhook } from '../../src/operations/create-webhook.ts';
import { eraseExternalUser } from '../../src/operations/erase-external-user.ts';
import { rebuildFromWorkflow, verifyOrg } from '../../src/operations/read-model.ts';
import { idFrom } from '../../src/platform/ids.ts';
import { flowWorkflowId } from '../../src/workflows/contract.ts';
import { get, post } from '../api/ask.ts';
import { gus, olivia } from '../mcp/principals.ts';
import { Person } from '../oauth/person.ts';
import { acme, globex, jane, type Scene, settled, startScene, words } from './scene.ts';

const open = 'Harbor & Pine';
const ended = 'Harbor & Pine, earlier';
let scene: Scene;
let key = '';
let link = '';

beforeAll(async () => {
  scene = await startScene();
  const { world, call, olivia: speaker } = scene;
  key = await world.key('olivia@acme.test');
  const caller = { ...world.tools, now: Date.now() };
  const made = await createWebhook.run({ ...caller, principal: olivia }, { url: 'http://localhost:9/hook' });
  if (!made.ok) throw new Error(made.text);
  link = await scene.begin(speaker, open);
  const browser = await scene.sendBrand(link, open);
  // A draft that waits, and a reason.
  const more = await scene.taskOf(open, 'Tell us more');
  const { csrf } = await browser.portal();
  const draft = new FormData();
  for (const [k, v] of Object.entries({ csrf, 'answer.m': words.draft, save: '1' })) draft.append(k, v);
  await browser.send(`/portal/tasks/${more}/draft`, draft);
  await call(speaker, 'complete_task', { flow: open, task: 'Write the guide' });
  await call(speaker, 'comment_on_task', {
    ...{ flow: open, task: 'Write the guide', text: `${jane.name} (${jane.email}) asked twice` },
  });
  await settled(world);
  const external = await world.owner
    .selectFrom('external_users')
    .select('id')
    .where('flow_id', '=', await scene.idOf(open))
    .executeTakeFirstOrThrow();
  await world.flows.send(acme, await scene.idOf(open), {
    ...{ commandId: 'jane-rejects', fingerprint: '' },
    actor: { kind: 'external', id: external.id, name: jane.name, through: 'portal' },
    command: { type: 'reject', taskId: await scene.taskOf(open, 'Approve the guide'), reason: words.reason },
  });
  await scene.sendBrand(await scene.begin(speaker, ended), ended);
  await call(speaker, 'update_flow_status', { flow: ended, action: 'cancel' });
  await scene.sendBrand(await scene.begin(scene.gus, 'Secret Launch'), 'Secret Launch');
  await world.owner
    .insertInto('reminders_off')
    .values({ org_id: acme, kind: 'external', person: jane.email })
    .execute();
  await sql`insert into flow_imports values (${acme}, 'im_1', 'tp', 'Brand', '{"userId":"u","name":"n"}', 1, now(), now())`.execute(
    world.owner,
  );
  const line = { line: 2, name: 'From a table', email: jane.email, clientName: jane.name, role: '', start: true };
  await sql`insert into flow_import_lines values (${acme}, 'im_1', 2, ${JSON.stringify(line)}, 'DONE', null, null)`.execute(
    world.owner,
  );
  await settled(world);
}, 300_000);
afterAll(() => scene?.stop());

/** Every row of every table that holds one of these words, told as table and word; rows of the other org left out. */
async function whereFound(wanted: readonly string[], without: readonly string[]): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`.execute(scene.world.owner);
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(
      scene.world.owner,
    );
    for (const { row } of rows) {
      if (without.some((w) => row.includes(w))) continue;
      for (const word of wanted) if (row.toLowerCase().includes(word.toLowerCase())) found.push(`${name}: ${word}`);
    }
  }
  return [...new Set(found)].sort();
}

const theirs = [jane.email, jane.name, 'Quillfeather', ...Object.values(words)];
/** What stands in rows of the other org, and of its flow. */
const elsewhere = async (): Promise<string[]> => [globex, await scene.idOf('Secret Launch')];

describe('a client of two orgs', () => {
  test('is known in many tables before', async () => {
    const found = await whereFound(theirs, await elsewhere());
    const tables = new Set(found.map((f) => f.split(':')[0]));
    for (const table of ['comments', 'tasks', 'files', 'feed', 'external_users', 'mails', 'dev_mails', 'flow_words'])
      expect([...tables]).toContain(table);
    for (const table of ['webhook_deliveries', 'flow_import_lines', 'reminders_off', 'form_drafts'])
      expect([...tables]).toContain(table);
    for (const word of Object.values(words))
      expect(
        found.some((f) => f.endsWith(`: ${word}`)),
        word,
      ).toBe(true);
  });

  test('is told of before, and only an owner or admin may', async () => {
    const preview = await get(scene.world.url, key, `/erasures/preview?email=${encodeURIComponent(jane.email)}`);
    expect(preview.json).toMatchObject({ email: jane.email, openFlows: 1, endedFlows: 1, drafts: 1, files: 2 });
    const mia = await scene.world.key('mia@acme.test');
    expect((await post(scene.world.url, mia, '/erasures', { email: jane.email })).status).toBe(403);
    expect((await post(scene.world.url, key, '/erasures', { email: 'no@body.test' })).status).toBe(404);
    expect((await post(scene.world.url, key, '/erasures', { email: 'no address' })).status).toBe(400);
  });

  test('is erased by a form without JavaScript, though it fails in the middle and the worker is away', async () => {
    const { world } = scene;
    const person = new Person(world.url);
    await person.signIn('olivia@acme.test', demoPassword);
    const path = `/settings/data/erase?email=${encodeURIComponent(jane.email)}`;
    // Nobody has to know the address by heart.
    for (const find of ['', jane.name.slice(0, 3).toUpperCase(), jane.email.slice(2, 9)])
      expect((await person.get(`/settings/data/erase?find=${find}`)).html).toContain(`href="${path}"`);
    expect((await person.get('/settings/data/erase?find=zzz')).html).toContain('No client has this');
    expect((await person.get(`/settings/data/erase?find=${jane.email}`)).html).toContain('Erase for good');
    expect((await person.get('/settings/data/erase?email=no@body.test')).status).toBe(404);
    const fields = (await person.get(path)).form('/settings/data/erase');
    const wrong = await person.post('/settings/data/erase', { ...fields, typed: 'somebody@else.test' });
    expect(wrong.status).toBe(422);
    expect(wrong.html).toContain('That is not the address above. Nothing changed.');
    // The flow itself has forgotten her, and the read model can't yet.
    await sql`create function no_room() returns trigger language plpgsql as $$ begin
      if old.flow_id = (select id from flows where org_id = old.org_id and name = ${sql.lit(open)}) then
        raise exception 'no room';
      end if;
      return old;
    end $$`.execute(world.owner);
    await sql`create trigger no_room before delete on files for each row execute function no_room()`.execute(
      world.owner,
    );
    const begun = await person.post('/settings/data/erase', { ...fields, typed: jane.email.toUpperCase() });
    expect(begun.status).toBe(303);
    const told = (await person.get(`${begun.to?.pathname}${begun.to?.search}`)).html;
    expect(told).toContain('It is under way, and goes on by itself.');
    expect(told).toContain(`${jane.email}: under way`);
    const openId = await scene.idOf(open);
    await expect
      .poll(async () => JSON.stringify(await world.flows.snapshot(acme, openId)), { timeout: 60_000 })
      .toContain(erasedName);
    await world.stopWorker();
    expect(await whereFound([words.comment], await elsewhere())).toContain(`comments: ${words.comment}`);
    await sql`drop function no_room cascade`.execute(world.owner);
    await world.startWorker();
    const finished = () => get(world.url, key, '/erasures');
    await expect
      .poll(async () => (await finished()).json, { timeout: 60_000 })
      .toMatchObject({ erasures: [{ email: null, flows: 2, finishedAt: expect.any(String) }] });
    expect((await person.get('/settings/data/erase')).html).not.toContain('erased.invalid');
  }, 120_000);

  test('is known in no table after', async () => {
    expect(await whereFound(theirs, await elsewhere())).toEqual([]);
  });

  test('is known to the other org as before', async () => {
    const found = await whereFound(theirs, [acme]);
    for (const word of [jane.email, jane.name, words.answer, words.comment, words.fileName])
      expect(
        found.some((f) => f.endsWith(`: ${word}`)),
        word,
      ).toBe(true);
  });

  test('cannot come back by the old link, nor by what was opened with it', async () => {
    const answer = await fetch(link);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await answer.text()).not.toContain(open);
  });

  test('leaves flows that agree with their workflows; a running one is finished', async () => {
    const { world, call, olivia: speaker } = scene;
    const wrong = async (): Promise<unknown[]> => {
      const found: unknown[] = [];
      for await (const finding of verifyOrg(world, acme))
        if (finding.state !== 'same' && finding.state !== 'archived') found.push(finding);
      return found;
    };
    // What the worker that was stopped had begun to project is begun again only after its time limit.
    await expect.poll(wrong, { timeout: 45_000 }).toEqual([]);
    for (const flow of [open, ended]) await rebuildFromWorkflow(world, acme, await scene.idOf(flow));
    expect(await whereFound(theirs, await elsewhere())).toEqual([]);
    const snapshot = await world.flows.snapshot(acme, await scene.idOf(open));
    for (const word of theirs) expect(JSON.stringify(snapshot)).not.toContain(word);
    expect(snapshot?.flow.tasks.find((t) => t.title === 'Tell us more')?.assignee).toBeNull();
    expect(JSON.stringify(snapshot?.flow.feed)).toContain('took the assignee off \\"Tell us more\\"');
    const answers = {
      'Tell us more': { m: 'said by us' },
      'Send us your brand': { why: 'so', size: 'Large', logo: '' },
    };
    for (const [task, given] of Object.entries(answers)) {
      const state = snapshot?.flow.tasks.find((t) => t.title === task)?.status;
      if (state === 'READY') {
        const { logo: _, ...rest } = { logo: '', ...given };
        await call(speaker, 'complete_task', { flow: open, task, answers: rest });
      }
    }
    await call(speaker, 'complete_task', { flow: open, task: 'Write the guide' });
    await call(speaker, 'approve_task', { flow: open, task: 'Approve the guide', decision: 'approve' });
    await call(speaker, 'complete_task', { flow: open, task: 'Throw a party' });
    expect(await world.flows.snapshot(acme, await scene.idOf(open))).toMatchObject({ flow: { status: 'COMPLETED' } });
  });

  test('is forgotten by Temporal where the flow had ended', async () => {
    const handle = scene.world.client.workflow.getHandle(flowWorkflowId(acme, await scene.idOf(ended)));
    await expect
      .poll(
        () =>
          handle.describe().then(
            () => 'there',
            () => 'gone',
          ),
        // Temporal deletes when it has noted that all that came before is done: it looks every half minute or so.
        { timeout: 120_000 },
      )
      .toBe('gone');
    const read = await get(scene.world.url, key, `/flows/${await scene.idOf(ended)}`);
    expect(read).toMatchObject({ status: 200, json: { status: 'CANCELLED' } });
    expect(read.text).not.toContain('Quillfeather');
  }, 150_000);

  test('is erased too where Temporal did not answer: that is said, and it is begun a little later', async () => {
    const { world } = scene;
    const { database, flows, workflows } = world.tools;
    const away = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: 'No connection', metadata: {} });
    const deaf = { ...workflows, erase: () => Promise.reject(away) };
    const caller = { ...world.tools, workflows: deaf, principal: gus, now: Date.now(), commandId: 'erase-jane' };
    expect(await eraseExternalUser.run(caller, { email: jane.email })).toMatchObject({
      ok: false,
      code: 'engine_unavailable',
      facts: { commandId: 'erase-jane' },
    });
    await makeHandOverActivities({ database, flows, workflows, clock: () => Date.now() + 120_000 }).passTasksOn();
    const left = idFrom('er', globex, 'erase-jane');
    const row = () => world.owner.selectFrom('erasures').selectAll().where('id', '=', left).executeTakeFirst();
    await expect
      .poll(row, { timeout: 60_000 })
      .toMatchObject({ address: null, flows: 1, finished_at: expect.any(Date) });
    expect(await whereFound(theirs, [])).toEqual([]);
  }, 90_000);

  test('is erased too where an invitation was under way while no worker was up, however long that took', async () => {
    const { world } = scene;
    const late = 'late.linnet@harbor.test';
    const made = await post(world.url, key, '/flows', { template: 'Brand', name: 'Late' });
    const { id: flow } = z.object({ flow: z.object({ id: z.string() }) }).parse(made.json).flow;
    await world.stopWorker();
    expect((await post(world.url, key, `/flows/${flow}/external-users`, { email: late })).status).toBe(202);
    const hourAgo = new Date(Date.now() - 3_600_000);
    const by = JSON.stringify({ kind: 'member', id: 'us_demo_olivia', name: 'Olivia', role: 'OWNER', through: 'web' });
    const noted = { org_id: acme, id: 'er_late', address: late, by, created_at: hourAgo };
    await world.owner.insertInto('erasures').values(noted).execute();
    const look = (afterMs: number) =>
      new MockActivityEnvironment().run(
        makeErasureActivities({ ...world.tools, clock: () => Date.now() + afterMs }).eraseSome,
        { orgId: acme, erasureId: noted.id },
      );
    // A worker is up again, and looks here before it gets to the flow.
    expect(await look(0)).toEqual({ done: 0, open: true });
    await world.startWorker();
    await expect
      .poll(() => world.owner.selectFrom('external_users').select('email').where('flow_id', '=', flow).execute(), {
        timeout: 30_000,
      })
      .toEqual([{ email: late }]);
    expect(await look(0)).toEqual({ done: 1, open: true });
    expect(await look(40_000)).toEqual({ done: 0, open: false });
    await expect.poll(() => whereFound([late], []), { timeout: 30_000 }).toEqual([]);
  }, 90_000);
});

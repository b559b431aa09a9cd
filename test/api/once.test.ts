/** An Idempotency-Key on what PostgreSQL keeps: done once and answered the same, whatever goes on beside it. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Place, placesOf, requestFor } from '../../src/api/place.ts';
import type { Tables } from '../../src/db/schema.ts';
import { deleteOrg } from '../../src/operations/delete-org.ts';
import { leaveOrg } from '../../src/operations/leave-org.ts';
import { operationsOf } from '../../src/operations/registry.ts';
import { testWebhook } from '../../src/operations/test-webhook.ts';
import { freePort } from '../../src/platform/ports.ts';
import { olivia as oliviaHerself } from '../mcp/principals.ts';
import { Person } from '../oauth/person.ts';
import { type PartProcess, startPart } from '../support/part.ts';
import { startWorld, type World } from '../support/world.ts';
import { type ApiAnswer, ask, post } from './ask.ts';

let world: World;
let olivia: string;
const servers: PartProcess[] = [];
beforeAll(async () => {
  world = await startWorld();
  olivia = await world.key('olivia@acme.test');
});
afterAll(async () => {
  for (const server of servers) server.signal('SIGKILL');
  await world.stop();
});

const places = placesOf(operationsOf('rest'));
const named = (name: string): Place => {
  const found = places.find((p) => p.operation.name === name);
  if (!found) throw new Error(`No operation is called ${name}`);
  return found;
};
const call = (name: string, input: Readonly<Record<string, unknown>>, key: string, who = olivia): Promise<ApiAnswer> =>
  ask(world.url, who, requestFor(named(name), input), { 'idempotency-key': key });

const counted = [
  ...['templates', 'template_versions', 'template_drafts', 'webhooks', 'webhook_deliveries', 'flow_imports'],
  ...['org_events', 'member_invitations', 'memberships', 'hand_overs', 'commands_made'],
] as const satisfies readonly (keyof Tables)[];
const counts = async (): Promise<Record<string, number>> => {
  const found: Record<string, number> = { mails: world.mails.length };
  for (const table of counted) {
    // The lines of an import have commands of their own, which come later.
    const its = table === 'commands_made' ? sql`where command_id not like 'im\\_%'` : sql``;
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)} ${its}`.execute(
      world.owner,
    );
    found[table] = rows[0]?.n ?? -1;
  }
  return found;
};

/** One pixel. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const reused = { status: 422, code: 'command_id_reused' };
const tried = new Set<string>();

/** Does it once, again, with other input, and something else with its key. Gives the first answer. */
async function tryOut(
  name: string,
  input: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const key = `once-${name}`;
  const first = await call(name, input, key);
  expect(first.status, first.text).toBe(named(name).rest.location === undefined ? 200 : 201);
  const then = await counts();
  const again = await call(name, input, key);
  expect([again.status, again.json]).toEqual([first.status, first.json]);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  const with_ = await call(name, other, key);
  expect(with_.json).toMatchObject(reused);
  expect(with_.headers.get('content-type')).toMatch(/^application.problem\+json/);
  expect(with_.json.detail).toBe(
    `The command id ${key} was used for something else (${name}). Give this command its own id. Nothing changed.`,
  );
  const elsewhere = name === 'set_my_reminders' ? 'update_org_settings' : 'set_my_reminders';
  expect((await call(elsewhere, elsewhere === 'set_my_reminders' ? { on: true } : {}, key)).json).toMatchObject(reused);
  expect(await counts()).toEqual(then);
  tried.add(name);
  return first.json;
}

const templateSchema = z.object({ template: z.object({ id: z.string(), revision: z.number() }) });
const webhookSchema = z.object({ webhook: z.object({ id: z.string() }), secret: z.string() });

describe('a key', () => {
  test('of templates', async () => {
    const { template } = templateSchema.parse(await tryOut('create_template', { name: 'Once' }, { name: 'Twice' }));
    const definition = (title: string) => ({ name: 'Once', steps: [{ key: 'meet', title }] });
    const draft = { template: template.id, revision: template.revision };
    await tryOut(
      'save_template_draft',
      { ...draft, definition: definition('Meet') },
      { ...draft, definition: definition('Part') },
    );
    const published = { template: template.id, revision: template.revision + 1 };
    await tryOut('publish_template', published, { ...published, revision: 77 });
    await tryOut('copy_template', { template: 'Once', name: 'One more' }, { template: 'Once', name: 'Another' });
    const { revision } = await world.owner
      .selectFrom('templates')
      .select('revision')
      .where('id', '=', template.id)
      .executeTakeFirstOrThrow();
    const next = { template: template.id, revision, definition: definition('Discarded') };
    const saved = await call('save_template_draft', next, 'next');
    expect(saved.status, saved.text).toBe(200);
    const thrown = { template: template.id, revision: templateSchema.parse(saved.json).template.revision };
    await tryOut('discard_draft', thrown, { ...thrown, revision: 99 });
    await tryOut('archive_template', { template: template.id }, { template: template.id, archived: false });
  });

  test('of webhooks, whose secrets lie sealed and lapse', async () => {
    const url = 'https://hooks.example.com/booflow';
    const made = webhookSchema.parse(await tryOut('create_webhook', { url }, { url: `${url}/other` }));
    const webhook = made.webhook.id;
    await tryOut('update_webhook', { webhook, description: 'Ours' }, { webhook, description: 'Theirs' });
    const rotated = webhookSchema.parse(await tryOut('rotate_webhook_secret', { webhook }, { webhook: 'wh_other' }));
    expect(rotated.secret).not.toBe(made.secret);
    const rows = await world.owner.selectFrom('commands_made').selectAll().execute();
    const kept = Buffer.concat(rows.map((r) => r.answer ?? Buffer.alloc(0)));
    for (const text of [made.secret, rotated.secret, 'hooks.example.com']) expect(kept.includes(text)).toBe(false);
    expect(JSON.stringify(rows)).not.toContain(made.secret);
    expect(world.logs.join('')).not.toContain(made.secret.slice(6));
    const { delivery } = z
      .object({ delivery: z.string() })
      .parse(await tryOut('test_webhook', { webhook }, { webhook: 'wh_other' }));
    await tryOut('redeliver_webhook', { webhook, delivery }, { webhook, delivery: 'ev_other' });
    await tryOut('redeliver_undelivered', { webhook }, { webhook: 'wh_other' });
    await tryOut('delete_webhook', { webhook }, { webhook: 'wh_other' });
  });

  test('of members, invitations and settings', async () => {
    const noor = { email: 'noor@acme.test', role: 'MEMBER' };
    await tryOut('invite_member', noor, { ...noor, role: 'ADMIN' });
    const invitation = 'noor@acme.test';
    await tryOut('manage_member_invitation', { invitation, action: 'revoke' }, { invitation, action: 'resend' });
    const mia = 'mia@acme.test';
    await tryOut('change_member_role', { member: mia, role: 'ADMIN' }, { member: mia, role: 'OWNER' });
    await tryOut('update_org_settings', { name: 'Acme & Co' }, { name: 'Acme' });
    await tryOut('set_org_logo', { image_base64: null }, { image_base64: png });
    await tryOut('set_my_reminders', { on: false }, { on: true });
    await tryOut('remove_member', { member: mia, tasks_to: 'me' }, { member: mia, tasks_to: 'nobody' });
  });

  test('of an import', async () => {
    const table = { template: 'Client Onboarding', csv: 'name\nOnce Imported\n' };
    const made = await tryOut('import_flows', table, { ...table, csv: 'name\nTwice Imported\n' });
    await tryOut('stop_import', { import: made.import }, { import: 'im_other' });
  });

  test('of a client who is erased', async () => {
    const email = 'once@client.test';
    await call('create_flow_from_template', { template: 'Client Onboarding', name: 'Once erased' }, 'once-flow');
    await call('invite_external_user', { flow: 'Once erased', email }, 'once-invited');
    await tryOut('erase_external_user', { email }, { email: 'other@client.test' });
  });

  test('of an organization that is deleted', async () => {
    await world.owner.insertInto('orgs').values({ id: 'org_once', slug: 'once', name: 'Once' }).execute();
    const owner = { ...oliviaHerself, orgId: 'org_once' };
    await world.owner
      .insertInto('memberships')
      .values({ org_id: 'org_once', user_id: owner.userId, role: 'OWNER' })
      .execute();
    // Else it may be gone when it is asked for again.
    await world.stopWorker();
    const remove = (name: string) =>
      deleteOrg.run({ ...world.tools, now: Date.now(), principal: owner, commandId: 'once-delete_org' }, { name });
    const first = await remove('Once');
    expect(first.ok, first.text).toBe(true);
    expect(await remove('Once')).toEqual(first);
    expect(await remove('Twice')).toMatchObject({ ok: false, code: 'command_id_reused' });
    await world.startWorker();
    tried.add('delete_org');
  });

  test('of who leaves', async () => {
    const adam = {
      ...oliviaHerself,
      userId: 'us_demo_adam',
      name: 'Adam',
      email: 'adam@acme.test',
      role: 'ADMIN',
    } as const;
    const leave = (tasks_to: string) =>
      leaveOrg.run({ ...world.tools, now: Date.now(), principal: adam, commandId: 'once-leave_org' }, { tasks_to });
    const first = await leave('nobody');
    expect(first.ok, first.text).toBe(true);
    expect(await leave('nobody')).toEqual(first);
    expect(await leave('olivia@acme.test')).toMatchObject({ ok: false, code: 'command_id_reused' });
    tried.add('leave_org');
  });

  test('is taken by everything that writes', () => {
    const ofFlows = places.filter((p) => 'state' in p.operation.output.shape).map((p) => p.operation.name);
    const writes = places.filter((p) => p.operation.kind === 'write').map((p) => p.operation.name);
    expect(ofFlows.length).toBeGreaterThan(9);
    expect([...tried].sort()).toEqual(writes.filter((name) => !ofFlows.includes(name)).sort());
  });

  test('belongs to an organization and to whom it came from', async () => {
    const gus = await world.key('gus@globex.test', 'globex-studio');
    expect((await call('create_template', { name: 'Shared key' }, 'shared')).status).toBe(201);
    const theirs = await call('create_template', { name: 'Shared key' }, 'shared', gus);
    expect(theirs.status).toBe(201);
    await world.owner
      .insertInto('users')
      .values({ id: 'us_second', email: 'second@acme.test', name: 'Second' })
      .execute();
    await world.owner
      .insertInto('memberships')
      .values({ org_id: 'org_demo_acme', user_id: 'us_second', role: 'ADMIN' })
      .execute();
    const second = await world.key('second@acme.test');
    expect((await call('create_template', { name: 'Shared key' }, 'shared', second)).json).toMatchObject(reused);
  });

  test('is free again after a refusal', async () => {
    const input = { template: 'Nothing of this name', name: 'x' };
    expect((await call('copy_template', input, 'free')).status).toBe(404);
    expect((await call('create_template', { name: 'Free' }, 'free')).status).toBe(201);
  });

  test('that is forgotten makes nothing a second time, and says what it made', async () => {
    const first = templateSchema.parse((await call('create_template', { name: 'Long ago' }, 'old')).json);
    world.passTime(8 * 86_400_000);
    const { rows } = await sql<{ n: number }>`
      select delete_old_commands(${new Date(world.authority.clock())}, 1000) as n`.execute(world.database.open);
    expect(rows[0]?.n).toBeGreaterThan(0);
    for (const name of ['Long ago', 'Something else']) {
      const again = await call('create_template', { name }, 'old');
      expect(again.json).toMatchObject({ ...reused, made: first.template.id });
    }
    expect((await call('set_my_reminders', { on: true }, 'once-set_my_reminders')).status).toBe(200);
  });
});

test('a page that somebody comes back to and fills in anew says so, and can be sent again', async () => {
  const person = new Person(world.url);
  await person.signIn('olivia@acme.test');
  for (const [page, action, more] of [
    ['/templates', '/templates', {}],
    ['/flows/new?template=tp_public_tax-return', '/flows', { template: 'tp_public_tax-return' }],
  ] as const) {
    const form = { ...(await person.get(page)).form(action), ...more };
    expect((await person.post(action, { ...form, name: 'Page one' })).status).toBe(303);
    expect((await person.post(action, { ...form, name: 'Page one' })).status, 'pressed twice').toBe(303);
    const refused = await person.post(action, { ...form, name: 'Page two' });
    expect(refused.status).toBe(422);
    expect(refused.html).toContain('This page was sent before, with something else in it.');
    expect((await person.post(action, { ...refused.form(action), ...more, name: 'Page two' })).status).toBe(303);
  }
});

const templatesNamed = (prefix: string) =>
  world.owner.selectFrom('templates').select('name').where('name', 'like', `${prefix}%`).execute();

describe('many at once', () => {
  test('with the same key and body make one, and all are told the same', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => call('create_template', { name: 'Crowded' }, 'crowd')),
    );
    expect(answers.map((a) => a.status)).toEqual(Array(12).fill(201));
    expect(new Set(answers.map((a) => a.text)).size).toBe(1);
    expect(await templatesNamed('Crowded')).toHaveLength(1);
    const hooks = await Promise.all(
      Array.from({ length: 12 }, () =>
        call('create_webhook', { url: 'https://hooks.example.com/crowd' }, 'crowd-of-hooks'),
      ),
    );
    expect(new Set(hooks.map((a) => webhookSchema.parse(a.json).secret)).size).toBe(1);
  });

  test('with the same key and other bodies make one, and the others are refused', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => call('create_template', { name: `Contested ${n}` }, 'contest')),
    );
    expect(answers.map((a) => a.status).sort()).toEqual([201, ...Array(11).fill(422)]);
    expect(await templatesNamed('Contested')).toHaveLength(1);
  });

  test('of which the first fails let the next one do it', async () => {
    const answers = await Promise.all([
      ...Array.from({ length: 6 }, () => call('copy_template', { template: 'No such template' }, 'relay')),
      ...Array.from({ length: 6 }, () => call('create_template', { name: 'Relayed' }, 'relay')),
    ]);
    const statuses = answers.map((a) => a.status);
    expect(statuses.slice(6)).toEqual(Array(6).fill(201));
    expect(statuses.slice(0, 6).every((s) => s === 404 || s === 422)).toBe(true);
    expect(await templatesNamed('Relayed')).toHaveLength(1);
  });
});

describe('a break in the middle', () => {
  test('of the database leaves nothing, and the same key does it', async () => {
    const held = world.owner.transaction().execute(async (trx) => {
      await sql`lock table templates in exclusive mode`.execute(trx);
      const asked = call('create_template', { name: 'Broken off' }, 'broken');
      for (let waits = 0; waits === 0; ) {
        await sql`select pg_stat_clear_snapshot()`.execute(trx);
        const { rows } = await sql<{ gone: boolean }>`
          select pg_terminate_backend(pid) as gone from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(trx);
        waits = rows.length;
      }
      return asked;
    });
    const broken = await held;
    expect([broken.status, broken.json.code]).toEqual([503, 'database_unavailable']);
    expect(await templatesNamed('Broken off')).toEqual([]);
    const rows = await world.owner.selectFrom('commands_made').where('command_id', '=', 'broken').selectAll().execute();
    expect(rows).toEqual([]);
    expect((await call('create_template', { name: 'Broken off' }, 'broken')).status).toBe(201);
    expect((await call('create_template', { name: 'Broken off' }, 'broken')).status).toBe(201);
    expect(await templatesNamed('Broken off')).toHaveLength(1);
  });

  test('between what is kept and what follows: the same key lets it follow', async () => {
    const made = webhookSchema.parse(
      (await call('create_webhook', { url: 'https://hooks.example.com/late' }, 'late')).json,
    );
    const woken: string[] = [];
    const run = (wake: World['tools']['workflows']['wakeWebhook']) =>
      testWebhook.run(
        {
          ...{ ...world.tools, now: Date.now(), principal: oliviaHerself, commandId: 'late-test' },
          workflows: { ...world.tools.workflows, wakeWebhook: wake },
        },
        { webhook: made.webhook.id },
      );
    await expect(run(() => Promise.reject(new Error('Temporal is away')))).rejects.toThrow('Temporal is away');
    const second = await run(async ({ webhookId }) => void woken.push(webhookId));
    expect(second.ok).toBe(true);
    expect(woken).toEqual([made.webhook.id]);
    const deliveries = await world.owner
      .selectFrom('webhook_deliveries')
      .select('id')
      .where('webhook_id', '=', made.webhook.id)
      .execute();
    expect(deliveries).toEqual([{ id: second.facts.delivery }]);
  });

  test('of the server, killed among forty: each is made once, and who was answered is answered the same', async () => {
    const start = async (): Promise<{ server: PartProcess; url: string }> => {
      const port = await freePort();
      const url = `http://localhost:${port}`;
      const server = startPart('server', {
        ...{ DATABASE_URL: world.databaseUrl, TEMPORAL_ADDRESS: world.temporalAddress },
        ...{ TEMPORAL_NAMESPACE: world.namespace, BOOFLOW_TASK_QUEUE: world.taskQueue },
        ...{ PORT: String(port), PUBLIC_URL: url, BOOFLOW_DRAIN_SECONDS: '0' },
      });
      servers.push(server);
      await server.wrote(/Listening on/);
      return { server, url };
    };
    const names = Array.from({ length: 40 }, (_, n) => `Killed ${n}`);
    const make = (url: string, name: string) =>
      post(url, olivia, '/templates', { name }, { 'idempotency-key': `kill ${name}`.replaceAll(' ', '-') });
    const one = await start();
    const answered = new Map<string, ApiAnswer>();
    await Promise.all(
      names.map(async (name) => {
        const answer = await make(one.url, name).catch(() => null);
        if (answer === null) return;
        answered.set(name, answer);
        if (answered.size === 5) one.server.signal('SIGKILL');
      }),
    );
    expect(await one.server.exited).toBe('SIGKILL');
    expect(answered.size).toBeLessThan(40);
    const two = await start();
    const again = await Promise.all(names.map(async (name) => [name, await make(two.url, name)] as const));
    for (const [name, answer] of again) {
      expect(answer.status, answer.text).toBe(201);
      const before = answered.get(name);
      if (before) expect(answer.json).toEqual(before.json);
    }
    expect(await templatesNamed('Killed')).toHaveLength(40);
    two.server.signal('SIGTERM');
    await two.server.exited;
  }, 240_000);
});

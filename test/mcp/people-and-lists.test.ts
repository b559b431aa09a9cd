/** Who and what is found by what it is called, and what a list leaves out. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { archiveTemplate } from '../../src/operations/archive-template.ts';
import type { FlowGateway } from '../../src/operations/gateway.ts';
import { getFlow } from '../../src/operations/get-flow.ts';
import { setDueDate } from '../../src/operations/set-due-date.ts';
import { Person } from '../oauth/person.ts';
import { startWorld, type World } from '../support/world.ts';
import { settled } from './everything.ts';
import { olivia as oliviaHerself } from './principals.ts';
import { type Answer, type Speaker, speak } from './speak.ts';

let world: World;
let olivia: Speaker;
const flows: Record<string, string> = {};
const jane = 'jane@two.test';

beforeAll(async () => {
  world = await startWorld();
  olivia = await speak(world.url, await world.key('olivia@acme.test'));
  for (const name of ['Elm', 'Oak', 'Ash']) {
    const made = await olivia.call('create_flow_from_template', { template: 'Website relaunch', name });
    expect(made.isError, made.text).toBe(false);
    flows[name] = z.object({ flow: z.object({ id: z.string() }) }).parse(made.facts).flow.id;
    // One person on two flows, and another one of the same name.
    await olivia.call('invite_external_user', {
      flow: name,
      name: 'Jane Alder',
      email: name === 'Ash' ? 'other@ash.test' : jane,
    });
    await olivia.call('update_flow_status', { flow: name, action: 'start' });
    const task = await world.owner
      .selectFrom('tasks')
      .select('id')
      .where('flow_id', '=', flows[name] ?? '')
      .where('status', '=', 'READY')
      .orderBy('position')
      .executeTakeFirstOrThrow();
    const assigned = await olivia.call('assign_task', { flow: name, task: task.id, assignee: 'Jane' });
    expect(assigned.text).toMatch(/lies with client Jane Alder now/);
  }
  await settled(world);
});
afterAll(async () => {
  await olivia.close();
  await world.stop();
});

const listed = z.object({
  flows: z.array(z.object({ name: z.string() })).default([]),
  tasks: z.array(z.object({ flow: z.object({ name: z.string() }) })).default([]),
});
const flowsOf = ({ facts, isError, text }: Answer): string[] => {
  expect(isError, text).toBe(false);
  const { flows, tasks } = listed.parse(facts);
  return [...new Set([...flows.map((f) => f.name), ...tasks.map((t) => t.flow.name)])].sort();
};

describe('a client of several flows', () => {
  test('is one person by the address', async () => {
    expect(flowsOf(await olivia.call('list_tasks', { assignee: jane, status: 'READY' }))).toEqual(['Elm', 'Oak']);
    expect(flowsOf(await olivia.call('list_flows', { waits_on: jane.toUpperCase() }))).toEqual(['Elm', 'Oak']);
    expect(flowsOf(await olivia.call('list_tasks', { assignee: jane, flow: 'Elm', status: 'READY' }))).toEqual(['Elm']);
  });

  test('and by the name two people are told apart by their flows', async () => {
    for (const assignee of ['Jane Alder', 'jane']) {
      const asked = await olivia.call('list_tasks', { assignee });
      expect(asked.code).toBe('ambiguous');
      for (const [email, flow] of [
        [jane, 'Elm'],
        [jane, 'Oak'],
        ['other@ash.test', 'Ash'],
      ])
        expect(asked.text).toContain(`- client Jane Alder, ${email}, on ${flow} · `);
    }
    expect(flowsOf(await olivia.call('list_flows', { waits_on: 'other@ash.test' }))).toEqual(['Ash']);
  });

  test('is among all clients', async () => {
    const asked = { status: 'READY', assignee: 'Clients' };
    expect(flowsOf(await olivia.call('list_tasks', asked))).toEqual(
      flowsOf(await olivia.call('list_flows', { waits_on: 'clients' })),
    );
    expect(flowsOf(await olivia.call('list_tasks', { ...asked, flow: 'Ash' }))).toEqual(['Ash']);
  });

  test('hides no other of that name, in however many flows they are', async () => {
    await world.owner.transaction().execute(async (trx) => {
      const of = sql.lit(flows.Elm ?? '');
      await sql`create temp table more_flows on commit drop as select f.* from flows f where id = ${of}`.execute(trx);
      await sql`alter table more_flows drop column name_key`.execute(trx);
      const { rows } = await sql<{ columns: string }>`select string_agg(quote_ident(column_name), ', ') as columns
        from information_schema.columns where table_name = 'more_flows' and column_name <> 'id'`.execute(trx);
      const columns = sql.raw(rows[0]?.columns ?? '');
      await sql`insert into flows (id, ${columns}) select 'fl_more_' || n, ${columns}
        from more_flows, generate_series(1, 60) n`.execute(trx);
      await sql`insert into external_users (org_id, flow_id, id, email, name, role, invitation, invited_at, version)
        select org_id, 'fl_more_' || n, 'ex_more_' || n, email, name, role, invitation, now() + interval '1 hour', version
        from external_users, generate_series(1, 60) n where flow_id = ${of} and email = ${jane}`.execute(trx);
    });
    for (const assignee of ['Jane Alder', 'jane']) {
      const asked = await olivia.call('list_tasks', { assignee });
      expect(asked.code).toBe('ambiguous');
      expect(asked.text).toContain('- client Jane Alder, other@ash.test, on Ash · ');
    }
    await world.owner.deleteFrom('flows').where('id', 'like', 'fl\\_more\\_%').execute();
  });

  test('is named where somebody unknown is', async () => {
    const task = 'Collect the content';
    const refused = await olivia.call('assign_task', {
      flow: 'Elm',
      task: (await anyTask()) ?? task,
      assignee: 'Bertha',
    });
    expect(refused.code).toBe('not_found');
    expect(refused.text).toMatch(
      /^Nobody here is called "Bertha"\. .*\nClients of Elm:\n- Jane Alder, jane@two\.test · `/,
    );
  });
});

const anyTask = async (): Promise<string | undefined> =>
  (
    await world.owner
      .selectFrom('tasks')
      .select('id')
      .where('flow_id', '=', flows.Elm ?? '')
      .executeTakeFirst()
  )?.id;

test('an archived template still finds its flows', async () => {
  const archive = (archived: boolean) =>
    archiveTemplate.run(
      { ...world.tools, now: Date.now(), principal: oliviaHerself },
      { template: 'Website relaunch', archived },
    );
  expect((await archive(true)).ok).toBe(true);
  expect(flowsOf(await olivia.call('list_flows', { template: 'website relaunch' }))).toEqual(['Ash', 'Elm', 'Oak']);
  const made = await olivia.call('create_flow_from_template', { template: 'Website relaunch', name: 'No more' });
  expect(made.code).toBe('not_found');
  expect((await archive(false)).ok).toBe(true);
});

test('what is not overdue is what is left', async () => {
  await world.owner.updateTable('tasks').set({ due_at: null }).execute();
  await world.owner
    .updateTable('tasks')
    .set({ due_at: new Date(Date.now() - 86_400_000) })
    .where('flow_id', '=', flows.Oak ?? '')
    .where('status', '=', 'READY')
    .execute();
  const names = async (overdue?: boolean) => flowsOf(await olivia.call('list_flows', { overdue }));
  expect([await names(), await names(true), await names(false)]).toEqual([
    ['Ash', 'Elm', 'Oak'],
    ['Oak'],
    ['Ash', 'Elm'],
  ]);
  const left = await olivia.call('list_flows', { overdue: false });
  expect(left.facts).toMatchObject({ total: 2, late: 0 });
  const tasks = async (overdue?: boolean) => (await olivia.call('list_tasks', { overdue, limit: 1 })).facts.total;
  const [all, late, others] = [await tasks(), await tasks(true), await tasks(false)];
  expect(late).toBeGreaterThan(0);
  expect(Number(late) + Number(others)).toBe(all);
});

test('only what is near is suggested', async () => {
  const told = async (flow: string) => (await olivia.call('get_flow', { flow })).text;
  expect(await told('qk')).not.toContain('Did you mean');
  expect(await told('Eml')).toContain('Did you mean "Elm"');
});

describe("when the organization's time zone changes", () => {
  const tz = async (time_zone: string): Promise<void> => {
    const { orgId } = oliviaHerself;
    await world.owner.updateTable('orgs').set({ time_zone }).where('id', '=', orgId).execute();
    // It is read anew after so long.
    world.passTime(11_000);
  };

  test("a flow's days stay its own, wherever they are told", async () => {
    await tz('Asia/Tokyo');
    await olivia.call('create_flow_from_template', { template: 'Client Onboarding', name: 'Tokyo' });
    await olivia.call('update_flow_status', { flow: 'Tokyo', action: 'start' });
    await tz('Pacific/Pago_Pago');
    const task = 'Send contract draft';
    const caller = { ...world.tools, now: Date.now() + 60_000, principal: oliviaHerself };
    const moved = await setDueDate.run(caller, { flow: 'Tokyo', task, due_date: '2031-12-10' });
    expect(moved.text).toBe('"Send contract draft" is due Wed 10 Dec 2031 now.');
    const flow = await olivia.call('get_flow', { flow: 'Tokyo' });
    expect(flow.facts.timeZone).toBe('Asia/Tokyo');
    expect(flow.text).toContain('to Wed 10 Dec');
    await settled(world);
    const told = [
      await olivia.call('get_task', { flow: 'Tokyo', task }),
      await olivia.call('list_tasks', { flow: 'Tokyo', status: 'READY' }),
      await olivia.call('assign_task', { flow: 'Tokyo', task, assignee: 'me' }),
      await olivia.call('get_flow', { flow: 'Tokyo' }),
    ];
    // Of a flow whose workflow is gone the lists tell.
    const gone: FlowGateway['overview'] = async () => ({ state: 'gone' });
    const flows = new Proxy(world.flows, {
      get: (its, name) => (name === 'overview' ? gone : Reflect.get(its, name, its)),
    });
    const listed = await getFlow.run({ ...caller, flows }, { flow: 'Tokyo' });
    expect(listed).toMatchObject({ facts: { asOf: expect.any(String), timeZone: 'Asia/Tokyo' } });
    expect(listed.text).toContain('to Wed 10 Dec');
    for (const { text } of told.filter((t) => t.text.includes('due '))) expect(text).not.toMatch(/due [^·]*\b9 Dec/);
    expect(told[0]?.text).toContain('due Wed 10 Dec 2031');
    expect(told[1]?.text).toContain('due Wed 10 Dec 2031');
    const person = new Person(world.url);
    await person.signIn('olivia@acme.test');
    const { id } = z.object({ id: z.string() }).parse(flow.facts);
    for (const path of [`/flows/${id}`, '/tasks']) {
      const { html } = await person.get(path);
      expect(html, path).toContain('Wed 10 Dec');
      expect(html, path).not.toContain('Tue 9 Dec');
    }
  });

  test("a day to look back to begins as the organization's does", async () => {
    const name = 'Elm';
    const at = (iso: string) =>
      world.owner
        .updateTable('flows')
        .set({ updated_at: new Date(iso) })
        .where('name', '=', name)
        .execute();
    const since = async () => flowsOf(await olivia.call('list_flows', { changed_since: '2026-11-16', search: name }));
    await at('2026-11-16T10:59:00Z');
    expect(await since()).toEqual([]);
    await at('2026-11-16T11:00:00Z');
    expect(await since()).toEqual([name]);
  });
});

test('flows of one name that stand alike are told apart by where they come from', async () => {
  for (const template of ['Website relaunch', 'Client Onboarding'])
    await olivia.call('create_flow_from_template', { template, name: 'Twin flow' });
  const asked = await olivia.call('get_flow', { flow: 'Twin flow' });
  expect(asked.code).toBe('ambiguous');
  for (const template of ['Website relaunch', 'Client Onboarding'])
    expect(asked.text).toMatch(
      new RegExp(`^- Twin flow \\(DRAFT, 0%\\), from ${template}, made \\d+ \\w+ \\d{4}, \\d\\d:\\d\\d · \`fl_`, 'm'),
    );
});

/** Who and what is found by what it is called, and what a list leaves out. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { archiveTemplate } from '../../src/operations/archive-template.ts';
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

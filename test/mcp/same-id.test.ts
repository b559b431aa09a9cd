/** The same command id again: it goes to what it went to, and is answered the same, whatever is called that name since. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createFlowFromTemplate } from '../../src/operations/create-flow-from-template.ts';
import { discardDraft } from '../../src/operations/discard-draft.ts';
import type { FlowGateway } from '../../src/operations/gateway.ts';
import { manageInvitation } from '../../src/operations/manage-invitation.ts';
import { removeMember } from '../../src/operations/remove-member.ts';
import { updateFlowStatus } from '../../src/operations/update-flow-status.ts';
import { startWorld, type World } from '../support/world.ts';
import { changesNothing, settled } from './everything.ts';
import { olivia as oliviaHerself } from './principals.ts';
import { type Answer, type Speaker, speak } from './speak.ts';

let world: World;
let olivia: Speaker;
beforeAll(async () => {
  world = await startWorld();
  olivia = await speak(world.url, await world.key('olivia@acme.test'));
});
afterAll(async () => {
  await olivia.close();
  await world.stop();
});

const madeSchema = z.object({ flow: z.object({ id: z.string() }) });
const make = async (name: string, more: Record<string, unknown> = {}): Promise<string> => {
  const made = await olivia.call('create_flow_from_template', { template: 'Client Onboarding', name, ...more });
  expect(made.isError, made.text).toBe(false);
  return madeSchema.parse(made.facts).flow.id;
};
const statusOf = async (flow: string): Promise<unknown> => (await olivia.call('get_flow', { flow })).facts.status;
/** What is told, but for what the lists may not have yet. */
const told = ({ isError, text, facts }: Answer) => ({ isError, text, facts: { ...facts, listsMayLag: null } });

describe('a command to a flow by its name', () => {
  test('goes to no other flow of that name', async () => {
    const first = await make('Twin');
    const cancel = { flow: 'Twin', action: 'cancel', reason: 'No more', command_id: 'c_twin' };
    const done = await olivia.call('update_flow_status', cancel);
    expect(done.text).toMatch(/^Twin is cancelled/);
    const second = await make('Twin');
    await settled(world);
    const again = await changesNothing(world, () => olivia.call('update_flow_status', cancel));
    expect(told(again)).toEqual(told(done));
    expect([await statusOf(first), await statusOf(second)]).toEqual(['CANCELLED', 'DRAFT']);
    const other = await changesNothing(world, () => olivia.call('update_flow_status', { ...cancel, reason: 'Other' }));
    expect(other.code).toBe('command_id_reused');

    // Now that two of that name are over, it still is the one it went to.
    const next = { ...cancel, command_id: 'c_twin_2' };
    const doneToo = await olivia.call('update_flow_status', next);
    expect(madeSchema.parse(doneToo.facts).flow.id).toBe(second);
    expect(told(await olivia.call('update_flow_status', next))).toEqual(told(doneToo));
  });

  test('is one command: with its id another flow is not started', async () => {
    await make('One X');
    const second = await make('Two X');
    const start = { action: 'start', command_id: 'c_two_flows' };
    expect((await olivia.call('update_flow_status', { flow: 'One X', ...start })).isError).toBe(false);
    expect((await olivia.call('update_flow_status', { flow: 'Two X', ...start })).code).toBe('command_id_reused');
    expect(await statusOf(second)).toBe('DRAFT');
  });

  test('goes where it went after it was not confirmed', async () => {
    const first = await make('Unconfirmed');
    const caller = { ...world.tools, now: Date.now(), principal: oliviaHerself };
    const away: FlowGateway['send'] = async () => ({ state: 'accepted' });
    const flows = new Proxy(world.flows, {
      get: (its, name) => (name === 'send' ? away : Reflect.get(its, name, its)),
    });
    const start = { flow: 'Unconfirmed', action: 'start', command_id: 'c_unconfirmed' } as const;
    expect(await updateFlowStatus.run({ ...caller, flows }, start)).toMatchObject({ facts: { state: 'accepted' } });
    const cancelled = await olivia.call('update_flow_status', { flow: first, action: 'cancel' });
    expect(cancelled.isError, cancelled.text).toBe(false);
    await make('Unconfirmed');
    await settled(world);
    expect(await changesNothing(world, () => olivia.call('update_flow_status', start))).toMatchObject({
      code: 'flow_final',
    });
  });

  test('that was refused for what it asks keeps nothing', async () => {
    await make('Refused');
    const start = { flow: 'Refused', action: 'start', command_id: 'c_refused' };
    expect((await olivia.call('update_flow_status', { ...start, start_date: '2026-02-30' })).code).toBe('bad_input');
    expect((await olivia.call('update_flow_status', start)).isError).toBe(false);
  });

  test('goes to the same task, and to the same person', async () => {
    await make('Tasks');
    await olivia.call('invite_external_user', { flow: 'Tasks', email: 'jane@tasks.test', name: 'Jane Alder' });
    await olivia.call('update_flow_status', { flow: 'Tasks', action: 'start' });
    const assign = { flow: 'Tasks', task: 'Send contract draft', assignee: 'Mia Tanaka', command_id: 'c_assigned' };
    const assigned = await olivia.call('assign_task', assign);
    const complete = { task: 'Send contract draft', flow: 'Tasks', command_id: 'c_completed' };
    const completed = await olivia.call('complete_task', complete);
    expect(completed.text).toMatch(/^"Send contract draft" is completed/);
    await make('Tasks');
    await world.owner.updateTable('users').set({ name: 'Mia Other' }).where('email', '=', 'mia@acme.test').execute();
    await settled(world);
    const again = await changesNothing(world, async () => [
      await olivia.call('assign_task', assign),
      await olivia.call('complete_task', complete),
    ]);
    expect(again.map(told)).toEqual([assigned, completed].map(told));
    await world.owner.updateTable('users').set({ name: 'Mia Tanaka' }).where('email', '=', 'mia@acme.test').execute();
  });

  test('is answered the same when the person it was about is gone, by ids too', async () => {
    const flow = await make('Gone since');
    await olivia.call('update_flow_status', { flow, action: 'start' });
    await olivia.call('invite_external_user', { flow, email: 'jane@gone.test', name: 'Jane Gone' });
    await settled(world);
    const { id: task } = await world.owner
      .selectFrom('tasks')
      .select('id')
      .where('flow_id', '=', flow)
      .where('status', '=', 'READY')
      .executeTakeFirstOrThrow();
    const assign = { flow, task, assignee: 'Jane Gone', command_id: 'c_gone_assigned' };
    const assigned = await olivia.call('assign_task', assign);
    expect(assigned.text).toMatch(/lies with client Jane Gone now/);
    const caller = { ...world.tools, now: Date.now(), principal: oliviaHerself };
    const { id: external_user } = await world.owner
      .selectFrom('external_users')
      .select('id')
      .where('flow_id', '=', flow)
      .executeTakeFirstOrThrow();
    const revoke = { flow, external_user, action: 'revoke', command_id: 'c_gone_revoked' };
    const revoked = await manageInvitation.run(caller, revoke);
    expect(revoked.text).toMatch(/^The invitation of jane@gone\.test is revoked/);
    await settled(world);
    const again = await changesNothing(world, async () => [
      await olivia.call('assign_task', assign),
      await manageInvitation.run(caller, revoke),
    ]);
    expect(again.map((a) => a.text)).toEqual([assigned.text, revoked.text]);
  });

  test('by ids alone keeps nothing: it belongs to the flow', async () => {
    const [one, two] = [await make('Exact one'), await make('Exact two')];
    for (const flow of [one, two]) {
      const started = await olivia.call('update_flow_status', { flow, action: 'start', command_id: 'c_exact' });
      expect(started.text).toMatch(/ is started\./);
    }
    const kept = await world.owner
      .selectFrom('commands_made')
      .select('command_id')
      .where('command_id', '=', 'c_exact')
      .execute();
    expect(kept).toEqual([]);
  });
});

describe('a flow that is made', () => {
  const steps = (...titles: string[]) => titles.map((title, n) => ({ key: `s${n}`, title }));
  const revisionSchema = z.object({ template: z.object({ id: z.string(), revision: z.number().default(-1) }) });
  const api = async (method: string, path: string, body: unknown): Promise<z.infer<typeof revisionSchema>> => {
    const key = await world.key('olivia@acme.test');
    const answer = await fetch(`${world.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.ok, await answer.clone().text()).toBe(true);
    return revisionSchema.parse(await answer.json());
  };
  const publish = async (name: string, titles: string[]): Promise<string> => {
    const { template } = await api('POST', '/templates', { file: { name, description: '', steps: steps(...titles) } });
    await api('POST', `/templates/${template.id}/publish`, { revision: template.revision });
    return template.id;
  };
  const publishNext = async (id: string, name: string, titles: string[]): Promise<void> => {
    const { revision } = await world.owner
      .selectFrom('templates')
      .select('revision')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    const saved = await api('PUT', `/templates/${id}/draft`, {
      revision,
      definition: { name, description: '', steps: steps(...titles) },
    });
    await api('POST', `/templates/${id}/publish`, { revision: saved.template.revision });
  };

  test('is told as it was made, whatever became of its template and of itself', async () => {
    const id = await publish('Short', ['A', 'B']);
    const create = { template: 'Short', name: 'Made once', command_id: 'c_made' };
    const made = await olivia.call('create_flow_from_template', create);
    expect(made).toMatchObject({ facts: { tasks: 2, template: { version: 1 } } });
    await publishNext(id, 'Short', ['A', 'B', 'C']);
    expect(told(await olivia.call('create_flow_from_template', create))).toEqual(told(made));
    await olivia.call('update_flow_status', { flow: 'Made once', action: 'cancel' });
    await api('POST', `/templates/${id}/archive`, {});
    expect(told(await olivia.call('create_flow_from_template', create))).toEqual(told(made));
    expect(await olivia.call('create_flow_from_template', { ...create, name: 'Another' })).toMatchObject({
      code: 'command_id_reused',
    });
    // Also when what was answered is forgotten.
    await world.owner.deleteFrom('commands_made').where('command_id', '=', 'c_made').execute();
    const other = await olivia.call('create_flow_from_template', { ...create, name: 'Another' });
    expect(other.code).toBe('command_id_reused');
    expect(await olivia.call('create_flow_from_template', create)).toMatchObject({
      isError: false,
      facts: { tasks: 2, template: { version: 1 } },
    });
  });

  test('keeps no connection to the database while Temporal is asked what became of it', async () => {
    const caller = { ...world.tools, now: Date.now(), principal: oliviaHerself };
    const create = { template: 'Client Onboarding', name: 'Asked slowly', command_id: 'c_slow' };
    await createFlowFromTemplate.run(caller, create);
    await settled(world);
    await world.owner.deleteFrom('commands_made').where('command_id', '=', 'c_slow').execute();
    const used: number[] = [];
    const ask: FlowGateway['ask'] = (...of) => {
      used.push(world.database.connections.used);
      return world.flows.ask(...of);
    };
    const flows = new Proxy(world.flows, {
      get: (its, name) => (name === 'ask' ? ask : Reflect.get(its, name, its)),
    });
    expect(await createFlowFromTemplate.run({ ...caller, flows }, create)).toMatchObject({ ok: true });
    expect(used).toEqual([0]);
  });

  test('is begun from what it was to be made from, when it could not be begun at first', async () => {
    const id = await publish('Unbegun', ['A']);
    const create = { template: 'Unbegun', name: 'Begun late', command_id: 'c_begun_late' };
    const caller = { ...world.tools, now: Date.now(), principal: oliviaHerself };
    const away: FlowGateway['create'] = async () => Promise.reject(new Error('away'));
    const flows = new Proxy(world.flows, {
      get: (its, name) => (name === 'create' ? away : Reflect.get(its, name, its)),
    });
    await expect(createFlowFromTemplate.run({ ...caller, flows }, create)).rejects.toThrow('away');
    await publishNext(id, 'Unbegun', ['A', 'B']);
    await api('POST', `/templates/${id}/archive`, {});
    const made = await olivia.call('create_flow_from_template', create);
    expect(made).toMatchObject({ isError: false, facts: { tasks: 1, template: { version: 1 } } });
    const flow = await olivia.call('get_flow', { flow: madeSchema.parse(made.facts).flow.id });
    expect(flow.facts.tasks).toHaveLength(1);
  });
});

test('an id that comes with a question is free: asking writes nothing', async () => {
  await make('Asked about');
  await settled(world);
  const meta = { 'booflow.com/commandId': 'c_question' };
  const asked = await changesNothing(world, () => olivia.call('explain_flow', { flow: 'Asked about' }, meta));
  expect(asked.isError, asked.text).toBe(false);
  const kept = world.owner.selectFrom('commands_made').select('operation').where('command_id', '=', 'c_question');
  expect(await kept.execute()).toEqual([]);
  const started = await olivia.call('update_flow_status', { flow: 'Asked about', action: 'start' }, meta);
  expect(started.facts).toMatchObject({ state: 'applied', commandId: 'c_question' });
});

test('two command ids for one call are refused', async () => {
  const flow = await make('Two ids');
  await settled(world);
  const start = (meta: string) =>
    olivia.call(
      'update_flow_status',
      { flow, action: 'start', command_id: 'c_input' },
      { 'booflow.com/commandId': meta },
    );
  expect(await changesNothing(world, () => start('c_beside'))).toMatchObject({
    code: 'bad_input',
    text: 'Not done: it came with two command ids, one in the input and another beside it. Give one. Nothing changed.',
  });
  expect((await start('c_input')).facts).toMatchObject({ state: 'applied', commandId: 'c_input' });
});

test("what can't be undone takes no part of a name", async () => {
  const flow = await make('Whole of it');
  await settled(world);
  const cancel = (called: string) => olivia.call('update_flow_status', { flow: called, action: 'cancel' });
  const refused = await changesNothing(world, () => cancel('hole of'));
  expect(refused).toMatchObject({ code: 'ambiguous', facts: { candidates: [{ id: flow }] } });
  expect(refused.text).toBe(
    `"hole of" fits 1 flow. This can't be undone, so give the whole name or the id. Nothing changed.\n- Whole of it (DRAFT, 0%) · \`${flow}\``,
  );
  expect((await olivia.call('update_flow_status', { flow: 'hole of', action: 'start' })).isError).toBe(false);
  expect((await cancel('WHOLE OF IT')).isError).toBe(false);
  const remove = { ...world.tools, now: Date.now(), principal: oliviaHerself };
  const member = await changesNothing(world, () => removeMember.run(remove, { member: 'Adam', tasks_to: 'nobody' }));
  expect(member).toMatchObject({ code: 'ambiguous', text: expect.stringContaining('give the whole name or the id') });
  const draft = await changesNothing(world, () => discardDraft.run(remove, { template: 'website', revision: 1 }));
  expect(draft).toMatchObject({ code: 'ambiguous', text: expect.stringContaining('give the whole name or the id') });
});

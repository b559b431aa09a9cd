/** Commands about a task by two ids, as programs give them: sent at once, since the flow names the task in its answer. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { approveTask } from '../../src/operations/approve-task.ts';
import { bulkInviteExternal } from '../../src/operations/bulk-invite-external.ts';
import { commentOnTask } from '../../src/operations/comment-on-task.ts';
import { completeTask } from '../../src/operations/complete-task.ts';
import { createFlowFromTemplate } from '../../src/operations/create-flow-from-template.ts';
import { explainFlow } from '../../src/operations/explain-flow.ts';
import type { FlowGateway, Sent } from '../../src/operations/gateway.ts';
import { inviteExternalUser } from '../../src/operations/invite-external-user.ts';
import type { Caller } from '../../src/operations/operation.ts';
import { reopenTask } from '../../src/operations/reopen-task.ts';
import { skipTask } from '../../src/operations/skip-task.ts';
import { updateFlowStatus } from '../../src/operations/update-flow-status.ts';
import { newId } from '../../src/platform/ids.ts';
import { changesNothing, settled } from './everything.ts';
import { gus, olivia } from './principals.ts';
import { type TwoOrgs, twoOrgs } from './two-orgs.ts';

const madeSchema = z.object({ flow: z.object({ id: z.string() }) });

let all: TwoOrgs;
beforeAll(async () => {
  all = await twoOrgs();
});
afterAll(() => all.stop());

/** Olivia, and how often the database was looked at for her. */
function watched(): { caller: Caller; looks: () => number } {
  const { tools } = all.world;
  let looks = 0;
  const database = new Proxy(tools.database, {
    get(target, name) {
      if (name === 'withOrg') looks++;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { caller: { ...tools, database, now: Date.now(), principal: olivia }, looks: () => looks };
}

test('nothing is looked up for them, and they are answered as by names', async () => {
  const { flow, task } = all.acme;
  const ids = { flow: flow.id, task: task.id };
  const { caller, looks } = watched();
  // The time zone is known from here on.
  await completeTask.run(caller, { flow: newId('fl'), task: newId('tk') });
  const before = looks();
  const answers = [
    await commentOnTask.run(caller, { ...ids, text: 'Begun' }),
    await completeTask.run(caller, ids),
    await reopenTask.run(caller, { ...ids, reason: 'Not yet' }),
    await skipTask.run(caller, { ...ids, reason: 'Not needed' }),
  ];
  expect(looks()).toBe(before);
  for (const answer of answers) {
    expect(answer).toMatchObject({ ok: true, facts: { task: { id: task.id, title: task.name }, by: 'Olivia Brandt' } });
    expect(answer.text).toContain(`"${task.name}"`);
  }
  const named = await commentOnTask.run(caller, { flow: flow.name, task: task.name, text: 'By names' });
  expect(named).toMatchObject({ ok: true, facts: { task: { id: task.id, title: task.name } } });
  expect(looks()).toBeGreaterThan(before);
});

test('a refusal says what it says of names', async () => {
  const { flow, task } = all.acme;
  const { caller } = watched();
  const [byIds, byNames] = await changesNothing(all.world, async () => [
    await approveTask.run(caller, { flow: flow.id, task: task.id, decision: 'approve' }),
    await approveTask.run(caller, { flow: flow.name, task: task.name, decision: 'approve' }),
  ]);
  const { commandId: _, ...facts } = byIds?.facts ?? {};
  expect(byIds).toMatchObject({ ok: false, code: 'not_approval' });
  expect(byNames).toMatchObject({ text: byIds?.text, facts });
});

test('what is stored or done is said to be, where the flow told no names and nobody can be asked for them', async () => {
  const { world, acme } = all;
  const ids = { flow: acme.flow.id, task: acme.task.id };
  const { caller } = watched();
  let isAway = false;
  const database = new Proxy(caller.database, {
    get(target, name) {
      if (isAway && name === 'withOrg')
        return () => Promise.reject(new Error('timeout exceeded when trying to connect'));
      return Reflect.get(target, name, target);
    },
  });
  await commentOnTask.run({ ...caller, database }, { ...ids, text: 'The time zone is known' });
  const { tools } = world;
  /** As a worker of the last release answers. */
  const send = async (...given: Parameters<FlowGateway['send']>): Promise<Sent> => {
    const sent = await tools.flows.send(...given);
    return sent.state === 'applied' ? { ...sent, answer: { ...sent.answer, tasks: [] } } : sent;
  };
  const sending = (how: FlowGateway['send']): Caller => ({
    ...caller,
    database,
    flows: new Proxy(tools.flows, { get: (its, name) => (name === 'send' ? how : Reflect.get(its, name, its)) }),
  });
  isAway = true;
  expect(await commentOnTask.run(sending(send), { ...ids, text: 'Done' })).toMatchObject({
    ok: true,
    facts: { state: 'applied', flow: { name: acme.flow.name }, task: { id: ids.task, title: ids.task } },
  });
  const accepted = sending(async () => ({ state: 'accepted' }));
  expect(await commentOnTask.run(accepted, { ...ids, text: 'Stored', command_id: 'c_stored' })).toMatchObject({
    ok: true,
    facts: { state: 'accepted', commandId: 'c_stored' },
    text: expect.stringContaining('c_stored'),
  });
  expect(await completeTask.run(sending(send), { ...ids, task: newId('tk') })).toMatchObject({ ok: false });
  const gone = await commentOnTask.run(
    sending(async () => ({ state: 'gone' })),
    { ...ids, text: 'Nowhere' },
  );
  expect(gone).toMatchObject({ ok: false, code: 'database_unavailable' });
  // And where the lists can be asked, they say it.
  isAway = false;
  expect(await commentOnTask.run(sending(send), { ...ids, text: 'Named' })).toMatchObject({
    ok: true,
    facts: { task: { title: acme.task.name } },
  });
});

test('of what is not there, they say so, and change nothing', async () => {
  const { flow, task } = all.acme;
  const { caller } = watched();
  const tries = [
    { flow: flow.id, task: newId('tk') },
    { flow: newId('fl'), task: task.id },
    { flow: all.globex.flow.id, task: all.globex.task.id },
  ];
  const answers = await changesNothing(all.world, async () => {
    const told = [];
    for (const ids of tries) told.push(await completeTask.run(caller, ids));
    return told;
  });
  for (const answer of answers) {
    expect(answer).toMatchObject({ ok: false, code: 'not_found' });
    expect(answer.text).toMatch(/ Nothing changed\.$/);
  }
});

test('a flow that the lists do not know yet is found by its id, and by no other org', async () => {
  const { world, globex } = all;
  const { caller } = watched();
  const start = (as: Caller, flow: string) =>
    updateFlowStatus.run(as, { flow, action: 'start', start_date: '2031-01-01' });
  const create = async (...given: Parameters<FlowGateway['create']>): Promise<Sent> => {
    const sent = await world.tools.flows.create(...given);
    return sent.state === 'applied' ? { ...sent, answer: { ...sent.answer, projected: false } } : sent;
  };
  const flows = new Proxy(world.tools.flows, {
    get: (its, name) => (name === 'create' ? create : Reflect.get(its, name, its)),
  });
  const made = await createFlowFromTemplate.run({ ...caller, flows }, { template: 'Offboarding', name: 'Just made' });
  expect(made.text).toMatch(/\nLists may lag a moment behind this\.$/);
  const { id } = madeSchema.parse(made.facts).flow;
  /** As where the lists lag. */
  const unlisted = async (act: () => Promise<unknown>): Promise<unknown> => {
    await settled(world);
    await world.owner.deleteFrom('flows').where('id', '=', id).execute();
    return act();
  };
  const flow = { id, name: 'Just made' };
  expect(await unlisted(() => explainFlow.run(caller, { flow: id }))).toMatchObject({ ok: true, facts: { flow } });
  expect(await unlisted(() => start({ ...caller, principal: gus }, id))).toMatchObject({
    ok: false,
    code: 'not_found',
  });
  for (const act of [
    () => inviteExternalUser.run(caller, { flow: id, email: 'one@client.test' }),
    () => bulkInviteExternal.run(caller, { flow: id, people: [{ email: 'two@client.test' }] }),
    () => start(caller, id),
  ])
    expect(await unlisted(act)).toMatchObject({ ok: true, facts: { state: 'applied', flow } });
  await settled(world);
  for (const unknown of [newId('fl'), globex.flow.id]) {
    const none = await changesNothing(world, () => start(caller, unknown));
    expect(none).toMatchObject({ ok: false, code: 'not_found', text: expect.stringContaining('No flow is called') });
  }
});

test('without a worker they are stored, of a flow that the lists do not know too, and done once', async () => {
  const { world } = all;
  const { flow, task } = all.acme;
  const { caller } = watched();
  await world.stopWorker();
  const say = (ids: object) => commentOnTask.run(caller, { ...ids, text: 'In the dark', command_id: 'c_dark' });
  const known = { flow: flow.id, task: task.id };
  const made = await all.olivia.call('create_flow_from_template', { template: 'Offboarding', name: 'Dark' });
  const flowId = madeSchema.parse(made.facts).flow.id;
  const taskId = newId('tk');
  try {
    expect(await say(known)).toMatchObject({
      ok: true,
      facts: { state: 'accepted', flow: { name: flow.name }, task: { title: task.name } },
    });
    expect(await updateFlowStatus.run(caller, { flow: flowId, action: 'start', command_id: 'c_begin' })).toMatchObject({
      ok: true,
      facts: { state: 'accepted', commandId: 'c_begin', flow: { id: flowId, name: flowId } },
    });
    expect(await say({ flow: flowId, task: taskId })).toMatchObject({
      ok: true,
      facts: { state: 'accepted', flow: { id: flowId, name: flowId }, task: { id: taskId, title: taskId } },
    });
  } finally {
    await world.startWorker();
  }
  expect(await say(known)).toMatchObject({ ok: true, facts: { state: 'applied', task: { title: task.name } } });
  const comments = await world.owner.selectFrom('comments').select('id').where('text', '=', 'In the dark').execute();
  expect(comments).toHaveLength(1);
});

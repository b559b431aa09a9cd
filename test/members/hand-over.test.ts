/** Somebody leaves: their open tasks go where it was decided, through their flows, whatever breaks on the way. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeHandOverActivities } from '../../src/activities/hand-over.ts';
import { adam, mia, olivia } from '../../src/demo/people.ts';
import { scopes } from '../../src/oauth/principal.ts';
import { assignTask } from '../../src/operations/assign-task.ts';
import { getFlow } from '../../src/operations/get-flow.ts';
import { getMember } from '../../src/operations/get-member.ts';
import { leaveOrg } from '../../src/operations/leave-org.ts';
import { listTasks } from '../../src/operations/list-tasks.ts';
import { removeMember } from '../../src/operations/remove-member.ts';
import { acme } from '../oauth/app.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ flows: true });
});
afterAll(() => world?.stop());

const callerFor = (who: { id: string; name: string; email: string }, role: 'OWNER' | 'ADMIN' | 'MEMBER') => {
  const { id: userId, name, email } = who;
  return {
    ...world.tools,
    now: Date.now(),
    principal: { kind: 'member', orgId: acme, userId, name, email, role, through: 'web', scopes } as const,
  };
};
const asOlivia = () => callerFor(olivia, 'OWNER');

async function openTasksOf(member: string): Promise<number> {
  const found = await getMember.run(asOlivia(), { member });
  if (!found.ok) throw new Error(found.text);
  return found.facts.openTasks;
}
const tasksWith = (userId: string) =>
  world.owner
    .selectFrom('tasks')
    .innerJoin('flows', 'flows.id', 'tasks.flow_id')
    .select(['tasks.id', 'tasks.flow_id', 'tasks.assignee_name'])
    .where('assignee_id', '=', userId)
    .where('tasks.status', 'in', ['BLOCKED', 'READY', 'REJECTED'])
    .where('flows.status', 'in', ['DRAFT', 'ACTIVE', 'PAUSED'])
    .execute();

test('what was given to someone while no worker was up, who then left, is passed on too, however long that took', async () => {
  const tasks = await listTasks.run(asOlivia(), { assignee: 'nobody', status: 'BLOCKED', limit: 1 });
  const task = tasks.ok ? tasks.facts.tasks[0] : undefined;
  if (!task) throw new Error(tasks.text);
  const zoe = { id: 'us_zoe', name: 'Zoe Lang', email: 'zoe@acme.test' };
  await world.owner
    .insertInto('users')
    .values({ ...zoe, password_hash: null })
    .execute();
  await world.owner.insertInto('memberships').values({ org_id: acme, user_id: zoe.id, role: 'MEMBER' }).execute();
  await world.stopWorker();
  const given = await assignTask.run(asOlivia(), { task: task.id, flow: task.flow.id, assignee: zoe.email });
  expect(given).toMatchObject({ ok: true, facts: { state: 'accepted' } });
  expect(await removeMember.run(asOlivia(), { member: zoe.email, tasks_to: adam.email })).toMatchObject({ ok: true });
  const hourAgo = new Date(Date.now() - 3_600_000);
  await world.owner.updateTable('hand_overs').set({ created_at: hourAgo }).where('from_user', '=', zoe.id).execute();
  // A worker is up again, and looks here before it gets to the flow.
  expect((await makeHandOverActivities(world.tools).passTasksOn()).open).toBe(1);
  await world.startWorker();
  const lies = () => world.owner.selectFrom('tasks').select('assignee_id').where('id', '=', task.id).executeTakeFirst();
  await expect.poll(lies, { timeout: 30_000 }).toEqual({ assignee_id: adam.id });
});

test('while no worker is up they wait; then they all go, each flow tells it, and what is done stays', async () => {
  const before = await tasksWith(mia.id);
  expect(before.length).toBeGreaterThan(1);
  const [of] = before;
  const done = await world.owner
    .selectFrom('tasks')
    .select('id')
    .where('assignee_id', '=', mia.id)
    .where('status', '=', 'COMPLETED')
    .orderBy('id')
    .execute();
  expect(await openTasksOf(mia.email)).toBe(before.length);
  await world.stopWorker();
  const removed = await removeMember.run(asOlivia(), { member: mia.email, tasks_to: adam.email });
  expect(removed).toMatchObject({ ok: true, facts: { tasks: before.length, tasksTo: { id: adam.id } } });
  expect(removed.text).toContain(`${before.length} open tasks in`);
  expect(removed.text).toContain('go to Adam Reyes.');
  expect(await tasksWith(mia.id)).toHaveLength(before.length);
  await world.startWorker();
  await expect.poll(() => tasksWith(mia.id), { timeout: 30_000 }).toEqual([]);
  const now = await tasksWith(adam.id);
  for (const { id } of before) expect(now.map((t) => t.id)).toContain(id);
  const stayed = await world.owner
    .selectFrom('tasks')
    .select('id')
    .where('assignee_id', '=', mia.id)
    .where('status', '=', 'COMPLETED')
    .orderBy('id')
    .execute();
  expect(stayed).toEqual(done);
  const flow = await getFlow.run(asOlivia(), { flow: of?.flow_id });
  expect(flow.text).toMatch(/Olivia Brandt.*Adam Reyes/);
});

test('an attempt that breaks off half way is gone on with, and each task goes once', async () => {
  const tasks = await listTasks.run(asOlivia(), { assignee: 'nobody', status: 'BLOCKED', limit: 10 });
  if (!tasks.ok) throw new Error(tasks.text);
  for (const t of tasks.facts.tasks.slice(0, 4)) {
    await assignTask.run(asOlivia(), { task: t.id, flow: t.flow.id, assignee: adam.email });
  }
  const before = await tasksWith(adam.id);
  expect(before.length).toBeGreaterThan(4);
  await world.stopWorker();
  const left = await leaveOrg.run(callerFor(adam, 'ADMIN'), { tasks_to: olivia.email });
  expect(left).toMatchObject({ ok: true, facts: { tasks: before.length } });
  await world.startWorker();
  let calls = 0;
  const failing = makeHandOverActivities({
    database: world.database,
    flows: {
      send(orgId, flowId, envelope) {
        if (++calls === 3) throw new Error('The process was killed');
        return world.flows.send(orgId, flowId, envelope);
      },
    },
    workflows: world.tools.workflows,
  });
  await failing.passTasksOn().catch(() => undefined);
  await expect.poll(() => tasksWith(adam.id), { timeout: 30_000 }).toEqual([]);
  const entries = await world.owner
    .selectFrom('feed')
    .select(['task_id', 'text'])
    .where(
      'task_id',
      'in',
      before.map((t) => t.id),
    )
    .where('text', 'like', '%Olivia Brandt%')
    .where('what', 'like', '%assigned%')
    .execute();
  expect(entries.map((e) => e.task_id).sort()).toEqual(before.map((t) => t.id).sort());
});

test('it is over when nothing is left, and lists have had time to show it', async () => {
  const [open] = await world.owner.selectFrom('hand_overs').selectAll().where('finished_at', 'is', null).execute();
  if (open) {
    const later = makeHandOverActivities({
      database: world.database,
      flows: world.flows,
      workflows: world.tools.workflows,
      clock: () => Date.now() + 60_000,
    });
    expect((await later.passTasksOn()).open).toBe(0);
  }
  expect(await world.owner.selectFrom('hand_overs').selectAll().where('finished_at', 'is', null).execute()).toEqual([]);
});

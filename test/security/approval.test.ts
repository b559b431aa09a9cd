/** Deciding what is another's to decide. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callTool } from '../oauth/app.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ flows: true });
});
afterAll(() => world?.stop());

test('a MEMBER decides no approval of another, and completes no task of another', async () => {
  const member = await world.key('mia@acme.test');
  const open = await world.owner
    .selectFrom('tasks')
    .innerJoin('flows', 'flows.id', 'tasks.flow_id')
    .select(['tasks.id', 'tasks.type', 'tasks.status', 'tasks.assignee_id', 'flows.id as flow'])
    .where('flows.org_id', '=', 'org_demo_acme')
    .where('flows.status', '=', 'ACTIVE')
    .where('tasks.status', '=', 'READY')
    .where('tasks.assignee_id', 'is not', null)
    .where('tasks.assignee_id', '<>', 'us_demo_mia')
    .execute();
  expect(open.some((t) => t.type === 'APPROVAL')).toBe(true);
  for (const t of open) {
    const [tool, args] =
      t.type === 'APPROVAL'
        ? (['approve_task', { flow: t.flow, task: t.id, decision: 'approve' }] as const)
        : (['complete_task', { flow: t.flow, task: t.id }] as const);
    const { text } = await callTool(world.url, member, tool, args);
    expect([tool, text]).toEqual([tool, expect.stringMatching(/"isError":true/)]);
    expect(text).toContain('"code":"not_allowed"');
  }
  const after = await world.owner
    .selectFrom('tasks')
    .select(['id', 'status'])
    .where(
      'id',
      'in',
      open.map((t) => t.id),
    )
    .execute();
  expect(after.filter((t) => t.status !== 'READY')).toEqual([]);
});

/** Temporal forgets a flow once its retention ends. It is read as before, at every door, and takes no command. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { demoPassword } from '../../src/demo/people.ts';
import { flowWorkflowId } from '../../src/workflows/contract.ts';
import { get, post } from '../api/ask.ts';
import { type Speaker, speak } from '../mcp/speak.ts';
import { Person } from '../oauth/person.ts';
import { startWorld, type World } from '../support/world.ts';

const orgId = 'org_demo_acme';
let world: World;
let key = '';
let speaker: Speaker;
let flow: { id: string; name: string };
let task: { id: string; title: string };
/** As each door had it before. */
const before = new Map<string, unknown>();

const tools = ['get_flow', 'explain_flow'] as const;
const pathOf = (): string => `/flows/${flow.id}`;

async function words(): Promise<string> {
  const person = new Person(world.url);
  await person.signIn('olivia@acme.test', demoPassword);
  const { status, html } = await person.get(pathOf());
  expect(status).toBe(200);
  const main = /<main[\s\S]*<\/main>/.exec(html)?.[0] ?? '';
  // What differs from visit to visit is in attributes.
  return main.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

beforeAll(async () => {
  world = await startWorld({ flows: true });
  key = await world.key('olivia@acme.test');
  speaker = await speak(world.url, key);
  flow = await world.owner
    .selectFrom('flows')
    .select(['id', 'name'])
    .where('org_id', '=', orgId)
    .where('status', '=', 'COMPLETED')
    .where('feed_length', '<=', 50)
    .orderBy('created_at', 'desc')
    .executeTakeFirstOrThrow();
  task = await world.owner
    .selectFrom('tasks')
    .select(['id', 'title'])
    .where('flow_id', '=', flow.id)
    .where('status', '=', 'COMPLETED')
    .executeTakeFirstOrThrow();
  for (const tool of tools) before.set(tool, (await speaker.call(tool, { flow: flow.id })).text);
  before.set('get_task', (await speaker.call('get_task', { flow: flow.id, task: task.id })).text);
  before.set('rest', (await get(world.url, key, pathOf())).json);
  before.set('page', await words());

  const handle = world.client.workflow.getHandle(flowWorkflowId(orgId, flow.id));
  await world.client.workflowService.deleteWorkflowExecution({
    namespace: world.namespace,
    workflowExecution: { workflowId: handle.workflowId },
  });
  await vi.waitFor(() => expect(handle.describe()).rejects.toThrow(), { timeout: 60_000, interval: 200 });
}, 300_000);
afterAll(async () => {
  await speaker?.close();
  await world?.stop();
});

describe('a flow that Temporal has forgotten', () => {
  test.each(tools)('is read with %s as before', async (tool) => {
    const { text, isError } = await speaker.call(tool, { flow: flow.id });
    expect(isError).toBeFalsy();
    expect(text).toBe(before.get(tool));
  });

  test('has its tasks, as before', async () => {
    expect((await speaker.call('get_task', { flow: flow.id, task: task.id })).text).toBe(before.get('get_task'));
  });

  test('is read over REST as before, but for how old the answer is', async () => {
    const { status, json } = await get(world.url, key, pathOf());
    expect(status).toBe(200);
    const was = before.get('rest');
    expect({ ...json, asOf: null }).toEqual(typeof was === 'object' ? { ...was, asOf: null } : was);
    expect((await get(world.url, key, '/flows?status=COMPLETED&limit=100')).text).toContain(flow.id);
  });

  test('has its page, as before', async () => {
    expect(await words()).toBe(before.get('page'));
  });

  test('takes no command, and says why', async () => {
    const answers = [
      await speaker.call('update_flow_status', { flow: flow.id, action: 'cancel' }),
      await speaker.call('complete_task', { flow: flow.id, task: task.id }),
    ];
    for (const { isError, text, facts } of answers) {
      expect(isError).toBe(true);
      expect(text).toMatch(/Nothing changed\.$/);
      expect(text).toContain(flow.name);
      expect(facts.code).toMatch(/^(flow_final|already_done)$/);
    }
    const refused = await post(world.url, key, `${pathOf()}/status`, { action: 'resume' });
    expect(refused).toMatchObject({ status: 409, json: { detail: expect.stringContaining('Nothing changed.') } });
    const person = new Person(world.url);
    await person.signIn('olivia@acme.test', demoPassword);
    expect((await person.get(pathOf())).html).not.toContain(`action="${pathOf()}/status"`);
  });
});

test('a flow that had not ended, and was lost, says who can help', async () => {
  const lost = await world.owner
    .selectFrom('flows')
    .select(['id', 'name'])
    .where('org_id', '=', orgId)
    .where('status', '=', 'ACTIVE')
    .executeTakeFirstOrThrow();
  const handle = world.client.workflow.getHandle(flowWorkflowId(orgId, lost.id));
  await world.client.workflowService.deleteWorkflowExecution({
    namespace: world.namespace,
    workflowExecution: { workflowId: handle.workflowId },
  });
  await vi.waitFor(() => expect(handle.describe()).rejects.toThrow(), { timeout: 60_000, interval: 200 });
  const { text, code } = await speaker.call('update_flow_status', { flow: lost.id, action: 'pause' });
  expect(code).toBe('flow_stopped');
  expect(text).toBe(
    `${lost.name} can't take it: an operator stopped it, or it was lost. Whoever runs Booflow can let it go on (\`flows revive\`). Nothing changed.`,
  );
});

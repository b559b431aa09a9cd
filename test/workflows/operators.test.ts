/** What operators see of a flow in Temporal, and what a flow costs Temporal: on a real server. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { olivia } from '../support/people.ts';
import { sharedTemporal, sharedWorkflows } from '../support/servers.ts';
import { assign, comment, complete, setDue } from '../support/stage.ts';
import { type Effects, recordEffects } from './effects.ts';
import { countOf, FlowDriver, placeAt, type RunningFlow } from './flow-driver.ts';

let place: Awaited<ReturnType<typeof placeAt>>;
let driver: FlowDriver;
let effects: Effects;

beforeAll(async () => {
  const { address, namespace } = await sharedTemporal();
  place = await placeAt(address, namespace);
  effects = recordEffects();
  driver = new FlowDriver({ ...place, bundle: await sharedWorkflows(), activities: effects });
  await driver.startWorker();
});
afterAll(async () => {
  await driver.stopWorker();
  await place.leave();
});

const attributesOf = async (flow: RunningFlow): Promise<Record<string, unknown>> => {
  const { typedSearchAttributes } = await flow.handle.describe();
  return Object.fromEntries(typedSearchAttributes.getAll().map((a) => [a.key.name, a.value]));
};
test('a flow shows its name, org, status, template, next due date, and what waits on whom', async () => {
  const flow = await driver.create(Date.now(), { key: 'a' }, { key: 'b' });
  const made = await flow.handle.describe();
  expect(await made.staticSummary()).toBe('Acme Corp');
  expect(await made.staticDetails()).toBe('Made from "Test" by Olivia, 2 tasks.');
  const always = { BooflowOrgId: 'or_acme', BooflowTemplate: 'Test', BooflowFlowName: 'Acme Corp' };
  expect(await attributesOf(flow)).toMatchObject({ ...always, BooflowFlowStatus: 'DRAFT' });
  expect(await flow.currentDetails()).toBe('**Acme Corp** is DRAFT: 0% (0 of 2).');

  await flow.does(olivia, { type: 'start', startDate: null });
  const due = Date.UTC(2999, 0, 1);
  await flow.does(olivia, setDue('a', due));
  await flow.does(olivia, assign('b', olivia));
  expect(await attributesOf(flow)).toMatchObject({ BooflowFlowStatus: 'ACTIVE', BooflowNextDueAt: new Date(due) });
  expect(await flow.currentDetails()).toBe(
    '**Acme Corp** is ACTIVE: 0% (0 of 2).\n\nWaits on:\n\n- nobody yet: "a", due Tue 1 Jan 2999\n- Olivia: "b"',
  );
  await flow.does(olivia, complete('a'));
  expect(await flow.currentDetails()).toContain('is ACTIVE: 50% (1 of 2).');
  expect(await attributesOf(flow)).not.toHaveProperty('BooflowNextDueAt');

  await flow.does(olivia, { type: 'pause' });
  expect(await attributesOf(flow)).toMatchObject({ BooflowFlowStatus: 'PAUSED' });
  const query = `WorkflowId = '${flow.handle.workflowId}' AND BooflowFlowStatus = 'PAUSED'`;
  await expect
    .poll(async () => (await place.client.workflow.count(query)).count, { timeout: 20_000, interval: 250 })
    .toBe(1);
  await flow.does(olivia, { type: 'rename', name: 'Acme Inc' });
  await flow.does(olivia, { type: 'cancel', reason: '' });
  await flow.handle.result();
  const last = { ...always, BooflowFlowName: 'Acme Inc', BooflowFlowStatus: 'CANCELLED' };
  expect(await attributesOf(flow)).toMatchObject(last);
});

test('search attributes are written when they change, and at no other time', async () => {
  const flow = await driver.create(Date.now(), { key: 'a' }, { key: 'b' });
  await flow.flow();
  const upserts = async (): Promise<number> => {
    const events = await flow.events();
    // The SDK writes one for each patch of the run, beside its marker.
    return countOf(events, 'upsertWorkflowSearchAttributes') - countOf(events, 'markerRecorded');
  };
  expect(await upserts()).toBe(0);
  await flow.does(olivia, { type: 'start', startDate: null });
  expect(await upserts()).toBe(1);
  for (let i = 0; i < 5; i++) await flow.does(olivia, comment('a', `number ${i}`));
  await flow.does(olivia, complete('a'));
  expect(await upserts()).toBe(1);
  await flow.does(olivia, setDue('b', Date.UTC(2999, 0, 1)));
  await flow.does(olivia, setDue('b', Date.UTC(2999, 0, 1)));
  expect(await upserts()).toBe(2);
  await flow.does(olivia, { type: 'cancel', reason: '' });
  await flow.handle.result();
  expect(await upserts()).toBe(3);
});

/**
 * Per completed task: the signal, or the update in two, the projection's activity, and before and after it a workflow
 * task, each in three.
 */
const eventsOfATask = { signal: 10, update: 11 };

test('a completed task costs ten events, asked for or not, and eleven as an update', async () => {
  const keys = Array.from({ length: 10 }, (_, i) => `t${i}`);
  const written = [...keys, 'last'].map((key) => ({ key }));
  const cost = async (perform: (flow: RunningFlow, key: string) => Promise<unknown>): Promise<string[]> => {
    const flow = await driver.create(Date.now(), ...written);
    await flow.does(olivia, { type: 'start', startDate: null });
    const versionOf = (): number => effects.projectionsOf(flow.id).at(-1)?.flow.version ?? 0;
    await expect.poll(async () => versionOf() === (await flow.flow()).version).toBe(true);
    const before = await flow.events();
    for (const key of keys) {
      const version = versionOf();
      await perform(flow, key);
      await expect.poll(versionOf, { interval: 5 }).toBeGreaterThan(version);
    }
    await flow.flow();
    const events = (await flow.events()).slice(before.length);
    await flow.does(olivia, { type: 'cancel', reason: '' });
    return events;
  };
  const unasked = await cost((flow, key) => flow.sends(olivia, complete(key)));
  expect(countOf(unasked, 'workflowExecutionSignaled')).toBe(keys.length);
  expect(unasked.length).toBeLessThanOrEqual(keys.length * eventsOfATask.signal);
  const asked = await cost((flow, key) => flow.does(olivia, complete(key)));
  expect(asked.length).toBeLessThanOrEqual(keys.length * eventsOfATask.signal);
  const updated = await cost((flow, key) => flow.update(olivia, complete(key)));
  expect(countOf(updated, 'workflowExecutionUpdateCompleted')).toBe(keys.length);
  expect(countOf(updated, 'workflowExecutionSignaled')).toBe(0);
  expect(updated.length).toBeLessThanOrEqual(keys.length * eventsOfATask.update);
});

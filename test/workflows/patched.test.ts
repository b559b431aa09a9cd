/** A change under a patch, as docs/changing-workflow-code.md says: what was goes on as it was, what comes is done the new way. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unheard } from '../../src/activities/flow-sinks.ts';
import { historyFromJson } from '../../src/platform/history-json.ts';
import { olivia } from '../support/people.ts';
import { sharedTemporal, sharedWorkflows } from '../support/servers.ts';
import { complete } from '../support/stage.ts';
import { recordEffects } from './effects.ts';
import { FlowDriver, placeAt, type RunningFlow } from './flow-driver.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'booflow-patched-'));
const start = { type: 'start', startDate: null } as const;
const rename = (name: string) => ({ type: 'rename', name }) as const;
let place: Awaited<ReturnType<typeof placeAt>>;
let released: { codePath: string };
let changed: { codePath: string };

beforeAll(async () => {
  const temporal = await sharedTemporal();
  place = await placeAt(temporal.address, temporal.namespace);
  released = await sharedWorkflows();
  const { code } = await bundleWorkflowCode({
    workflowsPath: here('../../src/workflows/index.ts'),
    workflowInterceptorModules: [here('./patched/interceptors.ts')],
    logger: new DefaultLogger('ERROR'),
  });
  changed = { codePath: join(scratch, 'changed.js') };
  writeFileSync(changed.codePath, code);
}, 120_000);
afterAll(async () => {
  await place.leave();
  rmSync(scratch, { recursive: true, force: true });
});

const workerOf = async (driver: FlowDriver, workflowBundle: { codePath: string }) => {
  const { connection, namespace } = place;
  const activities = { ...recordEffects() };
  const worker = await Worker.create({
    ...{ connection, namespace, taskQueue: driver.taskQueue, workflowBundle },
    activities: { projectFlow: activities.projectFlow, sendMail: activities.sendMail },
    sinks: unheard,
  });
  const done = worker.run();
  return async () => {
    worker.shutdown();
    await done;
  };
};
const driverHere = () => new FlowDriver({ ...place, bundle: released, activities: recordEffects() });
/** How often the change of this test is noted in the history. */
const patches = async (flow: RunningFlow): Promise<number> => {
  const { events } = await flow.handle.fetchHistory();
  const noted = events?.flatMap((e) => e.markerRecordedEventAttributes?.details?.['patch-data']?.payloads ?? []) ?? [];
  return noted.filter(({ data }) => Buffer.from(data ?? []).includes('a-moment-before-each-command')).length;
};
/** Until the workflow itself has taken it: the new way takes a moment longer than the query. */
const takes = async (flow: RunningFlow, command: Parameters<RunningFlow['sends']>[1]): Promise<void> => {
  const id = await flow.sends(olivia, command);
  await expect.poll(async () => (await flow.answer(id)).outcome?.ok, { timeout: 40_000, interval: 200 }).toBe(true);
};
const replays = async (flow: RunningFlow, workflowBundle: { codePath: string }): Promise<boolean> => {
  const history = await flow.handle.fetchHistory();
  for await (const { error } of Worker.runReplayHistories({ workflowBundle, sinks: unheard }, [
    { workflowId: flow.id, history },
  ])) {
    return error === undefined;
  }
  throw new Error('Nothing was replayed.');
};

test('every recorded history replays with the patched change', async () => {
  const folder = here('../histories');
  const recorded = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ workflowId: name, history: historyFromJson(readFileSync(join(folder, name), 'utf8')) }));
  const failed: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle: changed, sinks: unheard },
    recorded,
  )) {
    if (error) failed.push(`${workflowId}: ${error.message}`);
  }
  expect(failed).toEqual([]);
});

test('a flow in the middle goes on: its past is as it was, its next command is taken the new way', async () => {
  const driver = driverHere();
  const stopOld = await workerOf(driver, released);
  const flow = await driver.create(Date.now(), { key: 'a' }, { key: 'b' });
  await takes(flow, start);
  await takes(flow, complete('a'));
  expect(await patches(flow)).toBe(0);
  await stopOld();

  const stopNew = await workerOf(driver, changed);
  await takes(flow, rename('Mended'));
  expect(await flow.flow()).toMatchObject({ name: 'Mended', status: 'ACTIVE' });
  expect((await flow.task('a')).status).toBe('COMPLETED');
  expect(await patches(flow)).toBe(1);
  await takes(flow, complete('b'));
  await flow.handle.result();
  await stopNew();
  expect(await replays(flow, changed)).toBe(true);
  expect(await replays(flow, released)).toBe(false);
}, 120_000);

test('a flow that begins now is done the new way from its first command on', async () => {
  const driver = driverHere();
  const stop = await workerOf(driver, changed);
  const flow = await driver.create(Date.now(), { key: 'a' });
  await takes(flow, start);
  expect(await patches(flow)).toBe(1);
  await takes(flow, complete('a'));
  await flow.handle.result();
  await stop();
  expect(await replays(flow, changed)).toBe(true);
}, 120_000);

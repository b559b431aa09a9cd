/** Flows that began under released code go on under today's: their recorded histories are replayed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { unheard } from '../../src/activities/flow-sinks.ts';
import { sharedWorkflows } from '../support/servers.ts';
import './flow-driver.ts';
import { historyFromJson } from '../../src/platform/history-json.ts';

const folder = fileURLToPath(new URL('../histories', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const recorded = () =>
  names.map((name) => ({
    workflowId: name,
    history: historyFromJson(readFileSync(join(folder, name), 'utf8')),
  }));

/** The names of the histories that today's code would have made otherwise, with why. */
async function failures(workflowBundle: { codePath: string } | { code: string }): Promise<string[]> {
  const failed: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle, sinks: unheard }, recorded())) {
    if (error) failed.push(`${workflowId}: ${error.name}`);
  }
  return failed;
}

test('every recorded history replays', async () => {
  expect(names).not.toEqual([]);
  expect(await failures(await sharedWorkflows())).toEqual([]);
});

test('a workflow with one timer more does not replay', async () => {
  const workflowsPath = fileURLToPath(new URL('./changed/index.ts', import.meta.url));
  const bundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  expect(await failures(bundle)).toEqual(names.map((name) => `${name}: DeterminismViolationError`));
});

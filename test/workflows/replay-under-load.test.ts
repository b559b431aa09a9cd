/** What one worker did under load, another must be able to do again: else a flow stands still from the next restart on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unheard } from '../../src/activities/flow-sinks.ts';
import type { Command } from '../../src/domain/command.ts';
import { invitee, jane, olivia } from '../support/people.ts';
import { sharedTemporal, sharedWorkflows } from '../support/servers.ts';
import { comment } from '../support/stage.ts';
import { recordEffects } from './effects.ts';
import { FlowDriver, placeAt, type RunningFlow } from './flow-driver.ts';

const flows = 12;
const clientsOfEach = 4;
const commandsOfEach = 30;

let place: Awaited<ReturnType<typeof placeAt>>;
let driver: FlowDriver;

beforeAll(async () => {
  const { address, namespace } = await sharedTemporal();
  place = await placeAt(address, namespace);
  const effects = recordEffects();
  const slowly = (): Promise<void> => sleep(Math.random() * 8);
  effects.beforeProjection = slowly;
  effects.beforeMail = slowly;
  driver = new FlowDriver({ ...place, bundle: await sharedWorkflows(), activities: effects });
  await driver.startWorker();
});
afterAll(async () => {
  await driver.stopWorker();
  await place.leave();
});

test('flows that several clients drove at once can be replayed', async () => {
  const all = await Promise.all(Array.from({ length: flows }, () => driver.create(Date.now(), { key: 'a' })));
  await Promise.all(all.map((flow) => flow.does(olivia, { type: 'start', startDate: null })));
  const drive = async (flow: RunningFlow, client: number): Promise<void> => {
    for (let n = 0; n < commandsOfEach; n++) {
      const id = `${client}-${n}`;
      // A mail and a projection, or a projection alone, asked for at once.
      const guest = { ...invitee(jane), externalId: `ex_${id}`, email: `${id}@client.test` };
      const command: Command = n % 2 === client % 2 ? { type: 'invite', people: [guest] } : comment('a', id);
      // As the product sends them: a signal and a query.
      await flow.does(olivia, command, id);
      await sleep(Math.random() * 10);
    }
  };
  await Promise.all(all.flatMap((flow) => Array.from({ length: clientsOfEach }, (_, client) => drive(flow, client))));

  const histories = await Promise.all(
    all.map(async ({ handle }) => ({ workflowId: handle.workflowId, history: await handle.fetchHistory() })),
  );
  for (const { handle } of all) await handle.terminate('The test is over');
  const failed: string[] = [];
  const replayed = Worker.runReplayHistories({ workflowBundle: await sharedWorkflows(), sinks: unheard }, histories);
  for await (const { workflowId, error } of replayed) if (error) failed.push(`${workflowId}: ${error.message}`);
  expect(failed).toEqual([]);
}, 180_000);

/** People who are busy with one flow at once, where Temporal holds one query for it, as it does by itself. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FlowGateway } from '../../src/operations/gateway.ts';
import { olivia } from '../support/people.ts';
import { sharedWorkflows } from '../support/servers.ts';
import { comment } from '../support/stage.ts';
import { recordEffects } from './effects.ts';
import { FlowDriver, placeAt, started } from './flow-driver.ts';
import { type OwnTemporal, ownTemporal } from './own-temporal.ts';

let temporal: OwnTemporal;
let place: Awaited<ReturnType<typeof placeAt>>;
let driver: FlowDriver;

beforeAll(async () => {
  temporal = await ownTemporal({ queries: 1 });
  place = await placeAt(temporal.address, temporal.namespace);
  driver = new FlowDriver({ ...place, bundle: await sharedWorkflows(), activities: recordEffects() });
  await driver.startWorker();
});
afterAll(async () => {
  await driver.stopWorker();
  await place.leave();
  await temporal.stop();
});

test('are all answered: a query that is refused is asked again at once, not after seconds', async () => {
  const flow = await started(driver);
  const gateway = new FlowGateway(place.client, { taskQueue: driver.taskQueue });
  const states = new Set<string>();
  const person = async (name: number): Promise<void> => {
    for (let n = 0; n < 10; n++) {
      const commandId = `${name}-${n}`;
      const command = comment('a', commandId);
      const sent = await gateway.send(flow.orgId, flow.id, { commandId, fingerprint: '', actor: olivia, command });
      states.add(sent.state);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, name) => person(name)));
  expect([...states]).toEqual(['applied']);
}, 120_000);

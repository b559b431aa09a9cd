/** People who are busy with one flow at once, where Temporal holds one query for it, as it does by itself. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FlowGateway } from '../../src/operations/gateway.ts';
import { olivia } from '../support/people.ts';
import { comment } from '../support/stage.ts';
import { started } from './flow-driver.ts';
import { driverOnOwnTemporal } from './own-temporal.ts';

let own: Awaited<ReturnType<typeof driverOnOwnTemporal>>;
beforeAll(async () => {
  own = await driverOnOwnTemporal({ queries: 1 });
});
afterAll(() => own.stop());

test('are all answered: a query that is refused is asked again at once, not after seconds', async () => {
  const { driver } = own;
  const flow = await started(driver);
  const gateway = new FlowGateway(driver.client, { taskQueue: driver.taskQueue });
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

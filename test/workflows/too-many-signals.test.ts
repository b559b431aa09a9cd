/** A run of a workflow takes so many signals and no more: past them a command is refused in words, and nothing is lost. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FlowGateway } from '../../src/operations/gateway.ts';
import { Refusal } from '../../src/operations/refusal.ts';
import { olivia } from '../support/people.ts';
import { comment } from '../support/stage.ts';
import { driverOnOwnTemporal } from './own-temporal.ts';

const signalsMost = 30;
let own: Awaited<ReturnType<typeof driverOnOwnTemporal>>;
beforeAll(async () => {
  own = await driverOnOwnTemporal({ suggestAfter: 20, signals: signalsMost });
});
afterAll(() => own.stop());

test('a command that can not wait any more is refused, and goes through once a worker is back', async () => {
  const { driver } = own;
  const flow = await driver.create(Date.now(), { key: 'a' });
  await driver.stopWorker();
  const gateway = new FlowGateway(driver.client, { taskQueue: driver.taskQueue, answerMs: 1 });
  const send = (commandId: string) =>
    gateway.send(flow.orgId, flow.id, { commandId, fingerprint: '', actor: olivia, command: comment('a', commandId) });
  const sent = Array.from({ length: signalsMost }, (_, n) => `c${n}`);
  for (const id of sent) expect(await send(id)).toEqual({ state: 'accepted' });
  const refusal = await send('more').catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Refusal);
  expect(refusal).toMatchObject({ code: 'flow_busy', facts: { commandId: 'more' } });

  await driver.startWorker();
  await expect.poll(() => send('more').then(() => 'taken', String), { timeout: 30_000, interval: 250 }).toBe('taken');
  await expect.poll(async () => (await flow.answer('more')).outcome, { timeout: 30_000 }).toMatchObject({ ok: true });
  const told = (await flow.flow()).tasks[0]?.comments.map((c) => c.text);
  expect(told).toEqual([...sent, 'more']);
}, 120_000);

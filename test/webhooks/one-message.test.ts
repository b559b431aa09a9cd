/**
 * The server writes what a command did ahead of the flow's own activity. Whichever comes first, and whatever dies in
 * between: each event of the feed is one message to an endpoint, and each change one piece of live news.
 */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { z } from 'zod';
import { toDevMailbox } from '../../src/activities/deliver.ts';
import { makeFlowActivities } from '../../src/activities/flow-activities.ts';
import { Changes } from '../../src/db/changes.ts';
import { applyCommand, openLedger, type Projection, projectionOf } from '../../src/domain/ledger.ts';
import { commentOnTask } from '../../src/operations/comment-on-task.ts';
import { createFlowFromTemplate } from '../../src/operations/create-flow-from-template.ts';
import { createWebhook } from '../../src/operations/create-webhook.ts';
import { listWebhookDeliveries } from '../../src/operations/list-webhook-deliveries.ts';
import type { TypedOperation } from '../../src/operations/operation.ts';
import { redeliverWebhook } from '../../src/operations/redeliver-webhook.ts';
import { updateFlowStatus } from '../../src/operations/update-flow-status.ts';
import { aheadOf } from '../../src/operations/write-ahead.ts';
import { olivia } from '../mcp/principals.ts';
import { layCable } from '../support/cable.ts';
import { type PartProcess, startPart } from '../support/part.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let changes: Changes;
let receiver: Server;
let url: string;
let webhook: string;
/** Of each request that the endpoint got: the message's id. */
let heard: string[] = [];
/** Of each piece of live news: the flow. */
let news: string[] = [];
const workers: PartProcess[] = [];

beforeAll(async () => {
  world = await startWorld();
  changes = new Changes(world.databaseUrl, () => undefined);
  changes.subscribe(olivia.orgId, (flow) => news.push(flow));
  receiver = createServer((request, response) => {
    heard.push(String(request.headers['webhook-id']));
    request.resume().on('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const address = receiver.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given');
  url = `http://127.0.0.1:${address.port}/hook`;
});
beforeEach(async () => {
  await world.owner.deleteFrom('webhooks').execute();
  webhook = (await done(createWebhook, { url })).webhook.id;
  heard = [];
  news = [];
});
afterAll(async () => {
  for (const worker of workers) worker.signal('SIGKILL');
  await changes.close();
  receiver.closeAllConnections();
  receiver.close();
  await world.stop();
});

async function done<O extends z.ZodObject>(operation: TypedOperation<O>, input: object): Promise<z.output<O>> {
  const result = await operation.run({ ...world.tools, now: Date.now(), principal: olivia }, input);
  if (!result.ok) throw new Error(result.text);
  return result.facts;
}

const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 90_000, interval: 100 });
const quiet = () => new Promise((resolve) => setTimeout(resolve, 1_500));

/** Ids that the feed of a flow comes to. */
const owed = async (flow: string): Promise<string[]> => {
  const rows = await world.owner.selectFrom('feed').select('seq').where('flow_id', '=', flow).orderBy('seq').execute();
  return rows.map(({ seq }) => `ev_${flow}_${String(seq).padStart(6, '0')}`);
};
const queued = (flow: string) =>
  world.owner
    .selectFrom('webhook_deliveries')
    .select(['id', 'state', 'attempts'])
    .where('id', 'like', `ev\\_${flow}\\_%`)
    .orderBy('id')
    .execute();

/** Every event of the flow was heard, each once. */
async function expectOneEach(flow: string, least: number): Promise<void> {
  await eventually(async () => {
    const deliveries = await queued(flow);
    expect(deliveries.length).toBeGreaterThanOrEqual(least);
    expect(deliveries.map((d) => d.state)).toEqual(deliveries.map(() => 'DELIVERED'));
  });
  await quiet();
  const ids = await owed(flow);
  expect(ids.length).toBeGreaterThanOrEqual(least);
  expect((await queued(flow)).map((d) => d.id)).toEqual(ids);
  expect(heard.filter((id) => id.startsWith(`ev_${flow}_`)).sort()).toEqual(ids);
}

test('commands of a flow, one after the other and many at once: a message for each event', async () => {
  const { flow } = await done(createFlowFromTemplate, { template: 'Client Onboarding', name: 'One message each' });
  await done(updateFlowStatus, { flow: flow.id, action: 'start' });
  const { id: task } = await world.owner
    .selectFrom('tasks')
    .select('id')
    .where('flow_id', '=', flow.id)
    .where('status', '=', 'READY')
    .executeTakeFirstOrThrow();
  const say = (text: string) => done(commentOnTask, { flow: flow.id, task, text });
  for (let n = 0; n < 3; n++) await say(`One by one ${n}`);
  await Promise.all(Array.from({ length: 8 }, (_, n) => say(`At once ${n}`)));
  await expectOneEach(flow.id, 13);
  // Sent again by hand, it is the same message: whoever got it knows it by its id.
  const { deliveries } = await done(listWebhookDeliveries, { webhook });
  const [first] = deliveries;
  if (!first) throw new Error('Nothing was delivered');
  await done(redeliverWebhook, { webhook, delivery: first.id });
  await eventually(() => expect(heard.filter((id) => id === first.id)).toHaveLength(2));
  expect(await queued(flow.id)).toHaveLength(deliveries.length);
});

describe('of the two that write', () => {
  let made = 0;
  /** What a command brought, as both are given it. */
  const projection = async (): Promise<Projection> => {
    const { flow } = await done(createFlowFromTemplate, { template: 'Client Onboarding', name: `Raced ${++made}` });
    const at = Date.now();
    const known = await world.flows.snapshot(olivia.orgId, flow.id);
    if (!known) throw new Error('The flow does not answer');
    await eventually(async () => expect(await queued(flow.id)).toHaveLength(1));
    const opened = {
      ...openLedger(known.flow, { commandId: 'make', fingerprint: '', at }),
      projectedVersion: 1,
      projectedFeed: 1,
    };
    const actor = { kind: 'member', id: olivia.userId, name: olivia.name, through: 'mcp', role: 'OWNER' } as const;
    const command = { type: 'start', startDate: null } as const;
    const next = applyCommand(opened, { commandId: 'start', fingerprint: '', actor, command }, at);
    expect(next.outcomes.at(-1)?.ok).toBe(true);
    return projectionOf(next);
  };
  const activity = () =>
    makeFlowActivities({
      ...{ database: world.database, deliver: toDevMailbox, publicUrl: world.url, mailFrom: 'Booflow <b@localhost>' },
      wakeWebhook: world.tools.workflows.wakeWebhook,
    });
  const ahead = (p: Projection) => aheadOf(world.database)(p);
  const follows = (p: Projection) => activity().projectFlow(p);

  test.each<[string, (p: Projection) => Promise<unknown>]>([
    ['the server is first', async (p) => [await ahead(p), await follows(p)]],
    ['the activity is first', async (p) => [await follows(p), await ahead(p)]],
    ['both are at once', (p) => Promise.all([ahead(p), follows(p)])],
    ['the activity runs twice', async (p) => [await ahead(p), await follows(p), await follows(p)]],
    ['everything runs twice, at once', (p) => Promise.all([ahead(p), follows(p), ahead(p), follows(p)])],
  ])('%s: one message for each event, and the news once', async (_, write) => {
    const p = await projection();
    await quiet();
    news = [];
    await write(p);
    await expectOneEach(p.flow.id, 2);
    expect(news.filter((flow) => flow === p.flow.id)).toHaveLength(1);
  });
});

test('a worker that is killed between the server’s write and its own: another one sends what is owed, once', async () => {
  await world.stopWorker();
  const startWorker = async (databaseUrl: string): Promise<PartProcess> => {
    const worker = startPart('worker', {
      ...{ DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: world.temporalAddress },
      ...{ TEMPORAL_NAMESPACE: world.namespace, BOOFLOW_TASK_QUEUE: world.taskQueue, PUBLIC_URL: world.url },
      BOOFLOW_ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
    });
    workers.push(worker);
    await worker.wrote(/Working on/);
    return worker;
  };
  const throughCable = new URL(world.databaseUrl);
  const cable = await layCable(throughCable.hostname, Number(throughCable.port));
  throughCable.port = String(cable.port);
  const first = await startWorker(throughCable.href);
  const { flow } = await done(createFlowFromTemplate, { template: 'Client Onboarding', name: 'Killed between' });
  await expectOneEach(flow.id, 1);
  news = [];
  // The worker goes on with the flow; what its activity would write does not arrive.
  cable.cut();
  const started = await done(updateFlowStatus, { flow: flow.id, action: 'start' });
  expect(started.flow.status).toBe('ACTIVE');
  expect(started.listsMayLag).toBe(false);
  first.signal('SIGKILL');
  await first.exited;
  cable.remove();
  expect(await queued(flow.id)).toHaveLength(1);
  // What the server wrote is there, and was told; the messages are nobody's yet.
  const status = await world.owner.selectFrom('flows').select('status').where('id', '=', flow.id).executeTakeFirst();
  expect(status).toEqual({ status: 'ACTIVE' });
  await startWorker(world.databaseUrl);
  await expectOneEach(flow.id, 2);
  expect(news.filter((id) => id === flow.id)).toHaveLength(1);
}, 240_000);

/** With keys, the processes themselves: imports, webhooks, schedules and the check of readiness work, and store nothing in the clear. */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freePort } from '../../src/platform/ports.ts';
import { cleanupScheduleId, cleanupWorkflowType } from '../../src/workflows/contract.ts';
import { get, post } from '../api/ask.ts';
import { type PartProcess, startPart } from '../support/part.ts';
import { startWorld, type World } from '../support/world.ts';
import { storedIn } from './stored.ts';

const keys = `first:${Buffer.alloc(32, 3).toString('base64')}`;

let world: World;
let receiver: Server;
const heard: string[] = [];
const parts: PartProcess[] = [];
let url: string;

beforeAll(async () => {
  world = await startWorld({ payloadKeys: keys });
  await world.stopWorker();
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    heard.push(body);
    response.writeHead(204).end();
  });
  const [port, hook] = [await freePort(), await freePort()];
  await new Promise<void>((resolve) => receiver.listen(hook, '127.0.0.1', resolve));
  url = `http://localhost:${port}`;
  const env = {
    DATABASE_URL: world.databaseUrl,
    TEMPORAL_ADDRESS: world.temporalAddress,
    TEMPORAL_NAMESPACE: world.namespace,
    BOOFLOW_TASK_QUEUE: world.taskQueue,
    BOOFLOW_ENCRYPT_TEMPORAL: 'on',
    BOOFLOW_ENCRYPTION_KEYS: keys,
    PORT: String(port),
    PUBLIC_URL: url,
  };
  parts.push(startPart('worker', env), startPart('server', env));
  await Promise.all([parts[0]?.wrote(/Working on/), parts[1]?.wrote(/Listening on/)]);
  const key = await world.key('olivia@acme.test');
  const made = await post(url, key, '/webhooks', { url: `http://127.0.0.1:${hook}/zebra`, events: ['flow.created'] });
  expect(made.status, made.text).toBe(200);
  const csv = 'name,client_email,client_name,start\nZanzibar,quentin@zanzibar.test,Quentin Quill,yes\nYucatan,,,no';
  const begun = await post(url, key, '/flow-imports', { template: 'Client Onboarding', csv });
  expect(begun.status, begun.text).toBe(201);
  await vi.waitFor(
    async () =>
      expect((await get(url, key, `/flow-imports/${String(begun.json.import)}`)).json).toMatchObject({ done: 2 }),
    { timeout: 60_000, interval: 500 },
  );
}, 300_000);
afterAll(async () => {
  for (const part of parts) part.signal('SIGKILL');
  receiver.closeAllConnections();
  receiver.close();
  await world.stop();
});

test('a webhook is told, in the clear, of the flows an import made', async () => {
  await vi.waitFor(() => expect(heard).toHaveLength(2), { timeout: 30_000, interval: 200 });
  expect(heard.join()).toMatch(/Zanzibar/);
  expect(heard.join()).toMatch(/Yucatan/);
});

test('the server knows that a worker is there', async () => {
  const ready = await fetch(`${url}/readyz`);
  expect(await ready.json()).toMatchObject({ ready: true, parts: { worker: 'ok' } });
});

test('the schedule cleans up', async () => {
  await world.client.schedule.getHandle(cleanupScheduleId).trigger();
  const query = `WorkflowType = '${cleanupWorkflowType}' AND ExecutionStatus = 'Completed'`;
  await vi.waitFor(async () => expect((await world.client.workflow.count(query)).count).toBeGreaterThan(0), {
    timeout: 30_000,
    interval: 500,
  });
});

test('nothing of it lies in Temporal in the clear, and nothing failed', async () => {
  const stored = await storedIn(world);
  for (const kind of ['flowWorkflow', 'importWorkflow', 'webhookWorkflow', 'probeWorkflow', cleanupWorkflowType])
    expect(stored).toContain(kind);
  // The demo's templates have ids that can be read.
  const people = stored.replaceAll('tp_acme_client-onboarding', '');
  const personal = [/zanzibar/i, /yucatan/i, /quentin/i, /quill/i, /zebra/i, /onboarding/i, /olivia/i];
  expect(personal.filter((word) => word.test(people))).toEqual([]);
  expect(stored).toMatch(/BooflowTemplate[\s\S]*tp_acme_client-onboarding/);
  expect((await world.client.workflow.count("ExecutionStatus = 'Failed'")).count).toBe(0);
});

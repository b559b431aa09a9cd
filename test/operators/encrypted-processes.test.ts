/** With keys, the processes themselves: imports, webhooks, schedules and the check of readiness work, and store nothing in the clear. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { DataConverter } from '@temporalio/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { recordSample, replayFiles } from '../../src/cli/histories.ts';
import { freePort } from '../../src/platform/ports.ts';
import { dataConverterOf } from '../../src/platform/temporal-connection.ts';
import { cleanupScheduleId, cleanupWorkflowType } from '../../src/workflows/contract.ts';
import { get, post } from '../api/ask.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type PartProcess, startPart } from '../support/part.ts';
import { startWorld, type World } from '../support/world.ts';
import { storedIn } from './stored.ts';

const keys = `first:${Buffer.alloc(32, 3).toString('base64')}`;

const orgId = 'org_demo_acme';
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

test('a recorded history is as encrypted as it is stored, and replays with the keys', async () => {
  const folder = temporaryFolder();
  try {
    const recorded = await recordSample(world.client, orgId, world.flows.known(orgId), { n: 2, folder });
    expect(recorded).toBe(2);
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    for (const text of texts) expect(decodedAlso(text)).not.toMatch(/zanzibar|yucatan/i);
    const replayed = async (dataConverter?: DataConverter): Promise<string[]> => {
      const problems: string[] = [];
      for await (const { problem } of replayFiles(folder, dataConverter)) problems.push(problem ?? 'replays');
      return problems;
    };
    const converter = dataConverterOf({ temporalAddress: '', temporalNamespace: '', payloadKeys: keys });
    expect(await replayed(converter)).toEqual(['replays', 'replays']);
    expect(await replayed()).not.toContain('replays');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** With its base64 read too. */
const decodedAlso = (text: string): string =>
  text + text.replace(/"([A-Za-z0-9+/=]{8,})"/g, (_, data: string) => Buffer.from(data, 'base64').toString('latin1'));

/** A server and a worker that are told to stop finish what they have begun, and say first that they are leaving. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFlowFromTemplate } from '../../src/operations/create-flow-from-template.ts';
import { inviteExternalUser } from '../../src/operations/invite-external-user.ts';
import { updateFlowStatus } from '../../src/operations/update-flow-status.ts';
import { freePort } from '../../src/platform/ports.ts';
import { olivia } from '../mcp/principals.ts';
import { Person } from '../oauth/person.ts';
import { startMailServer } from '../support/mail-server.ts';
import { type PartProcess, startPart } from '../support/part.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let env: Record<string, string>;
const parts: PartProcess[] = [];

beforeAll(async () => {
  world = await startWorld();
  env = {
    DATABASE_URL: world.databaseUrl,
    TEMPORAL_ADDRESS: world.temporalAddress,
    TEMPORAL_NAMESPACE: world.namespace,
    BOOFLOW_TASK_QUEUE: world.taskQueue,
  };
});
afterAll(async () => {
  for (const part of parts) part.signal('SIGKILL');
  await world.stop();
});

const start = (name: 'server' | 'worker', more: Record<string, string>): PartProcess => {
  const part = startPart(name, { ...env, ...more });
  parts.push(part);
  return part;
};

test('a server says that it is leaving, finishes its requests and streams, and ends', async () => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const server = start('server', { PORT: String(port), PUBLIC_URL: url, BOOFLOW_DRAIN_SECONDS: '3' });
  await server.wrote(/Listening on/);
  const ready = async () => (await fetch(`${url}/readyz`)).json();
  expect(await ready()).toEqual({
    ready: true,
    parts: { server: 'ok', database: 'ok', temporal: 'ok', worker: 'ok' },
  });
  const person = new Person(url);
  await person.signIn('olivia@acme.test');
  const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const live = await fetch(`${url}/live`, { headers: { cookie } });
  expect(live.status).toBe(200);
  const key = await world.key('olivia@acme.test');
  const list = () =>
    fetch(`${url}/api/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-06-18',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'list_flows', arguments: {} },
      }),
    });

  // A request that can't be answered until we let go.
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let locked = (): void => undefined;
  const lock = new Promise<void>((resolve) => {
    locked = resolve;
  });
  const holding = world.owner.transaction().execute(async (trx) => {
    await sql`lock table flows in access exclusive mode`.execute(trx);
    locked();
    await held;
  });
  await lock;
  const slow = list();
  await sleep(300);

  // Asked whether it is there, one that is not would take all the time that the server still takes requests.
  await world.stopWorker();
  server.signal('SIGTERM');
  await server.wrote(/no longer ready/);
  const leaving = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) });
  expect(leaving.status).toBe(503);
  expect(await leaving.json()).toEqual({ ready: false, parts: { server: 'is stopping' } });
  // Whoever has not noticed yet is still served.
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  // The stream ends whole, not broken off.
  expect(await live.text()).toMatch(/^retry: 2000\n\n/);
  await expect.poll(() => fetch(`${url}/healthz`).then(String, () => 'refused'), { timeout: 15_000 }).toBe('refused');
  letGo();
  await holding;
  const answer = await slow;
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('flows');
  expect(await server.exited).toBe(0);
  await world.startWorker();
});

const startFlow = async (name: string): Promise<void> => {
  const caller = { ...world.tools, now: Date.now() };
  const made = await createFlowFromTemplate.run(
    { ...caller, principal: olivia },
    { template: 'Client Onboarding', name },
  );
  if (!made.ok) throw new Error(made.text);
  const started = await updateFlowStatus.run(
    { ...caller, principal: olivia },
    { flow: made.facts.flow.id, action: 'start' },
  );
  if (!started.ok) throw new Error(started.text);
  const invited = await inviteExternalUser.run(
    { ...caller, principal: olivia },
    { flow: made.facts.flow.id, email: 'jane@acmecorp.test', role: 'client' },
  );
  if (!invited.ok) throw new Error(invited.text);
};

test('a worker that is told to stop hands back a mail it can not finish, and another sends it', async () => {
  await world.stopWorker();
  const mailServer = await startMailServer();
  try {
    mailServer.temper = 'hang';
    const mail = { SMTP_URL: mailServer.url, MAIL_FROM: 'no-reply@acme.test' };
    const first = start('worker', mail);
    await first.wrote(/Working on the task queue/);
    await startFlow('Handed back');
    await expect.poll(() => mailServer.connections.size, { timeout: 20_000 }).toBeGreaterThan(0);
    first.signal('SIGTERM');
    await first.wrote(/no new work is taken/);
    expect(await first.exited).toBe(0);
    expect(mailServer.received).toEqual([]);

    mailServer.temper = 'accept';
    const second = start('worker', mail);
    await expect.poll(() => mailServer.received.length, { timeout: 60_000 }).toBeGreaterThan(0);
    second.signal('SIGTERM');
    expect(await second.exited).toBe(0);
  } finally {
    await mailServer.stop();
    await world.startWorker();
  }
}, 150_000);

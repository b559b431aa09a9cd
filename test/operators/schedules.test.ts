/** What runs by the clock, without anyone: made once, however many workers and servers start, and it does its work. */
import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureCleanupSchedule } from '../../src/activities/cleanup.ts';
import { ensureHandOverSchedule } from '../../src/activities/hand-over.ts';
import { connectClient } from '../../src/platform/temporal-connection.ts';
import { cleanupScheduleId, handOverScheduleId } from '../../src/workflows/contract.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let clients: Client[];

beforeAll(async () => {
  world = await startWorld();
  const { temporalAddress, namespace: temporalNamespace } = world;
  clients = Array.from({ length: 5 }, () => connectClient({ temporalAddress, temporalNamespace }));
});
afterAll(async () => {
  for (const client of clients ?? []) await client.connection.close();
  await world?.stop();
});

const first = (): Client => {
  const [client] = clients;
  if (!client) throw new Error('Nobody is connected');
  return client;
};

async function scheduleIds(): Promise<string[]> {
  const ids = [];
  for await (const { scheduleId } of first().schedule.list()) ids.push(scheduleId);
  return ids.sort();
}

test('each is made once by many that start at the same time, and left as it is by those that start later', async () => {
  const start = () =>
    Promise.all(
      clients.flatMap((client) => [
        ensureCleanupSchedule(client, world.taskQueue),
        ensureHandOverSchedule(client, world.taskQueue),
      ]),
    );
  await start();
  const made = (await first().schedule.getHandle(cleanupScheduleId).describe()).info.createdAt;
  await start();
  await expect.poll(scheduleIds, { timeout: 30_000 }).toEqual([cleanupScheduleId, handOverScheduleId]);
  const { info, state, action } = await first().schedule.getHandle(cleanupScheduleId).describe();
  expect(info.createdAt).toEqual(made);
  expect(state.paused).toBe(false);
  expect(action).toMatchObject({ workflowType: 'cleanupWorkflow', taskQueue: world.taskQueue });
});

test('the clean-up takes what has expired, and leaves the rest', async () => {
  const signUp = (email: string, expiresIn: number) =>
    sql`
    insert into sign_ups (secret_hash, email, name, org_name, created_at, expires_at)
    values (${randomBytes(32)}, ${email}, 'Nora', 'Vale', now(), ${new Date(Date.now() + expiresIn)})
  `.execute(world.owner);
  await signUp('over@x.test', -60_000);
  await signUp('good@x.test', 3_600_000);
  await first().schedule.getHandle(cleanupScheduleId).trigger();
  await expect
    .poll(async () => (await sql`select email from sign_ups`.execute(world.owner)).rows, { timeout: 50_000 })
    .toEqual([{ email: 'good@x.test' }]);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publishTemplate } from '../../src/db/templates.ts';
import { demoOrgs } from '../../src/demo/world.ts';
import { idFrom } from '../../src/platform/ids.ts';
import { startWorld, type World } from '../support/world.ts';
import { check } from './checker.ts';
import { FaultClient, type Told } from './client.ts';
import { gather, snapshotOf } from './evidence.ts';
import { completeWish, flowIdOf, opening, wideTemplate } from './plan.ts';

const orgId = demoOrgs[0]?.id ?? '';
const flowId = flowIdOf(orgId, 'open-0');
let world: World;

beforeAll(async () => {
  world = await startWorld();
  await publishTemplate(world.owner, idFrom('tp', wideTemplate.name), orgId, wideTemplate);
});
afterAll(() => world.stop());

const versions = async () => {
  const row = await world.owner
    .selectFrom('flows')
    .select('version')
    .where('id', '=', flowId)
    .executeTakeFirstOrThrow();
  const snapshot = await snapshotOf({ ...world, orgId }, flowId);
  return { readModel: row.version, workflow: snapshot?.flow.version };
};

test('a flow goes on while its read model takes nothing, and the read model catches up', async () => {
  const apiKey = await world.key('adam@acme.test');
  const client = new FaultClient({ urls: [world.url], apiKey, patienceMs: 30_000, heard: () => undefined });
  const told: Told[] = [];
  for (const wish of opening(orgId, 1)) told.push(await client.send(wish, 0));

  await sql`revoke insert, update on flows from booflow_app`.execute(world.owner);
  for (const part of ['Part 00', 'Part 01', 'Part 02'])
    told.push(await client.send(completeWish(flowId, `away-${part}`, part, 'careful'), 0));
  const away = await versions();
  expect(away.readModel).toBeLessThan(away.workflow ?? 0);
  expect(told.map((t) => t.finals[0]?.state)).toEqual(told.map(() => 'applied'));

  await sql`grant insert, update on flows to booflow_app`.execute(world.owner);
  for (let at = await versions(); at.readModel !== at.workflow; at = await versions()) await sleep(200);
  expect(check(told, await gather({ ...world, orgId }, told))).toEqual([]);
});

/** Twenty clients drive flows of the real product while its parts are killed: nothing is lost, nothing is done twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database, openAsOwner } from '../../src/db/database.ts';
import { publishTemplate } from '../../src/db/templates.ts';
import { adam } from '../../src/demo/people.ts';
import { demoOrgs } from '../../src/demo/world.ts';
import { createApiKey } from '../../src/oauth/api-keys.ts';
import type { PartName } from '../../src/platform/data-folder.ts';
import { idFrom } from '../../src/platform/ids.ts';
import { birthOf } from '../../src/platform/processes.ts';
import { connectClient } from '../../src/platform/temporal-connection.ts';
import { makeProduct, type Product } from '../support/product.ts';
import { check } from './checker.ts';
import { FaultClient, type Heard, type Told } from './client.ts';
import { flowIdsOf, gather, readHistories, untilSettled, type Where } from './evidence.ts';
import { createWish, opening, shortTemplate, wideTemplate, wishes } from './plan.ts';
import { seeded } from './random.ts';

const seed = Number(process.env.BOOFLOW_FAULT_SEED ?? 20261109);
const clients = 20;
const wideFlows = 5;
const orgId = demoOrgs[0]?.id ?? '';
const report = (line: string): void => console.log(`[faults, seed ${seed}] ${line}`);

let product: Product;
let apiKey: string;
/** Everything any client was told, over all tests of this file. */
const told: Told[] = [];
const heard: Heard[] = [];
/** The parts this file killed. */
const killed: PartName[] = [];
/** How many lines were written when everything was ready again after the kills. */
let recovered = 0;

beforeAll(async () => {
  product = await makeProduct();
  await product.start();
  const owner = openAsOwner(product.databaseUrl);
  for (const template of [wideTemplate, shortTemplate])
    await publishTemplate(owner, idFrom('tp', template.name), orgId, template);
  await owner.destroy();
  const database = new Database(product.databaseUrl, { max: 1 });
  const member = { orgId, userId: adam.id };
  apiKey = (await database.withOrg(member, (trx) => createApiKey(trx, member, 'faults'))).secret;
  await database.close();
});
afterAll(() => product.remove());

const newClient = (): FaultClient =>
  new FaultClient({ urls: [product.url], apiKey, patienceMs: 90_000, heard: (h) => heard.push(h) });

/** Looks at everything through connections of its own, since old ones may lead to what was killed. */
async function looking<T>(work: (where: Where, client: Client) => Promise<T>): Promise<T> {
  const owner = openAsOwner(product.databaseUrl);
  const client = connectClient({ temporalAddress: product.temporalAddress, temporalNamespace: 'default' });
  try {
    return await work({ client, owner, orgId }, client);
  } finally {
    await owner.destroy();
    await client.connection.close();
  }
}

test('every command that was acknowledged was applied exactly once, whatever was killed meanwhile', async () => {
  const random = seeded(seed, -1);
  const first = newClient();
  for (const wish of opening(orgId, wideFlows)) told.push(await first.send(wish, 0));

  const begun = Date.now();
  let going = true;
  const driving = Array.from({ length: clients }, async (_, n) => {
    const pace = seeded(seed, 1_000 + n);
    const client = newClient();
    for (const wish of wishes(seed, n, orgId, wideFlows)) {
      if (!going) return;
      told.push(await client.send(wish, pace.between(2, 60)));
      await sleep(pace.between(100, 600));
    }
  });

  const order: readonly PartName[] = ['worker', 'server', 'temporal', 'postgres'];
  for (const part of order) {
    const after = random.between(2_000, 7_000);
    await sleep(after);
    const pid = await product.signal(part, 'SIGKILL');
    killed.push(part);
    report(`${part} (process ${pid}) is killed at ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  }
  const last = Date.now();
  await sleep(1_000);
  await product.untilReady(60_000);
  recovered = product.lines.length;
  report(`Everything is ready again ${((Date.now() - last) / 1000).toFixed(1)} s after the last kill`);
  await sleep(3_000);
  going = false;
  await Promise.all(driving);
  const droveMs = Date.now() - begun;

  // Asked once more, each gives the answer it gave before.
  const again = seeded(seed, -2);
  for (const before of told.filter((t) => t.finals.some((f) => f.state === 'applied') && again.chance(0.1))) {
    const { finals } = await first.send({ ...before.wish, manner: 'careful' }, 0);
    expect(finals[0]).toEqual(before.finals.find((f) => f.state === 'applied'));
  }

  const settledFrom = Date.now();
  const { problems, histories, mails } = await looking(async (where) => {
    await untilSettled(where, told, 100_000);
    const flowIds = await flowIdsOf(where, told);
    const evidence = await gather(where, told);
    const histories = await readHistories(where, flowIds);
    return { problems: check(told, evidence), histories, mails: evidence.mailbox.length };
  });
  tell(droveMs, Date.now() - settledFrom, histories, mails);
  expect(problems).toEqual([]);
  expect(histories.failures).toEqual([]);
}, 280_000);

function tell(
  droveMs: number,
  settledMs: number,
  histories: { commands: number; repeated: number; arrivals: number },
  mails: number,
): void {
  const finals = told.map((t) => t.finals.find((f) => f.state !== 'unknown')?.state ?? 'unknown');
  const count = (state: string) => finals.filter((f) => f === state).length;
  const slowest = Math.max(...heard.map((h) => h.tookMs));
  const kinds = new Map<string, number>();
  for (const h of heard) kinds.set(h.what, (kinds.get(h.what) ?? 0) + 1);
  report(
    `${clients} clients sent ${told.length} commands in ${(droveMs / 1000).toFixed(0)} s with ${heard.length} requests: ` +
      `${count('applied')} applied, ${count('refused')} refused, ${count('unknown')} never acknowledged`,
  );
  report(
    `${histories.commands} commands reached the flows with ${histories.arrivals} updates and signals, ${histories.repeated} of them more than once; ` +
      `${mails} mails; the slowest answer took ${(slowest / 1000).toFixed(1)} s; checked after ${(settledMs / 1000).toFixed(0)} s`,
  );
  report(
    `Answers: ${[...kinds]
      .sort((a, b) => b[1] - a[1])
      .map(([what, n]) => `${n} ${what}`)
      .join(', ')}`,
  );
}

test('readiness names the part that does not answer, and a command waits for it', async () => {
  const client = newClient();
  const create = createWish(orgId, 'stopped', shortTemplate.name, 'careful');
  const pid = await product.signal('worker', 'SIGSTOP');
  try {
    await product.untilParts(30_000, (parts) => parts.worker !== 'ok');
    const { ready, parts } = (await product.readiness()) ?? { ready: true, parts: {} };
    expect({ ready, ...parts }).toMatchObject({ ready: false, database: 'ok', temporal: 'ok' });
    expect((await fetch(`${product.url}/healthz`)).status).toBe(200);
    const waiting = await client.ask(create, 20_000);
    expect([waiting, heard.at(-1)?.what]).toEqual([null, 'accepted']);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await product.untilReady(60_000);
  told.push(await client.send(create, 0));
  expect(told.at(-1)?.finals).toMatchObject([{ state: 'applied' }]);
}, 120_000);

test('after Ctrl-C nothing is left running, and a new start goes on with the same flows', async () => {
  const pids = product.pids();
  expect(pids).toHaveLength(5);
  const before = await looking(async (where) => {
    await untilSettled(where, told, 60_000);
    return gather(where, told);
  });
  expect(await product.interrupt()).toBe(0);
  for (const pid of pids) expect(await birthOf(pid)).toBeUndefined();
  await product.start();
  const after = await looking((where) => gather(where, told));
  expect(check(told, after)).toEqual([]);
  expect(after.flows).toEqual(before.flows);
}, 180_000);

test('no part died but those that were killed, and those that were just starting without them', () => {
  const stopped = (lines: readonly string[]) =>
    lines.flatMap((l) => /\] (\w+) stopped \((.*)\);/.exec(l)?.slice(1, 3).join(' ') ?? []);
  const meanwhile = stopped(product.lines.slice(0, recovered));
  const byThemselves = meanwhile.filter((s) => !s.endsWith(' killed by SIGKILL'));
  expect(meanwhile.filter((s) => s.endsWith(' killed by SIGKILL'))).toEqual(
    killed.map((p) => `${p} killed by SIGKILL`),
  );
  expect(byThemselves.filter((s) => !/^(worker|server) exit/.test(s))).toEqual([]);
  expect(stopped(product.lines.slice(recovered))).toEqual([]);
});

test('nobody wrote a secret or an error nobody expected', () => {
  const all = product.lines.join('\n');
  expect(all).not.toContain(apiKey);
  expect(all).not.toMatch(/unhandled|uncaught/i);
});

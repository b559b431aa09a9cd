/** Endpoints of other products, told through the whole way: flow, projection, delivery, and a receiver that checks. */
import { createServer, type Server } from 'node:http';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { makeWebhookActivities } from '../../src/activities/webhooks.ts';
import { queue } from '../../src/db/webhooks.ts';
import { flowEventBody } from '../../src/domain/webhook.ts';
import { createFlowFromTemplate } from '../../src/operations/create-flow-from-template.ts';
import { createWebhook } from '../../src/operations/create-webhook.ts';
import { deleteWebhook } from '../../src/operations/delete-webhook.ts';
import { listWebhookDeliveries } from '../../src/operations/list-webhook-deliveries.ts';
import { listWebhooks } from '../../src/operations/list-webhooks.ts';
import type { Operation, TypedOperation } from '../../src/operations/operation.ts';
import { redeliverUndelivered } from '../../src/operations/redeliver-undelivered.ts';
import { redeliverWebhook } from '../../src/operations/redeliver-webhook.ts';
import { rotateWebhookSecret } from '../../src/operations/rotate-webhook-secret.ts';
import { testWebhook } from '../../src/operations/test-webhook.ts';
import { updateFlowStatus } from '../../src/operations/update-flow-status.ts';
import { updateWebhook } from '../../src/operations/update-webhook.ts';
import { type Post, type Posted, poster } from '../../src/platform/post.ts';
import { type WebhookRef, webhookWorkflowId } from '../../src/workflows/contract.ts';
import { gus, mia, olivia } from '../mcp/principals.ts';
import { startWorld, type World } from '../support/world.ts';

interface Heard {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

let world: World;
let receiver: Server;
let url: string;
/** What the receiver got, and how it answers next; 204 when nothing is said. */
let heard: Heard[] = [];
let answers: number[] = [];
let answerBody: Buffer | string = '';
/** What happens before the receiver answers. */
let meanwhile: () => Promise<unknown> = async () => undefined;

beforeAll(async () => {
  world = await startWorld();
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)]));
    heard.push({ path: request.url ?? '', headers, body });
    await meanwhile();
    response.writeHead(answers.shift() ?? 204).end(answerBody);
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const address = receiver.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given');
  url = `http://127.0.0.1:${address.port}/hook`;
});
beforeEach(async () => {
  await world.owner.deleteFrom('webhooks').execute();
  heard = [];
  answers = [];
  answerBody = '';
  meanwhile = async () => undefined;
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await world.stop();
});

const caller = (principal = olivia) => ({ ...world.tools, now: world.authority.clock(), principal });

async function done<O extends z.ZodObject>(operation: TypedOperation<O>, input: object): Promise<z.output<O>> {
  const result = await operation.run(caller(), input);
  if (!result.ok) throw new Error(result.text);
  return result.facts;
}
const made = (events: string[] = []) => done(createWebhook, { url, events });
const log = async (webhook: string) => (await done(listWebhookDeliveries, { webhook })).deliveries;

async function startedFlow(name: string) {
  const { flow } = await done(createFlowFromTemplate, { template: 'Client Onboarding', name });
  await done(updateFlowStatus, { flow: flow.id, action: 'start' });
  return flow;
}

/** Nothing is in it that its documents don't tell. */
const bodySchema = z.strictObject({ ...flowEventBody.shape, data: flowEventBody.shape.data.strict() });
const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 100 });

test('what happens in flows is told, once, in signed requests that the published library takes', async () => {
  const { secret } = await made(['flow.created', 'flow.started']);
  const flow = await startedFlow('Told to others');
  await eventually(() => expect(heard).toHaveLength(2));
  const checked = heard.map(({ body, headers }) => bodySchema.parse(new Webhook(secret).verify(body, headers)));
  expect(checked.map((b) => b.type)).toEqual(['flow.created', 'flow.started']);
  expect(checked[1]?.data).toMatchObject({ flow: { id: flow.id, name: 'Told to others' }, text: 'started the flow' });
  expect(new Set(heard.map((h) => h.headers['webhook-id'])).size).toBe(2);
  for (const { body, headers } of heard) {
    expect(() => new Webhook(secret).verify(body.replace('Told', 'Sold'), headers)).toThrow();
    expect(() => new Webhook(`whsec_${Buffer.alloc(24).toString('base64')}`).verify(body, headers)).toThrow();
  }
});

test('one that fails is tried again with the same id and body, until a day is over', async () => {
  const { webhook, secret } = await made();
  answers = [500, 503];
  await done(testWebhook, { webhook: webhook.id });
  await eventually(() => expect(heard).toHaveLength(1));
  await eventually(async () =>
    expect(await log(webhook.id)).toMatchObject([{ state: 'PENDING', attempts: 1, lastStatus: 500 }]),
  );
  world.passTime(10_000);
  await eventually(() => expect(heard).toHaveLength(2));
  await eventually(async () => expect(await log(webhook.id)).toMatchObject([{ attempts: 2, lastStatus: 503 }]));
  world.passTime(70_000);
  // Its workflow waits by Temporal's clock, which this test does not move: waking it is what a new event does.
  await world.tools.workflows.wakeWebhook({ orgId: olivia.orgId, webhookId: webhook.id });
  await eventually(() => expect(heard).toHaveLength(3));
  expect(new Set(heard.map((h) => h.headers['webhook-id'])).size).toBe(1);
  expect(new Set(heard.map((h) => h.body)).size).toBe(1);
  for (const h of heard) expect(() => verifyAt(secret, h)).not.toThrow();
  await eventually(async () =>
    expect(await log(webhook.id)).toMatchObject([{ state: 'DELIVERED', attempts: 3, nextAt: null, lastError: null }]),
  );
});

/** The library holds five minutes against this machine's clock, and the world's runs ahead of it. */
function verifyAt(secret: string, { body, headers }: Heard): void {
  const now = vi.spyOn(Date, 'now').mockReturnValue(Number(headers['webhook-timestamp']) * 1_000);
  try {
    new Webhook(secret).verify(body, headers);
  } finally {
    now.mockRestore();
  }
}

test('endpoints that hang leave room for those of other organizations, and for what else a worker does', async () => {
  const both = [olivia, gus].flatMap((who) => Array.from({ length: 16 }, () => who));
  const endpoints = await Promise.all(
    both.map(async (who) => {
      const result = await createWebhook.run(caller(who), { url });
      if (!result.ok) throw new Error(result.text);
      return { orgId: who.orgId, webhookId: result.facts.webhook.id };
    }),
  );
  for (const { orgId, webhookId: webhook } of endpoints) {
    const event = { id: `ev_${webhook}`, type: 'webhook.test', at: Date.now(), body: '{}' } as const;
    await world.tools.database.withOrg({ orgId }, (trx) => queue(trx, orgId, [{ webhook, event }]));
  }
  let answer: (posted: Posted) => void = () => undefined;
  const hangs = new Promise<Posted>((resolve) => {
    answer = resolve;
  });
  let asked = 0;
  const { database, webhooks } = world.tools;
  const post: Post = () => {
    asked++;
    return hangs;
  };
  const { deliverWebhooks } = makeWebhookActivities({ database, keyring: webhooks.keyring, post });
  const all = endpoints.map((e) => new MockActivityEnvironment().run(deliverWebhooks, e));
  const settled = Promise.allSettled(all);
  // Ten of each organization, of 16.
  await eventually(() => expect(asked).toBe(20));
  answer({ status: 204, error: null, answer: '' });
  const handedBack = (await settled).filter((s) => s.status === 'rejected');
  expect(handedBack).toHaveLength(12);
  for (const s of handedBack)
    expect(s).toMatchObject({ reason: { nonRetryable: false, nextRetryDelay: expect.any(Number) } });
  for (const e of endpoints) expect(await new MockActivityEnvironment().run(deliverWebhooks, e)).toBeNull();
  expect(asked).toBe(32);
});

test('of however many organizations endpoints hang, one that answers is told', async () => {
  const others = [1, 2, 3].map((n) => ({ ...olivia, orgId: `org_hangs_${n}` }));
  for (const { orgId: id } of others)
    await world.owner
      .insertInto('orgs')
      .values({ id, slug: id.replaceAll('_', '-'), name: id, plan: 'FREE' })
      .execute();
  const owed = async (who: typeof olivia): Promise<WebhookRef> => {
    const result = await createWebhook.run(caller(who), { url });
    if (!result.ok) throw new Error(result.text);
    const { id: webhook } = result.facts.webhook;
    const event = { id: `ev_${webhook}`, type: 'webhook.test', at: Date.now(), body: '{}' } as const;
    await world.tools.database.withOrg(who, (trx) => queue(trx, who.orgId, [{ webhook, event }]));
    return { orgId: who.orgId, webhookId: webhook };
  };
  const hanging: WebhookRef[] = [];
  for (const who of [...others, olivia]) for (let n = 0; n < 8; n++) hanging.push(await owed(who));
  await world.owner.updateTable('webhooks').set({ failing_since: new Date() }).execute();
  const answering = await owed(gus);
  let asked = 0;
  let answer: (posted: Posted) => void = () => undefined;
  const hangs = new Promise<Posted>((resolve) => {
    answer = resolve;
  });
  const post: Post = () => (++asked > 15 ? Promise.resolve({ status: 204, error: null, answer: '' }) : hangs);
  const { database, webhooks } = world.tools;
  const { clock } = world.authority;
  const { deliverWebhooks } = makeWebhookActivities({ database, keyring: webhooks.keyring, post, clock });
  const settled = Promise.allSettled(hanging.map((e) => new MockActivityEnvironment().run(deliverWebhooks, e)));
  await eventually(() => expect(asked).toBe(15));
  expect(await new MockActivityEnvironment().run(deliverWebhooks, answering)).toBeNull();
  expect(asked).toBe(16);
  answer({ status: 204, error: null, answer: '' });
  expect((await settled).filter((s) => s.status === 'rejected')).toHaveLength(17);
  await world.owner
    .deleteFrom('orgs')
    .where(
      'id',
      'in',
      others.map((o) => o.orgId),
    )
    .execute();
});

test('one that begins to fail gives its place back, and goes on in one of those that fail', async () => {
  const { webhook } = await made();
  await owedThree(webhook.id);
  const { database, webhooks } = world.tools;
  const { clock } = world.authority;
  let asked = 0;
  const post: Post = async () => {
    asked++;
    return { status: null, error: 'it did not answer within 15 s', answer: '' };
  };
  const { deliverWebhooks } = makeWebhookActivities({ database, keyring: webhooks.keyring, post, clock });
  const its = { orgId: olivia.orgId, webhookId: webhook.id };
  // Due at once.
  expect(await new MockActivityEnvironment().run(deliverWebhooks, its)).toBe(0);
  expect(asked).toBe(1);
  await new MockActivityEnvironment().run(deliverWebhooks, its);
  expect(asked).toBe(3);
});

test('one that goes on failing rests, and leaves its place to one that answers again, which rests no more', async () => {
  const { webhook } = await made();
  await owedThree(webhook.id);
  await world.owner.updateTable('webhooks').set({ failing_since: new Date() }).execute();
  const { database, webhooks } = world.tools;
  const { clock } = world.authority;
  let status = 500;
  // As one that hangs: for longer than one may have its place.
  const post: Post = async () => {
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 40_000);
    return { status, error: null, answer: '' };
  };
  const { deliverWebhooks } = makeWebhookActivities({ database, keyring: webhooks.keyring, post, clock });
  const deliver = () =>
    new MockActivityEnvironment().run(deliverWebhooks, { orgId: olivia.orgId, webhookId: webhook.id });
  try {
    expect(await deliver()).toBeGreaterThan(clock() + 25_000);
    status = 204;
    // The next one is due at once.
    expect(await deliver()).toBeLessThanOrEqual(clock());
  } finally {
    vi.restoreAllMocks();
  }
});

test('after a day of failures it is FAILED, and a redelivery sends it again', async () => {
  const { webhook } = await made();
  answers = new Array<number>(9).fill(500);
  const { delivery } = await done(testWebhook, { webhook: webhook.id });
  for (let n = 1; n <= 9; n++) {
    await eventually(async () => expect((await log(webhook.id))[0]?.attempts).toBe(n));
    world.passTime(9 * 3_600_000);
    await world.tools.workflows.wakeWebhook({ orgId: olivia.orgId, webhookId: webhook.id });
  }
  expect(await log(webhook.id)).toMatchObject([{ state: 'FAILED', nextAt: null, lastError: 'it answered 500' }]);
  expect((await done(listWebhooks, {})).webhooks).toMatchObject([{ enabled: true, failingSince: expect.any(String) }]);
  await done(redeliverWebhook, { webhook: webhook.id, delivery });
  await eventually(async () => expect(await log(webhook.id)).toMatchObject([{ state: 'DELIVERED', attempts: 1 }]));
  expect(heard).toHaveLength(10);
  expect(new Set(heard.map((h) => h.headers['webhook-id']))).toEqual(new Set([delivery]));
  expect((await done(listWebhooks, {})).webhooks).toMatchObject([{ failingSince: null }]);
});

test('a changed secret and the old one both sign for a day, then the new one alone', async () => {
  const { webhook, secret: old } = await made();
  const { secret: fresh } = await done(rotateWebhookSecret, { webhook: webhook.id });
  await done(testWebhook, { webhook: webhook.id });
  await eventually(() => expect(heard).toHaveLength(1));
  for (const secret of [old, fresh]) for (const h of heard) expect(() => verifyAt(secret, h)).not.toThrow();
  world.passTime(25 * 3_600_000);
  await done(testWebhook, { webhook: webhook.id });
  await eventually(() => expect(heard).toHaveLength(2));
  for (const h of heard.slice(1)) {
    expect(() => verifyAt(fresh, h)).not.toThrow();
    expect(() => verifyAt(old, h)).toThrow();
  }
});

test('a secret that was promised a day signs for it: a second change waits, or stops all older ones', async () => {
  const { webhook, secret: first } = await made();
  const rotate = (more: object = {}) => rotateWebhookSecret.run(caller(), { webhook: webhook.id, ...more });
  const both = await Promise.all([rotate(), rotate()]);
  expect(both.map((r) => r.ok).sort()).toEqual([false, true]);
  const second = both.flatMap((r) => (r.ok ? [r.facts.secret] : []))[0] ?? '';
  const refused = both.find((r) => !r.ok);
  expect(refused).toMatchObject({ code: 'wrong_status', text: expect.stringContaining('signs for 24 hours more') });
  expect((await done(listWebhooks, {})).webhooks).toMatchObject([{ oldSecretUntil: expect.any(String) }]);
  await done(testWebhook, { webhook: webhook.id });
  await eventually(() => expect(heard).toHaveLength(1));
  for (const secret of [first, second]) for (const h of heard) expect(() => verifyAt(secret, h)).not.toThrow();

  const third = await done(rotateWebhookSecret, { webhook: webhook.id, stop_older: true });
  expect(third).toMatchObject({ oldUntil: null, webhook: { oldSecretUntil: null } });
  await done(testWebhook, { webhook: webhook.id });
  await eventually(() => expect(heard).toHaveLength(2));
  for (const h of heard.slice(1)) {
    expect(() => verifyAt(third.secret, h)).not.toThrow();
    for (const secret of [first, second]) expect(() => verifyAt(secret, h)).toThrow();
  }
  // Nothing is promised any more, so the next change is one with a day for the secret before.
  expect(await rotate()).toMatchObject({ ok: true });
});

test('what failed or waits is all sent again at once, in the order in which it happened', async () => {
  const { webhook } = await made();
  answers = [500, 500, 410];
  await owedThree(webhook.id);
  await world.tools.workflows.wakeWebhook({ orgId: olivia.orgId, webhookId: webhook.id });
  await eventually(async () => expect((await done(listWebhooks, {})).webhooks).toMatchObject([{ enabled: false }]));
  const off = await redeliverUndelivered.run(caller(), { webhook: webhook.id });
  expect(off).toMatchObject({ ok: false, code: 'wrong_status' });
  const on = await done(updateWebhook, { webhook: webhook.id, enabled: true });
  expect(on.webhook.failingSince).toBeNull();
  expect((await log(webhook.id)).map((d) => d.state).sort()).toEqual(['FAILED', 'PENDING', 'PENDING']);
  expect(await done(redeliverUndelivered, { webhook: webhook.id })).toMatchObject({ deliveries: 3 });
  await eventually(async () => expect((await log(webhook.id)).map((d) => d.state)).toEqual(Array(3).fill('DELIVERED')));
  expect(heard.slice(3).map((h) => h.headers['webhook-id'])).toEqual(['ev_owed_1', 'ev_owed_2', 'ev_owed_3']);
  expect(await done(redeliverUndelivered, { webhook: webhook.id })).toMatchObject({ deliveries: 0 });
});

test('one that was moved begins anew: how it failed elsewhere says nothing', async () => {
  const { webhook } = await made();
  answers = [500];
  await done(testWebhook, { webhook: webhook.id });
  const failing = async () => (await done(listWebhooks, {})).webhooks[0]?.failingSince;
  await eventually(async () => expect(await failing()).toEqual(expect.any(String)));
  await done(updateWebhook, { webhook: webhook.id, description: 'Ours' });
  expect(await failing()).toEqual(expect.any(String));
  await done(updateWebhook, { webhook: webhook.id, url: `${url}/moved` });
  expect(await failing()).toBeNull();
});

test('one that answers 410 is switched off; what waits is delivered when it is on again', async () => {
  const { webhook } = await made();
  answers = [410];
  await done(testWebhook, { webhook: webhook.id });
  await eventually(async () => expect((await done(listWebhooks, {})).webhooks).toMatchObject([{ enabled: false }]));
  const refused = await testWebhook.run(caller(), { webhook: webhook.id });
  expect(refused).toMatchObject({ ok: false, code: 'wrong_status' });
  await done(updateWebhook, { webhook: webhook.id, enabled: true });
  await done(testWebhook, { webhook: webhook.id });
  await eventually(() => expect(heard).toHaveLength(2));
});

test('a redirection is not followed, and says what to do', async () => {
  const { webhook } = await made();
  answers = [302];
  await done(testWebhook, { webhook: webhook.id });
  await eventually(async () => expect((await log(webhook.id))[0]?.lastError).toMatch(/redirections are not followed/));
  expect(heard).toHaveLength(1);
});

test.each([
  ['a NUL', Buffer.from('no\0t n\0ow'), 'it answered 500: no t n ow'],
  ['no text at all', Buffer.from([0, 255, 254, 1, 2, 0]), 'it answered 500'],
  ['a letter that is cut in two', `${'x'.repeat(199)}😀`, `it answered 500: ${'x'.repeat(199)}`],
])('an answer with %s counts as an attempt like any other, and what is behind it is sent', async (_, body, why) => {
  const { webhook } = await made();
  answers = [500];
  answerBody = body;
  await done(testWebhook, { webhook: webhook.id });
  await eventually(async () =>
    expect(await log(webhook.id)).toMatchObject([{ state: 'PENDING', attempts: 1, lastStatus: 500, lastError: why }]),
  );
  await done(testWebhook, { webhook: webhook.id });
  await eventually(async () => expect((await log(webhook.id))[0]).toMatchObject({ state: 'DELIVERED' }));
});

/** Three events for an endpoint of which none is on its way yet. */
async function owedThree(webhook: string): Promise<void> {
  const at = world.authority.clock();
  const events = [1, 2, 3].map((n) => ({ id: `ev_owed_${n}`, type: 'webhook.test', at, body: `{"n":${n}}` }));
  await world.database.withOrg(olivia, (trx) =>
    queue(
      trx,
      olivia.orgId,
      events.map((event) => ({ webhook, event })),
    ),
  );
}

describe('while one of several is on its way', () => {
  /** Does something to the endpoint during the first of three deliveries. */
  async function during(webhook: string, act: () => Promise<unknown>, attempts = 0): Promise<void> {
    await owedThree(webhook);
    await world.owner.updateTable('webhook_deliveries').set({ attempts }).where('webhook_id', '=', webhook).execute();
    meanwhile = async () => {
      meanwhile = async () => undefined;
      await act();
    };
    await world.tools.workflows.wakeWebhook({ orgId: olivia.orgId, webhookId: webhook });
  }
  const idle = (webhook: string) =>
    eventually(async () => {
      const about = await world.client.workflow
        .getHandle(webhookWorkflowId({ ...olivia, webhookId: webhook }))
        .describe();
      expect(about.status.name).toBe('COMPLETED');
    });

  test('switching the endpoint off or deleting it holds for the next', async () => {
    const { webhook } = await made();
    await during(webhook.id, () => done(updateWebhook, { webhook: webhook.id, enabled: false }));
    await idle(webhook.id);
    expect(heard).toHaveLength(1);
    expect((await log(webhook.id)).map((d) => d.state).sort()).toEqual(['DELIVERED', 'PENDING', 'PENDING']);
    const other = (await made()).webhook.id;
    await during(other, () => done(deleteWebhook, { webhook: other }));
    await idle(other);
    expect(heard).toHaveLength(2);
  });

  test('deleting the endpoint while an attempt is noted waits for nothing that waits for it', async () => {
    const { webhook } = await made();
    const its = { orgId: olivia.orgId, webhookId: webhook.id };
    await owedThree(webhook.id);
    let deleted: Promise<unknown> = Promise.resolve();
    /** It has the endpoint's row, and takes those of its deliveries once the attempt waits. */
    const remove = () =>
      new Promise<void>((held) => {
        deleted = world.owner.transaction().execute(async (trx) => {
          await trx.selectFrom('webhooks').select('id').where('id', '=', webhook.id).forUpdate().execute();
          held();
          await eventually(async () => {
            const waits = sql`select 1 from pg_locks where not granted and locktype in ('transactionid', 'tuple')`;
            expect((await waits.execute(trx)).rows).toHaveLength(1);
          });
          await trx.deleteFrom('webhooks').where('id', '=', webhook.id).execute();
        });
      });
    const post: Post = async () => {
      await remove();
      return { status: 500, error: null, answer: '' };
    };
    const { database, webhooks } = world.tools;
    const { clock } = world.authority;
    const { deliverWebhooks } = makeWebhookActivities({ database, keyring: webhooks.keyring, post, clock });
    await expect(new MockActivityEnvironment().run(deliverWebhooks, its)).resolves.toBeNull();
    await deleted;
  });

  test('a new address and a new secret hold for the next', async () => {
    const { webhook } = await made();
    let fresh = '';
    await during(webhook.id, async () => {
      await done(updateWebhook, { webhook: webhook.id, url: `${url}/moved` });
      fresh = (await done(rotateWebhookSecret, { webhook: webhook.id })).secret;
    });
    await idle(webhook.id);
    expect(heard.map((h) => h.path)).toEqual(['/hook', '/hook/moved', '/hook/moved']);
    for (const h of heard.slice(1)) expect(() => verifyAt(fresh, h)).not.toThrow();
  });

  test('what is asked for again meanwhile is sent again, however the attempt under way ends', async () => {
    const { webhook } = await made();
    answers = [500];
    await during(webhook.id, () => done(redeliverWebhook, { webhook: webhook.id, delivery: 'ev_owed_1' }), 8);
    const first = async () => (await log(webhook.id)).find((d) => d.id === 'ev_owed_1');
    // It was its last attempt.
    await eventually(async () => expect(await first()).toMatchObject({ state: 'DELIVERED', attempts: 1 }));
    expect(heard.filter((h) => h.headers['webhook-id'] === 'ev_owed_1')).toHaveLength(2);
  });

  test('410 from an address that the endpoint has left does not switch it off', async () => {
    const { webhook } = await made();
    answers = [410];
    await during(webhook.id, () => done(updateWebhook, { webhook: webhook.id, url: `${url}/moved` }));
    await idle(webhook.id);
    expect(heard.map((h) => h.path)).toEqual(['/hook', '/hook/moved', '/hook/moved']);
    expect((await done(listWebhooks, {})).webhooks).toMatchObject([{ enabled: true }]);
  });
});

test('an event whose worker died before it woke the endpoint is delivered when the projection is run again', async () => {
  const { webhook } = await made(['flow.created']);
  const wake = vi.spyOn(world.tools.workflows, 'wakeWebhook').mockRejectedValueOnce(new Error('the worker is gone'));
  const { flow } = await done(createFlowFromTemplate, { template: 'Client Onboarding', name: 'Died in between' });
  await eventually(async () => expect(await log(webhook.id)).toMatchObject([{ state: 'DELIVERED' }]));
  expect(bodySchema.parse(JSON.parse(heard[0]?.body ?? '')).data.flow.id).toBe(flow.id);
  expect(heard).toHaveLength(1);
  expect(wake.mock.calls.length).toBeGreaterThan(1);
  wake.mockRestore();
});

test('where Temporal does not answer that is said, and the same command once more has it delivered, once', async () => {
  const { webhook } = await made();
  const away = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: 'No connection', metadata: {} });
  const wake = vi.spyOn(world.tools.workflows, 'wakeWebhook').mockRejectedValueOnce(away);
  const ask = () => testWebhook.run(caller(), { webhook: webhook.id, command_id: 'test-away' });
  const refused = await ask();
  expect(refused).toMatchObject({ ok: false, code: 'engine_unavailable', facts: { commandId: 'test-away' } });
  expect(await ask()).toMatchObject({ ok: true });
  await eventually(async () => expect(await log(webhook.id)).toMatchObject([{ state: 'DELIVERED', attempts: 1 }]));
  for (const operation of [redeliverWebhook, redeliverUndelivered, updateWebhook]) {
    answers = [500];
    const { delivery } = await done(testWebhook, { webhook: webhook.id });
    await eventually(async () => expect((await log(webhook.id))[0]).toMatchObject({ state: 'PENDING', attempts: 1 }));
    wake.mockRejectedValueOnce(away);
    const input = { webhook: webhook.id, ...(operation === redeliverWebhook && { delivery }) };
    expect(await operation.run(caller(), input)).toMatchObject({ ok: false, code: 'engine_unavailable' });
    await done(redeliverUndelivered, { webhook: webhook.id });
    await eventually(async () => expect((await log(webhook.id))[0]).toMatchObject({ state: 'DELIVERED' }));
  }
  wake.mockRestore();
});

describe('the border', () => {
  const operations: Operation[] = [
    ...[listWebhookDeliveries, updateWebhook, deleteWebhook, rotateWebhookSecret, testWebhook],
    ...[redeliverWebhook, redeliverUndelivered],
  ];

  test("another org's webhook is like one that is not there, and a MEMBER sees none", async () => {
    const { webhook } = await made();
    for (const operation of operations) {
      const input = { webhook: webhook.id, ...(operation === redeliverWebhook && { delivery: 'ev_x' }) };
      const foreign = await operation.run(caller(gus), input);
      const unknown = await operation.run(caller(gus), { ...input, webhook: 'wh_unknown' });
      expect(foreign).toMatchObject({ ok: false, code: 'not_found' });
      expect(foreign).toEqual(unknown);
      expect(await operation.run(caller(mia), input)).toMatchObject({ ok: false, code: 'not_allowed' });
    }
    expect(await listWebhooks.run(caller(gus), {})).toMatchObject({ facts: { webhooks: [] } });
    expect(await listWebhooks.run(caller(mia), {})).toMatchObject({ code: 'not_allowed' });
  });

  test('the secret is shown once, and lies sealed', async () => {
    const { webhook, secret } = await made();
    const row = await world.owner.selectFrom('webhooks').selectAll().executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain(secret);
    expect(row.secret.includes(Buffer.from(secret))).toBe(false);
    expect(JSON.stringify(await done(listWebhooks, {}))).not.toContain(secret.slice(6));
    expect(world.logs.join('')).not.toContain(secret.slice(6));
    const again = await createWebhook.run(caller(), { url, command_id: 'same' });
    expect(again.ok).toBe(true);
    // Whom the answer never reached gets it once more, and it lies sealed as well.
    expect(await createWebhook.run(caller(), { url, command_id: 'same' })).toEqual(again);
    const { answer } = await world.owner.selectFrom('commands_made').selectAll().executeTakeFirstOrThrow();
    expect(answer?.includes('whsec_')).toBe(false);
    expect((await done(deleteWebhook, { webhook: webhook.id })).id).toBe(webhook.id);
  });

  test.each([
    ['not an address', 'is not a URL'],
    ['ftp://example.com', 'must begin with https://'],
    ['https://user:pw@example.com/hook', 'has a user name or password in it'],
    [`https://example.com/${'x'.repeat(2_000)}`, "the input doesn't fit"],
  ])('the address %.30s is refused', async (bad, why) => {
    const refused = await createWebhook.run(caller(), { url: bad });
    expect(refused).toMatchObject({ ok: false, code: 'bad_input' });
    expect(refused.text).toContain(why);
    expect((await done(listWebhooks, {})).webhooks).toEqual([]);
  });

  test('in production only the public internet is posted to, over https', async () => {
    const post = poster({ anywhere: false });
    for (const [address, why] of [
      [url, 'its address is not https'],
      [url.replace('http:', 'https:'), 'its host is not on the public internet'],
      ['https://[::ffff:127.0.0.1]/', 'its host is not on the public internet'],
      ['https://169.254.169.254/latest/meta-data', 'its host is not on the public internet'],
      ['https://localhost/', 'its host is not on the public internet'],
    ] as const)
      expect(await post(address, {}, '{}')).toEqual({ status: null, error: why, answer: '' });
    expect(heard).toEqual([]);
  });

  test('twenty are the most', async () => {
    for (let n = 0; n < 20; n++) await made();
    expect(await createWebhook.run(caller(), { url })).toMatchObject({ ok: false, code: 'limit' });
  });
});

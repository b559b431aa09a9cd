/** Mails that wait while the mail server is away: they never make a flow more than Temporal takes into a new run. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MailOrder } from '../../src/domain/flow.ts';
import { type Ledger, openLedger } from '../../src/domain/ledger.ts';
import { ledgerBytes } from '../../src/domain/ledger-size.ts';
import { limits } from '../../src/domain/limits.ts';
import { heldBytes } from '../../src/domain/room.ts';
import { FlowGateway } from '../../src/operations/gateway.ts';
import { reviveFlow, verifyFlow } from '../../src/operations/read-model.ts';
import { freshDatabase } from '../support/database.ts';
import { invitee, jane, john, olivia } from '../support/people.ts';
import { sharedWorkflows } from '../support/servers.ts';
import { comment, draft, monday, steps } from '../support/stage.ts';
import { type Effects, recordEffects } from './effects.ts';
import { FlowDriver, placeAt } from './flow-driver.ts';
import { type OwnTemporal, ownTemporal } from './own-temporal.ts';
import { type RealEffects, realEffects } from './real-effects.ts';

const resend = { type: 'resend_invitation', externalId: jane.id } as const;
let temporal: OwnTemporal;
let place: Awaited<ReturnType<typeof placeAt>>;
let driver: FlowDriver;
let effects: Effects;
let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let real: RealEffects;
let isAway = true;
/** Is the read model? */
let isBehind = false;

beforeAll(async () => {
  temporal = await ownTemporal({ suggestAfter: 150 });
  place = await placeAt(temporal.address, temporal.namespace);
  fresh = await freshDatabase();
  real = await realEffects(fresh.url);
  effects = recordEffects();
  effects.beforeMail = () => {
    if (isAway) throw new Error('The mail server is away');
  };
  effects.beforeProjection = (projection) => {
    if (isBehind) throw new Error('The database is away');
    return real.activities.projectFlow(projection);
  };
  driver = new FlowDriver({ ...place, bundle: await sharedWorkflows(), activities: effects });
  await driver.startWorker();
});
afterAll(async () => {
  await driver.stopWorker();
  await place.leave();
  await temporal.stop();
  await real.close();
  await fresh.drop();
});

test('a flow of 500 tasks whose invitations wait goes on in a new run, and they are sent when the mail server is back', async () => {
  isAway = true;
  const flow = await driver.create(
    Date.now(),
    ...Array.from({ length: 500 }, (_, n) => ({
      key: `t${n}`,
      title: `Task ${n} `.padEnd(200, 'x'),
      description: 'd'.repeat(150),
      assignee: { kind: 'client', role: '' },
    })),
  );
  await flow.does(olivia, { type: 'invite', people: [invitee(jane)] });
  await flow.does(olivia, { type: 'start', startDate: null });
  for (let n = 0; n < 16; n++) await flow.sends(olivia, resend);
  expect((await flow.flow()).outbox).toMatchObject([{ kind: 'invitation', more: 480 }]);
  const first = await flow.runId();
  for (let n = 0; n < 200 && (await flow.runId()) === first; n++) await flow.does(olivia, comment('t1', `c${n}`));
  expect(await flow.runId()).not.toBe(first);
  expect((await flow.handle.describe()).status.name).toBe('RUNNING');
  isAway = false;
  await expect.poll(async () => (await flow.flow()).outbox, { timeout: 40_000 }).toEqual([]);
  expect(effects.mailsOf(flow.id)).toMatchObject([{ kind: 'invitation', to: { name: 'Jane Alder' } }]);
}, 180_000);

test('one that gave its place to a newer one, or is for nobody, is called off, and not sent when the mail server is back', async () => {
  isAway = true;
  const flow = await driver.create(Date.now(), { key: 'a', assignee: { kind: 'client' } });
  await flow.does(olivia, { type: 'invite', people: [invitee(jane), invitee(john)] });
  await flow.does(olivia, { type: 'start', startDate: null });
  const pending = async () => (await flow.handle.describe()).raw.pendingActivities?.length ?? 0;
  await expect.poll(pending, { timeout: 20_000 }).toBe(2);
  for (let n = 0; n < 6; n++) {
    const before = effects.tried.mails;
    await flow.does(olivia, resend);
    // The newer one has its place at once, however many came before it.
    await expect.poll(() => effects.tried.mails, { timeout: 20_000 }).toBeGreaterThan(before);
  }
  await flow.does(olivia, { type: 'revoke_invitation', externalId: john.id });
  await expect.poll(pending, { timeout: 20_000 }).toBe(1);
  const { outbox } = await flow.flow();
  expect(outbox).toMatchObject([{ kind: 'invitation', to: { id: jane.id } }]);
  isAway = false;
  await expect.poll(async () => (await flow.flow()).outbox, { timeout: 60_000 }).toEqual([]);
  expect(effects.mailsOf(flow.id)).toEqual(outbox);
  expect(await pending()).toBe(0);
}, 180_000);

/** As only a release that bounded nothing may have left one: more than may go to a new run, and just what Temporal takes. */
function tooLarge(id: string): Ledger {
  const flow = { ...draft(steps({ key: 'a' }), olivia, monday), id };
  const ledger = openLedger(flow, { commandId: 'create', fingerprint: '', at: monday });
  const to = { kind: 'external', id: john.id, name: john.name, email: 'john@client.test' } as const;
  const mail = (n: number): MailOrder => ({
    ...{ key: `${id}/${n}`, to, from: 'x'.repeat(100_000), role: '', tasks: [], orderedAt: monday },
    kind: 'invitation',
  });
  const outbox = Array.from({ length: 20 }, (_, n) => mail(n));
  const left = limits.carriedBytes + 20_000 - ledgerBytes({ ...ledger, flow: { ...flow, outbox } });
  const last = { ...mail(20), from: 'x'.repeat(left) };
  return { ...ledger, flow: { ...flow, status: 'ACTIVE', startDate: monday, outbox: [...outbox, last] } };
}

test('one that is too large for a new run stays in its own, and is projected there, until its mails are sent', async () => {
  [isAway, isBehind] = [true, true];
  const flow = await driver.carryOn(tooLarge('fl_large'));
  const first = await flow.runId();
  // Refused, and yet each is an event of the history.
  for (let n = 0; n < 200; n++) await flow.sends(olivia, comment('a', `c${n}`));
  expect((await flow.answer('c200')).outcome).toMatchObject({ ok: false, refusal: { code: 'too_large' } });
  expect((await flow.handle.describe()).historyLength).toBeGreaterThan(200);
  expect(effects.projectionsOf(flow.id)).toEqual([]);
  isBehind = false;
  await expect.poll(() => effects.projectionsOf(flow.id).length, { timeout: 40_000 }).toBe(1);
  expect(await flow.runId()).toBe(first);
  isAway = false;
  await expect.poll(() => flow.runId(), { timeout: 60_000 }).not.toBe(first);
  await expect.poll(async () => (await flow.flow()).outbox, { timeout: 40_000 }).toEqual([]);
}, 180_000);

test('one that ended so, and can not be told, is revived from the read model', async () => {
  isAway = true;
  const ledger = tooLarge('fl_lost');
  expect(heldBytes(ledger.flow)).toBeGreaterThan(limits.carriedBytes);
  const flow = await driver.carryOn(ledger);
  await expect
    .poll(() => effects.projectionsOf(flow.id).at(-1)?.flow.version, { timeout: 40_000 })
    .toBe(ledger.flow.version);
  const flows = new FlowGateway(driver.client, { taskQueue: driver.taskQueue, answerMs: 20_000 });
  const tools = { database: real.database, flows, looks: [] };
  expect(await flows.look(flow.orgId, flow.id)).toEqual({ state: 'too_large' });
  expect(await verifyFlow(tools, flow.orgId, flow.id)).toMatchObject({ state: 'too_large' });
  expect(await reviveFlow(tools, flow.orgId, flow.id)).toBe(false);

  await flow.handle.terminate('As Temporal would');
  expect(await verifyFlow(tools, flow.orgId, flow.id)).toMatchObject({ state: 'stopped' });
  expect(await reviveFlow(tools, flow.orgId, flow.id)).toBe(true);
  expect(await flow.flow()).toMatchObject({ status: 'ACTIVE', outbox: [], tasks: [{ key: 'a' }] });
  await flow.does(olivia, comment('a', 'and goes on'));
}, 120_000);

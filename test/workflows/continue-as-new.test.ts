/** A flow that outgrows one history goes on in a new run, and nobody notices: seen on a real server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toDevMailbox } from '../../src/activities/deliver.ts';
import { readFlow } from '../../src/db/read-flow.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { adam, mia, olivia } from '../support/people.ts';
import { sharedWorkflows } from '../support/servers.ts';
import { assign, comment, complete, setDue } from '../support/stage.ts';
import { FlowDriver, placeAt } from './flow-driver.ts';
import { type OwnTemporal, ownTemporal } from './own-temporal.ts';
import { type RealEffects, realEffects } from './real-effects.ts';

let temporal: OwnTemporal;
let place: Awaited<ReturnType<typeof placeAt>>;
let driver: FlowDriver;
let fresh: FreshDatabase;
let effects: RealEffects;
let letMailsGo = (): void => undefined;

beforeAll(async () => {
  temporal = await ownTemporal({ suggestAfter: 200 });
  place = await placeAt(temporal.address, temporal.namespace);
  fresh = await freshDatabase();
  const gate = new Promise<void>((resolve) => {
    letMailsGo = resolve;
  });
  effects = await realEffects(fresh.url, async (mail) => {
    await gate;
    return toDevMailbox(mail);
  });
  driver = new FlowDriver({ ...place, bundle: await sharedWorkflows(), activities: effects.activities });
  await driver.startWorker();
});
afterAll(async () => {
  await driver.stopWorker();
  await place.leave();
  await temporal.stop();
  await effects.close();
  await fresh.drop();
});

test('state, outcomes, timers, mails and what operators see are carried over, and signals meanwhile are not lost', async () => {
  const flow = await driver.create(Date.now(), { key: 'a' }, { key: 'b' });
  await flow.does(olivia, { type: 'start', startDate: null });
  await flow.does(olivia, assign('a', mia));
  await flow.does(olivia, assign('b', adam));
  const due = Date.now() + 15_000;
  await flow.does(olivia, setDue('b', due));
  await flow.does(olivia, comment('a', 'before'), 'before');
  const before = await flow.answer('before');
  expect((await flow.flow()).outbox).toHaveLength(2);
  const first = await flow.runId();

  // Four people who do not stop while the flow moves house, twice.
  const runs = new Set([first]);
  const sent: string[] = [];
  const everyone = [0, 1, 2, 3].map(async (who) => {
    for (let n = 0; runs.size < 3 || n < 20; n++) {
      const id = `${who}-${n}`;
      await flow.sends(olivia, comment('a', id), id);
      sent.push(id);
      // Without a gap in them, signals keep any run from ending: Temporal hands over the new ones first.
      await sleep(30);
    }
  });
  while (runs.size < 3) runs.add(await flow.runId());
  await Promise.all(everyone);
  letMailsGo();

  const now = await flow.flow();
  const told = now.tasks[0]?.comments.map((c) => c.text) ?? [];
  expect(told).toHaveLength(sent.length + 1);
  expect(new Set(told)).toEqual(new Set(['before', ...sent]));
  for (const who of [0, 1, 2, 3]) {
    const own = told.filter((text) => text.startsWith(`${who}-`)).map((text) => Number(text.slice(2)));
    expect(own).toEqual(own.toSorted((a, b) => a - b));
  }
  for (const id of sent) expect((await flow.answer(id)).outcome).toMatchObject({ ok: true });

  // The same command again, now that another run would have to remember it.
  await flow.sends(olivia, comment('a', 'before'), 'before');
  const after = await flow.answer('before');
  expect(after.outcome).toEqual(before.outcome);
  expect((await flow.answer('create')).outcome).toMatchObject({ ok: true, version: 1 });

  const [old, ...later] = [...runs];
  expect((await flow.events(old)).at(-1)).toBe('workflowExecutionContinuedAsNew');
  const seen = await flow.handle.describe();
  expect(later).toContain(seen.runId);
  // The static summary belongs to the first run, in Temporal; the list and the current details go on saying which flow it is.
  expect(await flow.currentDetails()).toContain('**Acme Corp** is ACTIVE');
  const attributes = Object.fromEntries(seen.typedSearchAttributes.getAll().map((a) => [a.key.name, a.value]));
  expect(attributes).toMatchObject({
    BooflowOrgId: 'or_acme',
    BooflowFlowName: 'Acme Corp',
    BooflowFlowStatus: 'ACTIVE',
    BooflowTemplate: 'Test',
  });
  expect(attributes.BooflowNextDueAt).toEqual(new Date(due));

  // The timer of the first run, and the mails that were on their way when it ended.
  const mails = async (): Promise<string[]> => {
    const rows = await effects.owner.selectFrom('dev_mails').select(['to_address', 'subject']).execute();
    return rows.map((m) => `${m.to_address}: ${m.subject}`).toSorted();
  };
  await expect
    .poll(mails, { timeout: 40_000, interval: 250 })
    .toEqual([
      'adam@acme.test: Overdue: b on Acme Corp',
      'adam@acme.test: b on Acme Corp',
      'mia@acme.test: a on Acme Corp',
    ]);
  await expect.poll(async () => (await flow.flow()).outbox.length).toBe(0);

  await flow.does(mia, complete('a'));
  await flow.does(adam, complete('b'), 'last');
  await flow.handle.result();
  expect((await flow.answer('last')).outcome).toMatchObject({ ok: true, effects: { completedFlow: true } });
  const final = await flow.flow();
  const kept = await effects.database.withOrg(flow, (trx) => readFlow(trx, flow.id, 10_000));
  expect(kept?.flow.tasks.map((t) => [t.status, t.comments.length])).toEqual(
    final.tasks.map((t) => [t.status, t.comments.length]),
  );
  expect(kept?.flow.version).toBe(final.version);
  expect(kept?.flow.feed).toHaveLength(final.feedLength);
}, 120_000);

/** A client goes from each flow, whatever one of them, or Temporal, can't do now. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../test/support/database.ts';
import { invitee, jane, olivia } from '../../test/support/people.ts';
import { draft, steps } from '../../test/support/stage.ts';
import { type RealEffects, realEffects } from '../../test/workflows/real-effects.ts';
import { findErasure, insertErasure } from '../db/erasures.ts';
import { applyCommand, openLedger, projectionOf } from '../domain/ledger.ts';
import { type ErasureNeeds, makeErasureActivities } from './erasure.ts';

let fresh: FreshDatabase;
let effects: RealEffects;
beforeAll(async () => {
  fresh = await freshDatabase();
  effects = await realEffects(fresh.url);
});
afterAll(async () => {
  await effects.close();
  await fresh.drop();
});

const orgId = 'or_acme';
const client = invitee(jane);

async function flowWithJane(id: string): Promise<void> {
  const flow = { ...draft(steps({ key: 'a' })), id };
  const at = flow.createdAt;
  const invite = { type: 'invite' as const, people: [client] };
  const ledger = applyCommand(
    openLedger(flow, { commandId: 'make', fingerprint: '', at }),
    { commandId: 'invite', fingerprint: '', actor: olivia, command: invite },
    at,
  );
  await effects.activities.projectFlow(projectionOf(ledger));
}

it('what fails in one flow stops no other, and a flow is done with when Temporal has forgotten it', async () => {
  await flowWithJane('fl_1_full');
  await flowWithJane('fl_2_kept');
  await flowWithJane('fl_3_well');
  const { email: address } = client;
  await effects.database.withOrg({ orgId }, (trx) =>
    insertErasure(trx, { orgId, id: 'er_jane', address, by: olivia, at: new Date() }),
  );
  const targets = async (): Promise<string[] | undefined> =>
    (await effects.database.withOrg({ orgId }, (trx) => findErasure(trx, 'er_jane')))?.targets.map((t) => t.flowId);
  const failing = new Set(['fl_1_full', 'fl_2_kept']);
  const forgotten: string[] = [];
  const flows: ErasureNeeds['flows'] = {
    async send(_, flowId) {
      if (flowId === 'fl_1_full' && failing.has(flowId)) throw new Error('No more commands can wait for this flow');
      return { state: 'gone' };
    },
  };
  const workflows: ErasureNeeds['workflows'] = {
    async forgetClosedRuns(_, flowId) {
      if (failing.has(flowId)) throw new Error('Temporal lists nothing now');
      forgotten.push(flowId);
    },
  };
  const { eraseSome } = makeErasureActivities({ database: effects.database, flows, workflows, settleMs: 0 });
  const erase = () => new MockActivityEnvironment().run(eraseSome, { orgId, erasureId: 'er_jane' });
  await expect(erase()).rejects.toThrow('No more commands can wait for this flow');
  expect(await targets()).toEqual(['fl_1_full', 'fl_2_kept']);
  failing.clear();
  expect(await erase()).toEqual({ done: 2, open: false });
  expect(forgotten.toSorted()).toEqual(['fl_1_full', 'fl_2_kept', 'fl_3_well']);
});

it('flows that answer nothing are waited for together', async () => {
  for (const n of [1, 2, 3]) await flowWithJane(`fl_silent_${n}`);
  const { email: address } = client;
  await effects.database.withOrg({ orgId }, (trx) =>
    insertErasure(trx, { orgId, id: 'er_again', address, by: olivia, at: new Date() }),
  );
  let waiting = 0;
  let most = 0;
  const flows: ErasureNeeds['flows'] = {
    async send() {
      most = Math.max(most, ++waiting);
      await new Promise((resolve) => setTimeout(resolve, 20));
      waiting--;
      return { state: 'accepted' };
    },
  };
  const workflows = { forgetClosedRuns: async () => undefined };
  const { eraseSome } = makeErasureActivities({ database: effects.database, flows, workflows, settleMs: 0 });
  const erase = () => new MockActivityEnvironment().run(eraseSome, { orgId, erasureId: 'er_again' });
  expect(await erase()).toEqual({ done: 0, open: true });
  expect(most).toBe(3);
});

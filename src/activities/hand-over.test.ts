/** What one flow, or one organization's, can't do now is no reason for others to wait. */
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../test/support/database.ts';
import { max, olivia } from '../../test/support/people.ts';
import { assign, draft, steps } from '../../test/support/stage.ts';
import { type RealEffects, realEffects } from '../../test/workflows/real-effects.ts';
import { insertHandOver } from '../db/members.ts';
import { applyCommand, type Outcome, openLedger, projectionOf } from '../domain/ledger.ts';
import { type FlowCommands, makeHandOverActivities } from './hand-over.ts';

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

const acme = 'or_acme';
const other = 'or_other';

/** A flow in the lists whose tasks lie with Max. */
async function flowWithMax(orgId: string, id: string, tasks: number): Promise<void> {
  const keys = Array.from({ length: tasks }, (_, n) => `t${n}`);
  const flow = { ...draft(steps(...keys.map((key) => ({ key })))), orgId, id };
  const at = flow.createdAt;
  const ledger = keys.reduce(
    (before, key) =>
      applyCommand(before, { commandId: key, fingerprint: '', actor: olivia, command: assign(key, max) }, at),
    openLedger(flow, { commandId: 'make', fingerprint: '', at }),
  );
  const outcome = ledger.outcomes.at(-1);
  if (!outcome?.ok) throw new Error(outcome?.refusal.message);
  await effects.activities.projectFlow(projectionOf(ledger));
}

const leaves = (orgId: string, id: string, from: string, createdAt: number) =>
  effects.database.withOrg({ orgId }, (trx) =>
    insertHandOver(trx, {
      ...{ org_id: orgId, id, from_user: from, from_name: 'Max', to_user: null, by: olivia },
      created_at: new Date(createdAt),
    }),
  );

it('a flow that answers nothing is asked once, one that fails stops none behind it, and a failure is told', async () => {
  await effects.owner.insertInto('orgs').values({ id: other, slug: 'other', name: 'Other', plan: 'FREE' }).execute();
  await effects.owner.deleteFrom('memberships').where('user_id', '=', max.id).execute();
  await flowWithMax(acme, 'fl_1_silent', 30);
  await flowWithMax(acme, 'fl_2_full', 2);
  await flowWithMax(acme, 'fl_3_well', 2);
  await flowWithMax(other, 'fl_other', 2);
  await leaves(acme, 'ho_first', max.id, Date.now() - 1_000);
  await leaves(other, 'ho_second', max.id, Date.now());
  const sent: string[] = [];
  const send: FlowCommands['send'] = async (_, flowId) => {
    sent.push(flowId);
    if (flowId === 'fl_1_silent') return { state: 'accepted' };
    if (flowId === 'fl_2_full') throw new Error('No more commands can wait for this flow');
    return { state: 'gone' };
  };
  const workflows = { erase: async () => undefined };
  const { passTasksOn } = makeHandOverActivities({ database: effects.database, flows: { send }, workflows });
  const passed = new MockActivityEnvironment().run(passTasksOn);
  await expect(passed).rejects.toThrow('No more commands can wait for this flow');
  expect(sent.toSorted()).toEqual(['fl_1_silent', 'fl_2_full', 'fl_3_well', 'fl_3_well', 'fl_other', 'fl_other']);
});

it('a worker that is told to stop asks no further flow, however many are left', async () => {
  const env = new MockActivityEnvironment();
  const sent: string[] = [];
  const send: FlowCommands['send'] = async (_, flowId) => {
    sent.push(flowId);
    env.cancel('WORKER_SHUTDOWN');
    return { state: 'accepted' };
  };
  const workflows = { erase: async () => undefined };
  const { passTasksOn } = makeHandOverActivities({ database: effects.database, flows: { send }, workflows });
  await expect(env.run(passTasksOn)).rejects.toThrow(CancelledFailure);
  expect(sent).toHaveLength(1);
});

it('those that wait on silent flows, however many, hold up no newer one of another organization', async () => {
  await effects.owner.deleteFrom('hand_overs').execute();
  await flowWithMax(acme, 'fl_silent', 1);
  await flowWithMax(other, 'fl_behind', 1);
  for (let n = 0; n < 25; n++) await leaves(acme, `ho_stuck_${n}`, max.id, Date.now() - 60_000);
  const sent: string[] = [];
  const send: FlowCommands['send'] = async (orgId, flowId) => {
    sent.push(flowId);
    return orgId === acme ? { state: 'accepted' } : { state: 'gone' };
  };
  const workflows = { erase: async () => undefined };
  const needs = { database: effects.database, flows: { send }, workflows, settleMs: -1 };
  const { passTasksOn } = makeHandOverActivities(needs);
  const pass = () => new MockActivityEnvironment().run(passTasksOn);
  await pass();
  // However many hand-overs have to do with it.
  expect(sent.filter((id) => id === 'fl_silent')).toHaveLength(1);
  await pass();
  await leaves(other, 'ho_behind', max.id, Date.now());
  await pass();
  expect(sent).toContain('fl_behind');
  const isOpen = () =>
    effects.owner.selectFrom('hand_overs').select('finished_at').where('id', '=', 'ho_behind').executeTakeFirst();
  // It is finished by a later look, which comes to each of them in time.
  for (let n = 0; n < 60 && (await isOpen())?.finished_at === null; n++) await pass();
  expect((await isOpen())?.finished_at).toBeInstanceOf(Date);
});

it('a task that a full flow refuses to pass on goes when there is room, though its command was answered', async () => {
  await effects.owner.updateTable('hand_overs').set({ finished_at: new Date() }).execute();
  const zoe = 'us_left_a_full_flow';
  await flowWithMax(acme, 'fl_full', 2);
  await effects.owner.updateTable('tasks').set({ assignee_id: zoe }).where('flow_id', '=', 'fl_full').execute();
  await leaves(acme, 'ho_full', zoe, Date.now());
  let full = true;
  let now = Date.now();
  const sent: string[] = [];
  const answers = new Map<string, Outcome>();
  const nothing = { ready: [], waitAgain: [], notNeeded: [], mails: 0, completedFlow: false, invited: [] };
  const progress = { done: 0, counting: 2, percent: 0 };
  const send: FlowCommands['send'] = async (_, id, { commandId, fingerprint }) => {
    sent.push(commandId);
    const told = { commandId, fingerprint, at: now, version: 1 };
    const refusal = { code: 'too_large', message: 'It is full.', blockedBy: [] } as const;
    const effects = { ...nothing, status: 'ACTIVE', progress } as const;
    const outcome: Outcome = full ? { ...told, ok: false, refusal } : { ...told, ok: true, effects };
    // As a flow does: the same id has the same answer for ever.
    answers.set(commandId, answers.get(commandId) ?? outcome);
    const flow = { id, name: id, status: 'ACTIVE', progress } as const;
    const answer = { outcome: answers.get(commandId) ?? null, projected: true, flow, tasks: [] };
    return { state: 'applied', answer };
  };
  const { passTasksOn } = makeHandOverActivities({
    ...{ database: effects.database, flows: { send }, workflows: { erase: async () => undefined } },
    clock: () => now,
  });
  const pass = () => new MockActivityEnvironment().run(passTasksOn);
  expect(await pass()).toEqual({ passed: 0, open: 1 });
  expect(sent, 'the second task of a full flow is not tried').toHaveLength(2);
  now += 60_000;
  expect(await pass()).toEqual({ passed: 0, open: 1 });
  full = false;
  now += 3_600_000;
  expect(await pass()).toMatchObject({ passed: 2 });
});

it('flows that answer nothing are waited for together, and hand-overs that can not go on keep no other from its turn', async () => {
  await effects.owner.updateTable('hand_overs').set({ finished_at: new Date() }).execute();
  for (let n = 0; n < 24; n++) {
    await flowWithMax(acme, `fl_each_${n}`, 1);
    await effects.owner
      .updateTable('tasks')
      .set({ assignee_id: `us_each_${n}` })
      .where('flow_id', '=', `fl_each_${n}`)
      .execute();
    await leaves(acme, `ho_each_${n}`, `us_each_${n}`, n);
  }
  for (let n = 0; n < 20; n++) await flowWithMax(other, `fl_slow_${n}`, 1);
  await leaves(other, 'ho_last', max.id, Date.now());
  let waiting = 0;
  let most = 0;
  const send: FlowCommands['send'] = async (orgId) => {
    if (orgId === acme) return { state: 'accepted' };
    most = Math.max(most, ++waiting);
    await new Promise((resolve) => setTimeout(resolve, 20));
    waiting--;
    return { state: 'accepted' };
  };
  const workflows = { erase: async () => undefined };
  const { passTasksOn } = makeHandOverActivities({ database: effects.database, flows: { send }, workflows });
  for (let n = 0; n < 60 && most === 0; n++) await new MockActivityEnvironment().run(passTasksOn);
  expect(most).toBeGreaterThan(10);
}, 60_000);

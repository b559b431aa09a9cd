/** When nobody is there to do it: no worker, and no Temporal. A command is stored or refused, never lost or done twice. */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { completeTask } from '../../src/operations/complete-task.ts';
import { createFlowFromTemplate } from '../../src/operations/create-flow-from-template.ts';
import { FlowGateway } from '../../src/operations/gateway.ts';
import { getFlow } from '../../src/operations/get-flow.ts';
import { listFlows } from '../../src/operations/list-flows.ts';
import { freePort } from '../../src/platform/ports.ts';
import { connectClient } from '../../src/platform/temporal-connection.ts';
import { changesNothing, settled } from './everything.ts';
import { olivia as oliviaPrincipal } from './principals.ts';
import { type TwoOrgs, twoOrgs } from './two-orgs.ts';

let all: TwoOrgs;
beforeAll(async () => {
  all = await twoOrgs();
});
afterAll(() => all.stop());

const harbor = { flow: 'Harbor & Pine' };

describe('without a worker', () => {
  test('a command waits, is said to wait, and is done once when one is back', async () => {
    const { world, olivia } = all;
    const done = { ...harbor, task: 'Send contract draft', comment: 'Sent.', command_id: 'c_waits' };
    const create = { template: 'Offboarding', name: 'Made in the dark', command_id: 'c_dark' };
    await world.stopWorker();
    try {
      const before = await world.owner.selectFrom('flows').selectAll().execute();
      const waiting = await olivia.call('complete_task', done);
      expect(waiting).toMatchObject({ isError: false, facts: { state: 'accepted', commandId: 'c_waits' } });
      expect(waiting.text).toBe(
        "Accepted, not applied yet: Booflow's worker is not answering. Your command is stored and will be applied when it is back. Ask again with command id `c_waits`; sending it twice does it once.",
      );
      expect((await olivia.call('complete_task', done)).text).toBe(waiting.text);
      const made = await olivia.call('create_flow_from_template', create);
      expect(made).toMatchObject({ isError: false, facts: { state: 'accepted', flow: { name: create.name } } });

      const flow = await olivia.call('get_flow', harbor);
      expect(flow.text).toMatch(
        /^Harbor & Pine is ACTIVE.*\nThe flow itself is not answering now; this is as of its last change that reached the lists, \d+ minutes? ago\./,
      );
      expect(flow.facts.asOf).toEqual(expect.any(String));
      expect(flow.text).toMatch(/^- "Send contract draft", Olivia Brandt, /m);
      const task = await olivia.call('get_task', { ...harbor, task: 'Send contract draft' });
      expect(task.text).toMatch(/is READY.*\nThe flow itself is not answering now/);
      expect(await world.owner.selectFrom('flows').selectAll().execute()).toEqual(before);
    } finally {
      await world.startWorker();
    }
    const flowsMade = () => world.owner.selectFrom('flows').select('id').where('name', '=', create.name).execute();
    await vi.waitFor(async () => expect(await flowsMade()).toHaveLength(1), { timeout: 20_000 });
    await settled(world);

    const after = await changesNothing(world, () => olivia.call('complete_task', done));
    expect(after.text).toMatch(/^"Send contract draft" is completed \(by Olivia Brandt, through Claude\)/);
    const told = await olivia.call('get_task', { ...harbor, task: 'Send contract draft' });
    expect(told.facts).toMatchObject({ status: 'COMPLETED', asOf: null, comments: [{ text: 'Sent.' }] });
    const feed = await world.owner
      .selectFrom('feed')
      .select('text')
      .where('what', '=', 'task_completed')
      .where('org_id', '=', 'org_demo_acme')
      .execute();
    expect(feed).toEqual([{ text: 'completed "Send contract draft"' }]);

    expect((await olivia.call('create_flow_from_template', create)).text).toMatch(/^Made in the dark is made from/);
    expect(await flowsMade()).toHaveLength(1);
  });
});

describe('without Temporal', () => {
  test('a command is refused, not said to be stored, and reads come from the lists', async () => {
    const { world } = all;
    const client = connectClient({
      temporalAddress: `127.0.0.1:${await freePort()}`,
      temporalNamespace: 'default',
    });
    const flows = new FlowGateway(client, { taskQueue: 'nowhere', signalMs: 1_500, answerMs: 500 });
    const caller = {
      ...world.tools,
      flows,
      now: Date.now(),
      principal: oliviaPrincipal,
    };
    try {
      const refused = await changesNothing(world, async () => [
        await completeTask.run(caller, { ...harbor, task: 'Schedule the kickoff call', command_id: 'c_lost' }),
        await createFlowFromTemplate.run(caller, { template: 'Offboarding', name: 'Nowhere', command_id: 'c_lost_2' }),
      ]);
      for (const answer of refused) {
        expect(answer).toMatchObject({
          ok: false,
          facts: { code: 'engine_unavailable', commandId: expect.stringMatching(/^c_lost/) },
        });
        expect(answer.text).toMatch(/^Not confirmed: .* not answering\. Try again in a moment with command id `c_lost/);
      }
      const flow = await getFlow.run(caller, harbor);
      expect(flow.text).toMatch(/^Harbor & Pine is ACTIVE.*\nThe flow itself is not answering now/);
      expect(await listFlows.run(caller, { status: 'ACTIVE' })).toMatchObject({ ok: true });
    } finally {
      await client.connection.close();
    }
  });
});

test('nothing of all this was a fault of ours', () => {
  expect(all.world.logs.filter((l) => l.includes('ERROR'))).toEqual([]);
});

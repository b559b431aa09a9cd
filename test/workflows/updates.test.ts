/**
 * A command as an update, seen on a real server: recorded before it is answered, and done once. Nobody sends one any more
 * (docs/decisions/0013-commands-are-signals-again.md); flows that had some go on.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unheard } from '../../src/activities/flow-sinks.ts';
import { openLedger } from '../../src/domain/ledger.ts';
import { limits } from '../../src/domain/limits.ts';
import { commandUpdate } from '../../src/workflows/contract.ts';
import { olivia } from '../support/people.ts';
import { sharedTemporal, sharedWorkflows } from '../support/servers.ts';
import { comment, draft, steps } from '../support/stage.ts';
import { recordEffects } from './effects.ts';
import {
  countOf,
  type DriverOptions,
  type FlowDriver,
  placeAt,
  type RunningFlow,
  started,
  withDriver,
} from './flow-driver.ts';

let place: Awaited<ReturnType<typeof placeAt>>;
beforeAll(async () => {
  const { address, namespace } = await sharedTemporal();
  place = await placeAt(address, namespace);
});
afterAll(() => place.leave());

const here = async (work: (driver: FlowDriver) => Promise<void>, options: Partial<DriverOptions> = {}): Promise<void> =>
  withDriver({ ...place, bundle: await sharedWorkflows(), activities: recordEffects(), ...options }, work);

const told = async (flow: RunningFlow): Promise<string[]> =>
  ((await flow.flow()).tasks[0]?.comments ?? []).map((c) => c.text);

async function replays({ client }: FlowDriver, { handle: { workflowId } }: RunningFlow, runId?: string): Promise<void> {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const replayed = Worker.runReplayHistories({ workflowBundle: await sharedWorkflows(), sinks: unheard }, [
    { workflowId, history },
  ]);
  for await (const { error } of replayed) expect(error).toBeUndefined();
}

const names = (n: number): string[] => Array.from({ length: n }, (_, i) => `c-${i}`);

describe('a command as an update', () => {
  test('is in the history when it is answered, with what it did, and asks nothing else of Temporal', () =>
    here(async (driver) => {
      const flow = await started(driver);
      const before = await flow.events();
      const { answer } = await flow.update(olivia, comment('a', 'one'), 'one');
      expect(answer.outcome).toMatchObject({ commandId: 'one', ok: true });
      const events = (await flow.events()).slice(before.length);
      expect(countOf(events, 'workflowExecutionUpdateAccepted')).toBe(1);
      expect(countOf(events, 'workflowExecutionUpdateCompleted')).toBe(1);
      expect(countOf(events, 'workflowExecutionSignaled')).toBe(0);
      expect(await told(flow)).toEqual(['one']);
    }));

  test('that came before the workflow had run at all is taken', () =>
    here(async (driver) => {
      await driver.stopWorker();
      const flow = { ...draft(steps({ key: 'a' }), olivia, Date.now()), id: `fl_${randomBytes(6).toString('hex')}` };
      const running = await driver.carryOn(
        openLedger(flow, { commandId: 'make', fingerprint: '', at: flow.createdAt }),
      );
      const early = running.update(olivia, comment('a', 'early'), 'early');
      await driver.startWorker();
      expect((await early).answer.outcome).toMatchObject({ ok: true });
      expect(countOf(await running.events(), 'workflowTaskFailed')).toBe(0);
      await replays(driver, running);
    }));

  test('that was done before has the same answer by either way, and one effect', () =>
    here(async (driver) => {
      const flow = await started(driver);
      const first = await flow.update(olivia, comment('a', 'x'), 'x');
      await flow.sends(olivia, comment('a', 'x'), 'x');
      const signalledFirst = await flow.does(olivia, comment('a', 'y'), 'y');
      const again = await flow.update(olivia, comment('a', 'y'), 'y');
      expect(again.answer.outcome).toEqual(signalledFirst.outcome);
      expect((await flow.answer('x')).outcome).toEqual(first.answer.outcome);
      expect(await told(flow)).toEqual(['x', 'y']);
    }));

  test('that is none is refused, stops nothing, and fails no workflow task', () =>
    here(async (driver) => {
      const flow = await started(driver);
      for (const bad of [null, 7, 'pause', [], {}, { commandId: '' }, { commandId: 7 }]) {
        await expect(flow.handle.executeUpdate(commandUpdate, { args: [bad] })).rejects.toThrow(
          WorkflowUpdateFailedError,
        );
      }
      await expect(flow.handle.executeUpdate(commandUpdate, { args: [] as never })).rejects.toThrow();
      const raw: [encoding: string, data: string][] = [
        ['json/plain', '{"commandId": "cut sh'],
        ['json/plain', ''],
        ['binary/plain', '\u0000\u0001'],
        ['binary/encrypted', 'not what any key made'],
        ['nobody/knows', 'x'],
      ];
      for (const [encoding, data] of raw) {
        const { outcome } = await place.client.workflowService.updateWorkflowExecution({
          namespace: place.namespace,
          workflowExecution: { workflowId: flow.handle.workflowId },
          waitPolicy: { lifecycleStage: 3 },
          request: {
            meta: { updateId: `${encoding} ${data}` },
            input: {
              name: commandUpdate,
              args: { payloads: [{ metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(data) }] },
            },
          },
        });
        expect(outcome?.failure).toBeTruthy();
      }
      const wrong = { commandId: 'w', fingerprint: '', actor: olivia, command: { type: 'sing' } };
      const answered = await flow.handle.executeUpdate<{ answer: unknown }, [unknown]>(commandUpdate, {
        args: [wrong],
      });
      expect(answered.answer).toMatchObject({ outcome: { ok: false, refusal: { code: 'bad_command' } } });
      expect((await flow.update(olivia, comment('a', 'still'))).answer.outcome).toMatchObject({ ok: true });
      expect(countOf(await flow.events(), 'workflowTaskFailed')).toBe(0);
    }));

  test('that a worker without the flow in memory takes together with signals of before can be replayed', async () => {
    const activities = recordEffects();
    let letGo = (): void => undefined;
    await here(
      async (driver) => {
        const flow = await started(driver);
        await expect.poll(async () => (await flow.snapshot()).projectedVersion).toBe((await flow.flow()).version);
        const held = new Promise<void>((resolve) => {
          letGo = resolve;
        });
        activities.beforeProjection = () => held;
        // While a projection is under way, comments ask for nothing, and the SDK's core takes workflow tasks that asked
        // for nothing together with the update that follows: not so in the replay, where each has a time of its own.
        for (const id of names(5)) {
          await flow.does(olivia, comment('a', id), id);
          // So that the query's workflow task is over as well.
          await sleep(200);
        }
        expect((await flow.update(olivia, comment('a', 'now'), 'now')).answer.outcome?.ok).toBe(true);
        letGo();
        await expect.poll(async () => (await flow.snapshot()).projectedVersion).toBe((await flow.flow()).version);
        await replays(driver, flow);
      },
      { activities, maxCachedWorkflows: 0 },
    ).finally(() => letGo());
  });

  test('brings no projection that is too much for an answer', () =>
    here(async (driver) => {
      const flow = await driver.create(Date.now(), ...Array.from({ length: 200 }, (_, n) => ({ key: `k${n}` })));
      const { answer, projection } = await flow.update(olivia, { type: 'start', startDate: null });
      expect(answer.outcome).toMatchObject({ ok: true });
      expect(projection).toBeNull();
      await expect.poll(async () => (await flow.snapshot()).projectedVersion).toBe((await flow.flow()).version);
      const small = await flow.update(olivia, comment('k0', 'x'));
      expect(JSON.stringify(small.projection).length).toBeLessThan(limits.projectionBytes);
      expect(small.projection?.flow.tasks.map((t) => t.key)).toEqual(['k0']);
    }));
});

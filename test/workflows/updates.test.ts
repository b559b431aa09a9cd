/**
 * A command as an update, seen on a real server: recorded before it is answered, and done once whatever becomes of it. No
 * server sends one unless told to (docs/decisions/0013-commands-are-signals-again.md); flows that had some go on.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFlow } from '../../src/db/read-flow.ts';
import { limits } from '../../src/domain/limits.ts';
import { FlowGateway, type GatewayOptions, type Sent } from '../../src/operations/gateway.ts';
import { aheadOf } from '../../src/operations/write-ahead.ts';
import { signalledCommands } from '../../src/platform/metrics.ts';
import { commandUpdate, type FlowActivities } from '../../src/workflows/contract.ts';
import { freshDatabase } from '../support/database.ts';
import { olivia } from '../support/people.ts';
import { sharedTemporal, sharedWorkflows } from '../support/servers.ts';
import { comment, complete } from '../support/stage.ts';
import { recordEffects } from './effects.ts';
import { countOf, FlowDriver, placeAt, type RunningFlow } from './flow-driver.ts';
import { ownTemporal } from './own-temporal.ts';
import { realEffects } from './real-effects.ts';

type Place = Awaited<ReturnType<typeof placeAt>>;
let place: Place;
beforeAll(async () => {
  const { address, namespace } = await sharedTemporal();
  place = await placeAt(address, namespace);
});
afterAll(() => place.leave());

async function withDriver(
  work: (driver: FlowDriver) => Promise<void>,
  {
    activities = recordEffects(),
    bundle,
    at = place,
    maxCachedWorkflows,
  }: { activities?: FlowActivities; bundle?: { codePath: string }; at?: Place; maxCachedWorkflows?: number } = {},
): Promise<void> {
  const held = maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows };
  const driver = new FlowDriver({ ...at, bundle: bundle ?? (await sharedWorkflows()), activities, ...held });
  await driver.startWorker();
  try {
    await work(driver);
  } finally {
    await driver.stopWorker();
  }
}

async function started(driver: FlowDriver): Promise<RunningFlow> {
  const flow = await driver.create(Date.now(), { key: 'a' }, { key: 'b' });
  await flow.does(olivia, { type: 'start', startDate: null });
  return flow;
}

const gatewayOf = (driver: FlowDriver, options: Partial<GatewayOptions> = {}): FlowGateway =>
  new FlowGateway(driver.client, { taskQueue: driver.taskQueue, answerMs: 20_000, updateMs: 1_500, ...options });

const says = (gateway: FlowGateway, flow: RunningFlow, id: string): Promise<Sent> =>
  gateway.send(flow.orgId, flow.id, { commandId: id, fingerprint: '', actor: olivia, command: comment('a', id) });

const told = async (flow: RunningFlow): Promise<string[]> =>
  ((await flow.flow()).tasks[0]?.comments ?? []).map((c) => c.text);

const signalled = async (why: string): Promise<number> =>
  (await signalledCommands.get()).values.find((v) => v.labels.why === why)?.value ?? 0;

async function replays({ client }: FlowDriver, { handle: { workflowId } }: RunningFlow, runId?: string): Promise<void> {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const replayed = Worker.runReplayHistories({ workflowBundle: await sharedWorkflows() }, [{ workflowId, history }]);
  for await (const { error } of replayed) expect(error).toBeUndefined();
}

const names = (n: number): string[] => Array.from({ length: n }, (_, i) => `c-${i}`);

describe('a command as an update', () => {
  test('is in the history when it is answered, with what it did, and asks nothing else of Temporal', () =>
    withDriver(async (driver) => {
      const flow = await started(driver);
      const before = await flow.events();
      const sent = await says(gatewayOf(driver), flow, 'one');
      expect(sent).toMatchObject({ state: 'applied', answer: { outcome: { commandId: 'one', ok: true } } });
      const events = (await flow.events()).slice(before.length);
      expect(countOf(events, 'workflowExecutionUpdateAccepted')).toBe(1);
      expect(countOf(events, 'workflowExecutionUpdateCompleted')).toBe(1);
      expect(countOf(events, 'workflowExecutionSignaled')).toBe(0);
      expect(await told(flow)).toEqual(['one']);
    }));

  test('that was done before has the same answer by either way, and one effect', () =>
    withDriver(async (driver) => {
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
    withDriver(async (driver) => {
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

  test('of which no worker knows goes as a signal; taken late as well, it is done once', () =>
    withDriver(async (driver) => {
      const flow = await started(driver);
      await driver.stopWorker();
      const gateway = gatewayOf(driver, { updateMs: 300, answerMs: 600 });
      const silent = await signalled('silent');
      const resting = await signalled('resting');
      for (const id of ['first', 'second']) expect(await says(gateway, flow, id)).toEqual({ state: 'accepted' });
      expect(await signalled('silent')).toBe(silent + 1);
      expect(await signalled('resting')).toBe(resting + 1);
      await driver.startWorker();
      await expect.poll(() => told(flow), { timeout: 30_000 }).toEqual(['first', 'second']);
      // The first one waits in Temporal as an update, too.
      const late = await flow.handle
        .getUpdateHandle('first')
        .result()
        .catch(() => null);
      expect((await flow.answer('first')).outcome).toMatchObject({ ok: true });
      if (late !== null) expect(late).toMatchObject({ answer: { outcome: { commandId: 'first', ok: true } } });
      expect(await told(flow)).toEqual(['first', 'second']);
    }));

  test('goes as a signal to a worker of a release that knows no updates', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'booflow-older-'));
    const workflowsPath = fileURLToPath(new URL('./older/index.ts', import.meta.url));
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    const bundle = { codePath: join(scratch, 'workflows.js') };
    writeFileSync(bundle.codePath, code);
    try {
      await withDriver(
        async (driver) => {
          const flow = await started(driver);
          const failed = await signalled('failed');
          expect(await says(gatewayOf(driver), flow, 'old')).toMatchObject({ state: 'applied' });
          expect(await signalled('failed')).toBe(failed + 1);
          expect(await told(flow)).toEqual(['old']);
          expect(countOf(await flow.events(), 'workflowTaskFailed')).toBe(0);
        },
        { bundle },
      );
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });

  test('that a worker without the flow in memory takes together with signals of before can be replayed', async () => {
    const activities = recordEffects();
    let letGo = (): void => undefined;
    await withDriver(
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

  test('of many at once on one flow, from several servers, is done once', () =>
    withDriver(async (driver) => {
      const flow = await started(driver);
      const servers = Array.from({ length: 4 }, () => gatewayOf(driver, { signalMs: 20_000 }));
      const ids = names(80);
      const sent = await Promise.all(ids.map((id, n) => says(servers[n % 4] ?? gatewayOf(driver), flow, id)));
      expect(sent.map((s) => s.state)).toEqual(ids.map(() => 'applied'));
      expect((await told(flow)).toSorted()).toEqual(ids.toSorted());
    }));

  test('that ends the flow is answered, then and later; another finds the flow gone', () =>
    withDriver(async (driver) => {
      const flow = await started(driver);
      const gateway = gatewayOf(driver);
      const send = (commandId: string, key: string) =>
        gateway.send(flow.orgId, flow.id, { commandId, fingerprint: '', actor: olivia, command: complete(key) });
      await send('a', 'a');
      const last = await send('b', 'b');
      expect(last).toMatchObject({ state: 'applied', answer: { outcome: { effects: { completedFlow: true } } } });
      await flow.handle.result();
      expect(await send('b', 'b')).toMatchObject({
        state: 'applied',
        answer: { outcome: { commandId: 'b', ok: true } },
      });
      expect(await send('c', 'b')).toEqual({ state: 'gone' });
    }));
});

describe('runs', () => {
  test('end for the next one before Temporal takes no more updates, and commands meanwhile are done once', async () => {
    const temporal = await ownTemporal(4_096, 10_000, 40);
    const at = await placeAt(temporal.address, temporal.namespace);
    try {
      await withDriver(
        async (driver) => {
          const flow = await started(driver);
          const first = await flow.runId();
          const gateway = gatewayOf(driver);
          const ids = names(120);
          const state = { next: 0 };
          const client = async (): Promise<void> => {
            for (let id = ids[state.next++]; id !== undefined; id = ids[state.next++])
              expect(await says(gateway, flow, id)).toMatchObject({ state: 'applied' });
          };
          await Promise.all([client(), client(), client()]);
          expect((await told(flow)).toSorted()).toEqual(ids.toSorted());
          expect(await flow.runId()).not.toBe(first);
          const events = await flow.events(first);
          expect(countOf(events, 'workflowExecutionUpdateCompleted')).toBeLessThanOrEqual(40);
          expect(events.at(-1)).toBe('workflowExecutionContinuedAsNew');
          await replays(driver, flow, first);
        },
        { at },
      );
    } finally {
      await at.leave();
      await temporal.stop();
    }
  }, 120_000);
});

describe('writing ahead', () => {
  test.each([
    ['a signal', 0],
    ['an update', 1_500],
  ])(
    'by %s, the sender reads what they did before the activity wrote it; where it fails the answer says that lists lag',
    async (_, updateMs) => {
      const fresh = await freshDatabase();
      const effects = await realEffects(fresh.url);
      let letGo = (): void => undefined;
      const gate = { shut: Promise.resolve() };
      const projected: number[] = [];
      const activities: FlowActivities = {
        ...effects.activities,
        async projectFlow(projection, cause) {
          await gate.shut;
          await effects.activities.projectFlow(projection, cause);
          projected.push(projection.flow.version);
        },
      };
      const read = async (flow: RunningFlow) =>
        (await effects.database.withOrg(flow, (trx) => readFlow(trx, flow.id, 1_000)))?.flow;
      await withDriver(
        async (driver) => {
          const gateway = gatewayOf(driver, { updateMs, writeAhead: aheadOf(effects.database) });
          const flow = await started(driver);
          await expect.poll(async () => (await read(flow))?.version).toBe((await flow.flow()).version);
          gate.shut = new Promise((resolve) => {
            letGo = resolve;
          });
          const before = projected.length;
          const sent = await says(gateway, flow, 'ahead');
          expect(sent).toMatchObject({ state: 'applied', answer: { projected: true } });
          expect((await read(flow))?.tasks[0]?.comments.map((c) => c.text)).toEqual(['ahead']);
          const ahead = await read(flow);
          expect(ahead?.version).toBe((await flow.flow()).version);
          expect(projected).toHaveLength(before);
          letGo();
          await expect.poll(() => projected.at(-1)).toBe(ahead?.version);
          expect(await read(flow)).toEqual(ahead);

          // Without a database, or where it is too much, the lists follow later, and the answer says so.
          const broken = gatewayOf(driver, {
            updateMs,
            answerMs: 300,
            writeAhead: async () => Promise.reject(new Error('away')),
          });
          gate.shut = new Promise((resolve) => {
            letGo = resolve;
          });
          expect(await says(broken, flow, 'behind')).toMatchObject({ state: 'applied', answer: { projected: false } });
          letGo();
          await expect.poll(async () => (await read(flow))?.tasks[0]?.comments.length).toBe(2);
        },
        { activities },
      );
      await effects.close();
      await fresh.drop();
    },
  );

  test('what is too much for an answer is left to the activity', () =>
    withDriver(async (driver) => {
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

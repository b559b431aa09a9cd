/** Commands by the gateway, as the server sends them, on a real Temporal: done once, found in the lists at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readFlow } from '../../src/db/read-flow.ts';
import { type Effects, type Outcome, openLedger, projectionOf } from '../../src/domain/ledger.ts';
import { answerOf, type CommandAnswer, overviewOf } from '../../src/domain/view.ts';
import { FlowGateway, type GatewayOptions, type Sent } from '../../src/operations/gateway.ts';
import { aheadOf } from '../../src/operations/write-ahead.ts';
import type { FlowActivities } from '../../src/workflows/contract.ts';
import { layCable } from '../support/cable.ts';
import { freshDatabase } from '../support/database.ts';
import { olivia } from '../support/people.ts';
import { serverSide } from '../support/server-side.ts';
import { sharedTemporal, sharedWorkflows } from '../support/servers.ts';
import { comment, complete, draft, steps } from '../support/stage.ts';
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
import { realEffects } from './real-effects.ts';

let place: Awaited<ReturnType<typeof placeAt>>;
beforeAll(async () => {
  const { address, namespace } = await sharedTemporal();
  place = await placeAt(address, namespace);
});
afterAll(() => place.leave());

const here = async (work: (driver: FlowDriver) => Promise<void>, options: Partial<DriverOptions> = {}): Promise<void> =>
  withDriver({ ...place, bundle: await sharedWorkflows(), activities: recordEffects(), ...options }, work);

const gatewayOf = (driver: FlowDriver, options: Partial<GatewayOptions> = {}): FlowGateway =>
  new FlowGateway(driver.client, { taskQueue: driver.taskQueue, answerMs: 20_000, ...options });

const says = (gateway: FlowGateway, flow: RunningFlow, id: string): Promise<Sent> =>
  gateway.send(flow.orgId, flow.id, { commandId: id, fingerprint: '', actor: olivia, command: comment('a', id) });

const told = async (flow: RunningFlow): Promise<string[]> =>
  ((await flow.flow()).tasks[0]?.comments ?? []).map((c) => c.text);

const withEffects = (answer: CommandAnswer, effects: Partial<Effects>): CommandAnswer => {
  const { outcome } = answer;
  if (!outcome?.ok) throw new Error('It did nothing');
  return { ...answer, outcome: { ...outcome, effects: { ...outcome.effects, ...effects } } };
};

const names = (n: number): string[] => Array.from({ length: n }, (_, i) => `c-${i}`);

describe('a command', () => {
  test('of many at once on one flow, from several servers, is done once', () =>
    here(async (driver) => {
      const flow = await started(driver);
      const servers = Array.from({ length: 4 }, () => gatewayOf(driver, { signalMs: 20_000 }));
      const ids = names(80);
      const sent = await Promise.all(ids.map((id, n) => says(servers[n % 4] ?? gatewayOf(driver), flow, id)));
      expect(sent.map((s) => s.state)).toEqual(ids.map(() => 'applied'));
      expect((await told(flow)).toSorted()).toEqual(ids.toSorted());
    }));

  test('that ends the flow is answered, then and later; another finds the flow gone', () =>
    here(async (driver) => {
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

  test('is taken and told by a worker of a release that knows fewer questions, and so is the flow', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'booflow-older-'));
    const workflowsPath = fileURLToPath(new URL('./older/index.ts', import.meta.url));
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    const bundle = { codePath: join(scratch, 'workflows.js') };
    writeFileSync(bundle.codePath, code);
    try {
      await here(
        async (driver) => {
          const flow = await started(driver);
          const writeAhead = () => Promise.reject(new Error('It brings nothing to write'));
          expect(await says(gatewayOf(driver, { writeAhead }), flow, 'old')).toMatchObject({ state: 'applied' });
          expect(await told(flow)).toEqual(['old']);
          const whole = { state: 'answered', answer: overviewOf(await flow.flow()) };
          expect(await gatewayOf(driver).overview(flow.orgId, flow.id)).toEqual(whole);
          expect(countOf(await flow.events(), 'workflowTaskFailed')).toBe(0);
        },
        { bundle },
      );
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
});

describe('writing ahead', () => {
  test('the sender reads what they did before the activity wrote it; where it fails the answer says that lists lag', async () => {
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
    await here(
      async (driver) => {
        const gateway = gatewayOf(driver, { writeAhead: aheadOf(effects.database) });
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

        // So do those who make a flow, also when they ask for it once more.
        const flowOf = (n: number) => ({ ...draft(steps({ key: 'a' }), olivia, Date.now()), id: `${flow.id}-${n}` });
        const creation = { commandId: 'make', fingerprint: '' };
        gate.shut = new Promise((resolve) => {
          letGo = resolve;
        });
        const made = flowOf(1);
        for (const _ of ['first', 'again']) {
          expect(await gateway.create(made, creation)).toMatchObject({ state: 'applied', answer: { projected: true } });
          const found = await effects.database.withOrg(made, (trx) => readFlow(trx, made.id, 1));
          expect(found?.flow.name).toBe(made.name);
        }
        letGo();

        // Without a database, or where it is too much, the lists follow later, and the answer says so.
        const broken = gatewayOf(driver, {
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
  });
});

describe('an answer that is told', () => {
  test('is not asked for, and the lists have it; what nobody told is asked for', async () => {
    const fresh = await freshDatabase();
    const effects = await realEffects(fresh.url);
    const server = serverSide(fresh.url, effects.keyring, (error) => expect.unreachable(String(error)));
    const { database } = server;
    const asked: string[] = [];
    const counting = new Client({
      connection: place.client.connection,
      namespace: place.namespace,
      interceptors: {
        workflow: [
          {
            query(input, next) {
              asked.push(input.queryType);
              return next(input);
            },
          },
        ],
      },
    });
    await here(
      async (driver) => {
        const hearing = { taskQueue: driver.taskQueue, answerMs: 20_000, ...server.commands };
        const flow = await started(driver);
        // As patient as a loaded machine needs it.
        const gateway = new FlowGateway(counting, { ...hearing, usualMs: 600 });
        for (const id of names(5)) {
          expect(await says(gateway, flow, id)).toMatchObject({
            state: 'applied',
            answer: { projected: true, outcome: { commandId: id, ok: true }, flow: { id: flow.id, status: 'ACTIVE' } },
          });
          const read = await database.withOrg(flow, (trx) => readFlow(trx, flow.id, 1_000));
          expect(read?.flow.tasks[0]?.comments.at(-1)?.text).toBe(id);
        }
        const made = { ...draft(steps({ key: 'a' }), olivia, Date.now()), id: `${flow.id}-made` };
        expect(await gateway.create(made, { commandId: 'make', fingerprint: '' })).toMatchObject({
          state: 'applied',
          answer: { projected: true, outcome: { commandId: 'make', ok: true }, flow: { id: made.id, status: 'DRAFT' } },
        });
        const read = await database.withOrg(made, (trx) => readFlow(trx, made.id, 1));
        expect(read?.flow.tasks).toHaveLength(1);
        expect(asked).toEqual([]);
        // Ids of commands are each flow's own.
        const other = await started(driver);
        const both = await Promise.all([says(gateway, flow, 'same'), says(gateway, other, 'same')]);
        const toldOf = both.map((sent) => (sent.state === 'applied' ? sent.answer.flow.id : sent.state));
        expect(toldOf).toEqual([flow.id, other.id]);
        const unready = { commandId: 'no', fingerprint: '', actor: olivia, command: { type: 'resume' } } as const;
        const refused = await gateway.send(flow.orgId, flow.id, unready);
        expect(refused).toMatchObject({ state: 'applied', answer: { outcome: { ok: false } } });
        expect(asked).toEqual([]);
        const deaf = new FlowGateway(counting, { ...hearing, hear: async () => null });
        expect(await says(deaf, flow, 'unheard')).toMatchObject({ state: 'applied', answer: { projected: true } });
      },
      { activities: effects.activities, teller: effects.teller },
    );
    await server.close();
    await effects.close();
    await fresh.drop();
  });

  test('holds, though the workflow task in which it was told is lost', async () => {
    const [host = '', port = ''] = (await sharedTemporal()).address.split(':');
    const cable = await layCable(host, Number(port));
    const connection = await NativeConnection.connect({ address: `127.0.0.1:${cable.port}` });
    const told: (Outcome | null)[] = [];
    const teller = {
      tell(_: string, { outcome }: CommandAnswer) {
        if (outcome?.commandId !== 'lost') return;
        told.push(outcome);
        // The worker comes to nobody any more before it says what it did.
        if (told.length === 1) cable.cut();
      },
    };
    await here(
      async (driver) => {
        const flow = await started(driver);
        const sent = says(gatewayOf(driver), flow, 'lost');
        await expect.poll(() => told.length, { timeout: 20_000 }).toBe(1);
        expect(countOf(await flow.events(), 'workflowTaskCompleted')).toBeLessThan(
          countOf(await flow.events(), 'workflowTaskStarted'),
        );
        await expect
          .poll(async () => countOf(await flow.events(), 'workflowTaskTimedOut'), { timeout: 30_000 })
          .toBe(1);
        cable.mend();
        await expect.poll(() => told.length, { timeout: 30_000 }).toBeGreaterThan(1);
        await sent;
        const { outcome } = await flow.answer('lost');
        for (const each of [...told, outcome]) expect({ ...each, at: 0 }).toEqual({ ...told[0], at: 0 });
        expect(outcome?.ok).toBe(true);
        expect((await flow.flow()).tasks[0]?.comments.map((c) => c.text)).toEqual(['lost']);
      },
      { connection, teller },
    );
    await connection.close();
    cable.remove();
  });

  test('is waited for as long as answers take of late: after a crowd a refusal is soon told again', () =>
    here(async (driver) => {
      const flow = await started(driver);
      const gateway = gatewayOf(driver, { hear: () => new Promise(() => undefined), usualMs: 1_000 });
      const refused = async (commandId: string): Promise<number> => {
        const begun = Date.now();
        const unready = { commandId, fingerprint: '', actor: olivia, command: { type: 'resume' } } as const;
        expect(await gateway.send(flow.orgId, flow.id, unready)).toMatchObject({ answer: { outcome: { ok: false } } });
        return Date.now() - begun;
      };
      expect(await refused('in a crowd')).toBeGreaterThan(1_900);
      const now = performance.now.bind(performance);
      const aMinuteOn = vi.spyOn(performance, 'now').mockImplementation(() => now() + 60_000);
      try {
        expect(await refused('alone')).toBeLessThan(1_500);
      } finally {
        aMinuteOn.mockRestore();
      }
    }));

  describe('where Temporal stores at once, and what is asked is looked at,', () => {
    const flow = draft(steps({ key: 'a' }), olivia, Date.now());
    const ledger = openLedger(flow, { commandId: 'c', fingerprint: '', at: 0 });
    const answer = answerOf(ledger, 'c');
    const envelope = { fingerprint: '', actor: olivia, command: comment('a', 'said') };
    const asking = (ask: () => Promise<unknown>, options: Partial<GatewayOptions>): FlowGateway => {
      const { connection } = place.client;
      const workflow = [{ signal: async () => undefined, query: ask }];
      const client = new Client({ connection, namespace: place.namespace, interceptors: { workflow } });
      return new FlowGateway(client, { taskQueue: 'nobody', hear: async () => answer, ...options });
    };

    test('is waited for by the first of a crowd as by its last', async () => {
      const ask = vi.fn(() => Promise.reject(new Error('Nobody should ask.')));
      const hear = async () => {
        await sleep(400);
        return answer;
      };
      const gateway = asking(ask, { hear, usualMs: 1 });
      const sent = await Promise.all(
        names(60).map((commandId) => gateway.send('org', 'fl', { ...envelope, commandId })),
      );
      expect(sent.map((s) => s.state)).toEqual(sent.map(() => 'applied'));
      expect(ask).not.toHaveBeenCalled();
    });

    test('is written ahead where its activity is away, also when an older one is just then', async () => {
      const ask = vi.fn(() => new Promise(() => undefined));
      const lag = { caughtUp: async () => false, isBehind: () => true };
      const gateway = asking(ask, { lag, writeAhead: async () => undefined });
      for (const [n, commandId] of ['older', 'newer'].entries()) {
        await gateway.send('org', flow.id, { ...envelope, commandId });
        await expect.poll(() => ask.mock.calls.length).toBe(n + 1);
      }
    });

    test('is asked for once where it can’t be written ahead, for nobody waits for what comes of that', async () => {
      const ask = vi.fn(async () => ({ answer, projection: projectionOf(ledger) }));
      const lag = { caughtUp: async () => false, isBehind: () => true };
      const gateway = asking(ask, { lag, writeAhead: () => Promise.reject(new Error('away')) });
      await gateway.send('org', flow.id, { ...envelope, commandId: 'c' });
      await expect.poll(() => ask.mock.calls.length).toBe(1);
      await sleep(400);
      expect(ask).toHaveBeenCalledOnce();
    });

    const over = { status: 'CANCELLED', completedFlow: false } as const;
    test.each([
      ['revokes an invitation', { type: 'revoke_invitation', externalId: 'ex_1' }, answer, true],
      ['erases a client', { type: 'erase', externalId: 'ex_1' }, answer, true],
      ['ends the flow', envelope.command, withEffects(answer, over), true],
      ['comments', envelope.command, answer, false],
    ] as const)(
      'of a command that %s: waits for the rows, which end a way in, or does not',
      async (_, command, told, waits) => {
        const lag = { caughtUp: vi.fn(async () => false), isBehind: () => false };
        const gateway = asking(async () => told, { lag, hear: async () => told });
        const sent = await gateway.send('org', flow.id, { ...envelope, command, commandId: 'c' });
        expect(sent).toEqual({ state: 'applied', answer: { ...told, projected: !waits } });
        expect(lag.caughtUp).toHaveBeenCalledTimes(waits ? 1 : 0);
      },
    );

    test('is told also where the database does not say whether the rows have it', async () => {
      const lag = { caughtUp: () => Promise.reject(new Error('away')), isBehind: () => true };
      const gateway = asking(async () => answer, { lag });
      const command = { type: 'revoke_invitation', externalId: 'ex_1' } as const;
      expect(await gateway.send('org', flow.id, { ...envelope, command, commandId: 'c' })).toEqual({
        state: 'applied',
        answer: { ...answer, projected: false },
      });
    });
  });
});

/** A flow full of text that many read while others write: none is told that a worker is away, for all are there. */
import { expect, test } from 'vitest';
import { flowBytes } from '../../src/domain/room.ts';
import { flowTruth, namedOverview } from '../../src/operations/flow-truth.ts';
import { FlowGateway } from '../../src/operations/gateway.ts';
import { olivia as owner } from '../mcp/principals.ts';
import { freshDatabase } from '../support/database.ts';
import { olivia } from '../support/people.ts';
import { serverSide } from '../support/server-side.ts';
import { sharedTemporal, sharedWorkflows } from '../support/servers.ts';
import { comment } from '../support/stage.ts';
import { countOf, FlowDriver, placeAt } from './flow-driver.ts';
import { realEffects } from './real-effects.ts';

const texts = 120;
const forMs = 12_000;

test('is read as it is, and takes every command', async () => {
  const temporal = await sharedTemporal();
  const place = await placeAt(temporal.address, temporal.namespace);
  const fresh = await freshDatabase();
  const effects = await realEffects(fresh.url);
  const { activities, teller, keyring } = effects;
  const driver = new FlowDriver({ ...place, bundle: await sharedWorkflows(), activities, teller });
  await driver.startWorker();
  /** Two servers, as patient as a loaded machine needs them. */
  const servers = [0, 1].map(() => {
    const { database, commands, close } = serverSide(fresh.url, keyring, (error) => expect.unreachable(String(error)));
    const flows = new FlowGateway(driver.client, { taskQueue: driver.taskQueue, ...commands, answerMs: 9_000 });
    return { database, flows, close, principal: { ...owner, orgId: 'or_acme' } };
  });

  const keys = Array.from({ length: 60 }, (_, n) => `t${n}`);
  const flow = await driver.create(Date.now(), ...keys.map((key) => ({ key })));
  await flow.does(olivia, { type: 'start', startDate: null });
  const ids = Array.from({ length: texts }, (_, n) => `full-${n}`);
  for (const [n, id] of ids.entries()) await flow.sends(olivia, comment(`t${n % 60}`, id.padEnd(4_000, 'x')), id);
  await expect.poll(async () => (await flow.answer(`full-${texts - 1}`)).projected, { timeout: 60_000 }).toBe(true);
  expect(flowBytes(await flow.flow())).toBeGreaterThan(450_000);

  const until = Date.now() + forMs;
  const seen = new Map<string, number>();
  const see = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
  let written = 0;
  const readers = Array.from({ length: 20 }, async (_, n) => {
    const server = servers[n % 2];
    while (server && Date.now() < until) {
      const acknowledged = written;
      const whole = n % 4 < 3 ? await flowTruth(server, flow.orgId, flow.id) : null;
      const read = whole ?? (await namedOverview(server, flow.id));
      see(read.asOf === null ? 'read as it is' : 'read as it was');
      const comments = whole?.flow.tasks[0]?.comments.length ?? Number.POSITIVE_INFINITY;
      // What was acknowledged before it was asked for.
      if (comments < acknowledged + texts / 60) see('read without what was written');
    }
  });
  const writers = Array.from({ length: 3 }, async (_, n) => {
    const server = servers[n % 2];
    for (let i = 0; server && Date.now() < until; i++) {
      const envelope = {
        commandId: `w-${n}-${i}`,
        fingerprint: '',
        actor: olivia,
        command: comment('t0', `${n} ${i}`),
      };
      const sent = await server.flows.send(flow.orgId, flow.id, envelope);
      see(sent.state);
      if (sent.state === 'applied') written++;
    }
  });
  await Promise.all([...readers, ...writers]);
  expect([...seen.keys()].toSorted()).toEqual(['applied', 'read as it is']);
  expect(seen.get('applied')).toBeGreaterThan(20);
  const events = await flow.events();
  expect(countOf(events, 'workflowTaskTimedOut') + countOf(events, 'workflowTaskFailed')).toBe(0);

  await driver.stopWorker();
  for (const { close } of servers) await close();
  await effects.close();
  await fresh.drop();
  await place.leave();
}, 180_000);

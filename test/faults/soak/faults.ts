/** What is done to a running site. Each fault begins, lasts, and is over when its promise is. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connectClient } from '../../../src/platform/temporal-connection.ts';
import { commandSignal, flowWorkflowId } from '../../../src/workflows/contract.ts';
import type { FaultClient, Heard, Told } from '../client.ts';
import {
  cancelWish,
  completeWish,
  createWish,
  decideWish,
  decisionTemplate,
  flowIdOf,
  shortLife,
  shortTemplate,
  statusWish,
  type Wish,
  wideFlowIds,
} from '../plan.ts';
import type { Random } from '../random.ts';
import type { Kept } from './kept.ts';
import type { Site } from './site.ts';

export interface Scene {
  readonly site: Site;
  readonly random: Random;
  readonly orgId: string;
  readonly apiKey: string;
  /** Begins every command id of this fault. */
  readonly season: string;
  /** How long Temporal stays away, in milliseconds. */
  readonly awayMs: number;
  /** How long one of each is killed again and again, in milliseconds. */
  readonly loopMs: number;
  readonly client: FaultClient;
  /** What clients were told, to be added to. */
  readonly told: Told[];
  readonly heard: readonly Heard[];
  /** Notes that something is wrong. */
  readonly find: (problem: string) => void;
}

export interface Fault {
  readonly name: string;
  /** Why it can't be done here; undefined when it can. */
  readonly cannot?: (site: Site) => string | undefined;
  readonly run: (scene: Scene) => Promise<void>;
}

const stopMs = 30_000;

const killed = (name: string, pick: (scene: Scene) => readonly Kept[]): Fault => ({
  name: `kill -9: ${name}`,
  async run(scene) {
    for (const kept of pick(scene)) await kept.signal('SIGKILL');
    await sleep(3_000);
  },
});

const stopped = (name: string, pick: (scene: Scene) => readonly Kept[]): Fault => ({
  name: `SIGSTOP for 30 s: ${name}`,
  async run(scene) {
    const kept = pick(scene);
    for (const each of kept) await each.signal('SIGSTOP');
    await sleep(stopMs);
    for (const each of kept) await each.signal('SIGCONT');
  },
});

const mailServer = (name: string, ms: number, begin: (site: Site) => Promise<void> | void): Fault => ({
  name: `mail server ${name}`,
  async run({ site }) {
    await begin(site);
    await sleep(ms);
    site.mail.temper = 'accept';
    for (const socket of site.mail.connections) socket.destroy();
    await site.wayToMail.become({ kind: 'open' });
  },
});

export const faults: readonly Fault[] = [
  killed('one server', ({ site, random }) => [random.pick(site.servers)]),
  killed('one worker', ({ site, random }) => [random.pick(site.workers)]),
  killed('Temporal', ({ site }) => [site.temporal]),
  killed('PostgreSQL', ({ site }) => [site.postgres]),
  killed('everything at once', ({ site }) => site.parts),
  stopped('one server', ({ site, random }) => [random.pick(site.servers)]),
  stopped('one worker', ({ site, random }) => [random.pick(site.workers)]),
  stopped('both workers', ({ site }) => site.workers),
  stopped('Temporal', ({ site }) => [site.temporal]),
  stopped('PostgreSQL', ({ site }) => [site.postgres]),
  {
    name: 'PostgreSQL restarted',
    async run({ site }) {
      await site.postgres.signal('SIGINT');
      await sleep(3_000);
    },
  },
  {
    name: 'PostgreSQL stopped at once, in mid-transaction',
    async run({ site }) {
      // So that the transactions of that moment wait in their middle, with what they wrote before not committed.
      const holder = await connected(site);
      await holder.query('begin');
      await holder.query('lock table flows in share row exclusive mode');
      await sleep(1_500);
      await site.postgres.signal('SIGQUIT');
      await holder.end();
      await sleep(3_000);
    },
  },
  {
    name: 'PostgreSQL has no connection left',
    async run({ site }) {
      const mine: pg.Client[] = [];
      const until = Date.now() + 20_000;
      while (Date.now() < until) {
        try {
          mine.push(await connected(site));
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === '53300')) throw error;
          // Full: those of servers and workers end, and we are quicker than they.
          await mine[0]?.query(
            `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'booflow'`,
          );
          await sleep(100);
        }
      }
      await Promise.all(mine.map((one) => one.end()));
    },
  },
  {
    name: "servers' and workers' pools are full, waiting for a lock",
    async run({ site }) {
      const holder = await connected(site);
      await holder.query('begin');
      await holder.query('lock table flows in access exclusive mode');
      await sleep(20_000);
      await holder.query('rollback');
      await holder.end();
    },
  },
  {
    name: 'Temporal away',
    async run({ site, awayMs, heard, find }) {
      const from = Date.now();
      await site.temporal.away('SIGTERM');
      const gone = Date.now();
      await sleep(awayMs - (gone - from));
      const back = Date.now();
      await site.temporal.start();
      const meanwhile = heard.filter((h) => h.at >= gone && h.at + h.tookMs <= back);
      for (const h of meanwhile.filter((h) => h.what === 'applied'))
        find(`${h.commandId} was acknowledged while Temporal was away.`);
      for (const h of meanwhile.filter((h) => h.tookMs > 15_000))
        find(`${h.commandId} was answered after ${h.tookMs} ms only (${h.what}) while Temporal was away.`);
    },
  },
  mailServer('refuses for now (451)', 25_000, (site) => {
    site.mail.temper = 'defer';
  }),
  mailServer('refuses for good (550)', 10_000, (site) => {
    site.mail.temper = 'refuse';
  }),
  mailServer('away', 25_000, (site) => site.wayToMail.become({ kind: 'shut' })),
  mailServer('hangs after the text', 30_000, (site) => {
    site.mail.temper = 'hang';
  }),
  mailServer('never greets', 30_000, (site) => {
    site.mail.temper = 'silent';
  }),
  {
    name: 'a slow database (250 ms each way)',
    async run({ site }) {
      await site.wayToDatabase.become({ kind: 'slow', delayMs: 250 });
      await sleep(30_000);
      await site.wayToDatabase.become({ kind: 'open' });
    },
  },
  {
    name: 'a silent database',
    async run({ site }) {
      await site.wayToDatabase.become({ kind: 'silent' });
      await sleep(30_000);
      await site.wayToDatabase.become({ kind: 'open' });
    },
  },
  {
    name: 'the way to the database cut',
    async run({ site }) {
      await site.wayToDatabase.become({ kind: 'shut' });
      await sleep(10_000);
      await site.wayToDatabase.become({ kind: 'open' });
    },
  },
  { name: 'requests twice and out of order', run: disorder },
  { name: 'poison commands', run: poison },
  { name: '50 completes at once, one key', run: (scene) => fifty(scene, 'one key') },
  { name: '50 completes at once, 50 keys', run: (scene) => fifty(scene, 'fifty keys') },
  { name: 'approve against reject against cancel', run: decisions },
  {
    name: 'disk full',
    cannot: ({ disk }) => (disk === null ? 'it needs a file system of its own, which only root may mount' : undefined),
    async run({ site }) {
      if (site.disk === null) return;
      const ballast = join(site.disk, 'ballast');
      const file = openSync(ballast, 'w');
      try {
        const until = Date.now() + 20_000;
        for (const piece = Buffer.alloc(1 << 20); Date.now() < until; ) if (!wrote(file, piece)) await sleep(50);
      } finally {
        closeSync(file);
        rmSync(ballast);
      }
    },
  },
  {
    name: 'one server and one worker of two killed and replaced, in a loop',
    async run({ site, random, loopMs }) {
      const until = Date.now() + loopMs;
      for (let n = random.int(2); Date.now() < until; n++) {
        const which = n % 2 === 0 ? 0 : 1;
        const how = random.chance(0.5) ? 'SIGKILL' : 'SIGTERM';
        await site.workers[which].signal(how);
        await site.servers[which].signal(how);
        const url = site.urls[which];
        const deadline = Date.now() + 60_000;
        await sleep(2_000);
        while (!(await site.isReady(url)) && Date.now() < deadline) await sleep(200);
        // Readiness asks for any worker: give the new one the time to join before the other goes.
        await sleep(4_000);
      }
    },
  },
];

/** A connection of ours, past the passage, as the role that may do everything. That it is lost ends nothing. */
async function connected(site: Site): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: site.databaseUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** False when there is no room left. */
function wrote(file: number, piece: Buffer): boolean {
  try {
    return writeSync(file, piece) > 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}

/** A new flow, started. */
async function newFlow({ client, told, orgId }: Scene, mark: string, template: string): Promise<string> {
  const create = createWish(orgId, mark, template, 'careful');
  told.push(await client.send(create, 0));
  told.push(await client.send(statusWish(create.flowId, `${mark}-start`, 'start', 'careful'), 0));
  return flowIdOf(orgId, mark);
}

async function fifty(scene: Scene, keys: 'one key' | 'fifty keys'): Promise<void> {
  const { client, told, find, season } = scene;
  for (let round = 0; round < 3; round++) {
    const mark = `${season}fifty${round}`;
    const flowId = await newFlow(scene, mark, shortTemplate.name);
    const all = Array.from({ length: 50 }, (_, n) => n);
    if (keys === 'one key') {
      const wish = completeWish(flowId, `${mark}-key`, 'First', 'careful');
      const finals = await Promise.all(all.map(() => client.untilKnown(wish)));
      told.push({ wish, finals });
      const not = finals.filter((f) => f.state !== 'applied');
      if (not.length > 0)
        find(`${not.length} of 50 requests with one key were not told that it is done: ${JSON.stringify(not[0])}.`);
    } else {
      const made = await Promise.all(
        all.map((n) => client.send(completeWish(flowId, `${mark}-key${n}`, 'First', 'careful'), 0)),
      );
      told.push(...made);
      const applied = made.filter((t) => t.finals.some((f) => f.state === 'applied')).length;
      if (applied !== 1) find(`${applied} of 50 completes of one task with 50 keys were told that they did it.`);
    }
  }
}

async function decisions(scene: Scene): Promise<void> {
  const { client, told, find, season, random } = scene;
  for (let round = 0; round < 5; round++) {
    const mark = `${season}decide${round}`;
    const flowId = await newFlow(scene, mark, decisionTemplate.name);
    told.push(await client.send(completeWish(flowId, `${mark}-draft`, 'Draft', 'careful'), 0));
    const wanted: Wish[] = [
      decideWish(flowId, `${mark}-approve`, 0, false, 'twice'),
      decideWish(flowId, `${mark}-reject`, 0, true, 'twice'),
      cancelWish(flowId, `${mark}-cancel`, 'twice'),
    ];
    const made = await Promise.all(shuffled(wanted, random).map((wish) => client.send(wish, 0)));
    told.push(...made);
    const did = made.filter((t) => t.finals.some((f) => f.state === 'applied')).map((t) => t.wish.commandId);
    if (did.includes(`${mark}-approve`) && did.includes(`${mark}-reject`)) find(`${flowId}: approved and rejected.`);
    if (!did.includes(`${mark}-cancel`)) find(`${flowId}: a cancel of an active flow was not done.`);
  }
}

/** A short life's commands all at once, in any order, each by two senders; and old commands again, late. */
async function disorder({ client, told, orgId, random, season }: Scene): Promise<void> {
  const until = Date.now() + 20_000;
  for (let n = 0; Date.now() < until; n++) {
    const life = [...shortLife(random, orgId, `${season}disorder${n}`)];
    const [create, ...rest] = life;
    if (create) told.push(await client.send({ ...create, manner: 'twice' }, 0));
    const jumbled = shuffled(rest, random).map((wish): Wish => ({ ...wish, manner: 'twice' }));
    told.push(...(await Promise.all(jumbled.map((wish) => client.send(wish, 0)))));
    for (let late = 0; late < 5; late++) {
      const which = random.int(told.length);
      const before = told[which];
      if (!before?.finals.some((f) => f.state === 'applied')) continue;
      const again = await client.untilKnown(before.wish);
      told[which] = { ...before, finals: [...before.finals, again] };
    }
  }
}

/** Signals that no command is, past the servers, and requests that no client makes; the flow goes on. */
async function poison({ site, client, told, orgId, season, apiKey, find }: Scene): Promise<void> {
  const temporal = connectClient(site.temporalTarget);
  const [flowId = ''] = wideFlowIds(orgId, 1, season);
  const workflowId = flowWorkflowId(orgId, flowId);
  const handle = temporal.workflow.getHandle(workflowId);
  const actor = { kind: 'member', id: 'us_x', name: 'X', role: 'OWNER', through: 'mcp' };
  const bad: unknown[] = [
    ...[null, 7, '', 'pause', [], {}, { commandId: 7 }, { commandId: '', actor, command: { type: 'pause' } }],
    ...[{ commandId: 'p1', actor, fingerprint: '', command: { type: '__proto__' } }],
    { commandId: 'p2', actor, fingerprint: '', command: { type: 'complete', taskId: 'x'.repeat(100_000) } },
    { commandId: 'p3', actor: { kind: 'member' }, fingerprint: '', command: { type: 'pause' } },
    { commandId: 'p4', actor, fingerprint: '', command: { type: 'set_due_date', taskId: 'tk_x', dueAt: 1e300 } },
    { commandId: 'p5', actor, fingerprint: '', command: { type: 'invite', people: 'everyone' } },
  ];
  for (const each of bad) await handle.signal(commandSignal, each);
  await handle.signal(commandSignal);
  await handle.signal(commandSignal, ...Array.from({ length: 120 }, (_, n) => n));
  await handle.signal('nothing-of-ours', { a: 1 });
  const raw: [encoding: string, data: string][] = [
    ['json/plain', '{"commandId": "cut sh'],
    ['json/plain', ''],
    ['binary/plain', '\u0000\u0001'],
    ['binary/encrypted', 'not what any key made'],
    ['nobody/knows', 'x'],
  ];
  for (const [encoding, data] of raw) {
    await temporal.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId },
      signalName: commandSignal,
      input: { payloads: [{ metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(data) }] },
    });
  }
  await temporal.connection.close();

  const call = (name: unknown, args: unknown) =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } });
  const bodies = [
    ...['', '{', 'null', '[]', '"x"', '['.repeat(50_000), call(7, {}), call('complete_task', 'x')],
    call('complete_task', { flow: flowId, task: { $ne: null }, command_id: ['a'] }),
    call('complete_task', { flow: flowId, task: 'Part 00', comment: 'x'.repeat(3_000_000) }),
    call('complete_task', { flow: flowId, task: 'Part 00', comment: '\u0000\ud800', command_id: `${season}nul` }),
    call('__proto__', {}),
  ];
  for (const url of site.urls) {
    for (const body of bodies) {
      const answer = await fetch(`${url}/api/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body,
      });
      const text = await answer.text();
      if (answer.status >= 500 || /"code":"internal"/.test(text))
        find(`A bad request was answered ${answer.status}: ${body.slice(0, 80)} … ${text.slice(0, 200)}`);
    }
  }
  told.push(await client.send(statusWish(flowId, `${season}poison-pause`, 'pause', 'careful'), 0));
  told.push(await client.send(statusWish(flowId, `${season}poison-resume`, 'resume', 'careful'), 0));
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(random.int(rest.length), 1));
}

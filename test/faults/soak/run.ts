/**
 * `npm run faults -- --seed N --minutes M [--temporal dev|postgres] [--clients 6] [--away-seconds 300] [--only TEXT]
 * [--part I/N] [--loop-seconds 45] [--out FILE]`: clients drive flows of a small production while faults come one after the other, in an order that the
 * seed decides. With a part, every Nth of them is made once, however long it takes. Ends with what the checker says and a figure for each fault; exit code 1 when anything is wrong.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Database, openAsOwner } from '../../../src/db/database.ts';
import { publishTemplate } from '../../../src/db/templates.ts';
import { adam } from '../../../src/demo/people.ts';
import { demoOrgs } from '../../../src/demo/world.ts';
import { createApiKey } from '../../../src/oauth/api-keys.ts';
import { idFrom } from '../../../src/platform/ids.ts';
import { connectClient } from '../../../src/platform/temporal-connection.ts';
import { check } from '../checker.ts';
import { FaultClient, type Heard, type Told } from '../client.ts';
import { flowIdsOf, gather, readHistories, untilSettled, type Where } from '../evidence.ts';
import { completeWish, decisionTemplate, opening, shortTemplate, wideFlowIds, wideTemplate, wishes } from '../plan.ts';
import { seeded } from '../random.ts';
import { type Fault, faults, type Scene, shuffled } from './faults.ts';
import { fateOf, rowsOf, tableOf, type Window } from './figures.ts';
import type { Kept } from './kept.ts';
import { mailboxOf } from './mailbox.ts';
import { type Site, startSite } from './site.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '10' },
    temporal: { type: 'string', default: 'dev' },
    clients: { type: 'string', default: '6' },
    'away-seconds': { type: 'string', default: '300' },
    only: { type: 'string' },
    part: { type: 'string', default: '1/1' },
    'loop-seconds': { type: 'string', default: '45' },
    out: { type: 'string' },
  },
});
const seed = Number(values.seed);
const minutes = Number(values.minutes);
const kind = values.temporal === 'postgres' ? 'postgres' : 'dev';
const clients = Number(values.clients);
const awayMs = Number(values['away-seconds']) * 1_000;
const loopMs = Number(values['loop-seconds']) * 1_000;
const [part = 1, ofParts = 1] = values.part.split('/').map(Number);
/** Some faults, each once, rather than all of them again and again for a time. */
const eachOnce = values.only !== undefined || ofParts > 1;
const out = resolve(values.out ?? `.booflow/faults-${kind}-${seed}.json`);
const wideFlows = 3;
const orgId = demoOrgs[0]?.id ?? '';
/** Longer than any fault, so that a command which is not settled by then is lost. */
const patienceMs = awayMs + 180_000;

const begun = Date.now();
const report = (line: string): void =>
  console.log(`[faults ${kind} ${seed}] ${((Date.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${line}`);

const told: Told[] = [];
const heard: Heard[] = [];
const findings: string[] = [];
const windows: Window[] = [];
const find = (problem: string): void => {
  findings.push(problem);
  report(`FOUND: ${problem}`);
};

async function main(): Promise<void> {
  const named = faults.filter((f) => values.only === undefined || f.name.includes(values.only));
  const chosen = named.filter((_, n) => n % ofParts === part - 1);
  if (chosen.length === 0) throw new Error(`No fault is called "${values.only}", or there is no part ${values.part}.`);
  report(`The site is started, Temporal ${kind === 'dev' ? "'s dev server" : 'over PostgreSQL'}`);
  const site = await startSite(kind, report);
  // A fault of the run itself must not leave processes and a mount behind.
  process.once('uncaughtException', (error) => {
    console.error(error);
    void site.stop().finally(() => process.exit(2));
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void site.stop().finally(() => process.exit(130)));
  try {
    await drive(site, chosen);
  } catch (error) {
    console.error(error);
    find(`The run did not come to its end: ${error instanceof Error ? error.message : error}`);
  } finally {
    if (findings.length > 0) site.keepLogs(`${out}.logs`);
    await site.stop();
  }
}

async function drive(site: Site, chosen: readonly Fault[]): Promise<void> {
  const apiKey = await prepare(site);
  const newClient = (): FaultClient =>
    new FaultClient({ urls: site.urls, apiKey, patienceMs, heard: (h) => heard.push(h) });
  const first = newClient();

  let season = 's0';
  const open = async (next: string): Promise<void> => {
    for (const wish of opening(orgId, wideFlows, next)) told.push(await first.send(wish, 0));
    season = next;
  };
  await open(season);
  let going = true;
  const driving = Array.from({ length: clients }, async (_, n) => {
    const pace = seeded(seed, 1_000 + n);
    const client = newClient();
    while (going) {
      const mine = season;
      for (const wish of wishes(seed, n, orgId, wideFlows, mine)) {
        told.push(await client.send(wish, pace.between(2, 60)));
        await sleep(pace.between(300, 1_200));
        if (!going || season !== mine) break;
      }
    }
  });

  const random = seeded(seed, -1);
  const until = Date.now() + minutes * 60_000;
  let left: Fault[] = [];
  let round = 0;
  for (let n = 1; eachOnce || Date.now() < until; n++) {
    if (left.length === 0) {
      if (round++ > 0 && eachOnce) break;
      left = shuffled(chosen, random);
    }
    const fault = left.shift();
    const why = fault?.cannot?.(site);
    if (why !== undefined) report(`Left out: ${fault?.name}: ${why}`);
    if (fault === undefined || why !== undefined) continue;
    await open(`s${n}`);
    await sleep(random.between(1_000, 4_000));
    await inflict(fault, { site, random, orgId, apiKey, season, awayMs, loopMs, client: first, told, heard, find });
  }
  if (round === 1 && left.length > 0) report(`Not reached: ${left.map((f) => f.name).join('; ')}`);
  await sleep(3_000);
  going = false;
  report('No more faults; what is under way is finished');
  await Promise.all(driving);
  await assess(site, first, apiKey);
}

/** Templates, and a key for the clients. */
async function prepare(site: Site): Promise<string> {
  const owner = openAsOwner(site.databaseUrl);
  for (const template of [wideTemplate, shortTemplate, decisionTemplate])
    await publishTemplate(owner, idFrom('tp', template.name), orgId, template);
  await owner.destroy();
  const database = new Database(site.databaseUrl, { max: 1 });
  const member = { orgId, userId: adam.id };
  const { secret } = await database.withOrg(member, (trx) => createApiKey(trx, member, 'faults'));
  await database.close();
  return secret;
}

async function inflict(fault: Fault, scene: Scene): Promise<void> {
  const from = Date.now();
  const requests = heard.length;
  report(`${fault.name}`);
  await fault.run(scene);
  const over = Date.now();
  try {
    await scene.site.untilReady(180_000);
  } catch (error) {
    find(`${fault.name}: ${error instanceof Error ? error.message : error}`);
  }
  const ready = Date.now();
  windows.push({ fault: fault.name, from, over, ready });
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  report(`  lasted ${seconds(over - from)}, ready after ${seconds(ready - over)}, ${heard.length - requests} answers`);
}

async function assess(site: Site, client: FaultClient, apiKey: string): Promise<void> {
  await site.untilReady(180_000);
  // No flow is stuck: the oldest take a command as the newest do.
  for (let n = 0; n <= windows.length; n++) {
    for (const flowId of wideFlowIds(orgId, wideFlows, `s${n}`))
      told.push(await client.send(completeWish(flowId, `last-${flowId}`, 'Part 39', 'careful'), 0));
  }
  const owner = openAsOwner(site.databaseUrl);
  const temporal = connectClient(site.temporalTarget);
  const where: Where = { client: temporal, owner, orgId };
  const settleFrom = Date.now();
  await untilSettled(where, told, 420_000);
  report(`Settled after ${((Date.now() - settleFrom) / 1000).toFixed(0)} s; everything is compared`);
  const noted = await owner.selectFrom('mails').select('key').execute();
  const mailbox = mailboxOf(
    site.mail.received,
    noted.map((m) => m.key),
  );
  const evidence = await gather(where, told, mailbox.mails);
  const histories = await readHistories(where, await flowIdsOf(where, told));
  await owner.destroy();
  await temporal.connection.close();

  for (const problem of check(told, evidence)) find(problem);
  for (const failure of histories.failures) find(`A workflow task failed: ${failure}`);
  for (const key of mailbox.unlike) find(`The mail ${key} came twice, with different words.`);
  for (const at of mailbox.again)
    if (!windows.some((w) => at >= w.from && at <= w.ready + 120_000))
      find('A mail came twice, and no fault was near.');
  for (const { wish, finals } of told)
    if (wish.manner !== 'careless' && finals.every((f) => f.state === 'unknown'))
      find(`${wish.tool} ${wish.commandId}: asking again with the same id never settled it.`);
  const logs = site.logs();
  if (logs.some((line) => line.includes(apiKey))) find('An API key stands in the logs.');
  for (const line of logs.filter((l) => /unhandled|uncaught/i.test(l)).slice(0, 5))
    find(`Logged: ${line.slice(0, 300)}`);
  for (const part of [...site.servers, ...site.workers])
    for (const death of part.deaths.filter((d) => !d.meant && !isDuring(d.at, 'everything at once')))
      find(`${part.name} ended by itself ${nearest(death.at)}: ${death.how}`);
  tell(site, histories, evidence.mailbox.length, mailbox.again.length, evidence.flows.length, logs);
}

const isDuring = (at: number, name: string): boolean =>
  windows.some((w) => w.fault.includes(name) && at >= w.from && at <= w.ready);

/** Which fault was the last to begin. */
function nearest(at: number): string {
  const last = windows.findLast((w) => w.from <= at);
  return last ? `${((at - last.over) / 1000).toFixed(1)} s after the end of "${last.fault}"` : 'before any fault';
}

function tell(
  site: Site,
  histories: { commands: number; repeated: number; arrivals: number },
  mails: number,
  again: number,
  flows: number,
  logs: readonly string[],
): void {
  const rows = rowsOf(windows, heard, told);
  const kills = (part: Kept): number => part.deaths.filter((d) => d.meant).length;
  const finals = told.map((t) => t.finals.find((f) => f.state !== 'unknown')?.state ?? 'unknown');
  const count = (state: string): number => finals.filter((f) => f === state).length;
  const errors = new Map<string, number>();
  for (const line of logs) {
    const what = /^\S+ (?:ERROR|FATAL) +\S+ +(.{1,120}?)(?: {2}|$)/.exec(line)?.[1];
    if (what !== undefined) errors.set(what, (errors.get(what) ?? 0) + 1);
  }
  const summary = {
    ...{ seed, temporal: kind, clients, seconds: Math.round((Date.now() - begun) / 1000), flows },
    commands: told.length,
    requests: heard.length,
    applied: count('applied'),
    refused: count('refused'),
    careless: told.filter((t) => t.wish.manner === 'careless').length,
    neverHeardOf: count('unknown'),
    ...fateOf(told, heard),
    killed: Object.fromEntries(site.parts.map((p) => [p.name, kills(p)])),
    arrivals: histories.arrivals,
    commandsThatReachedAFlowMoreThanOnce: histories.repeated,
    ...{ mails, mailsTakenAgainUnderTheSameMessageId: again },
    deaths: Object.fromEntries(site.parts.map((p) => [p.name, p.deaths.map((d) => d.how)])),
    errorsLogged: Object.fromEntries(errors),
    findings,
  };
  console.log(`\n${tableOf(rows)}\n`);
  const { deaths: _, ...short } = summary;
  console.log(JSON.stringify(short, null, 2));
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, JSON.stringify({ ...summary, rows, windows }, null, 2));
  report(`Written to ${out}. ${findings.length === 0 ? 'Nothing was found.' : `${findings.length} findings.`}`);
}

await main();
process.exit(findings.length === 0 ? 0 : 1);

/**
 * `npm run record-histories`: plays representative flows through the product's own workflow and activities and writes
 * their histories to test/histories. By hand only, see docs/changing-workflow-code.md. Those that are there already stay,
 * unless `--anew` is said: what was released is not recorded again.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { type Deliver, MailRefused, toDevMailbox } from '../../src/activities/deliver.ts';
import { migrate } from '../../src/db/migrate.ts';
import type { Actor } from '../../src/domain/actor.ts';
import type { Command } from '../../src/domain/command.ts';
import { dayMs, endOfDay } from '../../src/domain/dates.ts';
import { historyToJson } from '../../src/platform/history-json.ts';
import { freePort } from '../../src/platform/ports.ts';
import { startPostgres } from '../../src/platform/postgres.ts';
import {
  commandUpdate,
  type ErasureActivities,
  type ErasureRef,
  erasureWorkflowId,
  erasureWorkflowType,
  type FlowActivities,
  type ImportActivities,
  type ImportRef,
  importWorkflowId,
  importWorkflowType,
  type OrgDeletionActivities,
  type OrgRef,
  orgDeletionWorkflowId,
  orgDeletionWorkflowType,
  type WebhookActivities,
  type WebhookRef,
  webhookSignal,
  webhookWorkflowId,
  webhookWorkflowType,
} from '../../src/workflows/contract.ts';
import { temporaryFolder } from '../support/folder.ts';
import { adam, invitee, jane, john, mia, olivia } from '../support/people.ts';
import { approve, assign, comment, complete, reject, reopen, setDue, skip } from '../support/stage.ts';
import { FlowDriver, type Place, placeAt, type RunningFlow, skippingPlace } from './flow-driver.ts';
import { ownTemporal } from './own-temporal.ts';
import { realEffects } from './real-effects.ts';

const histories = fileURLToPath(new URL('../histories', import.meta.url));
const workflows = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));

const start = { type: 'start', startDate: null } as const;

/** As in the demo: a form for the client, work in parallel, an approval that joins. */
const onboarding = [
  { key: 'brief', type: 'FORM', assignee: { kind: 'client' }, fields: [{ key: 'goal', label: 'Goal', type: 'text' }] },
  { key: 'contract', assignee: { kind: 'starter' }, due: { days: 3, from: 'ready' } },
  { key: 'design', dependsOn: ['brief'], due: { days: 5, from: 'start' } },
  { key: 'sign-off', type: 'APPROVAL', assignee: { kind: 'client' }, dependsOn: ['design', 'contract'] },
  { key: 'launch', dependsOn: ['sign-off'] },
];

async function main(): Promise<void> {
  const dataDir = temporaryFolder();
  const scratch = mkdtempSync(join(tmpdir(), 'booflow-workflows-'));
  const postgres = await startPostgres({ dataDir, port: await freePort(), report: () => undefined });
  const temporal = await ownTemporal({ suggestAfter: 100 });
  await migrate(postgres.url);
  const faults = { mail: 0, projection: 0 };
  const deliver: Deliver = (mail) => {
    if (faults.mail-- > 0) throw new Error('The mail server is away');
    if (mail.to.startsWith('max@')) throw new MailRefused('550 no such mailbox');
    return toDevMailbox(mail);
  };
  const effects = await realEffects(postgres.url, deliver);
  try {
    const { code } = await bundleWorkflowCode({ workflowsPath: workflows, logger: new DefaultLogger('ERROR') });
    const bundle = { codePath: join(scratch, 'workflows.js') };
    writeFileSync(bundle.codePath, code);
    const activities: FlowActivities & Scripted = {
      ...effects.activities,
      ...scripted(),
      projectFlow(projection) {
        if (faults.projection-- > 0) throw new Error('The database is away');
        return effects.activities.projectFlow(projection);
      },
    };
    mkdirSync(histories, { recursive: true });
    const place = await placeAt(temporal.address, temporal.namespace);
    await working({ place, bundle, activities }, async (driver) => {
      await draftOnly(driver);
      await fullLife(driver);
      await pausedAndCancelled(driver);
      await faulty(driver, faults);
      await severalRuns(driver);
      await conditional(driver);
      await imported(driver);
      await delivered(driver);
      await updated(driver, 'updates');
      await updated(driver, 'moments');
      await erased(driver);
      await waited(driver, faults);
      await calledOff(driver, faults);
    });
    await place.leave();
    const skipping = await skippingPlace();
    await working({ place: skipping, bundle, activities }, (driver) =>
      reminded(driver, async (moment) => {
        await skipping.environment.sleep(Math.max(1, moment - (await skipping.environment.currentTimeMs())));
      }),
    );
    await skipping.environment.teardown();
  } finally {
    await effects.close();
    await temporal.stop();
    await postgres.stop();
    for (const folder of [dataDir, scratch]) rmSync(folder, { recursive: true, force: true });
  }
}

interface Works {
  readonly place: Place;
  readonly bundle: { readonly codePath: string };
  readonly activities: FlowActivities;
}

async function working({ place, bundle, activities }: Works, work: (driver: FlowDriver) => Promise<void>) {
  const driver = new FlowDriver({ ...place, bundle, activities });
  await driver.startWorker();
  await work(driver);
  await driver.stopWorker();
}

async function keep(driver: FlowDriver, flow: RunningFlow, name: string, runId?: string): Promise<void> {
  await write(driver.client, flow.handle.workflowId, name, runId);
}

const anew = process.argv.includes('--anew');

async function write(client: FlowDriver['client'], workflowId: string, name: string, runId?: string): Promise<void> {
  const file = join(histories, `${name}.json`);
  if (!anew && existsSync(file)) return;
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  writeFileSync(file, historyToJson(history));
  console.log(`${history.events?.length ?? 0} events: ${file}`);
}

/** Until nothing is to be sent or projected. */
async function quiet(flow: RunningFlow): Promise<void> {
  for (;;) {
    const { flow: now, projectedVersion } = await flow.snapshot();
    if (now.outbox.length === 0 && projectedVersion === now.version) return;
    await sleep(100);
  }
}

async function draftOnly(driver: FlowDriver): Promise<void> {
  const flow = await driver.create(Date.now(), ...onboarding);
  await flow.does(olivia, { type: 'invite', people: [invitee(jane)] });
  await flow.does(olivia, { type: 'rename', name: 'Acme Corp, autumn' });
  await quiet(flow);
  await keep(driver, flow, 'draft-only');
}

async function fullLife(driver: FlowDriver): Promise<void> {
  const flow = await driver.create(Date.now(), ...onboarding);
  await flow.does(olivia, { type: 'invite', people: [invitee(jane)] });
  await flow.does(olivia, start);
  await flow.does(jane, { type: 'accept_invitation', externalId: jane.id });
  await flow.sends(mia, complete('launch'));
  await flow.does(jane, complete('brief', { goal: 'More clients' }, 'As we said'));
  await flow.does(olivia, assign('design', mia));
  await flow.does(mia, complete('design'));
  await flow.does(olivia, complete('contract'));
  await flow.does(jane, reject('sign-off', 'The logo is too small'));
  await quiet(flow);
  await flow.does(mia, complete('design', null, 'Larger now'));
  await flow.does(olivia, complete('contract'));
  await flow.does(jane, approve('sign-off', 'Fine'));
  await flow.does(adam, complete('launch'));
  await flow.handle.result();
  await keep(driver, flow, 'full-life');
}

async function pausedAndCancelled(driver: FlowDriver): Promise<void> {
  const flow = await driver.create(Date.now(), ...onboarding);
  await flow.does(olivia, start);
  await flow.does(olivia, { type: 'pause' });
  await flow.does(olivia, { type: 'invite', people: [invitee(jane)] });
  await flow.does(olivia, { type: 'resume' });
  await flow.does(olivia, skip('contract'));
  await flow.does(olivia, reopen('contract'));
  await flow.does(olivia, { type: 'revoke_invitation', externalId: jane.id });
  await quiet(flow);
  await flow.handle.cancel();
  await flow.handle.result();
  await keep(driver, flow, 'paused-and-cancelled');
}

/** The read model away, a mail that is retried, one that is given up, and signals that are no commands. */
async function faulty(driver: FlowDriver, faults: { mail: number; projection: number }): Promise<void> {
  const flow = await driver.create(Date.now(), { key: 'a' }, { key: 'b' });
  faults.projection = 7;
  faults.mail = 2;
  await flow.does(olivia, start);
  await flow.does(olivia, assign('a', mia));
  await flow.does(olivia, assign('b', { ...mia, id: 'us_max', name: 'Max' }));
  await flow.signal('no command');
  await flow.sends(olivia, complete('a'), 'twice');
  await flow.sends(olivia, complete('a'), 'twice');
  await quiet(flow);
  await keep(driver, flow, 'faults');
}

/** A first run that ends by going on anew, and the run after it. */
async function severalRuns(driver: FlowDriver): Promise<void> {
  const flow = await driver.create(Date.now(), { key: 'a' }, { key: 'b' });
  await flow.does(olivia, start);
  await flow.does(olivia, assign('b', adam));
  await flow.does(olivia, setDue('b', Date.now() + 10_000));
  const first = await flow.runId();
  for (let n = 0; (await flow.runId()) === first; n++) await flow.does(olivia, comment('a', `number ${n}`));
  while ((await flow.task('b')).notedDueAt === null) await sleep(200);
  await quiet(flow);
  await flow.does(olivia, complete('a'));
  await flow.does(adam, complete('b'));
  await flow.handle.result();
  await keep(driver, flow, 'first-of-several-runs', first);
  await keep(driver, flow, 'last-of-several-runs');
}

/** Due, digests for three weeks, and a pause. `until` lets time pass. */
async function reminded(driver: FlowDriver, until: (moment: number) => Promise<void>): Promise<void> {
  const begun = Date.now();
  const flow = await driver.create(begun, { key: 'a', due: { days: 1, from: 'start' } }, { key: 'b' });
  await flow.does(olivia, start);
  await flow.does(olivia, assign('a', mia));
  await flow.does(olivia, comment('a', 'How is it going?'));
  await flow.does(adam, comment('a', 'And until when?'));
  await flow.does(olivia, { type: 'remind', taskId: 'tk_a' });
  const due = endOfDay(begun, 1);
  await until(due + 9 * dayMs);
  await flow.does(olivia, { type: 'pause' });
  await until(due + 30 * dayMs);
  await flow.does(olivia, { type: 'resume' });
  await until(due + 50 * dayMs);
  await flow.does(mia, complete('a'));
  await flow.does(olivia, complete('b'));
  await flow.handle.result();
  await keep(driver, flow, 'reminders');
}

/** Commands as updates: alone, between signals, refused, unreadable, twice, many at once, and the one that ends the flow. `moments` is the same
 * since each run knows from its start that no two commands have one moment. */
async function updated(driver: FlowDriver, name: string): Promise<void> {
  const flow = await driver.create(Date.now(), ...onboarding);
  const first = await flow.runId();
  let sent = 0;
  // As the product does: where an update fails, as one does that meets the end of a run, a signal with the same id.
  const update = async (actor: Actor, command: Command, id = `u${++sent}`): Promise<void> => {
    const updated = await flow.update(actor, command, id).catch(() => null);
    if (updated === null) await flow.sends(actor, command, id);
  };
  await update(olivia, { type: 'invite', people: [invitee(jane)] });
  await update(olivia, start);
  await update(mia, complete('launch'));
  await flow.handle.executeUpdate(commandUpdate, { args: ['no command'] }).catch(() => undefined);
  await update(jane, complete('brief', { goal: 'More clients' }), 'twice');
  await flow.sends(jane, complete('brief', { goal: 'More clients' }), 'twice');
  await quiet(flow);
  const texts = Array.from({ length: 9 }, (_, n) => `number ${n}`);
  await Promise.all(
    texts.map(async (text, n) => {
      const said = comment('design', text);
      await (n % 2 ? flow.sends(olivia, said, text) : update(olivia, said, text));
    }),
  );
  await update(olivia, complete('contract'));
  await update(mia, complete('design'));
  await update(jane, approve('sign-off', 'Fine'));
  await update(adam, complete('launch'));
  await flow.handle.result();
  await keep(driver, flow, name, first);
  await keep(driver, flow, `${name}-last-run`);
}

/** A step that is not needed and one that is, business days, a day that was answered, a client who asks while paused. */
async function conditional(driver: FlowDriver): Promise<void> {
  const options = ['Card', 'Debit'];
  const flow = await driver.create(
    Date.now(),
    {
      ...{
        key: 'billing',
        type: 'FORM',
        assignee: { kind: 'client' },
        due: { days: 2, from: 'start', unit: 'business' },
      },
      fields: [
        { key: 'payment', label: 'Payment', type: 'choice', options },
        { key: 'launch', label: 'Launch', type: 'date' },
        { key: 'logo', label: 'Logo', type: 'file', required: false },
      ],
    },
    {
      ...{ key: 'mandate', assignee: { kind: 'client', role: 'client signatory' }, dependsOn: ['billing'] },
      condition: { step: 'billing', field: 'payment', op: 'is', values: ['Debit'] },
    },
    {
      ...{ key: 'terminal', assignee: { kind: 'role', role: 'account manager' }, dependsOn: ['billing'] },
      condition: { step: 'billing', field: 'payment', op: 'is_not', values: ['Debit'] },
      due: { days: 3, from: 'ready', unit: 'business' },
    },
    {
      ...{ key: 'launch', dependsOn: ['mandate', 'terminal'] },
      due: { days: -5, from: 'answer', unit: 'business', step: 'billing', field: 'launch' },
    },
  );
  await flow.does(olivia, { type: 'invite', people: [invitee(jane, 'client signatory')] });
  await flow.does(olivia, assign('terminal', mia));
  await flow.does(olivia, start);
  await flow.does(jane, { type: 'accept_invitation', externalId: jane.id });
  await flow.does(olivia, { type: 'pause' });
  await flow.does(jane, { type: 'resend_invitation', externalId: jane.id });
  await flow.does(olivia, { type: 'resume' });
  const inAYear = new Date(Date.now() + 365 * dayMs).toISOString().slice(0, 10);
  await flow.does(jane, complete('billing', { payment: 'Card', launch: inAYear }));
  await quiet(flow);
  await flow.does(olivia, reopen('mandate'));
  await flow.does(jane, complete('mandate'));
  await flow.does(mia, complete('terminal'));
  await flow.does(adam, complete('launch'));
  await flow.handle.result();
  await keep(driver, flow, 'conditions-and-days');
}

/** What an import and an endpoint answer, time after time; what really happens in them is other tests'. */
type Scripted = ImportActivities & WebhookActivities & ErasureActivities & OrgDeletionActivities;

function scripted(): Scripted {
  const lines = [
    { left: 2, settled: 1, total: 3 },
    { left: 2, settled: 0, total: 3 },
    { left: 0, settled: 2, total: 3 },
  ];
  const waits = [1_500, 60_000, null];
  const erasures = [
    { done: 1, open: true },
    { done: 0, open: true },
    { done: 1, open: false },
  ];
  const running = [2, 0, 1];
  const rows = [true, true];
  return {
    importSome: async () => lines.shift() ?? { left: 0, settled: 0, total: 3 },
    async deliverWebhooks() {
      const wait = waits.shift() ?? null;
      return wait === null ? null : Date.now() + wait;
    },
    eraseSome: async () => erasures.shift() ?? { done: 0, open: false },
    closeOrg: async () => undefined,
    endWorkflowsOf: async () => running.shift() ?? 0,
    deleteRowsOf: async () => rows.shift() ?? false,
    forgetWorkflowsOf: async () => undefined,
  };
}

/** Some lines, then none for a while, then the rest. */
async function imported({ client, taskQueue }: FlowDriver): Promise<void> {
  const ref: ImportRef = { orgId: 'or_acme', importId: 'im_history' };
  const workflowId = importWorkflowId(ref);
  await (await client.workflow.start(importWorkflowType, { workflowId, taskQueue, args: [ref] })).result();
  await write(client, workflowId, 'import');
}

/** A wait that passes, one that a new event cuts short, and the end. */
async function delivered({ client, taskQueue }: FlowDriver): Promise<void> {
  const ref: WebhookRef = { orgId: 'or_acme', webhookId: 'wh_history' };
  const workflowId = webhookWorkflowId(ref);
  const handle = await client.workflow.start(webhookWorkflowType, { workflowId, taskQueue, args: [ref] });
  await sleep(4_000);
  await handle.signal(webhookSignal);
  await handle.result();
  await write(client, workflowId, 'webhook-deliveries');
}

/** A client is erased while a mail to them waits, and the flow goes on; the workflow that erases, and the one that deletes an org. */
async function erased(driver: FlowDriver): Promise<void> {
  const flow = await driver.create(Date.now(), ...onboarding);
  const first = await flow.runId();
  await flow.does(olivia, { type: 'invite', people: [invitee(jane)] });
  await flow.does(olivia, start);
  await flow.does(jane, complete('brief', { goal: 'More clients' }, 'As we said'));
  await quiet(flow);
  await flow.sends(olivia, { type: 'resend_invitation', externalId: jane.id });
  await flow.sends(olivia, { type: 'erase', externalId: jane.id });
  await quiet(flow);
  await flow.does(mia, complete('design'));
  await flow.does(olivia, complete('contract'));
  await flow.does(olivia, approve('sign-off', ''));
  await flow.does(adam, complete('launch'));
  await flow.handle.result();
  await keep(driver, flow, 'erased', first);

  const { client, taskQueue } = driver;
  const ref: ErasureRef = { orgId: 'or_acme', erasureId: 'er_history' };
  const erasing = erasureWorkflowId(ref);
  await (await client.workflow.start(erasureWorkflowType, { workflowId: erasing, taskQueue, args: [ref] })).result();
  await write(client, erasing, 'erasure');

  const org: OrgRef = { orgId: 'or_acme' };
  const deleting = orgDeletionWorkflowId(org);
  await (
    await client.workflow.start(orgDeletionWorkflowType, { workflowId: deleting, taskQueue, args: [org] })
  ).result();
  await write(client, deleting, 'org-deletion');
}

/** An invitation that waits for the mail server, and gives its place to a newer one, twice. */
async function waited(driver: FlowDriver, faults: { mail: number }): Promise<void> {
  const flow = await driver.create(Date.now(), ...onboarding);
  await flow.does(olivia, { type: 'invite', people: [invitee(jane)] });
  faults.mail = 3;
  await flow.does(olivia, start);
  for (let n = 0; n < 2; n++) await flow.does(olivia, { type: 'resend_invitation', externalId: jane.id });
  await flow.does(jane, complete('brief', { goal: 'More clients' }));
  await quiet(flow);
  await flow.does(olivia, { type: 'cancel', reason: '' });
  await flow.handle.result();
  await keep(driver, flow, 'waiting-mails');
}

/** Invitations that are called off, some for a newer one and the last for good, while the mail server is away. */
async function calledOff(driver: FlowDriver, faults: { mail: number }): Promise<void> {
  const flow = await driver.create(Date.now(), ...onboarding);
  const first = await flow.runId();
  await flow.does(olivia, { type: 'invite', people: [invitee(jane)] });
  faults.mail = 1_000;
  await flow.does(olivia, start);
  for (let n = 0; n < 6; n++) await flow.does(olivia, { type: 'resend_invitation', externalId: jane.id });
  await flow.does(olivia, { type: 'revoke_invitation', externalId: jane.id });
  faults.mail = 0;
  await flow.does(olivia, { type: 'invite', people: [invitee(john)] });
  await quiet(flow);
  await flow.does(olivia, { type: 'cancel', reason: '' });
  await flow.handle.result();
  await keep(driver, flow, 'mails-called-off', first);
}

await main();

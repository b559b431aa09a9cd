import { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { adam, invitee, jane, mia, olivia } from '../../test/support/people.ts';
import { sharedWorkflows } from '../../test/support/servers.ts';
import { assign, comment, complete, draft, setDue, skip, steps, type WrittenStep } from '../../test/support/stage.ts';
import { type Effects, recordEffects } from '../../test/workflows/effects.ts';
import { countOf, FlowDriver, type RunningFlow, skippingPlace } from '../../test/workflows/flow-driver.ts';
import { addDays, dayMs, endOf, endOfDay, movedByPause } from '../domain/dates.ts';
import type { MailKind } from '../domain/flow.ts';
import { openLedger } from '../domain/ledger.ts';
import { limits } from '../domain/limits.ts';
import { commandSignal, mailRefused } from './contract.ts';

const start = { type: 'start', startDate: null } as const;
const minute = 60_000;
const hour = 60 * minute;

let place: Awaited<ReturnType<typeof skippingPlace>>;
let driver: FlowDriver;
let effects: Effects;
/** Open flows of earlier tests would go on reminding. */
const open: RunningFlow[] = [];

beforeAll(async () => {
  place = await skippingPlace();
});
afterAll(async () => {
  await place.environment.teardown();
});
beforeEach(async () => {
  effects = recordEffects();
  // None held in memory: what was asked of a worker that stopped is never asked of another by the server that skips time.
  driver = new FlowDriver({ ...place, bundle: await sharedWorkflows(), activities: effects, maxCachedWorkflows: 0 });
  await driver.startWorker();
});
afterEach(async () => {
  for (const flow of open.splice(0)) {
    // Terminated with an activity under way, a flow would keep the server from skipping time ever after.
    await isQuiet(flow);
    await flow.handle.terminate('The test is over').catch(() => undefined);
  }
  await driver.stopWorker();
});

/** Until nothing is to be sent or projected. */
const isQuiet = (flow: RunningFlow): Promise<void> =>
  expect
    .poll(
      async () => {
        const { flow: now, projectedVersion } = await flow.snapshot();
        return projectedVersion === now.version && now.outbox.length === 0;
      },
      { timeout: 10_000 },
    )
    .toBe(true);

/** Another worker in its place. Not with something under way: a task handed to a worker that stops is lost until it times out. */
async function anotherWorker(flow: RunningFlow, meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
  await isQuiet(flow);
  await driver.stopWorker();
  await meanwhile();
  await driver.startWorker();
}

const now = (): Promise<number> => place.environment.currentTimeMs();
/** Lets time pass until this moment of the server's clock. */
const until = async (moment: number): Promise<void> => place.environment.sleep(Math.max(1, moment - (await now())));

async function create(...written: WrittenStep[]): Promise<RunningFlow> {
  const flow = await driver.create(await now(), ...written);
  open.push(flow);
  return flow;
}

async function started(...written: WrittenStep[]): Promise<RunningFlow> {
  const flow = await create(...written);
  await flow.does(olivia, start);
  return flow;
}

/** The mails of these kinds that were handed over, as "kind to whom". */
const sent = (flow: RunningFlow, ...kinds: MailKind[]): string[] =>
  effects
    .mailsOf(flow.id)
    .filter((m) => kinds.includes(m.kind))
    .map((m) => `${m.kind} to ${m.to.name}`);

describe('time', () => {
  it('reminds once when a task falls due, then daily for a week, then weekly, through 40 days', async () => {
    const flow = await started({ key: 'a', due: { days: 1, from: 'start' } });
    await flow.does(olivia, assign('a', mia));
    const due = endOfDay(await now(), 1);
    expect((await flow.task('a')).dueAt).toBe(due);
    await until(due - minute);
    expect(sent(flow, 'due', 'digest')).toEqual([]);
    await until(due + minute);
    expect(sent(flow, 'due', 'digest')).toEqual(['due to Mia']);
    await until(due + 40 * dayMs);
    expect(sent(flow, 'due')).toEqual(['due to Mia']);
    const days = (name: string): number[] =>
      effects
        .mailsOf(flow.id)
        .filter((m) => m.kind === 'digest' && m.to.name === name)
        .map((m) => Math.round((m.orderedAt - due) / dayMs));
    expect(days('Mia')).toEqual([1, 2, 3, 4, 5, 6, 7, 14, 21, 28, 35]);
    expect(days('Olivia')).toEqual(days('Mia'));
    expect((await flow.flow()).outbox).toEqual([]);
  });

  it('stands still while paused: nothing fires, and due dates move by the pause', async () => {
    const flow = await started({ key: 'a', due: { days: 1, from: 'start' } });
    await flow.does(olivia, assign('a', mia));
    const due = endOfDay(await now(), 1);
    const paused = (await flow.does(olivia, { type: 'pause' })).outcome?.at ?? 0;
    await until(paused + 30 * dayMs);
    expect(sent(flow, 'due', 'digest')).toEqual([]);
    const resumed = (await flow.does(olivia, { type: 'resume' })).outcome?.at ?? 0;
    const moved = movedByPause(due, paused, resumed, 'UTC', 'calendar');
    expect((await flow.task('a')).dueAt).toBe(moved);
    await until(moved - minute);
    expect(sent(flow, 'due', 'digest')).toEqual([]);
    await until(moved + minute);
    expect(sent(flow, 'due', 'digest')).toEqual(['due to Mia']);
  });

  it('tells nobody again of what was assigned just before the pause', async () => {
    const flow = await started({ key: 'a' }, { key: 'b' });
    await anotherWorker(flow, async () => {
      // All taken in one workflow task, whose clock stands still.
      await flow.sends(olivia, assign('a', mia));
      await flow.sends(olivia, { type: 'pause' });
      await flow.sends(olivia, assign('b', adam));
    });
    await flow.does(olivia, { type: 'resume' });
    await expect.poll(async () => (await flow.flow()).outbox.length, { timeout: 10_000 }).toBe(0);
    expect(sent(flow, 'task_ready').toSorted()).toEqual(['task_ready to Adam', 'task_ready to Mia']);
  });

  it('is told in the time zone of the flow, and by an answer', async () => {
    const at = await now();
    const zone = 'America/New_York';
    const form = {
      key: 'about',
      type: 'FORM',
      fields: [
        { key: 'day', label: 'Day', type: 'date' },
        { key: 'more', label: 'More', type: 'text', required: false },
      ],
    };
    const due = { from: 'answer', days: -1, unit: 'business', step: 'about', field: 'day' };
    const written = steps(
      form,
      { key: 'a', dependsOn: ['about'], due },
      {
        key: 'b',
        dependsOn: ['about'],
        condition: { step: 'about', field: 'more', op: 'is', values: ['yes'] },
      },
    );
    const flow = await driver.carryOn(
      openLedger(
        { ...draft(written, olivia, at, zone), id: `fl_zone_${at}` },
        { commandId: 'make', fingerprint: '', at },
      ),
    );
    open.push(flow);
    await flow.does(olivia, start);
    await flow.does(olivia, assign('a', mia));
    const day = new Date((Math.floor(at / dayMs) + 10) * dayMs).toISOString().slice(0, 10);
    await flow.does(olivia, complete('about', { day }));
    const dueAt = (await flow.task('a')).dueAt ?? 0;
    const told = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' }).format(dueAt);
    expect(told).toBe('23:59:59');
    expect(dueAt).toBe(endOf(addDays(Date.parse(day) / dayMs, -1, 'business'), zone));
    expect(await flow.task('b')).toMatchObject({ status: 'SKIPPED', skippedBy: 'condition' });
    await until(dueAt - minute);
    expect(sent(flow, 'due')).toEqual([]);
    await until(dueAt + minute);
    expect(sent(flow, 'due')).toEqual(['due to Mia']);
  });

  it('a flow of an older release, which knew no zones and conditions, goes on', async () => {
    const at = await now();
    const { flow, ...rest } = openLedger(
      { ...draft(steps({ key: 'a', due: { from: 'ready', days: 1 } }, { key: 'b' }), olivia, at), id: `fl_old_${at}` },
      { commandId: 'make', fingerprint: '', at },
    );
    const { timeZone: _, tasks, ...old } = flow;
    const older = tasks.map(({ condition: _c, skippedBy: _s, ...t }) => ({
      ...t,
      due: t.due && { days: 1, from: 'ready' as const },
    }));
    const running = await driver.carryOn({ ...rest, flow: { ...old, tasks: older } });
    open.push(running);
    await running.does(olivia, start);
    await running.does(olivia, skip('b'));
    expect(await running.flow()).toMatchObject({ timeZone: 'UTC', status: 'ACTIVE' });
    expect((await running.task('a')).dueAt).toBe(endOfDay(at, 1));
  });

  it('a digest that was planned waits out a pause too', async () => {
    const flow = await started({ key: 'a', due: { days: 0, from: 'start' } });
    const due = endOfDay(await now());
    await until(due + hour);
    await flow.does(olivia, { type: 'pause' });
    await until(due + 5 * dayMs);
    expect(sent(flow, 'digest')).toEqual([]);
    await flow.does(olivia, { type: 'resume' });
    await until(due + 5 * dayMs + 22 * hour);
    expect(sent(flow, 'digest')).toEqual([]);
    await until(due + 6 * dayMs + 2 * hour);
    expect(sent(flow, 'digest')).toEqual(['digest to Olivia']);
  });

  it('a due date moved nearer rings at the nearer moment, one moved away not at the old', async () => {
    const flow = await started({ key: 'a', due: { days: 20, from: 'start' } }, { key: 'b' });
    await flow.does(olivia, assign('a', mia));
    await flow.does(olivia, assign('b', adam));
    const begun = await now();
    await flow.does(olivia, setDue('a', begun + 2 * dayMs));
    await flow.does(olivia, setDue('b', begun + dayMs));
    await flow.does(olivia, setDue('b', begun + 3 * dayMs));
    await until(begun + 2 * dayMs - minute);
    expect(sent(flow, 'due')).toEqual([]);
    await until(begun + 2 * dayMs + minute);
    expect(sent(flow, 'due')).toEqual(['due to Mia']);
    await until(begun + 3 * dayMs + minute);
    expect(sent(flow, 'due')).toEqual(['due to Mia', 'due to Adam']);
  });

  it('cancelling stops all: no mail in the 60 days after, and the workflow has ended', async () => {
    const flow = await started({ key: 'a', due: { days: 1, from: 'start' } });
    await flow.does(olivia, assign('a', mia));
    const due = endOfDay(await now(), 1);
    await until(due + hour);
    expect(sent(flow, 'due')).toEqual(['due to Mia']);
    await flow.does(olivia, { type: 'cancel', reason: 'Not needed' });
    await until(due + 60 * dayMs);
    expect(sent(flow, 'due', 'digest')).toEqual(['due to Mia']);
    expect((await flow.handle.describe()).status.name).toBe('COMPLETED');
  });
});

describe('mail', () => {
  it('that fails five times is sent once, and the flow goes on meanwhile', async () => {
    effects.beforeMail = () => {
      if (effects.tried.mails <= 5) throw new Error('The mail server is away');
    };
    const flow = await started({ key: 'a' }, { key: 'b' });
    await flow.does(olivia, assign('a', mia));
    await flow.does(olivia, complete('b'));
    expect((await flow.flow()).outbox).toHaveLength(1);
    await until((await now()) + hour);
    expect(sent(flow, 'task_ready')).toEqual(['task_ready to Mia']);
    expect(effects.tried.mails).toBe(6);
    expect((await flow.flow()).outbox).toEqual([]);
    expect((await flow.told()).filter((line) => line.includes('mail'))).toEqual([]);
  });

  it('that is refused for good is told in the feed at once', async () => {
    effects.beforeMail = () => {
      throw ApplicationFailure.nonRetryable('no such mailbox', mailRefused);
    };
    const flow = await started({ key: 'a' });
    await flow.does(olivia, assign('a', mia));
    await until((await now()) + minute);
    expect((await flow.told()).at(-1)).toBe('Booflow could not send the mail to Mia, it was refused: no such mailbox');
    expect(effects.tried.mails).toBe(1);
    expect((await flow.flow()).outbox).toEqual([]);
    expect(effects.projectionsOf(flow.id).at(-1)?.feed.at(-1)?.what).toBe('mail_refused');
  });

  it('that fails for three days is given up, and the feed says why', async () => {
    effects.beforeMail = () => {
      throw new Error('the mail server is away');
    };
    const flow = await started({ key: 'a' });
    await flow.does(olivia, assign('a', mia));
    const begun = await now();
    await until(begun + 3 * dayMs - hour);
    expect((await flow.flow()).outbox).toHaveLength(1);
    await until(begun + 3 * dayMs + hour);
    expect((await flow.told()).at(-1)).toBe('Booflow could not send the mail to Mia: the mail server is away');
    expect((await flow.flow()).outbox).toEqual([]);
    // A quarter of an hour apart at most, but no storm.
    expect(effects.tried.mails).toBeGreaterThan(3 * 24 * 4 - 10);
    expect(effects.tried.mails).toBeLessThan(3 * 24 * 4 + 20);
  });

  it('about comments is held for ten minutes, through a new worker, and has all of them', async () => {
    const flow = await started({ key: 'a' });
    await flow.does(olivia, assign('a', mia));
    const begun = await now();
    await flow.does(olivia, comment('a', 'One'));
    await until(begun + 5 * minute);
    await flow.does(adam, comment('a', 'Two'));
    await anotherWorker(flow);
    expect(sent(flow, 'comment')).toEqual([]);
    await until(begun + 11 * minute);
    expect(sent(flow, 'comment')).toEqual(['comment to Mia']);
    const [mail] = effects.mailsOf(flow.id).filter((m) => m.kind === 'comment');
    expect(mail?.tasks[0]?.comments).toEqual([
      { by: 'Olivia', text: 'One' },
      { by: 'Adam', text: 'Two' },
    ]);
    await until(begun + 5 * hour);
    expect(sent(flow, 'comment')).toHaveLength(1);
  });

  it('to a client that is refused marks them until a mail is taken again, and reminds them no more', async () => {
    let refusing = true;
    effects.beforeMail = ({ mail }) => {
      if (refusing && mail.to.kind === 'external')
        throw ApplicationFailure.nonRetryable('550 no such mailbox', mailRefused);
    };
    const flow = await started({ key: 'a', assignee: { kind: 'client' }, due: { days: 1, from: 'start' } });
    await flow.does(olivia, { type: 'invite', people: [invitee(jane)] });
    const client = async () => (await flow.flow()).externals[0]?.mailRefused;
    await expect.poll(client).toBe('550 no such mailbox');
    await until(endOfDay(await now(), 1) + 3 * dayMs);
    expect(sent(flow, 'due')).toEqual([]);
    expect(effects.projectionsOf(flow.id).some((p) => p.flow.externals[0]?.mailRefused)).toBe(true);
    refusing = false;
    await flow.does(olivia, { type: 'resend_invitation', externalId: jane.id });
    await expect.poll(client).toBeNull();
  });

  it('goes out five at a time, each once', async () => {
    let now = 0;
    let most = 0;
    effects.beforeMail = async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 30));
      now--;
    };
    const flow = await started({ key: 'a' });
    const people = Array.from({ length: 20 }, (_, i) => ({
      ...invitee(jane),
      externalId: `ex_${i}`,
      email: `client${i}@client.test`,
    }));
    await flow.does(olivia, { type: 'invite', people });
    await expect.poll(async () => (await flow.flow()).outbox.length).toBe(0);
    expect(new Set(effects.mailsOf(flow.id).map((m) => m.key)).size).toBe(20);
    expect(effects.mails).toHaveLength(20);
    expect(most).toBeLessThanOrEqual(5);
  });
});

describe('the read model', () => {
  it('may be away for long: commands go on, and then one projection has everything', async () => {
    const flow = await create({ key: 'a', due: { days: 0, from: 'start' } }, { key: 'b' }, { key: 'c' });
    await expect.poll(() => effects.projectionsOf(flow.id).length).toBe(1);
    effects.beforeProjection = () => {
      throw ApplicationFailure.nonRetryable('PostgreSQL is away');
    };
    await flow.does(olivia, start);
    const begun = await now();
    // Ten of its tries lie in each of these; every one costs real time.
    for (const [minutes, key] of [
      [2, 'a'],
      [4, 'b'],
    ] as const) {
      await until(begun + minutes * minute);
      expect((await flow.does(olivia, complete(key))).projected).toBe(false);
      await flow.does(mia, comment(key, `done in minute ${minutes}`));
    }
    const before = await flow.flow();
    expect(before.tasks.map((t) => t.status)).toEqual(['COMPLETED', 'COMPLETED', 'READY']);
    effects.beforeProjection = () => undefined;
    await until((await now()) + minute);
    const made = effects.projectionsOf(flow.id);
    expect(made).toHaveLength(2);
    expect(made[1]?.flow.tasks).toEqual(before.tasks);
    expect(made[1]?.flow.version).toBe(before.version);
    expect(made[1]?.feed.map((e) => e.what)).toEqual(before.feed.slice(1).map((e) => e.what));
    expect((await flow.snapshot()).projectedVersion).toBe(before.version);
    expect((await flow.answer('c1')).projected).toBe(true);
  });

  it('gets one projection of commands that arrive together', async () => {
    const flow = await started({ key: 'a' });
    await expect.poll(async () => (await flow.snapshot()).projectedVersion).toBe((await flow.flow()).version);
    const before = effects.projectionsOf(flow.id).length;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    effects.beforeProjection = () => held;
    await flow.sends(olivia, comment('a', 'number 0'));
    await expect.poll(() => effects.tried.projections).toBe(before + 1);
    for (let i = 1; i < 20; i++) await flow.sends(olivia, comment('a', `number ${i}`));
    release();
    expect((await flow.task('a')).comments.map((c) => c.text)).toEqual(
      Array.from({ length: 20 }, (_, i) => `number ${i}`),
    );
    await expect.poll(async () => (await flow.snapshot()).projectedVersion).toBe((await flow.flow()).version);
    const made = effects.projectionsOf(flow.id).slice(before);
    expect(made.map((p) => p.flow.tasks[0]?.comments.length)).toEqual([1, 19]);
  });
});

describe('a command', () => {
  it('whose id comes twice has one effect and one answer, whatever it says the second time', async () => {
    const flow = await started({ key: 'a' });
    await flow.does(olivia, comment('a', 'once'), 'same');
    const { outcome } = await flow.answer('same');
    await flow.sends(olivia, comment('a', 'once'), 'same');
    await flow.sends(olivia, { type: 'cancel', reason: '' }, 'same');
    expect((await flow.answer('same')).outcome).toEqual(outcome);
    expect((await flow.task('a')).comments.map((c) => c.text)).toEqual(['once']);
    expect((await flow.flow()).status).toBe('ACTIVE');
  });

  it('whose outcome a ledger brings along is not done again', async () => {
    const at = await now();
    const flow = { ...draft(steps({ key: 'a' }), olivia, at), id: `fl_carried_${at}` };
    const running = await driver.carryOn(openLedger(flow, { commandId: 'make', fingerprint: 'f', at }));
    open.push(running);
    await running.sends(olivia, start, 'make');
    expect(await running.answer('make')).toMatchObject({ outcome: { ok: true, fingerprint: 'f', version: 1 } });
    expect((await running.flow()).status).toBe('DRAFT');
  });

  it('that is none stops nothing: text, null, unknown commands, wrong shapes, huge, with no or too many arguments', async () => {
    const flow = await started({ key: 'a' });
    const before = await flow.flow();
    for (const garbage of ['text', null, 42, [], {}, { commandId: '' }, 'x'.repeat(1_500_000)])
      await flow.signal(garbage);
    await flow.handle.signal(commandSignal);
    await flow.handle.signal(commandSignal, ...Array.from({ length: 120 }, (_, i) => i));
    await flow.handle.signal('no-such-signal', { commandId: 'g0' });
    await flow.signal({ commandId: 'g1', actor: olivia, command: { type: 'fly' } });
    await flow.signal({ commandId: 'g2', actor: { kind: 'member' }, command: start });
    await flow.signal({ commandId: 'g3', actor: olivia, command: comment('a', 'a\0b') });
    await flow.signal({ commandId: 'g4', actor: olivia, command: comment('a', 'y'.repeat(limits.comment + 1)) });
    for (const id of ['g1', 'g2', 'g3', 'g4']) {
      expect((await flow.answer(id)).outcome).toMatchObject({ ok: false, refusal: { code: 'bad_command' } });
    }
    expect(await flow.flow()).toEqual(before);
    await flow.does(olivia, complete('a'));
  });

  it('that can not even be decoded is passed over', async () => {
    const flow = await started({ key: 'a' });
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const { workflowId } = flow.handle;
    const bad: { metadata: Record<string, Uint8Array>; data: Uint8Array }[] = [
      { metadata: { encoding: bytes('json/plain') }, data: bytes('not json') },
      { metadata: { encoding: bytes('binary/encrypted') }, data: bytes('?') },
      { metadata: {}, data: bytes('{}') },
    ];
    for (const payloads of [...bad.map((p) => [p]), bad]) {
      await driver.client.workflowService.signalWorkflowExecution({
        namespace: place.namespace,
        workflowExecution: { workflowId },
        signalName: commandSignal,
        input: { payloads },
      });
    }
    await flow.does(olivia, complete('a'));
    expect((await flow.flow()).status).toBe('COMPLETED');
    expect(countOf(await flow.events(), 'workflowTaskFailed')).toBe(0);
  });
});

describe('the end', () => {
  it('a completed flow ends its workflow, and the outcome can still be asked', async () => {
    const flow = await started({ key: 'a' });
    await flow.does(olivia, complete('a'), 'last');
    await flow.handle.result();
    expect(await flow.answer('last')).toMatchObject({
      projected: true,
      outcome: { ok: true, effects: { completedFlow: true } },
      flow: { status: 'COMPLETED', progress: { percent: 100 } },
    });
    expect((await flow.answer('never')).outcome).toBeNull();
    expect((await flow.flow()).status).toBe('COMPLETED');
    await expect(flow.sends(olivia, comment('a', 'late'))).rejects.toThrow(/not found|completed/i);
  });

  it('waits for the last mail, and for the read model to know of it', async () => {
    let away = true;
    effects.beforeProjection = () => {
      if (away) throw new Error('PostgreSQL is away');
    };
    const flow = await started({ key: 'a' });
    await flow.does(adam, complete('a'));
    await until((await now()) + 2 * minute);
    expect((await flow.handle.describe()).status.name).toBe('RUNNING');
    away = false;
    await flow.handle.result();
    expect(effects.projectionsOf(flow.id).at(-1)?.flow.status).toBe('COMPLETED');
    expect(sent(flow, 'flow_completed')).toEqual(['flow_completed to Olivia']);
  });

  it('"request cancellation" in Temporal is the command cancel', async () => {
    const flow = await started({ key: 'a' }, { key: 'b' });
    await flow.handle.cancel();
    await flow.handle.result();
    const { status, tasks } = await flow.flow();
    expect([status, ...tasks.map((t) => t.status)]).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
    expect((await flow.told()).at(-1)).toBe('An operator cancelled the flow: "Cancelled in Temporal."');
    expect(effects.projectionsOf(flow.id).at(-1)?.flow.status).toBe('CANCELLED');
    expect((await flow.handle.describe()).status.name).toBe('COMPLETED');
  });
});

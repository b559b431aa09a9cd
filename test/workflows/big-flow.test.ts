/**
 * The largest flow there may be, for more than a year: 500 tasks, 5,000 commands, and a history that stays small. Whoever
 * acts has the tasks, so that mails come with time only: with one under way when a run ends, the time-skipping server would
 * skip no more time.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dayMs } from '../../src/domain/dates.ts';
import { limits } from '../../src/domain/limits.ts';
import { olivia } from '../support/people.ts';
import { sharedWorkflows } from '../support/servers.ts';
import { assign, comment, complete, reopen, setDue } from '../support/stage.ts';
import { type Effects, recordEffects } from './effects.ts';
import { FlowDriver, type RunningFlow, skippingPlace } from './flow-driver.ts';

const tasks = limits.tasksPerFlow;
const commands = 5_000;
/** What is worked on in one month; each task waits for one of the month before. */
const aMonth = 42;
const months = Math.ceil(tasks / aMonth);
const monthDays = 31;
const commentsOfEach = 5;
const mostEvents = 10_000;

let place: Awaited<ReturnType<typeof skippingPlace>>;
let driver: FlowDriver;
let effects: Effects;

beforeAll(async () => {
  place = await skippingPlace();
  effects = recordEffects();
  driver = new FlowDriver({ ...place, bundle: await sharedWorkflows(), activities: effects });
  await driver.startWorker();
});
afterAll(async () => {
  await driver.stopWorker();
  await place.environment.teardown();
});

const keyOf = (n: number): string => `t${n}`;
const ofMonth = (month: number): string[] =>
  Array.from({ length: tasks }, (_, n) => n)
    .filter((n) => Math.floor(n / aMonth) === month)
    .map(keyOf);
const words = (key: string): string[] => Array.from({ length: commentsOfEach }, (_, n) => `${key} says ${n}`);

/** The events of each run, the first run first. */
async function lengthsOfRuns(flow: RunningFlow): Promise<number[]> {
  const lengths: number[] = [];
  for (let runId: string | undefined = await flow.runId(); runId; ) {
    const { events } = await place.client.workflow.getHandle(flow.handle.workflowId, runId).fetchHistory();
    lengths.unshift(events?.length ?? 0);
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? undefined;
  }
  return lengths;
}

/** Until everything is applied and told, and every mail has gone. */
const settled = async (flow: RunningFlow): Promise<void> => {
  const isQuiet = async (): Promise<boolean> => {
    const { flow: now, projectedVersion } = await flow.snapshot();
    return projectedVersion === now.version && now.outbox.length === 0;
  };
  await expect.poll(isQuiet, { timeout: 60_000, interval: 200 }).toBe(true);
};

test('500 tasks, 5,000 commands and a year go on in new runs, with nothing lost', async () => {
  const now = (): Promise<number> => place.environment.currentTimeMs();
  const begun = await now();
  const flow = await driver.create(
    begun,
    ...Array.from({ length: tasks }, (_, n) => ({
      key: keyOf(n),
      dependsOn: n < aMonth ? [] : [keyOf(n - aMonth)],
    })),
  );
  let sent = 0;
  const send: RunningFlow['sends'] = (actor, command, commandId) => {
    sent++;
    return flow.sends(actor, command, commandId ?? `k${sent}`);
  };
  const planned = async (month: number): Promise<void> => {
    const due = (await now()) + 10 * dayMs;
    for (const key of ofMonth(month)) {
      await send(olivia, assign(key, olivia));
      await send(olivia, setDue(key, due));
    }
  };
  /** Several tasks at once, and of each one command after the other. */
  const worked = async (month: number): Promise<void> => {
    const one = async (key: string): Promise<void> => {
      for (const text of words(key)) await send(olivia, comment(key, text));
      await send(olivia, complete(key));
      await send(olivia, reopen(key));
      await send(olivia, complete(key));
    };
    await Promise.all(ofMonth(month).map(one));
  };

  await flow.does(olivia, { type: 'start', startDate: null });
  await planned(0);
  let mailsOrdered = 0;
  for (let month = 0; month < months; month++) {
    // What was planned falls due, and is reminded of until someone works on it.
    await place.environment.sleep(monthDays * dayMs);
    await planned(month + 1);
    await settled(flow);
    mailsOrdered = (await flow.flow()).mailsOrdered;
    await worked(month);
  }
  await flow.handle.result();

  expect(sent).toBe(commands);
  expect((await now()) - begun).toBeGreaterThan(365 * dayMs);
  const lengths = await lengthsOfRuns(flow);
  expect(lengths.length).toBeGreaterThan(1);
  expect(Math.max(...lengths)).toBeLessThan(mostEvents);

  const end = await flow.flow();
  expect(end.status).toBe('COMPLETED');
  expect(end.tasks.map((t) => [t.key, t.status, t.comments.map((c) => c.text)])).toEqual(
    Array.from({ length: tasks }, (_, n) => [keyOf(n), 'COMPLETED', words(keyOf(n))]),
  );
  // The first outcome of all is remembered through all runs.
  expect((await flow.answer('create')).outcome).toMatchObject({ ok: true, version: 1 });
  // The first outcome of all is remembered through all runs.
  expect((await flow.answer('create')).outcome).toMatchObject({ ok: true, version: 1 });

  // The read model was told everything, and nothing twice.
  const told = effects.projectionsOf(flow.id);
  expect(told.flatMap((p) => p.feed.map((e) => e.seq))).toEqual(
    Array.from({ length: end.feedLength }, (_, n) => n + 1),
  );
  expect(told.at(-1)?.flow.version).toBe(end.version);
  const comments = told.flatMap((p) => p.flow.tasks.flatMap((t) => t.comments.map((c) => c.text)));
  expect(comments.toSorted()).toEqual(
    Array.from({ length: tasks }, (_, n) => words(keyOf(n)))
      .flat()
      .toSorted(),
  );

  // Every mail once; the end of the flow dropped the last ones.
  const mails = effects.mailsOf(flow.id).map((m) => m.key);
  expect(new Set(mails).size).toBe(mails.length);
  const ordered = Array.from({ length: mailsOrdered }, (_, n) => `${flow.id}/${n + 1}`);
  expect(ordered.filter((key) => !mails.includes(key))).toEqual([]);
  console.log(JSON.stringify({ commands: sent, runs: lengths, mails: mails.length, feed: end.feedLength }));
}, 300_000);

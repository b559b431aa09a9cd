/** The open tasks of members who left go where it was decided, each through its flow. */
import { asyncLocalStorage } from '@temporalio/activity';
import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Database } from '../db/database.ts';
import { openErasures } from '../db/erasures.ts';
import {
  findMemberById,
  finishHandOver,
  noteFirstLook,
  openHandOvers,
  readHandOver,
  someOpenTasks,
  type TaskToHandOver,
} from '../db/members.ts';
import type { Actor } from '../domain/actor.ts';
import type { Envelope } from '../domain/command.ts';
import type { CommandAnswer } from '../domain/view.ts';
import {
  type ErasureRef,
  type HandOverActivities,
  handOverScheduleId,
  handOverWorkflowType,
} from '../workflows/contract.ts';

/** Sends a command to a flow. `accepted`: nobody answered in time; `gone`: the flow has ended. */
export interface FlowCommands {
  send(orgId: string, flowId: string, envelope: Envelope): Promise<Sent>;
}

type Sent =
  | { readonly state: 'applied'; readonly answer: CommandAnswer }
  | { readonly state: 'accepted' }
  | { readonly state: 'gone' };

export interface HandOverNeeds {
  readonly database: Database;
  readonly flows: FlowCommands;
  readonly workflows: { erase(ref: ErasureRef): Promise<void> };
  readonly clock?: () => number;
  /**
   * How long lists may lag behind flows, from when a worker is up: a task given to them just before they left shows up
   * within it.
   */
  readonly settleMs?: number;
}

/** What holds for all hand-overs of a batch. */
interface Batch {
  /** What fails stops nothing behind it, which may be another organization's. */
  readonly tried: <T>(work: () => Promise<T>) => Promise<T | null>;
  /** Flows that don't answer now, or have no room: each further command would be waited for as long, and fill them. */
  readonly silent: Set<string>;
  /** Is what is left for the next one? */
  readonly isLate: () => boolean;
}

const handOversPerBatch = 20;
/** Well within the time that the workflow gives it: what is left then is for the next one. */
const beginsMs = 60_000;
const tasksPerBatch = 25;
const erasureBeginsMs = 60_000;
const hourMs = 3_600_000;

export function makeHandOverActivities(needs: HandOverNeeds): HandOverActivities {
  const { database, flows, workflows, clock = Date.now, settleMs = 30_000 } = needs;

  /** Twice does it once: each task's command has an id of its own. */
  const passOne = async (
    org: { orgId: string },
    id: string,
    { tried, silent, isLate }: Batch,
  ): Promise<{ passed: number; open: boolean }> => {
    const found = await database.withOrg(org, async (trx) => {
      const handOver = await readHandOver(trx, id);
      if (!handOver || handOver.finished_at !== null) return null;
      if (handOver.looked_at === null) await noteFirstLook(trx, id, new Date(clock()));
      // Whoever was to take them may have left meanwhile; then nobody does, until somebody is named.
      const to = handOver.to_user === null ? undefined : await findMemberById(trx, handOver.to_user);
      return { handOver, to };
    });
    if (!found) return { passed: 0, open: false };
    const { handOver, to } = found;
    const back = await database.withOrg(org, (trx) => findMemberById(trx, handOver.from_user));
    let passed = 0;
    let waiting = false;
    let after: TaskToHandOver | null = null;
    // Someone who joined again keeps what lies with them.
    while (!back && passed < tasksPerBatch) {
      const last = after;
      const tasks: TaskToHandOver[] = await database.withOrg(org, (trx) =>
        someOpenTasks(trx, handOver.from_user, last, tasksPerBatch),
      );
      const pass = async (task: TaskToHandOver): Promise<void> => {
        // A worker that stops leaves the rest to another: where it was the last, each flow would be waited for in vain.
        asyncLocalStorage.getStore()?.cancellationSignal.throwIfAborted();
        if (silent.has(task.flow_id)) {
          waiting = true;
          return;
        }
        const command = commandOf(handOver, task, to);
        const send = (commandId: string) =>
          tried(async () => flows.send(org.orgId, task.flow_id, { ...command, commandId }));
        let sent = await send(command.commandId);
        // The flow gives the same answer to the same id for ever, also when it has room again: once an hour it is asked anew.
        if (isFull(sent)) sent = await send(`${command.commandId}-${Math.floor(clock() / hourMs)}`);
        // Any other refusal is an answer too: the task was done meanwhile.
        if (sent?.state === 'applied' && sent.answer.outcome?.ok) passed++;
        if (sent !== null && sent.state !== 'accepted' && !isFull(sent)) return;
        silent.add(task.flow_id);
        waiting = true;
      };
      // Those of one flow one after the other; flows that don't answer are waited for together.
      const theirs = new Set(tasks.map((t) => t.flow_id));
      await Promise.all(
        [...theirs].map(async (flowId) => {
          for (const task of tasks) if (task.flow_id === flowId) await pass(task);
        }),
      );
      after = tasks.at(-1) ?? null;
      if (after === null || isLate()) break;
    }
    const settled = handOver.looked_at !== null && clock() - handOver.looked_at.getTime() > settleMs;
    if (after !== null || waiting || !settled) return { passed, open: true };
    await database.withOrg(org, (trx) => finishHandOver(trx, id, new Date(clock())));
    return { passed, open: false };
  };

  return {
    async passTasksOn() {
      const until = performance.now() + beginsMs;
      const isLate = () => performance.now() > until;
      const all = await openHandOvers(database.open, handOversPerBatch);
      let passed = 0;
      let open = 0;
      const failures: unknown[] = [];
      const batch: Batch = {
        async tried(work) {
          try {
            return await work();
          } catch (error) {
            failures.push(error);
            return null;
          }
        },
        silent: new Set(),
        isLate,
      };
      for (const { org_id: orgId, id } of all) {
        const done = isLate() ? { passed: 0, open: true } : await batch.tried(() => passOne({ orgId }, id, batch));
        passed += done?.passed ?? 0;
        if (done?.open) open++;
      }
      // Noted, and not begun by whoever noted it: a process that died between the two. One that runs is found running.
      const noted = new Date(clock() - erasureBeginsMs);
      for (const { org_id: orgId, id: erasureId } of await openErasures(database.open, noted, handOversPerBatch))
        await batch.tried(() => workflows.erase({ orgId, erasureId }));
      if (failures.length > 0) throw failures[0];
      return { passed, open };
    },
  };
}

/** Did the flow refuse what it will take once its mails are sent and the lists have its news? */
const isFull = (sent: Sent | null): boolean =>
  sent?.state === 'applied' && sent.answer.outcome?.ok === false && sent.answer.outcome.refusal.code === 'too_large';

const commandOf = (
  { id, by }: { readonly id: string; readonly by: Actor },
  task: TaskToHandOver,
  to: { readonly id: string; readonly name: string } | undefined,
): Envelope => ({
  commandId: `${id}-${task.id}`,
  fingerprint: id,
  actor: by,
  command: { type: 'assign', taskId: task.id, assignee: to ? { kind: 'member', id: to.id, name: to.name } : null },
});

/** Makes the schedule, once, however many workers start at the same time: it does what could not be started at once. */
export async function ensureHandOverSchedule(client: Client, taskQueue: string): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: handOverScheduleId,
      spec: { intervals: [{ every: '5 minutes' }] },
      action: {
        type: 'startWorkflow',
        workflowType: handOverWorkflowType,
        workflowId: handOverScheduleId,
        taskQueue,
        args: [],
      },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

/** Looks at everything there is: the workflows, their histories, the read model, the mails. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { readFlow } from '../../src/db/read-flow.ts';
import type { Tables } from '../../src/db/schema.ts';
import type { CommandAnswer, Snapshot } from '../../src/domain/view.ts';
import { answerQuery, flowWorkflowId, flowWorkflowType, snapshotQuery } from '../../src/workflows/contract.ts';
import type { Evidence, FlowEvidence } from './checker.ts';
import type { Told } from './client.ts';

export interface Where {
  readonly client: Client;
  /** Past row-level security. */
  readonly owner: Kysely<Tables>;
  readonly orgId: string;
}

/** Every flow of the org that Temporal, the read model or a command knows of. */
export async function flowIdsOf({ client, owner, orgId }: Where, told: readonly Told[]): Promise<string[]> {
  const ids = new Set(
    told.flatMap(({ wish, finals }) => (finals.some((f) => f.state === 'applied') ? [wish.flowId] : [])),
  );
  const query = `WorkflowType = '${flowWorkflowType}' AND BooflowOrgId = '${orgId}'`;
  for await (const { workflowId } of client.workflow.list({ query })) ids.add(workflowId.split('/')[2] ?? workflowId);
  for (const { id } of await owner.selectFrom('flows').select('id').where('org_id', '=', orgId).execute()) ids.add(id);
  return [...ids].sort();
}

export async function snapshotOf({ client, orgId }: Where, flowId: string): Promise<Snapshot | null> {
  try {
    return await client.withDeadline(Date.now() + 15_000, () =>
      client.workflow.getHandle(flowWorkflowId(orgId, flowId)).query<Snapshot>(snapshotQuery),
    );
  } catch {
    return null; // why it does not answer is in the worker's log; that it does not is what counts
  }
}

/** Waits until no flow has anything left to project or to mail, or `ms` are over; the checker tells what is left then. */
export async function untilSettled(where: Where, told: readonly Told[], ms: number): Promise<void> {
  const deadline = Date.now() + ms;
  let waiting = await flowIdsOf(where, told);
  while (waiting.length > 0 && Date.now() < deadline) {
    const snapshots = await each(waiting, (id) => snapshotOf(where, id));
    waiting = waiting.filter((_, i) => {
      const s = snapshots[i];
      return !s || s.flow.outbox.length > 0 || s.projectedVersion < s.flow.version;
    });
    if (waiting.length > 0) await sleep(500);
  }
}

type Mailbox = Evidence['mailbox'];

/**
 * Everything the checker wants to know. Changes nothing. `mailbox`: what a mail server took; the dev mailbox when left out.
 */
export async function gather(where: Where, told: readonly Told[], mailServer?: Mailbox): Promise<Evidence> {
  const { client, owner, orgId } = where;
  const flowIds = await flowIdsOf(where, told);
  const flows = await each(flowIds, async (id): Promise<FlowEvidence> => {
    const workflow = await snapshotOf(where, id);
    const read = await owner.transaction().execute((trx) => readFlow(trx, id, 1_000_000));
    return { id, workflow, readModel: read?.flow ?? null };
  });
  const known = new Set(flows.flatMap((f) => (f.workflow === null ? [] : [f.id])));
  const asked = told.map((t) => t.wish).filter((w) => known.has(w.flowId));
  const outcomes = await each(asked, async ({ flowId, commandId }) => {
    const { outcome } = await again(3, () =>
      client.workflow.getHandle(flowWorkflowId(orgId, flowId)).query<CommandAnswer, [string]>(answerQuery, commandId),
    );
    const code = outcome === null || outcome.ok ? '' : outcome.refusal.code;
    return [commandId, outcome && { ok: outcome.ok, code }] as const;
  });
  const counts = await owner.selectFrom('flow_counts').select(['status', 'n']).where('org_id', '=', orgId).execute();
  const mails = await owner
    .selectFrom('mails')
    .select(['key', 'kind', 'to_address as to'])
    .where('org_id', '=', orgId)
    .execute();
  const mailbox =
    mailServer ?? (await owner.selectFrom('dev_mails').select(['key', 'to_address as to', 'text']).execute());
  const ours = new Set(flowIds);
  return {
    flows,
    outcomes: new Map(outcomes),
    counts: Object.fromEntries(counts.map((c) => [c.status, c.n])),
    mails,
    mailbox: mailbox.filter((m) => ours.has(m.key.slice(0, m.key.lastIndexOf('/')))),
  };
}

export interface Histories {
  /** Commands that reached a workflow, and how many of them more than once. */
  readonly commands: number;
  readonly repeated: number;
  /** Signals and updates. */
  readonly arrivals: number;
  /** Workflow tasks that a worker let fail, with why. One that a dead worker never answered is none. */
  readonly failures: readonly string[];
}

/** WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND of Temporal's API. */
const unhandledCommand = 1;

export async function readHistories({ client, orgId }: Where, flowIds: readonly string[]): Promise<Histories> {
  const times = new Map<string, number>();
  const failures: string[] = [];
  await each(flowIds, async (id) => {
    const { events } = await client.workflow.getHandle(flowWorkflowId(orgId, id)).fetchHistory();
    for (const event of events ?? []) {
      const input =
        event.workflowExecutionSignaledEventAttributes?.input ??
        event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.args;
      const payload = input?.payloads?.[0];
      const commandId = payload ? await commandIdOf(client, payload) : null;
      if (commandId !== null) times.set(`${id} ${commandId}`, (times.get(`${id} ${commandId}`) ?? 0) + 1);
      const failed = event.workflowTaskFailedEventAttributes;
      if (!failed) continue;
      // A signal came while the flow was ending: it is handed over once more, with the signal.
      if (failed.cause === unhandledCommand) continue;
      failures.push(`${id}: cause ${failed.cause}, ${failed.failure?.message ?? ''}`);
    }
  });
  const counts = [...times.values()];
  return {
    commands: counts.length,
    repeated: counts.filter((n) => n > 1).length,
    arrivals: counts.reduce((a, b) => a + b, 0),
    failures,
  };
}

/** Null when it is none of ours: one that was meant to poison a flow. */
async function commandIdOf(client: Client, stored: Payload): Promise<string | null> {
  let payload: Payload | undefined = stored;
  try {
    for (const codec of client.options.loadedDataConverter.payloadCodecs) {
      [payload] = await codec.decode([payload ?? stored]);
    }
    return envelope.parse(JSON.parse(Buffer.from(payload?.data ?? '').toString('utf8'))).commandId;
  } catch {
    return null; // whatever is wrong with it, it is not what a server sends
  }
}

const envelope = z.object({ commandId: z.string() });

/** A few at a time, in order. */
async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += 8) results.push(...(await Promise.all(items.slice(i, i + 8).map(work))));
  return results;
}

/** A busy machine may be late with one answer; what is wrong stays wrong. */
async function again<T>(times: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (times <= 1) throw error;
    return again(times - 1, work);
  }
}

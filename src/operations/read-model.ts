/** The read model against the flows themselves: what differs is found, and mended from the workflows. For operators. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Trx } from '../db/database.ts';
import { rebuildFlow } from '../db/projection.ts';
import { readFlow } from '../db/read-flow.ts';
import { dayMs } from '../domain/dates.ts';
import { erasePerson, isErased, personOf } from '../domain/erasure.ts';
import { type Flow, isFinal, type Progress, progress } from '../domain/flow.ts';
import { type Projection, projectionOf } from '../domain/ledger.ts';
import { limits } from '../domain/limits.ts';
import type { Snapshot } from '../domain/view.ts';
import { newId } from '../platform/ids.ts';
import { compareFlow } from './compare-flow.ts';
import type { FlowGateway } from './gateway.ts';

export interface ReadModelTools {
  readonly database: Database;
  readonly flows: FlowGateway;
  /** Waits before a flow that differs is looked at again, in milliseconds. None where nothing is under way. */
  readonly looks?: readonly number[];
  /**
   * Do workers hold back (BOOFLOW_HOLD)? Nothing is on its way into the read model then, so what it has and a workflow
   * does not know of is of a newer workflow, whatever time has done to the older one since it was restored.
   */
  readonly held?: boolean;
}

/**
 * `missing`: the read model lacks it. `gone`: Temporal lacks it, and it had not ended. `stopped`: it has not ended, and
 * its workflow was terminated. `silent`: no worker answers. `too_large`: it runs, and holds more than it can tell. `behind`: its workflow is of an older version than the read
 * model, as when Temporal was restored from an older backup.
 */
export type Finding =
  | {
      readonly flowId: string;
      readonly state: 'same' | 'archived' | 'silent' | 'too_large' | 'gone' | 'stopped' | 'missing';
    }
  | { readonly flowId: string; readonly state: 'behind'; readonly here: number; readonly there: number }
  | { readonly flowId: string; readonly state: 'differs'; readonly problems: readonly string[] };

/** A flow that is projected at this moment differs for an instant; looked at again, it does not. */
const patientLooks = [200, 800, 2_000];
const passing: ReadonlySet<Finding['state']> = new Set(['differs', 'missing', 'behind']);

/** Compares one flow. `archived`: it has ended and Temporal has forgotten it, so the read model is what there is. */
export async function verifyFlow(tools: ReadModelTools, orgId: string, flowId: string): Promise<Finding> {
  for (const wait of [...(tools.looks ?? patientLooks), null]) {
    const finding = await look(tools, orgId, flowId);
    if (wait === null || !passing.has(finding.state)) return finding;
    await sleep(wait);
  }
  throw new Error('The last look has an answer.');
}

async function look(tools: ReadModelTools, orgId: string, flowId: string): Promise<Finding> {
  const { database, flows } = tools;
  const heard = await flows.look(orgId, flowId);
  if (heard.state === 'silent') return { flowId, state: 'silent' };
  const row = await database.withOrg({ orgId }, (trx) => readRow(trx, flowId));
  const isOver = row !== null && isFinal(row.flow.status);
  if (heard.state === 'gone') return { flowId, state: isOver ? 'archived' : 'gone' };
  if (heard.state === 'too_large') {
    if (await flows.isRunning(orgId, flowId)) return { flowId, state: 'too_large' };
    return { flowId, state: isOver ? 'archived' : 'stopped' };
  }
  const [here, there] = [heard.answer.flow.version, row?.flow.version ?? 0];
  if (isBehind(tools, heard.answer, there)) return { flowId, state: 'behind', here, there };
  if (!isFinal(heard.answer.flow.status) && !(await flows.isRunning(orgId, flowId)))
    return { flowId, state: 'stopped' };
  if (row === null) return { flowId, state: 'missing' };
  const snapshot = { ...heard.answer, flow: erasedAsThere(heard.answer.flow, row.flow) };
  const problems = [...compareFlow(snapshot, row.flow), ...compareProgress(snapshot.flow, row.progress)];
  return problems.length === 0 ? { flowId, state: 'same' } : { flowId, state: 'differs', problems };
}

/** Is this workflow older than the read model, which is at version `there`? One that was just revived has told it nothing. */
const isBehind = ({ held = false }: ReadModelTools, { flow, projectedVersion }: Snapshot, there: number): boolean =>
  there > flow.version || (held && projectedVersion > 0 && there > projectedVersion);

/**
 * Without the clients that were erased from the read model: the workflow of a flow that has ended takes no command, and
 * knows them until Temporal has forgotten it.
 */
function erasedAsThere(flow: Flow, readModel: Flow): Flow {
  const gone = readModel.externals.filter(isErased);
  return gone.reduce((left, { id }) => {
    const known = left.externals.some((e) => e.id === id && !isErased(e));
    const person = known ? personOf(left, id) : null;
    return person ? erasePerson(left, person) : left;
  }, flow);
}

const wholeFeed = 1_000_000;

async function readRow(trx: Trx, flowId: string): Promise<{ flow: Flow; progress: Progress } | null> {
  const read = await readFlow(trx, flowId, wholeFeed);
  const counted = await trx
    .selectFrom('flows')
    .select(['done', 'counting', 'percent'])
    .where('id', '=', flowId)
    .executeTakeFirst();
  return read && counted ? { flow: read.flow, progress: counted } : null;
}

function compareProgress(flow: Flow, there: Progress): string[] {
  const here = progress(flow);
  const same = here.done === there.done && here.counting === there.counting && here.percent === there.percent;
  return same ? [] : [`the read model counts ${JSON.stringify(there)}, and the workflow ${JSON.stringify(here)}.`];
}

/** Of the read model's flows of an org, by id. */
const pageSize = 200;

/**
 * Compares every flow of an org that the read model or Temporal knows, page by page. `openOnly` leaves out those that
 * the read model says have ended.
 */
export async function* verifyOrg(
  tools: ReadModelTools,
  orgId: string,
  { openOnly = false }: { readonly openOnly?: boolean } = {},
): AsyncGenerator<Finding> {
  for (let after = ''; ; ) {
    const page = await tools.database.withOrg({ orgId }, (trx) =>
      trx.selectFrom('flows').select(['id', 'status']).where('id', '>', after).orderBy('id').limit(pageSize).execute(),
    );
    const wanted = page.filter((f) => !openOnly || !isFinal(f.status));
    for (const finding of await each(wanted, (f) => verifyFlow(tools, orgId, f.id))) yield finding;
    const last = page.at(-1);
    if (!last || page.length < pageSize) break;
    after = last.id;
  }
  let batch: string[] = [];
  const lacking = async (): Promise<Finding[]> => {
    const ids = batch;
    batch = [];
    const known = await tools.database.withOrg({ orgId }, (trx) =>
      ids.length === 0 ? Promise.resolve([]) : trx.selectFrom('flows').select('id').where('id', 'in', ids).execute(),
    );
    const missing = ids.filter((id) => !known.some((k) => k.id === id));
    return each(missing, (id) => verifyFlow(tools, orgId, id));
  };
  for await (const flowId of tools.flows.known(orgId)) {
    batch.push(flowId);
    if (batch.length === pageSize) yield* await lacking();
  }
  yield* await lacking();
}

/** Where the org's counts of flows by status are not what its rows say: a sentence each. */
export async function verifyCounts({ database }: ReadModelTools, orgId: string): Promise<string[]> {
  const { counts, rows } = await database.withOrg({ orgId }, async (trx) => ({
    counts: await trx.selectFrom('flow_counts').select(['status', 'n']).where('n', '<>', 0).execute(),
    rows: await trx
      .selectFrom('flows')
      .select(['status', (eb) => eb.fn.countAll<string>().as('n')])
      .groupBy('status')
      .execute(),
  }));
  const real = new Map<string, number>(rows.map((r) => [r.status, Number(r.n)]));
  const noted = new Map<string, number>(counts.map((c) => [c.status, c.n]));
  return [...new Set([...real.keys(), ...noted.keys()])].flatMap((status) => {
    const [is, said] = [real.get(status) ?? 0, noted.get(status) ?? 0];
    return is === said ? [] : [`${said} flows are counted as ${status}, and ${is} are.`];
  });
}

/** Counts the org's flows anew. */
export async function rebuildCounts({ database }: ReadModelTools, orgId: string): Promise<void> {
  await database.withOrg({ orgId }, async (trx) => {
    // Whoever changes a flow's status meanwhile waits at its count.
    await trx.selectFrom('flow_counts').select('n').forUpdate().execute();
    await trx.deleteFrom('flow_counts').execute();
    await trx
      .insertInto('flow_counts')
      .columns(['org_id', 'status', 'n'])
      .expression((eb) =>
        eb
          .selectFrom('flows')
          .select(['org_id', 'status', (e) => e.cast<number>(e.fn.countAll(), 'integer').as('n')])
          .groupBy(['org_id', 'status']),
      )
      .execute();
  });
}

/** Writes one flow into the read model anew, from its workflow. False when the workflow does not answer. */
export async function rebuildFromWorkflow(
  { database, flows }: ReadModelTools,
  orgId: string,
  flowId: string,
): Promise<boolean> {
  const tell = async (trx: Trx): Promise<Projection | null> => {
    const snapshot = await flows.snapshot(orgId, flowId);
    const there = await readFlow(trx, flowId, 1);
    return snapshot && wholeOf(there ? erasedAsThere(snapshot.flow, there.flow) : snapshot.flow);
  };
  return (await database.withOrg({ orgId }, (trx) => rebuildFlow(trx, flowId, () => tell(trx)))) !== null;
}

const wholeOf = (flow: Flow): Projection =>
  projectionOf({ flow, outcomes: [], projectedVersion: -1, projectedFeed: 0 });

/**
 * Starts the workflow of a flow whose workflow was terminated, from the state it had; or that Temporal lost, or has in an
 * older state, such as by a restore from an older backup, or in one too large to be told, as the read model has it. What is lost: which commands were
 * answered, and, from the read model, the mails that waited. What was mailed is not mailed again. False when it runs and
 * is not behind, or has ended, or no worker answers, or nobody knows it.
 */
export async function reviveFlow(tools: ReadModelTools, orgId: string, flowId: string): Promise<boolean> {
  const { database, flows } = tools;
  const heard = await flows.look(orgId, flowId);
  if (heard.state === 'silent') return false;
  const inTemporal = heard.state === 'answered' ? heard.answer : null;
  const inReadModel = await database.withOrg({ orgId }, (trx) => asRead(trx, flowId));
  const older = inTemporal !== null && inReadModel !== null && isBehind(tools, inTemporal, inReadModel.version);
  const flow = older ? inReadModel : (inTemporal?.flow ?? inReadModel);
  // One that has ended in the read model, and goes on in Temporal, ends there too.
  if (flow === null || (isFinal(flow.status) && !older)) return false;
  if (!older && (await flows.isRunning(orgId, flowId))) return false;
  await flows.revive(flow, { commandId: newId('revive'), fingerprint: '' });
  return true;
}

/**
 * With the newest feed entries only, the number of its last mail, and what fell due before the read model last heard of
 * it noted as such: whoever it lies with was told.
 */
async function asRead(trx: Trx, flowId: string): Promise<Flow | null> {
  const read = await readFlow(trx, flowId, limits.feedKept);
  if (read === null) return null;
  const mails = await trx.selectFrom('mails').select('key').where('flow_id', '=', flowId).execute();
  const numbers = mails.map((m) => Number(m.key.slice(m.key.lastIndexOf('/') + 1))).filter(Number.isInteger);
  const isNoted = (t: Flow['tasks'][number]): boolean =>
    t.status === 'READY' && t.dueAt !== null && t.dueAt < read.asOf;
  const tasks = read.flow.tasks.map((t) => (isNoted(t) ? { ...t, notedDueAt: t.dueAt } : t));
  const digestAt = tasks.some(isNoted) && !isFinal(read.flow.status) ? Date.now() + dayMs : null;
  return { ...read.flow, tasks, digestAt, mailsOrdered: Math.max(0, ...numbers) };
}

/** A few at a time, in order. */
async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += 8) results.push(...(await Promise.all(items.slice(i, i + 8).map(work))));
  return results;
}

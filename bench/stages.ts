/** Where the time of a completed task goes, over MCP and by a bare update: by the moments in the flow's history, on one clock. */
import { setTimeout as sleep } from 'node:timers/promises';
import { commandUpdate, flowWorkflowId } from '../src/workflows/contract.ts';
import type { BenchFlow, Site } from './site.ts';
import { at, type Table } from './table.ts';

const rounds = 40;
const warmUp = 10;

/** Between which moments; the events as Temporal calls them. */
const stages = [
  ['until Temporal has the signal: HTTP, credentials, input', 'sent', 'workflowExecutionSignaled'],
  ['stored, and handed to the worker', 'workflowExecutionSignaled', 'workflowTaskStarted'],
  ['the workflow task, until the answer is heard', 'workflowTaskStarted', 'heard'],
] as const;
const updateStages = [null, ['', 'sent', 'workflowTaskStarted'], ['', 'workflowTaskStarted', 'heard']] as const;

type Moments = ReadonlyMap<string, number>;

export async function stagesOf(site: Site): Promise<Table> {
  const byMcp = await site.flow(rounds + warmUp);
  const byUpdate = await site.flow(rounds + warmUp);
  const handle = site.client.workflow.getHandle(flowWorkflowId(byUpdate.orgId, byUpdate.id));
  const mcp: [number, number][] = [];
  const update: [number, number][] = [];
  const timed = async (into: [number, number][], work: () => Promise<unknown>): Promise<void> => {
    const sent = Date.now();
    await work();
    into.push([sent, Date.now()]);
    // What it leaves behind to do is its own.
    await sleep(100);
  };
  for (let round = 0; round < rounds + warmUp; round++) {
    await timed(mcp, () => site.complete(byMcp));
    await timed(update, () => handle.executeUpdate(commandUpdate, { args: [site.envelope(byUpdate)] }));
  }
  const ofMcp = await momentsOf(site, byMcp, mcp.slice(warmUp));
  const ofUpdate = await momentsOf(site, byUpdate, update.slice(warmUp));
  const between = (all: readonly Moments[], stage: readonly [string, string, string] | null): string =>
    stage === null
      ? '–'
      : at(
          all.map((m) => (m.get(stage[2]) ?? Number.NaN) - (m.get(stage[1]) ?? Number.NaN)),
          0.5,
        ).toFixed(1);
  return {
    title: 'Where the time goes',
    about: `Medians of ${rounds}, in turns, milliseconds. An update is heard when Temporal has stored its workflow task, a command while its flow takes it. Not in it is what follows the answer: the workflow task’s end, the read model, and the workflow task that hears of it.`,
    head: ['', 'complete_task over MCP', 'an update'],
    rows: stages.map((stage, n) => [stage[0], between(ofMcp, stage), between(ofUpdate, updateStages[n] ?? null)]),
    targets: [],
  };
}

/** For each that was sent, the first event of each kind from then until it was heard. */
async function momentsOf(
  { client }: Site,
  { orgId, id }: BenchFlow,
  all: readonly [number, number][],
): Promise<Moments[]> {
  const { events } = await client.workflow.getHandle(flowWorkflowId(orgId, id)).fetchHistory();
  const known = (events ?? []).map((e) => ({
    kind: (Object.keys(e).find((k) => k.endsWith('EventAttributes')) ?? '').replace('EventAttributes', ''),
    at: Number(e.eventTime?.seconds ?? 0) * 1_000 + (e.eventTime?.nanos ?? 0) / 1e6,
  }));
  return all.map(([sent, heard]) => {
    const moments = new Map([
      ['sent', sent],
      ['heard', heard],
    ]);
    for (const { kind, at } of known) if (at >= sent && at <= heard && !moments.has(kind)) moments.set(kind, at);
    return moments;
  });
}

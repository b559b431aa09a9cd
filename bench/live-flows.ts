/** Many open flows on one worker: how fast they start, what each takes in memory, and how long one takes to be back from its history. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Snapshot } from '../src/domain/view.ts';
import { flowWorkflowId, snapshotQuery } from '../src/workflows/contract.ts';
import type { BenchFlow, Site } from './site.ts';
import { at, type Table, timed } from './table.ts';

const flows = 300;
const tasks = 20;
const atOnce = 20;
const asked = 40;
const commandsBefore = 10;

export async function liveFlows(site: Site): Promise<Table> {
  const before = residentOf(site);
  const made: BenchFlow[] = [];
  let left = flows;
  const maker = async (): Promise<void> => {
    while (left-- > 0) made.push(await site.flow(tasks));
  };
  const ms = await timed(() => Promise.all(Array.from({ length: atOnce }, maker)));
  await sleep(3_000);
  const each = (residentOf(site) - before) / flows;
  const some = made.slice(0, asked);
  for (const flow of some)
    for (let n = 0; n < commandsBefore; n++) await site.now.send(flow.orgId, flow.id, site.envelope(flow));
  const query = ({ orgId, id }: BenchFlow): Promise<number> =>
    timed(() => site.client.workflow.getHandle(flowWorkflowId(orgId, id)).query<Snapshot>(snapshotQuery));
  await site.product.signal('worker', 'SIGKILL');
  // Until Temporal knows that the worker is gone, what was its waits for it.
  await sleep(15_000);
  await site.product.untilReady(60_000);
  const back: number[] = [];
  const held: number[] = [];
  for (const flow of some) {
    back.push(await query(flow));
    held.push(await query(flow));
  }
  const figures = (all: readonly number[]): string => `${at(all, 0.5).toFixed(1)}, ${at(all, 0.95).toFixed(1)}`;
  return {
    title: 'Open flows on one worker',
    about: `${flows} flows of ${tasks} tasks, created and started by ${atOnce} clients at once; memory is the worker's resident set after, less before, so that what the runtime keeps for itself is in it. Then ${commandsBefore} commands on each of ${asked}, the worker killed, and each asked twice of its successor: the first replays the history.`,
    head: ['', ''],
    rows: [
      ['created and started, a second', ((flows * 1_000) / ms).toFixed(1)],
      ['kB of memory each, held by the worker', (each / 1_024).toFixed(0)],
      ['a query that replays first, ms (p50, p95)', figures(back)],
      ['a query of one that is held, ms (p50, p95)', figures(held)],
      ['back from its history, ms', (at(back, 0.5) - at(held, 0.5)).toFixed(1)],
    ],
    targets: [],
  };
}

/** Bytes of the worker's resident set. */
function residentOf({ product }: Site): number {
  const pid = product.pid('worker');
  const kB = pid && /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return kB ? Number(kB) * 1_024 : Number.NaN;
}

/** complete_task over MCP by several clients on one flow at once, each as soon as the last was answered. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Site } from './site.ts';
import { at, type Table, timed } from './table.ts';

const crowds = [1, 2, 4, 8, 20];
const each = 8;

export async function crowd(site: Site): Promise<Table> {
  const rows: string[][] = [];
  // What was asked over MCP before counts for the same minute's limit.
  await sleep(61_000);
  for (const clients of crowds) {
    const flow = await site.flow(clients * each + 5);
    const took: number[] = [];
    const client = async (): Promise<void> => {
      for (let n = 0; n < each; n++) took.push(await timed(() => site.complete(flow)));
    };
    const ms = await timed(() => Promise.all(Array.from({ length: clients }, client)));
    const figures = [at(took, 0.5), at(took, 0.95), Math.max(...took), (clients * each * 1_000) / ms];
    rows.push([String(clients), ...figures.map((figure) => figure.toFixed(1))]);
  }
  return {
    title: 'Several people on one flow',
    about: `complete_task over MCP, ${each} each. A flow's worker takes its commands one task after another; those that come meanwhile go into the next one together. Before a query that Temporal refuses was asked again at once, and before it held more than one (\`deploy/temporal.yml\`), on 29 November with 2, 4, 8 and 20 clients: 7, 6, 11 and 14 a second, the slowest 1.9, 4.8, 2.1 and 10.0 s.`,
    head: ['clients', 'p50 ms', 'p95 ms', 'slowest ms', 'a second'],
    rows,
    targets: [],
  };
}

/** A flow of 100 tasks read over MCP, beside a bare query of its workflow. */
import type { Snapshot } from '../src/domain/view.ts';
import { flowWorkflowId, snapshotQuery } from '../src/workflows/contract.ts';
import { callTool, type Site } from './site.ts';
import { at, type Table, timed } from './table.ts';

const tasks = 100;
const rounds = 60;

export async function oneFlow(site: Site): Promise<Table> {
  const { id, orgId } = await site.flow(tasks);
  const { id: userId, name } = site.olivia;
  const peopled = await site.flow(tasks, { kind: 'member', id: userId, name });
  const read = (flow: string) => callTool(site.product.url, site.secret, 'get_flow', { flow });
  const handle = site.client.workflow.getHandle(flowWorkflowId(orgId, id));
  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    'get_flow over MCP': () => read(id),
    'a query of the workflow': () => handle.query<Snapshot>(snapshotQuery),
    'get_flow, where the tasks lie with somebody': () => read(peopled.id),
  };
  const took = new Map<string, number[]>();
  for (let round = 0; round < rounds + 5; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const ms = await timed(way);
      if (round >= 5) took.set(name, [...(took.get(name) ?? []), ms]);
    }
  }
  const [mcp, query] = Object.keys(ways).map((name) => at(took.get(name), 0.5));
  return {
    title: `A flow of ${tasks} tasks, read`,
    about: `Median of ${rounds}, in turns. get_flow asks the workflow as well, and the database whose the credentials are; where somebody has tasks, also who of them wants no reminders.`,
    head: ['', 'p50 ms', 'p95 ms'],
    rows: [...took].map(([name, all]) => [name, at(all, 0.5).toFixed(1), at(all, 0.95).toFixed(1)]),
    targets: [{ what: 'get_flow against a query', is: (mcp ?? 0) / (query ?? 1), wanted: { atMost: 1.5 } }],
  };
}

/**
 * What a completed task leaves in Temporal, by the ways a command can go: events of the history, counted in it, and what
 * Temporal Cloud bills.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { flowWorkflowId } from '../src/workflows/contract.ts';
import type { BenchFlow, Site } from './site.ts';
import type { Table } from './table.ts';

const tasks = 20;
const floor = 5;

export async function history(site: Site): Promise<Table> {
  let queries = 0;
  const { queryWorkflow } = site.client.workflowService;
  site.client.workflowService.queryWorkflow = Object.assign((...args: Parameters<typeof queryWorkflow>) => {
    queries++;
    return queryWorkflow.apply(site.client.workflowService, args);
  }, queryWorkflow);
  try {
    const rows: string[][] = [];
    let now = Number.NaN;
    for (const [name, gateway] of [
      ['as it is', site.now],
      ['as it was', site.before],
    ] as const) {
      const flow = await site.flow(tasks + 1);
      await sleep(1_000);
      const before = (await eventsOf(site, flow)).length;
      queries = 0;
      for (let n = 0; n < tasks; n++) {
        await gateway.send(flow.orgId, flow.id, site.envelope(flow));
        await sleep(400);
      }
      const asked = queries;
      const events = (await eventsOf(site, flow)).slice(before);
      const count = (...names: string[]): number =>
        events.filter((e) => names.includes(e.replace('EventAttributes', ''))).length;
      const updates = count('workflowExecutionUpdateAccepted');
      const signals = count('workflowExecutionSignaled');
      const activities = count('activityTaskScheduled');
      const own = signals + updates + count('workflowExecutionUpdateCompleted');
      const each = (n: number): string => (n / tasks).toFixed(1);
      const actions = `${each(updates + signals + activities + asked)} (${each(updates)} update, ${each(signals)} signal, ${each(activities)} activity, ${each(asked)} query)`;
      if (gateway === site.now) now = events.length / tasks;
      rows.push([name, each(events.length), each(own), actions, `${(events.length / tasks / floor).toFixed(2)}×`]);
    }
    return {
      title: 'What a completed task leaves in Temporal',
      about: `Mean of ${tasks}. The floor is an update alone: its workflow task in three events, it in two, and one action; it would leave the read model to the server's luck, and not every flow that had one can be replayed (docs/decisions/0013).`,
      head: ['', 'events', "of them the command's", 'billed actions', `against the floor of ${floor} events`],
      rows,
      targets: [{ what: 'events of a completed task', is: now, wanted: { atMost: 10 } }],
    };
  } finally {
    site.client.workflowService.queryWorkflow = queryWorkflow;
  }
}

async function eventsOf({ client }: Site, { orgId, id }: BenchFlow): Promise<string[]> {
  const { events } = await client.workflow.getHandle(flowWorkflowId(orgId, id)).fetchHistory();
  return (events ?? []).map((e) => Object.keys(e).find((k) => k.endsWith('EventAttributes')) ?? '');
}

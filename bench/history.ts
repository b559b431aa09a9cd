/**
 * `npm run bench:history`: what a completed task leaves in Temporal, by the ways a command can go: events of the history,
 * counted in it, and what Temporal Cloud bills. The floor is an update alone: its workflow task in three, it in two.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { flowWorkflowId } from '../src/workflows/contract.ts';
import { type BenchFlow, startSite } from './site.ts';

const tasks = 20;
const floor = 5;

const site = await startSite();
try {
  let queries = 0;
  const { queryWorkflow } = site.client.workflowService;
  site.client.workflowService.queryWorkflow = Object.assign((...args: Parameters<typeof queryWorkflow>) => {
    queries++;
    return queryWorkflow.apply(site.client.workflowService, args);
  }, queryWorkflow);
  const eventsOf = async ({ orgId, id }: BenchFlow): Promise<string[]> => {
    const { events } = await site.client.workflow.getHandle(flowWorkflowId(orgId, id)).fetchHistory();
    return (events ?? []).map((e) => Object.keys(e).find((k) => k.endsWith('EventAttributes')) ?? '');
  };
  console.log(
    `| a completed task (mean of ${tasks}) | events | of them the command's | billed actions | against the floor of ${floor} events |`,
  );
  console.log('| --- | --- | --- | --- | --- |');
  for (const [name, gateway] of [
    ['as it is', site.now],
    ['as it was', site.before],
  ] as const) {
    const flow = await site.flow(tasks + 1);
    await sleep(1_000);
    const before = (await eventsOf(flow)).length;
    queries = 0;
    for (let n = 0; n < tasks; n++) {
      await gateway.send(flow.orgId, flow.id, site.envelope(flow));
      await sleep(400);
    }
    const asked = queries;
    const events = (await eventsOf(flow)).slice(before);
    const count = (...names: string[]): number =>
      events.filter((e) => names.includes(e.replace('EventAttributes', ''))).length;
    const updates = count('workflowExecutionUpdateAccepted');
    const signals = count('workflowExecutionSignaled');
    const activities = count('activityTaskScheduled');
    const own = signals + updates + count('workflowExecutionUpdateCompleted');
    const each = (n: number): string => (n / tasks).toFixed(1);
    const actions = `${each(updates + signals + activities + asked)} (${each(updates)} update, ${each(signals)} signal, ${each(activities)} activity, ${each(asked)} query)`;
    console.log(
      `| ${name} | ${each(events.length)} | ${each(own)} | ${actions} | ${(events.length / tasks / floor).toFixed(2)}× |`,
    );
  }
} finally {
  await site.stop();
}

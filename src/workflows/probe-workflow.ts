/** Ends at once. Whoever answers a query to it, even after its end, is a worker that works. */
import { defineQuery, setHandler } from '@temporalio/workflow';
import { aliveQuery } from './contract.ts';

const alive = defineQuery<boolean>(aliveQuery);

export async function probeWorkflow(): Promise<void> {
  setHandler(alive, () => true);
}

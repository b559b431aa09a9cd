/** Runs by a Schedule: what has expired goes, batch by batch. */
import { proxyActivities } from '@temporalio/workflow';
import type { CleanupActivities } from './contract.ts';

const { deleteExpired } = proxyActivities<CleanupActivities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '30 minutes',
});

/** A run does this many batches at most; what is left waits for the next one. */
const batchesMost = 200;

/** Gives how many rows went. */
export async function cleanupWorkflow(): Promise<number> {
  let total = 0;
  for (let batch = 0; batch < batchesMost; batch++) {
    const gone = await deleteExpired();
    total += gone;
    if (gone === 0) break;
  }
  return total;
}

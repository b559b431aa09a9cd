/** Passes on the tasks of members who left, batch by batch, until nothing of theirs is open. */
import { proxyActivities, sleep } from '@temporalio/workflow';
import type { HandOverActivities } from './contract.ts';

const { passTasksOn } = proxyActivities<HandOverActivities>({
  startToCloseTimeout: '2 minutes',
  scheduleToCloseTimeout: '1 hour',
});

/** A run does this many batches at most; what is left waits for the next one, which the schedule starts. */
const batchesMost = 500;

/** Gives how many tasks went. */
export async function handOverWorkflow(): Promise<number> {
  let total = 0;
  let pause = 10_000;
  for (let batch = 0; batch < batchesMost; batch++) {
    const { passed, open } = await passTasksOn();
    total += passed;
    if (open === 0) break;
    // What a flow does not tell yet, or is not answered yet, needs a moment; each time it is asked again, it holds one more.
    if (passed > 0) pause = 10_000;
    else {
      await sleep(pause);
      pause = Math.min(2 * pause, 300_000);
    }
  }
  return total;
}

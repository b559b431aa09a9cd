/** Erases a client's data, some flows at a time, until none knows them any more. */
import { proxyActivities, sleep } from '@temporalio/workflow';
import type { ErasureActivities, ErasureRef } from './contract.ts';

const { eraseSome } = proxyActivities<ErasureActivities>({
  startToCloseTimeout: '5 minutes',
  // The activity beats every few seconds: that long after a worker died, another goes on.
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** Gives in how many flows it was done. */
export async function erasureWorkflow(ref: ErasureRef): Promise<number> {
  let total = 0;
  let pause = 10_000;
  for (;;) {
    const { done, open } = await eraseSome(ref);
    total += done;
    if (!open) return total;
    // A flow that does not answer yet, and lists that lag, need a moment. The more of them, the fuller both histories.
    if (done > 0) pause = 10_000;
    else {
      await sleep(pause);
      pause = Math.min(2 * pause, 300_000);
    }
  }
}

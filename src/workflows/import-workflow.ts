/** Makes the flows of an import, some at a time, until no line is left. */
import { continueAsNew, proxyActivities, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import type { ImportActivities, ImportRef } from './contract.ts';

const { importSome } = proxyActivities<ImportActivities>({
  startToCloseTimeout: '5 minutes',
  // The activity beats every few seconds: that long after a worker died, another goes on.
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

export async function importWorkflow(ref: ImportRef): Promise<void> {
  let pause = 5_000;
  while (!workflowInfo().continueAsNewSuggested) {
    const { left, settled, total } = await importSome(ref);
    setCurrentDetails(`${total - left} of ${total} lines`);
    if (left === 0) return;
    // Whatever a line waits for, a database or a flow that does not answer, needs a moment.
    if (settled > 0) pause = 5_000;
    else {
      await sleep(pause);
      pause = Math.min(2 * pause, 300_000);
    }
  }
  await continueAsNew<typeof importWorkflow>(ref);
}

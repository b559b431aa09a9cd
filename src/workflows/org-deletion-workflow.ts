/** Deletes an organization: nobody gets in any more, its flows end, its rows and files go. Goes on until nothing is left. */
import { proxyActivities, sleep } from '@temporalio/workflow';
import type { OrgDeletionActivities, OrgRef } from './contract.ts';

const { closeOrg, endWorkflowsOf, deleteRowsOf, forgetWorkflowsOf } = proxyActivities<OrgDeletionActivities>({
  startToCloseTimeout: '5 minutes',
  // The activities beat every few seconds: that long after a worker died, another goes on.
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

export async function orgDeletionWorkflow(org: OrgRef): Promise<void> {
  await closeOrg(org);
  // Twice: what was begun by a request that was under way is listed a moment later.
  for (let quiet = 0; quiet < 2; ) {
    quiet = (await endWorkflowsOf(org)) === 0 ? quiet + 1 : 0;
    await sleep('3 seconds');
  }
  while (await deleteRowsOf(org));
  await forgetWorkflowsOf(org);
}

/** One endpoint's deliveries, while there are any: what is due is sent, and what failed waits for its next attempt. */
import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { type WebhookActivities, type WebhookRef, webhookSignal } from './contract.ts';

const wake = defineSignal(webhookSignal);

const { deliverWebhooks } = proxyActivities<WebhookActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

export async function webhookWorkflow(webhook: WebhookRef): Promise<void> {
  let woken = false;
  setHandler(wake, () => {
    woken = true;
  });
  while (!workflowInfo().continueAsNewSuggested) {
    woken = false;
    const next = await deliverWebhooks(webhook);
    // A signal that comes after this line and before the end makes Temporal ask again, so none is missed.
    if (next === null && !woken) return;
    if (next !== null && next > Date.now()) await condition(() => woken, next - Date.now());
  }
  await continueAsNew<typeof webhookWorkflow>(webhook);
}

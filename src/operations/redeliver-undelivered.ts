import { z } from 'zod';
import { allDueAgain } from '../db/webhooks.ts';
import { commandInput } from './command.ts';
import { onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { theLiveWebhook, wakeFor, webhookId } from './webhooks.ts';
import { count } from './words.ts';

const output = z.object({ webhook: z.string(), deliveries: z.number().int().describe('How many are on their way') });

export const redeliverUndelivered = operation({
  name: 'redeliver_undelivered',
  title: 'Deliver all that was not taken',
  description:
    "Sends at once, with the same ids and bodies, everything in a webhook's log that failed or waits for its next attempt: for an endpoint that was away and is back.",
  kind: 'write',
  openWorld: true,
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'POST', path: '/webhooks/{webhook}/redeliver', example: { webhook: 'wh_8k2m4q7r9t1v3x5z' } },
  input: z.strictObject({ webhook: webhookId, ...commandInput }),
  output,
  async handler(call, { webhook: id }) {
    const { now } = call;
    const queued = await onceOnly(call, output, async (trx) => {
      await theLiveWebhook(trx, id);
      return { webhook: id, deliveries: await allDueAgain(trx, id, new Date(now)) };
    });
    await wakeFor(call, id);
    return queued;
  },
  text: ({ deliveries }) =>
    deliveries === 0
      ? 'Nothing failed or waits.'
      : `${count(deliveries, 'delivery is', 'deliveries are')} on ${deliveries === 1 ? 'its' : 'their'} way.`,
});

import { z } from 'zod';
import { dueAgain } from '../db/webhooks.ts';
import { limits } from '../domain/limits.ts';
import { commandInput } from './command.ts';
import { onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { theWebhook, webhookId } from './webhooks.ts';

const output = z.object({ webhook: z.string(), delivery: z.string() });

export const redeliverWebhook = operation({
  name: 'redeliver_webhook',
  title: 'Deliver again',
  description: 'Sends one delivery of a webhook once more, with the same id and body, whatever became of it before.',
  kind: 'write',
  openWorld: true,
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: {
    method: 'POST',
    path: '/webhooks/{webhook}/deliveries/{delivery}/redeliver',
    example: { webhook: 'wh_8k2m4q7r9t1v3x5z', delivery: 'wd_1b3d5f7h9k2m4p6r' },
  },
  input: z.strictObject({
    webhook: webhookId,
    delivery: z.string().min(1).max(limits.id).describe('Its id'),
    ...commandInput,
  }),
  output,
  async handler(call, { webhook: id, delivery }) {
    const { principal, webhooks, now } = call;
    const queued = await onceOnly(call, output, async (trx) => {
      const webhook = await theWebhook(trx, id);
      if (!webhook.enabled)
        throw new Refusal('wrong_status', 'Not done: this webhook is off. Switch it on first. Nothing changed.');
      if (!(await dueAgain(trx, id, delivery, new Date(now))))
        throw new Refusal('not_found', "There is no such delivery in this webhook's log. Nothing changed.");
      return { webhook: id, delivery };
    });
    await webhooks.wake({ orgId: principal.orgId, webhookId: id });
    return queued;
  },
  text: ({ delivery }) => `\`${delivery}\` is on its way again.`,
});

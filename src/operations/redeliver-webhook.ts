import { z } from 'zod';
import { dueAgain } from '../db/webhooks.ts';
import { limits } from '../domain/limits.ts';
import { commandInput } from './command.ts';
import { onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { theLiveWebhook, wakeFor, webhookId } from './webhooks.ts';

const output = z.object({ webhook: z.string(), delivery: z.string() });

export const redeliverWebhook = operation({
  name: 'redeliver_webhook',
  title: 'Deliver again',
  description:
    'Sends one delivery of a webhook at once, with the same id and body: again, whatever became of it before, or ahead of its next attempt.',
  kind: 'write',
  openWorld: true,
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: {
    method: 'POST',
    path: '/webhooks/{webhook}/deliveries/{delivery}/redeliver',
    example: { webhook: 'wh_8k2m4q7r9t1v3x5z', delivery: 'ev_fl_3f5h7k9m2p4r6t8v_000012' },
  },
  input: z.strictObject({
    webhook: webhookId,
    delivery: z.string().min(1).max(limits.id).describe('Its id'),
    ...commandInput,
  }),
  output,
  async handler(call, { webhook: id, delivery }) {
    const { now } = call;
    const queued = await onceOnly(call, output, async (trx) => {
      await theLiveWebhook(trx, id);
      if (!(await dueAgain(trx, id, delivery, new Date(now))))
        throw new Refusal('not_found', "There is no such delivery in this webhook's log. Nothing changed.");
      return { webhook: id, delivery };
    });
    await wakeFor(call, id);
    return queued;
  },
  text: ({ delivery }) => `\`${delivery}\` is on its way.`,
});

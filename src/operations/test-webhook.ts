import { z } from 'zod';
import { queue } from '../db/webhooks.ts';
import { type TestEventBody, testEvent } from '../domain/webhook.ts';
import { idFrom } from '../platform/ids.ts';
import { commandInput } from './command.ts';
import { onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { theLiveWebhook, wakeFor, webhookId } from './webhooks.ts';

const output = z.object({ webhook: z.string(), delivery: z.string() });

export const testWebhook = operation({
  name: 'test_webhook',
  title: 'Try a webhook',
  description: 'Sends an event of the type `webhook.test` to an endpoint, whichever events it asked for.',
  kind: 'write',
  openWorld: true,
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'POST', path: '/webhooks/{webhook}/test', example: { webhook: 'wh_8k2m4q7r9t1v3x5z' } },
  input: z.strictObject({ webhook: webhookId, ...commandInput }),
  output,
  async handler(call, { webhook: id }) {
    const { principal, now, commandId } = call;
    const delivery = idFrom('ev', principal.orgId, id, commandId);
    const by = { kind: 'member', id: principal.userId, name: principal.name } as const;
    const told: TestEventBody = { type: testEvent, timestamp: new Date(now).toISOString(), data: { webhook: id, by } };
    const event = { id: delivery, type: testEvent, at: now, body: JSON.stringify(told) };
    const queued = await onceOnly(call, output, async (trx) => {
      await theLiveWebhook(trx, id);
      await queue(trx, principal.orgId, [{ webhook: id, event }]);
      return { webhook: id, delivery };
    });
    await wakeFor(call, id);
    return queued;
  },
  text: ({ delivery }) => `A test is on its way, \`${delivery}\`.`,
});

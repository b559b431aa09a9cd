import { z } from 'zod';
import { nextDelivery } from '../db/webhooks.ts';
import { commandInput } from './command.ts';
import { once } from './once.ts';
import { operation } from './operation.ts';
import {
  addressOf,
  changesNoWebhooks,
  theWebhook,
  theWebhookLocked,
  wakeFor,
  webhookFacts,
  webhookFields,
  webhookId,
  webhookShape,
} from './webhooks.ts';
import { plain } from './words.ts';

const output = z.object({ webhook: webhookShape });

export const updateWebhook = operation({
  name: 'update_webhook',
  title: 'Change a webhook',
  description:
    'Its address, description, types of events, or whether it is on. What waited while it was off is delivered when it is on again.',
  kind: 'write',
  openWorld: true,
  access: 'admin',
  noApps: changesNoWebhooks,
  surfaces: ['rest', 'web'],
  rest: { method: 'PATCH', path: '/webhooks/{webhook}', example: { webhook: 'wh_8k2m4q7r9t1v3x5z', enabled: false } },
  input: z.strictObject({
    webhook: webhookId,
    url: webhookFields.url.optional(),
    description: webhookFields.description.optional(),
    events: webhookFields.events.optional(),
    enabled: z.boolean().optional(),
    ...commandInput,
  }),
  output,
  async handler(call, { webhook: id, url, description, events, enabled }) {
    const { webhooks, now } = call;
    const address = url === undefined ? undefined : addressOf(url, webhooks.anywhere);
    const { kept } = await once(call, output.extend({ waits: z.boolean() }), async (trx) => {
      const before = await theWebhookLocked(trx, id);
      // Somewhere else, or once more: how it went before says nothing of how it goes now.
      const anew = (address !== undefined && address !== before.url) || (enabled === true && !before.enabled);
      const changes = { url: address, description, events, enabled, ...(anew && { failing_since: null }) };
      const given = Object.values(changes).some((v) => v !== undefined);
      if (given) await trx.updateTable('webhooks').set(changes).where('id', '=', before.id).execute();
      const row = given ? await theWebhook(trx, id) : before;
      return { webhook: webhookFacts(row, now), waits: row.enabled && (await nextDelivery(trx, id)) !== null };
    });
    if (kept.waits) await wakeFor(call, id);
    return { webhook: kept.webhook };
  },
  text: ({ webhook }) => `The webhook ${plain(webhook.url)} is ${webhook.enabled ? 'on' : 'off'}.`,
});

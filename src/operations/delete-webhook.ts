import { z } from 'zod';
import { commandInput } from './command.ts';
import { onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { changesNoWebhooks, theWebhook, webhookId } from './webhooks.ts';
import { plain } from './words.ts';

const output = z.object({ id: z.string(), url: z.string() });

export const deleteWebhook = operation({
  name: 'delete_webhook',
  title: 'Delete a webhook',
  description: 'The endpoint is told nothing more, and its log of deliveries goes too.',
  kind: 'write',
  destructive: true,
  access: 'admin',
  noApps: changesNoWebhooks,
  surfaces: ['rest', 'web'],
  rest: { method: 'DELETE', path: '/webhooks/{webhook}', example: { webhook: 'wh_8k2m4q7r9t1v3x5z' } },
  input: z.strictObject({ webhook: webhookId, ...commandInput }),
  output,
  handler: (call, { webhook }) =>
    onceOnly(call, output, async (trx) => {
      const { id, url } = await theWebhook(trx, webhook);
      await trx.deleteFrom('webhooks').where('id', '=', id).execute();
      return { id, url };
    }),
  text: ({ url }) => `The webhook ${plain(url)} is deleted, with its log.`,
});

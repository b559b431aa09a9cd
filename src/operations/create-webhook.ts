import { z } from 'zod';
import { countWebhooksLocked, findWebhook } from '../db/webhooks.ts';
import { idFrom } from '../platform/ids.ts';
import { newWebhookSecret, sealSecret } from '../platform/webhook-secret.ts';
import { commandInput } from './command.ts';
import { madeLongAgo, onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { addressOf, changesNoWebhooks, theWebhook, webhookFacts, webhookFields, webhookShape } from './webhooks.ts';
import { plain } from './words.ts';

const webhooksMost = 20;

const output = z.object({ webhook: webhookShape, secret: z.string().describe('Shown this once') });

export const createWebhook = operation({
  name: 'create_webhook',
  title: 'Make a webhook',
  description:
    'Tells an https endpoint of what happens in flows from now on, signed as Standard Webhooks has it. The secret to check signatures with is shown once, here.',
  kind: 'write',
  openWorld: true,
  access: 'admin',
  noApps: changesNoWebhooks,
  surfaces: ['rest', 'web'],
  rest: { method: 'POST', path: '/webhooks', example: { url: 'https://hooks.example.com/booflow', events: [] } },
  input: z.strictObject({
    url: webhookFields.url,
    description: webhookFields.description.default(''),
    events: webhookFields.events.default([]),
    ...commandInput,
  }),
  output,
  async handler(call, { url, description, events }) {
    const { principal, webhooks, commandId, now } = call;
    const { orgId } = principal;
    const kept = { org_id: orgId, id: idFrom('wh', orgId, commandId) };
    const address = addressOf(url, webhooks.anywhere);
    const secret = newWebhookSecret();
    const sealed = sealSecret(webhooks.keyring, kept, secret);
    return onceOnly(call, output, async (trx) => {
      const n = await countWebhooksLocked(trx, orgId);
      if (await findWebhook(trx, kept.id)) throw madeLongAgo(commandId, kept.id);
      if (n >= webhooksMost)
        throw new Refusal(
          'limit',
          `Not done: there are ${webhooksMost} webhooks, the most an organization can have. Delete one first.`,
        );
      await trx
        .insertInto('webhooks')
        .values({
          ...kept,
          ...{ url: address, description, events, created_by: principal.name },
          ...{ secret_key_id: sealed.keyId, secret: sealed.bytes },
        })
        .execute();
      return { webhook: webhookFacts(await theWebhook(trx, kept.id), now), secret };
    });
  },
  text: ({ webhook }) =>
    `${plain(webhook.url)} is told from now on (\`${webhook.id}\`). Keep the secret now: it is shown this once.`,
});

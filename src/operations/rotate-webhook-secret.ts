import { z } from 'zod';
import { newWebhookSecret, sealSecret } from '../platform/webhook-secret.ts';
import { commandInput } from './command.ts';
import { onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { theWebhook, webhookFacts, webhookId, webhookShape } from './webhooks.ts';

const oldLivesMs = 24 * 3_600_000;

const output = z.object({
  webhook: webhookShape,
  secret: z.string().describe('Shown this once'),
  oldUntil: z.string().describe('Until when the old one signs too, ISO 8601'),
});

export const rotateWebhookSecret = operation({
  name: 'rotate_webhook_secret',
  title: "Change a webhook's secret",
  description:
    'Makes a new secret, shown once, here. For 24 hours each delivery is signed with the old one too, so that nothing is missed meanwhile.',
  kind: 'write',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'POST', path: '/webhooks/{webhook}/secret', example: { webhook: 'wh_8k2m4q7r9t1v3x5z' } },
  input: z.strictObject({ webhook: webhookId, ...commandInput }),
  output,
  async handler(call, { webhook: id }) {
    const { webhooks, now } = call;
    const secret = newWebhookSecret();
    const until = new Date(now + oldLivesMs);
    return onceOnly(call, output, async (trx) => {
      const before = await theWebhook(trx, id);
      const sealed = sealSecret(webhooks.keyring, before, secret);
      await trx
        .updateTable('webhooks')
        .set({
          ...{ secret_key_id: sealed.keyId, secret: sealed.bytes },
          ...{ old_secret_key_id: before.secret_key_id, old_secret: before.secret, old_secret_until: until },
        })
        .where('id', '=', id)
        .execute();
      return { webhook: webhookFacts(await theWebhook(trx, id)), secret, oldUntil: until.toISOString() };
    });
  },
  text: () => 'The secret is changed. Keep the new one now: it is shown this once. The old one signs too for 24 hours.',
});

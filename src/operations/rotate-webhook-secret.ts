import { z } from 'zod';
import { newWebhookSecret, sealSecret } from '../platform/webhook-secret.ts';
import { commandInput } from './command.ts';
import { onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { changesNoWebhooks, theWebhook, theWebhookLocked, webhookFacts, webhookId, webhookShape } from './webhooks.ts';
import { count } from './words.ts';

const oldLivesMs = 24 * 3_600_000;

const hourMs = 3_600_000;

const output = z.object({
  webhook: webhookShape,
  secret: z.string().describe('Shown this once'),
  oldUntil: z.string().nullable().describe('Until when the old one signs too, ISO 8601; null when it was stopped'),
});

export const rotateWebhookSecret = operation({
  name: 'rotate_webhook_secret',
  title: "Change a webhook's secret",
  description:
    'Makes a new secret, shown once, here. For 24 hours each delivery is signed with the old one too, so that nothing is missed meanwhile. Within these it is not changed again, unless with `stop_older`.',
  kind: 'write',
  access: 'admin',
  noApps: changesNoWebhooks,
  surfaces: ['rest', 'web'],
  rest: { method: 'POST', path: '/webhooks/{webhook}/secret', example: { webhook: 'wh_8k2m4q7r9t1v3x5z' } },
  input: z.strictObject({
    webhook: webhookId,
    stop_older: z
      .boolean()
      .default(false)
      .describe('The new secret signs alone from now on, and no older one any more: for one that has leaked'),
    ...commandInput,
  }),
  output,
  async handler(call, { webhook: id, stop_older: stopsOlder }) {
    const { webhooks, now } = call;
    const secret = newWebhookSecret();
    const until = stopsOlder ? null : new Date(now + oldLivesMs);
    return onceOnly(call, output, async (trx) => {
      const before = await theWebhookLocked(trx, id);
      const promised = (before.old_secret_until?.getTime() ?? 0) - now;
      // Two sign at most, and whoever still checks with the older one was promised its day.
      if (!stopsOlder && promised > 0) throw stillPromised(promised);
      const sealed = sealSecret(webhooks.keyring, before, secret);
      const old = stopsOlder
        ? { old_secret_key_id: null, old_secret: null, old_secret_until: null }
        : { old_secret_key_id: before.secret_key_id, old_secret: before.secret, old_secret_until: until };
      await trx
        .updateTable('webhooks')
        .set({ secret_key_id: sealed.keyId, secret: sealed.bytes, ...old })
        .where('id', '=', id)
        .execute();
      const webhook = webhookFacts(await theWebhook(trx, id), now);
      return { webhook, secret, oldUntil: until?.toISOString() ?? null };
    });
  },
  text: ({ oldUntil }) =>
    oldUntil === null
      ? 'The secret is changed. Keep the new one now: it is shown this once. No older one signs any more.'
      : 'The secret is changed. Keep the new one now: it is shown this once. The old one signs too for 24 hours.',
});

const stillPromised = (ms: number): Refusal => {
  const left = ms < hourMs ? 'less than an hour' : count(Math.round(ms / hourMs), 'hour');
  return new Refusal(
    'wrong_status',
    `Not done: the secret was changed within the last day, and the one before signs for ${left} more, as was promised. Change it then; or, when one has leaked, change it so that all older ones stop at once (stop_older). Nothing changed.`,
  );
};

import { z } from 'zod';
import { listWebhooks as readWebhooks } from '../db/webhooks.ts';
import { operation } from './operation.ts';
import { webhookFacts, webhookShape } from './webhooks.ts';
import { count, lines, plain } from './words.ts';

export const listWebhooks = operation({
  name: 'list_webhooks',
  title: 'List webhooks',
  description: 'The endpoints that are told of what happens in flows, with whether they take it.',
  kind: 'read',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/webhooks', example: {} },
  input: z.strictObject({}),
  output: z.object({ webhooks: z.array(webhookShape) }),
  async handler({ database, principal, now }) {
    return { webhooks: (await database.withOrg(principal, readWebhooks)).map((w) => webhookFacts(w, now)) };
  },
  text: ({ webhooks }) =>
    lines(
      `${count(webhooks.length, 'webhook')}.`,
      webhooks.map((w) => `- ${plain(w.url)} · ${w.enabled ? 'on' : 'off'} · \`${w.id}\``),
    ),
});

import { z } from 'zod';
import { listDeliveries } from '../db/webhooks.ts';
import { operation } from './operation.ts';
import { cursorOf, moreLine, pageInput, pageOf } from './shapes.ts';
import { theWebhook, webhookId } from './webhooks.ts';
import { count, dots, lines, plain } from './words.ts';

export const deliveryShape = z.object({
  id: z.string().describe("The event's id, in the header webhook-id"),
  type: z.string(),
  at: z.string().describe('When it happened, ISO 8601'),
  state: z.enum(['PENDING', 'DELIVERED', 'FAILED']),
  attempts: z.number().int(),
  nextAt: z.string().nullable(),
  lastAt: z.string().nullable(),
  lastStatus: z.number().int().nullable(),
  lastError: z.string().nullable(),
  body: z.string().describe('What was sent, as JSON'),
});

export const listWebhookDeliveries = operation({
  name: 'list_webhook_deliveries',
  title: "A webhook's log",
  description:
    'What an endpoint was told in the last thirty days, the newest first, with how each attempt ended. Pages by `cursor`.',
  kind: 'read',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/webhooks/{webhook}/deliveries', example: { webhook: 'wh_8k2m4q7r9t1v3x5z' } },
  input: z.strictObject({ webhook: webhookId, ...pageInput }),
  output: z.object({ nextCursor: z.string().nullable(), deliveries: z.array(deliveryShape) }),
  handler({ database, principal }, { webhook, limit, cursor }) {
    const after = cursorOf('deliveries', cursor);
    return database.withOrg(principal, async (trx) => {
      await theWebhook(trx, webhook);
      const found = await listDeliveries(trx, webhook, after, limit + 1);
      const { rows, nextCursor } = pageOf('deliveries', found, limit, (d) => ({ at: d.created_at, id: d.id }), after);
      return {
        nextCursor,
        deliveries: rows.map((d) => ({
          ...{ id: d.id, type: d.type, at: d.created_at.toISOString(), state: d.state, attempts: d.attempts },
          ...{ nextAt: d.next_at?.toISOString() ?? null, lastAt: d.last_at?.toISOString() ?? null },
          ...{ lastStatus: d.last_status, lastError: d.last_error, body: d.body },
        })),
      };
    });
  },
  text: ({ deliveries, nextCursor }) =>
    lines(
      `${count(deliveries.length, 'delivery', 'deliveries')} here.`,
      deliveries.map((d) =>
        dots(`- ${d.type}`, d.state, count(d.attempts, 'attempt'), d.lastError && plain(d.lastError), `\`${d.id}\``),
      ),
      moreLine(nextCursor),
    ),
});

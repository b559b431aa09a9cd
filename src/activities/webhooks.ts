/** Deliveries to endpoints, signed as Standard Webhooks has it (https://www.standardwebhooks.com). */
import { Context } from '@temporalio/activity';
import { Webhook } from 'standardwebhooks';
import type { Database } from '../db/database.ts';
import {
  type DeliveryRow,
  dueDelivery,
  findWebhook,
  nextDelivery,
  noteAttempt,
  switchOff,
  type WebhookRow,
} from '../db/webhooks.ts';
import { readableLine } from '../domain/storable.ts';
import { givenUpAfter, retryAfter } from '../domain/webhook.ts';
import type { Keyring } from '../platform/keyring.ts';
import { webhookDeliveries } from '../platform/metrics.ts';
import type { Post, Posted } from '../platform/post.ts';
import { openSecrets } from '../platform/webhook-secret.ts';
import type { WebhookActivities, WebhookRef } from '../workflows/contract.ts';
import { placesFor } from './places.ts';

export interface WebhookActivitiesNeed {
  readonly database: Database;
  readonly keyring: Keyring;
  readonly post: Post;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** In one activity, so that its time limit holds whatever the endpoint does, and others get its place soon. */
const attemptsAtOnce = 20;
const longestMs = 30_000;

/** Endpoints of one worker: fewer than it runs activities (100 of all kinds), so that those that hang leave room. */
const endpointsAtOnce = 30;

/**
 * Of one org: where all of its endpoints hang, each takes its place again as soon as it has given it up, before whoever
 * waits for one is given out again.
 */
const endpointsOfOrg = 10;

/** Of those that failed last, of all orgs and of one: however many orgs they are of, those that answer find a place. */
const failingAtOnce = 15;
const failingOfOrg = 5;

/** For how long one that failed there leaves its place to others, which it had else taken again before any of them. */
const restMs = 30_000;

export const makeWebhookActivities = (need: WebhookActivitiesNeed): WebhookActivities => {
  const busy = 'As many endpoints as may are told at this moment';
  const deliver = placesFor({ most: endpointsAtOnce, mostOfOrg: endpointsOfOrg, busy });
  const deliverToFailing = placesFor({ most: failingAtOnce, mostOfOrg: failingOfOrg, busy });
  return {
    deliverWebhooks: (ref) =>
      deliver(ref.orgId, async () => {
        const webhook = await need.database.withOrg(ref, (trx) => findWebhook(trx, ref.webhookId));
        if (!webhook?.enabled) return null;
        const failing = webhook.failing_since !== null;
        const work = () => deliverDue(need, ref, failing);
        return failing ? deliverToFailing(ref.orgId, work) : work();
      }),
  };
};

/** `failing`: it has the place of one that is. */
async function deliverDue(
  need: WebhookActivitiesNeed,
  { orgId, webhookId }: WebhookRef,
  failing: boolean,
): Promise<number | null> {
  const { database } = need;
  const now = need.clock ?? Date.now;
  const begun = performance.now();
  let rests = 0;
  for (let n = 0; n < attemptsAtOnce && performance.now() - begun < longestMs; n++) {
    // The endpoint as it is at this moment: someone may have just moved it, or switched it off.
    const { webhook, due } = await database.withOrg({ orgId }, async (trx) => ({
      webhook: await findWebhook(trx, webhookId),
      due: await dueDelivery(trx, webhookId, new Date(now())),
    }));
    if (!webhook?.enabled) return null;
    if (!due) break;
    // It began to fail: what is due goes on at once, from the place of such a one.
    if (webhook.failing_since !== null && !failing) return 0;
    const delivered = await attempt(need, webhook, due, now);
    rests = failing && !delivered ? now() + restMs : 0;
    Context.current().heartbeat();
  }
  const next = await database.withOrg({ orgId }, (trx) => nextDelivery(trx, webhookId));
  return next && Math.max(next.getTime(), rests);
}

/** One attempt, and a note of it: whether it was taken. */
async function attempt(
  { database, keyring, post }: WebhookActivitiesNeed,
  webhook: WebhookRow,
  delivery: DeliveryRow,
  now: () => number,
): Promise<boolean> {
  const at = new Date(now());
  const signature = openSecrets(keyring, webhook, at)
    .map((secret) => new Webhook(secret).sign(delivery.id, at, delivery.body))
    .join(' ');
  const posted = await post(
    webhook.url,
    {
      'content-type': 'application/json',
      'user-agent': 'Booflow-Webhooks',
      'webhook-id': delivery.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': signature,
    },
    delivery.body,
  );
  const delivered = posted.status !== null && posted.status >= 200 && posted.status < 300;
  const wait = delivered ? null : retryAfter(delivery.attempts + 1);
  // 410 Gone is an endpoint's way to say that it wants nothing more.
  const gone = posted.status === 410;
  const failingSince = webhook.failing_since?.getTime() ?? at.getTime();
  const off = !delivered && (gone || (wait === null && at.getTime() - failingSince >= givenUpAfter));
  await database.withOrg({ orgId: webhook.org_id }, async (trx) => {
    const nextAt = delivered || gone || wait === null ? null : new Date(now() + jitter(wait));
    await noteAttempt(trx, delivery, {
      at,
      delivered,
      status: posted.status,
      error: whyNot(posted, delivered),
      nextAt,
    });
    if (off) await switchOff(trx, webhook);
  });
  webhookDeliveries.inc({ outcome: delivered ? 'delivered' : gone || wait === null ? 'given up' : 'failed' });
  return delivered;
}

/** Up to a tenth more, so that many that failed together are not all tried at the same moment. */
const jitter = (ms: number): number => Math.round(ms * (1 + Math.random() / 10));

function whyNot(posted: Posted, delivered: boolean): string | null {
  if (delivered) return null;
  if (posted.status === null) return posted.error;
  if (posted.status === 410) return 'it answered 410: it wants nothing more, and is switched off';
  if (posted.status >= 300 && posted.status < 400)
    return `it answered ${posted.status}: redirections are not followed; give the address they lead to`;
  // Whatever bytes those were: what can't be noted would be tried for ever.
  const answer = readableLine(posted.answer, 200);
  return `it answered ${posted.status}${answer === '' ? '' : `: ${answer}`}`;
}

/** Webhooks: where an org wants to be told, what is to be told, and what became of it. */
import { type Selectable, sql } from 'kysely';
import type { FeedEntry, Flow, Progress } from '../domain/flow.ts';
import { type FlowEventBody, webhookEventOf } from '../domain/webhook.ts';
import type { Trx } from './database.ts';
import type { WebhookDeliveries, Webhooks } from './schema.ts';

export type WebhookRow = Selectable<Webhooks>;
export type DeliveryRow = Selectable<WebhookDeliveries>;

const columns = [
  ...(['org_id', 'id', 'url', 'description', 'events', 'secret_key_id', 'secret', 'old_secret_key_id'] as const),
  ...(['old_secret', 'old_secret_until', 'enabled', 'failing_since', 'created_at', 'created_by'] as const),
] as const;

/** The org's endpoints, the oldest first. */
export const listWebhooks = (trx: Trx): Promise<WebhookRow[]> =>
  trx.selectFrom('webhooks').select(columns).orderBy('created_at').orderBy('id').execute();

export const findWebhook = (trx: Trx, id: string): Promise<WebhookRow | undefined> =>
  trx.selectFrom('webhooks').select(columns).where('id', '=', id).executeTakeFirst();

/** As it is, and as it stays until the transaction ends. */
export const findWebhookLocked = (trx: Trx, id: string): Promise<WebhookRow | undefined> =>
  trx.selectFrom('webhooks').select(columns).where('id', '=', id).forUpdate().executeTakeFirst();

/** One endpoint at a time is made or changed in an org, so that counting them holds. */
export async function countWebhooksLocked(trx: Trx, orgId: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`webhooks ${orgId}`}, 0))`.execute(trx);
  const { n } = await trx.selectFrom('webhooks').select(sql<number>`count(*)::int`.as('n')).executeTakeFirstOrThrow();
  return n;
}

/** An event, once for all endpoints that want it. */
export interface WebhookEvent {
  readonly id: string;
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly body: string;
}

/**
 * Notes what is to be told, in the transaction that made it true, and gives the endpoints that are to be woken. An
 * event that was noted before stays as it is.
 */
export async function queueFeed(
  trx: Trx,
  { flow, progress, feed }: { flow: Flow; progress: Progress; feed: readonly FeedEntry[] },
): Promise<string[]> {
  if (feed.length === 0) return [];
  const webhooks = (await listWebhooks(trx)).filter((w) => w.enabled);
  if (webhooks.length === 0) return [];
  const tasks = new Map(flow.tasks.map((t) => [t.id, t]));
  const events = feed.map((entry): WebhookEvent => {
    const task = entry.taskId === null ? undefined : tasks.get(entry.taskId);
    const type = webhookEventOf(entry.what);
    const told: FlowEventBody = {
      type,
      timestamp: new Date(entry.at).toISOString(),
      data: {
        flow: { id: flow.id, name: flow.name, status: flow.status, percent: progress.percent },
        task: task ? { id: task.id, title: task.title, status: task.status } : null,
        by: { kind: entry.by.kind, id: entry.by.id, name: entry.by.name, through: entry.by.through },
        text: entry.text,
        seq: entry.seq,
      },
    };
    const body = JSON.stringify(told);
    // Padded, so that ids of one moment are in order.
    return { id: `ev_${flow.id}_${String(entry.seq).padStart(6, '0')}`, type, at: entry.at, body };
  });
  const wanted = webhooks.flatMap((w) =>
    events
      .filter((e) => (w.events.length === 0 || w.events.includes(e.type)) && e.at >= w.created_at.getTime())
      .map((e) => ({ webhook: w.id, event: e })),
  );
  return queue(trx, flow.orgId, wanted);
}

/**
 * Notes events for endpoints and gives the endpoints: also of what was noted before, since whoever noted it may have
 * died before the endpoint was woken.
 */
export async function queue(
  trx: Trx,
  orgId: string,
  wanted: readonly { readonly webhook: string; readonly event: WebhookEvent }[],
): Promise<string[]> {
  if (wanted.length === 0) return [];
  await trx
    .insertInto('webhook_deliveries')
    .values(
      wanted.map(({ webhook, event }) => ({
        org_id: orgId,
        webhook_id: webhook,
        id: event.id,
        type: event.type,
        body: event.body,
        created_at: new Date(event.at),
        state: 'PENDING' as const,
        next_at: new Date(event.at),
      })),
    )
    .onConflict((on) => on.doNothing())
    .execute();
  return [...new Set(wanted.map((w) => w.webhook))];
}

/** What an endpoint has been owed the longest at this moment. */
export const dueDelivery = (trx: Trx, webhook: string, at: Date): Promise<DeliveryRow | undefined> =>
  trx
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook_id', '=', webhook)
    .where('state', '=', 'PENDING')
    .where('next_at', '<=', at)
    .orderBy('next_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();

/** When something is owed to an endpoint next; null when nothing is. */
export async function nextDelivery(trx: Trx, webhook: string): Promise<Date | null> {
  const row = await trx
    .selectFrom('webhook_deliveries')
    .select('next_at')
    .where('webhook_id', '=', webhook)
    .where('state', '=', 'PENDING')
    .orderBy('next_at')
    .limit(1)
    .executeTakeFirst();
  return row?.next_at ?? null;
}

/** How an attempt ended. `nextAt`: when it is tried again; null when it is not. */
export interface Attempt {
  readonly at: Date;
  readonly delivered: boolean;
  readonly status: number | null;
  readonly error: string | null;
  readonly nextAt: Date | null;
}

/** One that someone made due again meanwhile is still to be sent, unless it was just taken. */
export async function noteAttempt(trx: Trx, delivery: DeliveryRow, attempt: Attempt): Promise<void> {
  // In the order in which deleting it takes them, or each could wait for the other: the endpoint, then its deliveries.
  await trx.selectFrom('webhooks').select('id').where('id', '=', delivery.webhook_id).forNoKeyUpdate().execute();
  const its = trx
    .updateTable('webhook_deliveries')
    .where('webhook_id', '=', delivery.webhook_id)
    .where('id', '=', delivery.id);
  const told = { last_at: attempt.at, last_status: attempt.status, last_error: attempt.error };
  const ended = its.set({
    ...told,
    state: attempt.delivered ? 'DELIVERED' : attempt.nextAt === null ? 'FAILED' : 'PENDING',
    attempts: delivery.attempts + 1,
    next_at: attempt.nextAt,
  });
  const asItWas = ended.where('attempts', '=', delivery.attempts).where('next_at', '=', delivery.next_at);
  const { numUpdatedRows } = await (attempt.delivered ? ended : asItWas).executeTakeFirst();
  if (numUpdatedRows === 0n) await its.set(told).execute();
  await trx
    .updateTable('webhooks')
    .set({ failing_since: attempt.delivered ? null : sql`coalesce(failing_since, ${attempt.at})` })
    .where('id', '=', delivery.webhook_id)
    .where('failing_since', attempt.delivered ? 'is not' : 'is', null)
    .execute();
}

/**
 * Switches an endpoint off; what it is owed waits until someone switches it on. One that was moved meanwhile stays on:
 * it was another address that wanted nothing more.
 */
export async function switchOff(trx: Trx, { id, url }: Pick<WebhookRow, 'id' | 'url'>): Promise<void> {
  await trx.updateTable('webhooks').set({ enabled: false }).where('id', '=', id).where('url', '=', url).execute();
}

/** A page of the log, the newest first. */
export function listDeliveries(
  trx: Trx,
  webhook: string,
  after: { readonly at: string; readonly id: string } | null,
  most: number,
): Promise<DeliveryRow[]> {
  let rows = trx
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook_id', '=', webhook)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(most);
  if (after !== null) rows = rows.where(sql<boolean>`(created_at, id) < (${after.at}::timestamptz, ${after.id})`);
  return rows.execute();
}

/** Makes a delivery due again, from its first attempt on; false when there is none of that id. */
export async function dueAgain(trx: Trx, webhook: string, id: string, at: Date): Promise<boolean> {
  const row = await trx
    .updateTable('webhook_deliveries')
    .set({ state: 'PENDING', attempts: 0, next_at: at })
    .where('webhook_id', '=', webhook)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Makes due again all that failed or waits for its next attempt, the oldest first; gives how many those are. */
export async function allDueAgain(trx: Trx, webhook: string, at: Date): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('webhook_deliveries')
    .set({ state: 'PENDING', attempts: 0, next_at: sql`created_at` })
    .where('webhook_id', '=', webhook)
    .where((is) => is.or([is('state', '=', 'FAILED'), is.and([is('state', '=', 'PENDING'), is('next_at', '>', at)])]))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

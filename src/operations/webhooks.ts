/** What operations on webhooks share: how they look, which is meant, what an address must be. */
import { z } from 'zod';
import type { Trx } from '../db/database.ts';
import { findWebhook, findWebhookLocked, type WebhookRow } from '../db/webhooks.ts';
import { limits } from '../domain/limits.ts';
import { lineOf } from '../domain/naming.ts';
import { webhookEvents } from '../domain/webhook.ts';
import type { Keyring } from '../platform/keyring.ts';
import { taken } from './engine-trouble.ts';
import type { OrgWorkflows } from './org-workflows.ts';
import { Refusal } from './refusal.ts';

/** What endpoints are told, for those who document it. */
export { flowEventBody, flowEvents, testEvent, testEventBody, waitWords } from '../domain/webhook.ts';

export interface WebhookTools {
  /** Seals what deliveries are signed with. */
  readonly keyring: Keyring;
  /** Development: plain http and addresses of this machine are taken too. */
  readonly anywhere: boolean;
}

/** Of a call, what it takes to wake. */
interface Woken {
  readonly workflows: Pick<OrgWorkflows, 'wakeWebhook'>;
  readonly principal: { readonly orgId: string };
  readonly commandId: string;
}

/** For who made something due. Where Temporal does not answer that is kept, and the same command once more wakes it. */
export const wakeFor = (call: Woken, webhookId: string): Promise<void> =>
  taken(call.commandId, call.workflows.wakeWebhook({ orgId: call.principal.orgId, webhookId }));

export const webhookShape = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string(),
  events: z.array(z.string()).describe('Types of events it is told; none means all'),
  enabled: z.boolean(),
  oldSecretUntil: z
    .string()
    .nullable()
    .describe('Until when the secret before signs too, ISO 8601; null when the present one signs alone'),
  failingSince: z.string().nullable().describe('Since when every delivery has failed, ISO 8601'),
  createdAt: z.string(),
  createdBy: z.string(),
});

export const webhookFacts = (w: WebhookRow, now: number): z.infer<typeof webhookShape> => ({
  id: w.id,
  url: w.url,
  description: w.description,
  events: w.events,
  enabled: w.enabled,
  oldSecretUntil:
    w.old_secret_until !== null && w.old_secret_until.getTime() > now ? w.old_secret_until.toISOString() : null,
  failingSince: w.failing_since?.toISOString() ?? null,
  createdAt: w.created_at.toISOString(),
  createdBy: w.created_by,
});

/** An endpoint goes on being told when the app that named it is disconnected. */
export const changesNoWebhooks = 'makes and changes no webhooks';

export const webhookId = z.string().min(1).max(limits.id).describe('Id of the webhook');

/** Letters of an address. */
export const mostUrl = 2_000;

export const webhookFields = {
  url: z.string().trim().max(mostUrl).describe('https address that takes a POST'),
  description: lineOf(limits.name).describe('What it is for'),
  events: z
    .array(z.enum(webhookEvents))
    .max(webhookEvents.length)
    .describe('Types of events it is told; none means all'),
};

const found = (webhook: WebhookRow | undefined): WebhookRow => {
  if (!webhook) throw new Refusal('not_found', 'There is no such webhook in your organization. Nothing changed.');
  return webhook;
};

/** Refuses an id that is no webhook of the org. */
export const theWebhook = async (trx: Trx, id: string): Promise<WebhookRow> => found(await findWebhook(trx, id));

/** The same, and nobody else changes it meanwhile. */
export const theWebhookLocked = async (trx: Trx, id: string): Promise<WebhookRow> =>
  found(await findWebhookLocked(trx, id));

/** Refuses one that is off too: nothing is sent to it. */
export async function theLiveWebhook(trx: Trx, id: string): Promise<WebhookRow> {
  const webhook = await theWebhook(trx, id);
  if (!webhook.enabled)
    throw new Refusal('wrong_status', 'Not done: this webhook is off. Switch it on first. Nothing changed.');
  return webhook;
}

/** The address as it is kept. Refuses one that could not be delivered to. */
export function addressOf(url: string, anywhere: boolean): string {
  const no = (why: string) =>
    new Refusal('bad_input', `Not done: the address ${why}. Nothing changed.`, { field: 'url' });
  if (!URL.canParse(url)) throw no('is not a URL; it looks like https://example.com/booflow');
  const parsed = new URL(url);
  const open = parsed.protocol === 'https:' || (anywhere && parsed.protocol === 'http:');
  if (!open) throw no('must begin with https://');
  if (parsed.username !== '' || parsed.password !== '')
    throw no('has a user name or password in it; deliveries are signed, so it needs none');
  parsed.hash = '';
  return parsed.href;
}

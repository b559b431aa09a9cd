/** What endpoints of other products are told, and how often they are asked again. */
import type { FlowEvent } from './event.ts';

/** The events of the activity feed, as the feed names them. */
const told = [
  'flow_created',
  'flow_started',
  'flow_paused',
  'flow_resumed',
  'flow_cancelled',
  'flow_completed',
  'flow_renamed',
  'task_completed',
  'task_reopened',
  'task_skipped',
  'task_assigned',
  'task_fell_due',
  'due_changed',
  'approval_given',
  'approval_rejected',
  'comment_added',
  'external_invited',
  'invitation_sent',
  'invitation_accepted',
  'invitation_revoked',
  'external_erased',
  'mail_failed',
  'mail_refused',
  'task_reminded',
] as const satisfies readonly (FlowEvent['type'] | 'flow_created')[];

/** "task_fell_due" is "task.fell_due" to an endpoint: the thing first, as is the custom. */
export const webhookEventOf = (what: string): string => what.replace('_', '.');

/** Every type of event an endpoint may ask for. */
export const webhookEvents: readonly string[] = [...told.map(webhookEventOf), 'webhook.test'];

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Waits after the first, second, … failure: a day in all. */
const waits = [5 * second, minute, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 8 * hour, 8 * hour];

/** Milliseconds until the next attempt when so many have failed; null when that was the last one. */
export const retryAfter = (failed: number): number | null => waits[failed - 1] ?? null;

/** An endpoint that took nothing for so long is switched off, in milliseconds. */
export const givenUpAfter = 5 * 24 * hour;

/** What endpoints of other products are told, in which words, and how often they are asked again. */
import { z } from 'zod';
import type { FlowEvent } from './event.ts';
import { flowStatuses, taskStatuses } from './flow.ts';

/** What each event means to another product; null for one that is no news of its own. As the activity feed tells it. */
const meanings: Readonly<Record<FlowEvent['type'] | 'flow_created', string | null>> = {
  flow_created: 'A flow was made, as a draft.',
  flow_started: 'A flow was started.',
  flow_paused: 'A flow was paused: its tasks can’t be done until it goes on.',
  flow_resumed: 'A paused flow goes on.',
  flow_cancelled: 'A flow was ended before all of it was done.',
  flow_completed: 'The last task of a flow was done, which closed it.',
  flow_renamed: 'A flow has another name.',
  task_completed: 'Someone completed a task.',
  task_reopened: 'A task that was done is to be done again.',
  task_skipped: 'Someone decided that a task is left out.',
  task_not_needed: 'A task is left out, since its condition is not met.',
  task_assigned: 'A task is someone else’s now, or nobody’s.',
  task_fell_due: 'The due date of an open task has passed.',
  task_reminded: 'Someone reminded the assignee of a task by hand.',
  due_changed: 'The due date of a task was moved by hand.',
  approval_given: 'An approval was given.',
  approval_rejected: 'An approval was rejected, and what it is about goes back.',
  comment_added: 'Someone commented on a task.',
  external_invited: 'A client was invited to a flow.',
  external_erased: 'The data of a client was erased for good.',
  invitation_sent: 'A client’s invitation went out by mail.',
  invitation_accepted: 'A client opened their invitation.',
  invitation_revoked: 'A client gets into the flow no more.',
  mail_failed: 'A mail of a flow could not be sent, and is not tried again.',
  mail_refused: 'A mail server refused a mail of a flow for good.',
  task_ready: null,
  task_blocked: null,
  task_sent_back: null,
  task_cancelled: null,
  dues_set: null,
  digest_scheduled: null,
  comment_held: null,
  comments_held_on: null,
  comments_told: null,
  mail_ordered: null,
  mail_taken: null,
};

/** "task_fell_due" is "task.fell_due" to an endpoint: the thing first, as is the custom. */
export const webhookEventOf = (what: string): string => what.replace('_', '.');

/** Sent by hand, to see that an endpoint takes what it is told. */
export const testEvent = 'webhook.test';

export interface ToldEvent {
  readonly type: string;
  readonly means: string;
}

/** What an endpoint may ask for. */
export const flowEvents: readonly ToldEvent[] = Object.entries(meanings).flatMap(([what, means]) =>
  means === null ? [] : [{ type: webhookEventOf(what), means }],
);

/** What a kind of event, the word before the dot, is about. */
const subjects = new Map([
  ['flow', 'Flows'],
  ['task', 'Tasks'],
  ['due', 'Tasks'],
  ['approval', 'Approvals'],
  ['comment', 'Comments'],
  ['external', 'Clients'],
  ['invitation', 'Clients'],
  ['mail', 'Mail'],
]);
const subjectOf = ({ type }: ToldEvent): string => subjects.get(type.split('.')[0] ?? '') ?? 'Other';

/** The same by what they are about, for a person to choose from. */
export const flowEventsBySubject: readonly { readonly subject: string; readonly events: readonly ToldEvent[] }[] = [
  ...new Set(flowEvents.map(subjectOf)),
].map((subject) => ({ subject, events: flowEvents.filter((e) => subjectOf(e) === subject) }));

/** Every type of event there is. */
export const webhookEvents: readonly string[] = [...flowEvents.map((e) => e.type), testEvent];

const moment = z.iso.datetime().describe('When it happened, ISO 8601');

/** The body that tells of something in a flow: what the sender writes, and what its documents describe. */
export const flowEventBody = z.object({
  type: z.string(),
  timestamp: moment,
  data: z.object({
    flow: z
      .object({
        id: z.string(),
        name: z.string(),
        status: z.enum(flowStatuses),
        percent: z.number().int().describe('How much of it is done, 0 to 100'),
      })
      .describe('The flow as it was when this was noted, which may be a moment after the event'),
    task: z
      .object({ id: z.string(), title: z.string(), status: z.enum(taskStatuses) })
      .nullable()
      .describe('Null for what is about no task'),
    by: z
      .object({
        kind: z.enum(['member', 'external', 'system']).describe('`external` is a client, `system` Booflow itself'),
        id: z.string(),
        name: z.string(),
        through: z.string().describe('By which door: `web`, `mcp`, `api`, `cli`, `portal` or `system`'),
      })
      .describe('Who did it'),
    text: z.string().describe("What the activity feed says, after the actor's name"),
    seq: z.number().int().describe('Counts the events of this flow, from 1: their order'),
  }),
});
export type FlowEventBody = z.infer<typeof flowEventBody>;

export const testEventBody = z.object({
  type: z.literal(testEvent),
  timestamp: moment,
  data: z.object({
    webhook: z.string(),
    by: z.object({ kind: z.literal('member'), id: z.string(), name: z.string() }).describe('Who sent it'),
  }),
});
export type TestEventBody = z.infer<typeof testEventBody>;

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Waits after the first, second, … failure: a day in all. */
const waits = [5 * second, minute, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 8 * hour, 8 * hour];

const inWords = (ms: number): string =>
  ms < minute ? `${ms / second} s` : ms < hour ? `${ms / minute} min` : `${ms / hour} h`;

/** The same waits for people to read: "5 s, 1 min, …". */
export const waitWords = waits.map(inWords).join(', ');

/** Milliseconds until the next attempt when so many have failed; null when that was the last one. */
export const retryAfter = (failed: number): number | null => waits[failed - 1] ?? null;

/** An endpoint that took nothing for so long is switched off, in milliseconds. */
export const givenUpAfter = 5 * 24 * hour;

/** The activity feed: what an event reads like after the actor's name. Null when it is no news of its own. */
import { shortDate } from './dates.ts';
import type { FlowEvent, FlowEventOf } from './event.ts';
import { type Flow, findTask } from './flow.ts';

/** Nobody's words can end the quotation. */
const quoted = (text: string): string => `"${text.replace(/"/g, "'")}"`;

export function feedText(flow: Flow, event: FlowEvent): string | null {
  const title = 'taskId' in event ? quoted(findTask(flow, event.taskId)?.title ?? event.taskId) : '';
  const person = 'externalId' in event ? (flow.externals.find((e) => e.id === event.externalId)?.email ?? '') : '';
  switch (event.type) {
    case 'flow_started':
      return 'started the flow';
    case 'flow_paused':
      return 'paused the flow';
    case 'flow_resumed':
      return 'resumed the flow';
    case 'flow_cancelled':
      return event.reason === '' ? 'cancelled the flow' : `cancelled the flow: ${quoted(event.reason)}`;
    case 'flow_completed':
      return 'closed the flow: every task is done';
    case 'flow_renamed':
      return `renamed the flow from ${quoted(flow.name)} to ${quoted(event.name)}`;
    case 'task_completed':
      return `completed ${title}`;
    case 'approval_given':
      return `approved ${title}`;
    case 'approval_rejected':
      return `rejected ${title}: ${quoted(event.reason)}`;
    case 'task_sent_back':
      return null;
    case 'task_reopened':
      return event.reason === '' ? `reopened ${title}` : `reopened ${title}: ${quoted(event.reason)}`;
    case 'task_skipped':
      return `skipped ${title}: ${quoted(event.reason)}`;
    case 'task_not_needed':
      return `skipped ${title}, which isn't needed: ${event.reason}`;
    case 'task_assigned':
      return event.assignee ? `assigned ${title} to ${event.assignee.name}` : `took the assignee off ${title}`;
    case 'due_changed':
      return event.dueAt === null
        ? `took the due date off ${title}`
        : `moved ${title} to ${shortDate(event.dueAt, event.at, flow.timeZone)}`;
    case 'task_fell_due':
      return event.quiet ? null : `noted that ${title} is overdue`;
    case 'comment_added':
      return `commented on ${title}`;
    case 'external_invited':
      return `invited ${event.external.email}${event.external.role === '' ? '' : ` as ${event.external.role}`}`;
    case 'invitation_sent':
      return `sent ${person} the invitation`;
    case 'invitation_accepted':
      return 'accepted the invitation';
    case 'invitation_revoked':
      return `revoked the invitation of ${person}`;
    case 'external_erased':
      return 'erased the data of a client';
    case 'task_reminded':
      return `reminded ${findTask(flow, event.taskId)?.assignee?.name ?? 'nobody'} of ${title}`;
    case 'mail_failed':
      return `could not send ${failedMails(flow, event)}: ${event.why}`;
    case 'mail_refused':
      return `could not send the mail to ${event.to.name}, it was refused: ${event.why}`;
    case 'task_ready':
    case 'task_blocked':
    case 'task_cancelled':
    case 'dues_set':
    case 'digest_scheduled':
    case 'comment_held':
    case 'comments_held_on':
    case 'comments_told':
    case 'mail_taken':
    case 'mail_ordered':
      return null;
  }
}

function failedMails({ outbox }: Flow, { to, others = [] }: FlowEventOf<'mail_failed'>): string {
  if (to === null) return 'a mail';
  if (others.length === 0) return `the mail to ${to.name}`;
  const more = outbox.filter((m) => others.includes(m.key)).map((m) => m.to.name);
  const people = [...new Set([to.name, ...more])];
  const named = people.slice(0, 3).join(', ');
  return `${1 + others.length} mails, to ${named}${people.length > 3 ? ` and ${people.length - 3} more` : ''}`;
}

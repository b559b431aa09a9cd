/** A flow after an event. Total: an event about something the flow doesn't have changes only the version. */
import { erasePerson, personOf } from './erasure.ts';
import type { FlowEvent, FlowEventOf } from './event.ts';
import { feedText } from './feed.ts';
import type { ExternalUser, Flow, HeldComments, SkippedBy, Task } from './flow.ts';

export function evolve(flow: Flow, event: FlowEvent): Flow {
  return withFeed(change({ ...flow, version: flow.version + 1 }, event), flow, event);
}

export const evolveAll = (flow: Flow, events: readonly FlowEvent[]): Flow => events.reduce(evolve, flow);

function withFeed(next: Flow, before: Flow, event: FlowEvent): Flow {
  const text = feedText(before, event);
  if (text === null) return next;
  const seq = next.feedLength + 1;
  const entry = {
    seq,
    at: event.at,
    by: event.by,
    what: event.type,
    taskId: 'taskId' in event ? event.taskId : null,
    text,
  };
  return { ...next, feed: [...next.feed, entry], feedLength: seq };
}

function task(flow: Flow, taskId: string, changes: (task: Task) => Partial<Task>): Flow {
  return {
    ...flow,
    tasks: flow.tasks.map((t) => (t.id === taskId ? { ...t, ...changes(t), version: flow.version } : t)),
  };
}

function external(flow: Flow, id: string, changes: (external: ExternalUser) => Partial<ExternalUser>): Flow {
  return {
    ...flow,
    externals: flow.externals.map((e) => (e.id === id ? { ...e, ...changes(e), version: flow.version } : e)),
  };
}

function change(flow: Flow, event: FlowEvent): Flow {
  switch (event.type) {
    case 'flow_started':
      return {
        ...flow,
        status: 'ACTIVE',
        startedBy: event.by,
        startDate: event.startDate,
      };
    case 'flow_paused':
      return {
        ...flow,
        status: 'PAUSED',
        pausedAt: event.at,
        outbox: flow.outbox.filter((m) => m.kind !== 'due' && m.kind !== 'digest' && m.kind !== 'reminder'),
      };
    case 'flow_resumed':
      return {
        ...flow,
        status: 'ACTIVE',
        pausedAt: null,
        digestAt: flow.digestAt === null ? null : flow.digestAt + event.pausedMs,
      };
    case 'flow_cancelled':
      return {
        ...flow,
        status: 'CANCELLED',
        finishedAt: event.at,
        pausedAt: null,
        digestAt: null,
        ...nothingWaits(flow),
      };
    case 'flow_completed':
      return { ...flow, status: 'COMPLETED', finishedAt: event.at, digestAt: null, outbox: [] };
    case 'flow_renamed':
      return { ...flow, name: event.name };
    case 'task_ready':
      return task(flow, event.taskId, () => ({ status: 'READY', readyAt: event.at, dueAt: event.dueAt }));
    case 'task_blocked':
      return undone(flow, event.taskId, waiting);
    case 'task_completed':
      return task(flow, event.taskId, (t) => ({
        status: 'COMPLETED',
        doneAt: event.at,
        doneBy: event.by,
        answers: event.answers ?? t.answers,
        ...redone(t),
      }));
    case 'approval_given':
      return task(flow, event.taskId, (t) => ({
        ...{ status: 'COMPLETED', doneAt: event.at, doneBy: event.by },
        ...redone(t),
      }));
    case 'approval_rejected':
      return task(flow, event.taskId, (t) => ({ ...waiting(t), status: 'REJECTED', round: t.round + 1 }));
    case 'task_sent_back':
      return undone(flow, event.taskId, (t) => ({
        ...waiting(t),
        round: t.round + 1,
        comments: [...t.comments, event.comment],
        sentBack: { by: event.by.name, text: event.comment.text },
      }));
    case 'task_reopened':
      // What was not needed and is reopened is needed, whatever was answered.
      return undone(flow, event.taskId, (t) => ({
        ...waiting(t),
        condition: t.skippedBy === 'condition' ? null : t.condition,
      }));
    case 'task_skipped':
      return task(flow, event.taskId, () => skipped('person', event));
    case 'task_not_needed':
      return task(flow, event.taskId, () => skipped('condition', event));
    case 'task_cancelled':
      return task(flow, event.taskId, () => ({ status: 'CANCELLED' }));
    case 'task_assigned':
      return task(flow, event.taskId, (t) => ({
        assignee: event.assignee,
        assignedAt: event.at,
        ...(t.remindedAt ? { remindedAt: null } : {}),
      }));
    case 'dues_set': {
      const dues = new Map(event.dues.map((d) => [d.taskId, d.dueAt]));
      return { ...flow, tasks: flow.tasks.map((t) => dated(t, dues.get(t.id), flow.version)) };
    }
    case 'due_changed':
      return task(flow, event.taskId, () => ({ dueAt: event.dueAt, notedDueAt: null }));
    case 'task_fell_due':
      return task(flow, event.taskId, () => ({ notedDueAt: event.dueAt }));
    case 'comment_added':
      return task(flow, event.taskId, (t) => ({ comments: [...t.comments, event.comment] }));
    case 'external_invited':
      return {
        ...flow,
        externals: [
          ...flow.externals.filter((e) => e.id !== event.external.id),
          { ...event.external, invitation: 'PENDING', version: flow.version },
        ],
      };
    case 'invitation_sent':
      return external(flow, event.externalId, (e) => ({
        invitation: e.invitation === 'ACCEPTED' ? 'ACCEPTED' : 'SENT',
      }));
    case 'invitation_accepted':
      return external(flow, event.externalId, () => ({ invitation: 'ACCEPTED' }));
    case 'invitation_revoked':
      return {
        ...external(flow, event.externalId, () => ({ invitation: 'REVOKED' })),
        outbox: flow.outbox.filter((m) => m.to.kind !== 'external' || m.to.id !== event.externalId),
      };
    case 'external_erased': {
      const person = personOf(flow, event.externalId);
      return person ? erasePerson(flow, person, flow.version) : flow;
    }
    case 'digest_scheduled':
      return { ...flow, digestAt: event.next, digests: event.digests };
    case 'mail_ordered':
      return { ...flow, outbox: withOrdered(flow.outbox, event), mailsOrdered: flow.mailsOrdered + 1 };
    case 'task_reminded':
      return task(flow, event.taskId, () => ({ remindedAt: event.at }));
    case 'comment_held':
      return { ...flow, heldComments: withHeld(flow.heldComments ?? [], event) };
    case 'comments_held_on':
      return {
        ...flow,
        heldComments: (flow.heldComments ?? []).map((h) => (isFor(h, event.to) ? { ...h, at: event.until } : h)),
      };
    case 'comments_told':
      return { ...flow, heldComments: withoutTold(flow.heldComments ?? [], event.to, event.about) };
    case 'mail_failed': {
      const failed = new Set([event.key, ...(event.others ?? [])]);
      return { ...flow, outbox: flow.outbox.filter((m) => !failed.has(m.key)) };
    }
    case 'mail_refused': {
      const rest = { ...flow, outbox: flow.outbox.filter((m) => m.key !== event.key) };
      return event.to.kind === 'external' ? external(rest, event.to.id, () => ({ mailRefused: event.why })) : rest;
    }
    case 'mail_taken':
      return external(flow, event.externalId, () => ({ mailRefused: null }));
  }
}

const nothingWaits = (flow: Flow): Pick<Flow, 'outbox' | 'heldComments'> =>
  flow.heldComments ? { outbox: [], heldComments: [] } : { outbox: [] };

/** Done again, it is no longer sent back. */
const redone = (t: Task): Partial<Task> => (t.sentBack ? { sentBack: null } : {});

/** In the place of the one it stands for: whoever asks again does not wait longer for it. */
const withOrdered = (outbox: Flow['outbox'], { mail, insteadOf }: FlowEventOf<'mail_ordered'>): Flow['outbox'] =>
  outbox.some((m) => m.key === insteadOf) ? outbox.map((m) => (m.key === insteadOf ? mail : m)) : [...outbox, mail];

const isFor = (held: HeldComments, who: { readonly kind: string; readonly id: string }): boolean =>
  held.to.kind === who.kind && held.to.id === who.id;

function withHeld(held: readonly HeldComments[], event: FlowEventOf<'comment_held'>): HeldComments[] {
  const comment = { taskId: event.taskId, commentId: event.commentId };
  const known = held.find((h) => isFor(h, event.to));
  if (!known) return [...held, { to: event.to, at: event.until, comments: [comment] }];
  return held.map((h) => (h === known ? { ...h, comments: [...h.comments, comment] } : h));
}

const withoutTold = (
  held: readonly HeldComments[],
  to: { readonly kind: string; readonly id: string },
  about: string | null,
): HeldComments[] =>
  held.flatMap((h) => {
    if (!isFor(h, to)) return [h];
    const comments = about === null ? [] : h.comments.filter((c) => c.taskId !== about);
    return comments.length === 0 ? [] : [{ ...h, comments }];
  });

/** What was reported as overdue before a pause stays reported after it. */
const dated = (t: Task, dueAt: number | undefined, version: number): Task =>
  dueAt === undefined
    ? t
    : { ...t, dueAt, notedDueAt: t.notedDueAt !== null && t.notedDueAt === t.dueAt ? dueAt : null, version };

const skipped = (skippedBy: SkippedBy, event: FlowEvent): Partial<Task> => ({
  status: 'SKIPPED',
  skippedBy,
  doneAt: event.at,
  doneBy: event.by,
});

/** A task waits again; due dates that count from what it answered are counted anew with the next answer. */
function undone(flow: Flow, taskId: string, changes: (task: Task) => Partial<Task>): Flow {
  const next = task(flow, taskId, changes);
  const key = flow.tasks.find((t) => t.id === taskId)?.key;
  const counts = (t: Task): boolean => t.due?.from === 'answer' && t.due.step === key && t.dueAt !== null;
  return {
    ...next,
    tasks: next.tasks.map((t) => (counts(t) ? { ...t, dueAt: null, notedDueAt: null, version: flow.version } : t)),
  };
}

/** Not begun, not done, nothing reported. Due days that count from READY are counted anew when it is READY again. */
const waiting = (t: Task): Partial<Task> => ({
  status: 'BLOCKED',
  skippedBy: null,
  readyAt: null,
  doneAt: null,
  doneBy: null,
  dueAt: t.due?.from === 'ready' ? null : t.dueAt,
  notedDueAt: null,
});

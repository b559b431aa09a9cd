/** "A comment for you": gathered for some minutes, so that several make one mail, and told to nobody who wrote them. */
import { system } from './actor.ts';
import { type Assignee, type Comment, type Flow, findTask, isAssignedTo, type Task } from './flow.ts';
import { heldFor, heldTasks } from './held-comments.ts';
import { orderWith } from './mail.ts';
import type { Turn } from './turn.ts';

/** How long comments are gathered before they are mailed, in milliseconds. */
export const holdMs = 10 * 60_000;

/** With so many mails waiting, the mail server is away: comments, the longest of mails, are gathered on till it is back. */
const outboxIsFull = 50;

/** Notes whom the turn's comments are for; what somebody answers or does themself they have seen. */
export function holdComments(turn: Turn): void {
  const { status } = turn.flow;
  if (status === 'DRAFT' || status === 'CANCELLED') return;
  for (const event of [...turn.events]) {
    if (event.type !== 'comment_added' && event.type !== 'task_completed' && event.type !== 'approval_given') continue;
    const seen = heldFor(turn.flow, event.by)?.comments.some((c) => c.taskId === event.taskId);
    if (seen) turn.emit({ type: 'comments_told', to: event.by, about: event.taskId }, system);
    if (event.type !== 'comment_added') continue;
    const task = findTask(turn.flow, event.taskId);
    for (const to of task ? readersOf(turn.flow, task, event.comment) : []) {
      turn.emit(
        { type: 'comment_held', to, taskId: event.taskId, commentId: event.comment.id, until: turn.now + holdMs },
        system,
      );
    }
  }
}

/** Whom the task lies with, a client only if the comment is meant for clients; and for a client's, who runs the flow. */
function readersOf(flow: Flow, task: Task, comment: Comment): Assignee[] {
  const { assignee } = task;
  const theirs =
    assignee !== null &&
    !isAssignedTo(assignee, comment.by) &&
    (assignee.kind === 'member' || comment.audience === 'client')
      ? [assignee]
      : [];
  if (comment.by.kind !== 'external') return theirs;
  const host = flow.startedBy ?? flow.createdBy;
  if (host.kind !== 'member' || isAssignedTo(assignee, host)) return theirs;
  return [...theirs, { kind: 'member', id: host.id, name: host.name }];
}

/** When comments that are held are next to be mailed, or null. */
export const nextComments = (flow: Flow): number | null =>
  (flow.heldComments ?? []).reduce<number | null>((least, { at }) => (least === null ? at : Math.min(least, at)), null);

/** Mails what was held long enough. While an earlier such mail still waits for the mail server, they are gathered on. */
export function tellComments(turn: Turn): void {
  for (const held of turn.flow.heldComments ?? []) {
    if (held.at > turn.now) continue;
    const { to } = held;
    const waits = turn.flow.outbox.some((m) => m.kind === 'comment' && m.to.kind === to.kind && m.to.id === to.id);
    if (waits || turn.flow.outbox.length >= outboxIsFull) {
      turn.emit({ type: 'comments_held_on', to, until: turn.now + holdMs });
      continue;
    }
    turn.emit({ type: 'comments_told', to, about: null });
    const { tasks, last } = heldTasks(turn.flow, held);
    if (last) orderWith(turn, 'comment', to, tasks, last.by.name);
  }
}

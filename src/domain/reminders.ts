/** Reminders. Time passing: a mail when a task falls due, and a digest of what stays overdue: daily for a week, then weekly. */

import { nextComments, tellComments } from './comment-mail.ts';
import { dayMs } from './dates.ts';
import { type Flow, isAssignedTo, isOverdue } from './flow.ts';
import { needActive } from './lifecycle.ts';
import { byAssignee, orderTo } from './mail.ts';
import { needAdmin } from './permission.ts';
import { Refused, refuse } from './refusal.ts';
import { isFull } from './room.ts';
import type { Turn } from './turn.ts';
import { needReady } from './work.ts';

const dailyDigests = 7;

/** When `tick` next has something to do, or null while nothing can fall due. */
export function nextMoment(flow: Flow): number | null {
  if (flow.status !== 'ACTIVE' && flow.status !== 'PAUSED') return null;
  // What people write to each other is no reminder: a pause does not hold it up.
  const comments = nextComments(flow);
  const dues = flow.tasks.flatMap((t) =>
    t.status === 'READY' && t.dueAt !== null && t.notedDueAt !== t.dueAt ? [t.dueAt + 1] : [],
  );
  const running = flow.status === 'PAUSED' ? [] : flow.digestAt === null ? dues : [...dues, flow.digestAt];
  const moments = comments === null ? running : [...running, comments];
  return moments.length === 0 ? null : moments.reduce((a, b) => Math.min(a, b));
}

/** The next due date of a task that is READY, for operators; null when none has one. */
export function nextDueAt(flow: Flow): number | null {
  if (flow.status !== 'ACTIVE') return null;
  const dues = flow.tasks.flatMap((t) => (t.status === 'READY' && t.dueAt !== null ? [t.dueAt] : []));
  return dues.length === 0 ? null : dues.reduce((a, b) => Math.min(a, b));
}

export function tick(turn: Turn): void {
  if (turn.actor.kind !== 'system')
    refuse('not_allowed', 'Only Booflow itself tells a flow that time has passed. Nothing changed.');
  if (turn.flow.status !== 'ACTIVE' && turn.flow.status !== 'PAUSED') return;
  tellComments(turn);
  if (turn.flow.status === 'PAUSED') return;
  const overdue = turn.flow.tasks.filter((t) => isOverdue(turn.flow, t, turn.now));
  const fresh = overdue.filter((t) => t.notedDueAt !== t.dueAt);
  for (const t of fresh) {
    const quiet = turn.rules.mailsFit && isFull(turn.flow);
    turn.emit({ type: 'task_fell_due', taskId: t.id, dueAt: t.dueAt ?? turn.now, ...(quiet && { quiet }) });
  }
  // Who was told that it is ready when it was late already need not be told so again at once.
  const news = fresh.filter((t) => t.readyAt === null || t.dueAt === null || t.readyAt <= t.dueAt);
  for (const [assignee, tasks] of byAssignee(news)) orderTo(turn, 'due', assignee, tasks);

  const { digestAt, digests } = turn.flow;
  if (digestAt === null) {
    if (fresh.length > 0) turn.emit({ type: 'digest_scheduled', next: turn.now + dayMs, digests: 0 });
  } else if (digestAt <= turn.now) {
    if (overdue.length === 0) {
      turn.emit({ type: 'digest_scheduled', next: null, digests: 0 });
    } else {
      sendDigests(turn, overdue);
      const pause = digests + 1 < dailyDigests ? dayMs : 7 * dayMs;
      turn.emit({ type: 'digest_scheduled', next: turn.now + pause, digests: digests + 1 });
    }
  }
}

/** Each gets what lies with them; whoever made the flow gets all of it. */
function sendDigests(turn: Turn, overdue: Flow['tasks']): void {
  const creator = turn.flow.createdBy;
  for (const [assignee, tasks] of byAssignee(overdue)) {
    if (assignee.kind !== 'member' || assignee.id !== creator.id) orderTo(turn, 'digest', assignee, tasks);
  }
  if (creator.kind === 'member') {
    orderTo(turn, 'digest', { kind: 'member', id: creator.id, name: creator.name }, overdue);
  }
}

const hourMs = 3_600_000;

/** A member reminds whom a task lies with: at most once an hour for one task. */
export function remind(turn: Turn, taskId: string): void {
  needAdmin(turn.actor, 'remind someone of a task');
  const task = turn.task(taskId);
  needActive(turn.flow, turn.actor, turn.now, 'nobody is reminded of its tasks');
  needReady(turn, task);
  const { assignee, title, remindedAt } = task;
  if (assignee === null)
    throw new Refused('nobody_to_remind', `"${title}" lies with nobody. Assign it to somebody first. Nothing changed.`);
  if (isAssignedTo(assignee, turn.actor))
    throw new Refused('nobody_to_remind', `"${title}" lies with you, so there is nobody to remind. Nothing changed.`);
  const ago = turn.now - (remindedAt ?? 0);
  if (remindedAt && ago < hourMs) {
    const minutes = Math.ceil((hourMs - ago) / 60_000);
    throw new Refused(
      'reminded_lately',
      `${assignee.name} was reminded of "${title}" within the last hour. Try again in ${minutes === 1 ? '1 minute' : `${minutes} minutes`}. Nothing changed.`,
    );
  }
  turn.emit({ type: 'task_reminded', taskId });
  orderTo(turn, 'reminder', assignee, [task]);
}

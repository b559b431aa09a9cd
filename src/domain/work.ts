/** Doing tasks: complete, approve, reject, reopen, skip, comment. */
import { whyNotNeeded } from './condition.ts';
import { shortDate } from './dates.ts';
import { newDues } from './due.ts';
import {
  type Answers,
  type Comment,
  type CommentAudience,
  type Flow,
  isResolved,
  openDependencies,
  type Task,
} from './flow.ts';
import { answersProblem } from './form.ts';
import { needActive, needOpen, needUnpaused, setDues } from './lifecycle.ts';
import { needAdmin, needCommenter, needDoer } from './permission.ts';
import { refuse } from './refusal.ts';
import { needRoom } from './room.ts';
import { blockBehind, settle } from './settle.ts';
import type { Turn } from './turn.ts';

export function complete(turn: Turn, taskId: string, answers: Answers | null, comment: string): void {
  const task = turn.task(taskId);
  needDoer(turn.actor, task, 'complete');
  needActive(turn.flow, turn.actor, turn.now, "its tasks can't be completed");
  if (task.type === 'APPROVAL') {
    refuse(
      'is_approval',
      `"${task.title}" is an approval: approve or reject it instead of completing it. Nothing changed.`,
    );
  }
  needReady(turn, task);
  const problem = answersProblem(task, answers);
  if (problem !== null) refuse('answers_invalid', `${problem} Nothing changed.`);
  addComment(turn, task, comment);
  const kept = task.type === 'FORM' ? answers : null;
  turn.emit({ type: 'task_completed', taskId, answers: kept });
  if (comment !== '' || kept !== null) needRoom(turn);
  setDues(
    turn,
    newDues(turn.flow, (due) => due.from === 'answer' && due.step === task.key),
  );
  settle(turn);
}

export function approve(turn: Turn, taskId: string, comment: string): void {
  const task = decidable(turn, taskId, 'approve');
  addComment(turn, task, comment);
  turn.emit({ type: 'approval_given', taskId });
  if (comment !== '') needRoom(turn);
  settle(turn);
}

/**
 * The completed tasks it directly depends on become READY again, with the reason; the approval waits for them. Where
 * one was not needed, those before it stand in for it; one that a person skipped stays skipped. Where nothing is left
 * to redo, the approval itself comes round again.
 */
export function reject(turn: Turn, taskId: string, reason: string): void {
  const task = decidable(turn, taskId, 'reject');
  if (reason === '')
    refuse(
      'reason_needed',
      `Rejecting "${task.title}" needs a reason, so that others know what to change. Nothing changed.`,
    );
  const before = doneBefore(turn.flow, task);
  const again = turn.flow.tasks.filter((t) => before.has(t.id) && t.status === 'COMPLETED');
  addComment(turn, task, reason);
  turn.emit({ type: 'approval_rejected', taskId, reason });
  for (const t of again) {
    // Whoever has to do it again must know why.
    const audience = t.assignee?.kind === 'external' ? 'client' : 'internal';
    turn.emit({
      type: 'task_sent_back',
      taskId: t.id,
      approvalId: taskId,
      comment: newComment(turn, t, reason, audience),
    });
  }
  needRoom(turn);
  blockBehind(turn);
  settle(turn);
}

function doneBefore(flow: Flow, task: Task): ReadonlySet<string> {
  const byId = new Map(flow.tasks.map((t) => [t.id, t]));
  const before = new Set(task.dependsOn);
  // A set is walked in the order in which it grows, so what is added is walked too.
  for (const id of before) {
    const t = byId.get(id);
    if (t?.skippedBy === 'condition') for (const dep of t.dependsOn) before.add(dep);
  }
  return before;
}

export function reopen(turn: Turn, taskId: string, reason: string): void {
  needAdmin(turn.actor, 'reopen a task');
  const task = turn.task(taskId);
  needOpen(turn.flow, turn.now);
  needUnpaused(turn.flow, turn.actor, "its tasks can't be reopened");
  if (!isResolved(task))
    refuse('wrong_status', `"${task.title}" is ${task.status}, so there is nothing to reopen. Nothing changed.`);
  turn.emit({ type: 'task_reopened', taskId, reason });
  blockBehind(turn);
  settle(turn);
}

export function skip(turn: Turn, taskId: string, reason: string): void {
  needAdmin(turn.actor, 'skip a task');
  const task = turn.task(taskId);
  needOpen(turn.flow, turn.now);
  needUnpaused(turn.flow, turn.actor, "its tasks can't be skipped");
  if (isResolved(task)) refuse('already_done', doneSentence(turn.flow, task, turn.now));
  if (reason === '')
    refuse('reason_needed', `Skipping "${task.title}" needs a reason, so that others know why. Nothing changed.`);
  turn.emit({ type: 'task_skipped', taskId, reason });
  settle(turn);
}

export function comment(turn: Turn, taskId: string, text: string, audience: CommentAudience): void {
  const task = turn.task(taskId);
  needCommenter(turn.actor, task);
  needOpen(turn.flow, turn.now);
  addComment(turn, task, text, audience);
  needRoom(turn);
}

function decidable(turn: Turn, taskId: string, verb: string): Task {
  const task = turn.task(taskId);
  needDoer(turn.actor, task, verb);
  needActive(turn.flow, turn.actor, turn.now, "its approvals can't be decided");
  if (task.type !== 'APPROVAL') {
    refuse(
      'not_approval',
      `"${task.title}" is no approval, so there is nothing to ${verb}: complete it instead. Nothing changed.`,
    );
  }
  needReady(turn, task);
  return task;
}

/** Refuses unless the task can be done now; says what comes first, or who did it already. */
export function needReady(turn: Turn, task: Task): void {
  if (task.status === 'READY') return;
  if (isResolved(task)) refuse('already_done', doneSentence(turn.flow, task, turn.now));
  const open = openDependencies(turn.flow, task);
  const count = open.length === 1 ? '1 task' : `${open.length} tasks`;
  refuse(
    'task_not_ready',
    `Not done: "${task.title}" is blocked by ${count}. Complete ${open.length === 1 ? 'that' : 'those'} first, or ask an owner or admin to skip ${open.length === 1 ? 'it' : 'them'}. Nothing changed.`,
    open.map((t) => t.id),
  );
}

function doneSentence(flow: Flow, task: Task, now: number): string {
  if (task.skippedBy === 'condition') {
    return `"${task.title}" isn't needed: ${whyNotNeeded(flow, task)}. An owner or admin can reopen it if it is needed all the same. Nothing changed.`;
  }
  const word = task.status === 'SKIPPED' ? 'skipped' : task.type === 'APPROVAL' ? 'approved' : 'completed';
  const by = task.doneBy ? ` by ${task.doneBy.name}` : '';
  const when = task.doneAt === null ? '' : ` on ${shortDate(task.doneAt, now, flow.timeZone)}`;
  return `"${task.title}" was already ${word}${by}${when}. Nothing changed.`;
}

function addComment(turn: Turn, task: Task, text: string, audience: CommentAudience = 'internal'): void {
  if (text === '') return;
  turn.emit({ type: 'comment_added', taskId: task.id, comment: newComment(turn, task, text, audience) });
}

/** The id is unique in the flow: no event shares a version with another. */
function newComment(turn: Turn, task: Task, text: string, audience: CommentAudience): Comment {
  const version = turn.flow.version + 1;
  const mine = turn.actor.kind === 'external';
  return {
    id: `${task.id}-c${version}`,
    at: turn.now,
    by: turn.actor,
    text,
    audience: mine ? 'client' : audience,
    version,
  };
}

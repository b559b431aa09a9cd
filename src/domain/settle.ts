/** Readiness, kept true after every change: what waits, what may begin, and whether all is done. */
import { system } from './actor.ts';
import { whyNotNeeded } from './condition.ts';
import { dueOf } from './due.ts';
import { type Flow, isResolved, type Task, waitsFor } from './flow.ts';
import { dependentsOf } from './graph.ts';
import type { Turn } from './turn.ts';

const dependenciesDone = (flow: Flow): ((task: Task) => boolean) => {
  const resolved = new Set(flow.tasks.filter(isResolved).map((t) => t.id));
  const before = waitsFor(flow.tasks);
  return (task) => before(task).every((id) => resolved.has(id));
};

/**
 * Tasks whose dependencies are done become READY, or are skipped when their condition is not met, and what waits for
 * those goes on as if they were done. When all tasks are done, the flow is.
 */
export function settle(turn: Turn): void {
  if (turn.flow.status !== 'ACTIVE') return;
  for (let isSettled = false; !isSettled; ) {
    isSettled = true;
    const mayBegin = dependenciesDone(turn.flow);
    for (const t of turn.flow.tasks) {
      if ((t.status !== 'BLOCKED' && t.status !== 'REJECTED') || !mayBegin(t)) continue;
      const reason = whyNotNeeded(turn.flow, t);
      if (reason === null) {
        // A date set by hand while it waited stands, and days from the start were counted then.
        const dueAt = t.due?.from === 'start' ? t.dueAt : (t.dueAt ?? dueOf(turn.flow, t, turn.now));
        turn.emit({ type: 'task_ready', taskId: t.id, dueAt }, system);
      } else {
        turn.emit({ type: 'task_not_needed', taskId: t.id, reason }, system);
        isSettled = false;
      }
    }
  }
  if (turn.flow.tasks.every(isResolved)) turn.emit({ type: 'flow_completed' }, system);
}

/** After something done was undone: everything behind it that was READY, COMPLETED or not needed waits again. */
export function blockBehind(turn: Turn): void {
  const { tasks } = turn.flow;
  const before = waitsFor(tasks);
  const dependents = dependentsOf(new Map(tasks.map((t) => [t.id, before(t)])));
  const byId = new Map(tasks.map((t) => [t.id, t]));
  const open = tasks.filter((t) => !isResolved(t)).map((t) => t.id);
  const behind = new Set<string>();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const next of dependents.get(id) ?? []) {
      const task = byId.get(next);
      const wasDone = task?.status === 'COMPLETED' || task?.skippedBy === 'condition';
      if ((task?.status !== 'READY' && !wasDone) || behind.has(next)) continue;
      behind.add(next);
      if (wasDone) open.push(next);
    }
  }
  for (const t of tasks) if (behind.has(t.id)) turn.emit({ type: 'task_blocked', taskId: t.id }, system);
  releaseRevoked(turn);
}

/** Work that came back to a client whose invitation was revoked meanwhile lies with nobody. */
function releaseRevoked(turn: Turn): void {
  const revoked = new Set(turn.flow.externals.filter((e) => e.invitation === 'REVOKED').map((e) => e.id));
  for (const t of turn.flow.tasks) {
    if (!isResolved(t) && t.assignee?.kind === 'external' && revoked.has(t.assignee.id)) {
      turn.emit({ type: 'task_assigned', taskId: t.id, assignee: null }, system);
    }
  }
}

/** Readiness, kept true after every change: what waits, what may begin, and whether all is done. */
import { system } from './actor.ts';
import { endOfDay } from './dates.ts';
import { type Flow, isResolved, type Task } from './flow.ts';
import { dependentsOf } from './graph.ts';
import type { Turn } from './turn.ts';

const dependenciesDone = (flow: Flow): ((task: Task) => boolean) => {
  const resolved = new Set(flow.tasks.filter(isResolved).map((t) => t.id));
  return (task) => task.dependsOn.every((id) => resolved.has(id));
};

/** Tasks whose dependencies are done become READY; when all tasks are done, the flow is. */
export function settle(turn: Turn): void {
  if (turn.flow.status !== 'ACTIVE') return;
  const mayBegin = dependenciesDone(turn.flow);
  for (const t of turn.flow.tasks) {
    if ((t.status === 'BLOCKED' || t.status === 'REJECTED') && mayBegin(t)) {
      // A date set by hand while it waited stands.
      const dueAt = t.due?.from === 'ready' && t.dueAt === null ? endOfDay(turn.now, t.due.days) : t.dueAt;
      turn.emit({ type: 'task_ready', taskId: t.id, dueAt }, system);
    }
  }
  if (turn.flow.tasks.every(isResolved)) turn.emit({ type: 'flow_completed' }, system);
}

/** After something done was undone: everything behind it that was READY or COMPLETED waits again. */
export function blockBehind(turn: Turn): void {
  const { tasks } = turn.flow;
  const dependents = dependentsOf(new Map(tasks.map((t) => [t.id, t.dependsOn])));
  const byId = new Map(tasks.map((t) => [t.id, t]));
  const open = tasks.filter((t) => !isResolved(t)).map((t) => t.id);
  const behind = new Set<string>();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const next of dependents.get(id) ?? []) {
      const status = byId.get(next)?.status;
      if ((status !== 'READY' && status !== 'COMPLETED') || behind.has(next)) continue;
      behind.add(next);
      if (status === 'COMPLETED') open.push(next);
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

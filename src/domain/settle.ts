/** Readiness, kept true after every change: what waits, what may begin, and whether all is done. */
import { system } from './actor.ts';
import { endOfDay } from './dates.ts';
import { type Flow, isResolved, type Task } from './flow.ts';
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
      const dueAt = t.due?.from === 'ready' ? endOfDay(turn.now, t.due.days) : t.dueAt;
      turn.emit({ type: 'task_ready', taskId: t.id, dueAt }, system);
    }
  }
  if (turn.flow.tasks.every(isResolved)) turn.emit({ type: 'flow_completed' }, system);
}

/** After something done was undone: everything behind it that was READY or COMPLETED waits again. */
export function blockBehind(turn: Turn): void {
  for (;;) {
    const mayBegin = dependenciesDone(turn.flow);
    const behind = turn.flow.tasks.filter((t) => (t.status === 'READY' || t.status === 'COMPLETED') && !mayBegin(t));
    if (behind.length === 0) return;
    for (const t of behind) turn.emit({ type: 'task_blocked', taskId: t.id }, system);
  }
}

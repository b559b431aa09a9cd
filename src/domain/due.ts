/** When a task is due by its offset. */
import { answerTo } from './condition.ts';
import { addDays, dayMs, dayOf, endOf } from './dates.ts';
import type { Flow, Task } from './flow.ts';
import { limits } from './limits.ts';

export interface Due {
  readonly taskId: string;
  readonly dueAt: number;
}

/**
 * The end of the due day in the flow's time zone, in milliseconds; null without an offset, while what it counts from
 * has not happened, and for days outside the years a flow's dates may lie in. `readyAt`: when it became READY.
 */
export function dueOf(flow: Flow, task: Pick<Task, 'due'>, readyAt: number | null): number | null {
  const { due } = task;
  const from = due === null ? null : dayCountedFrom(flow, due, readyAt);
  if (due === null || from === null) return null;
  const dueAt = endOf(addDays(from, due.days, due.unit), flow.timeZone);
  return dueAt >= 0 && dueAt <= limits.moment ? dueAt : null;
}

function dayCountedFrom(flow: Flow, due: NonNullable<Task['due']>, readyAt: number | null): number | null {
  switch (due.from) {
    case 'start':
      return flow.startDate === null ? null : dayOf(flow.startDate, flow.timeZone);
    case 'ready':
      return readyAt === null ? null : dayOf(readyAt, flow.timeZone);
    case 'answer': {
      const day = answerTo(flow, due);
      return day === null ? null : Date.parse(day) / dayMs;
    }
  }
}

/** The due dates that became known with the flow's start, or with a form's answers. One set by hand before stands. */
export function newDues(flow: Flow, counts: (due: NonNullable<Task['due']>) => boolean): Due[] {
  return flow.tasks.flatMap((t) => {
    if (t.due === null || t.dueAt !== null || !counts(t.due) || t.status === 'COMPLETED') return [];
    const dueAt = dueOf(flow, t, t.readyAt);
    return dueAt === null ? [] : [{ taskId: t.id, dueAt }];
  });
}

/** DRAFT → ACTIVE ⇄ PAUSED → COMPLETED, or CANCELLED from any state that is not final. */
import { type Actor, isAdmin, system } from './actor.ts';
import { movedByPause, shortDate } from './dates.ts';
import { type Due, newDues } from './due.ts';
import type { Flow } from './flow.ts';
import { isFinal, isResolved } from './flow.ts';
import { needAdmin } from './permission.ts';
import { refuse } from './refusal.ts';
import { settle } from './settle.ts';
import type { Turn } from './turn.ts';

/** Refuses when the flow has ended: nothing changes it any more. */
export function needOpen(flow: Flow, now: number): void {
  if (!isFinal(flow.status)) return;
  const when = flow.finishedAt === null ? '' : ` on ${shortDate(flow.finishedAt, now, flow.timeZone)}`;
  const word = flow.status === 'COMPLETED' ? 'completed' : 'cancelled';
  refuse('flow_final', `${flow.name} was ${word}${when}, and that is final. Nothing changed.`);
}

/** Refuses while the flow is PAUSED. `what` is what can't be done: "its tasks can't be skipped". */
export function needUnpaused(flow: Flow, actor: Actor, what: string): void {
  if (flow.status !== 'PAUSED') return;
  const now = isAdmin(actor) ? 'Resume it first.' : 'An owner or admin can resume it.';
  refuse('flow_paused', `${flow.name} is paused, so ${what}. ${now} Nothing changed.`);
}

/** Refuses unless the flow is ACTIVE. `what` is what can't be done: "its tasks can't be completed". */
export function needActive(flow: Flow, actor: Actor, now: number, what: string): void {
  needOpen(flow, now);
  needUnpaused(flow, actor, what);
  if (flow.status !== 'DRAFT') return;
  const start = isAdmin(actor) ? 'Start it first.' : 'An owner or admin can start it.';
  refuse('flow_not_started', `${flow.name} has not started, so ${what}. ${start} Nothing changed.`);
}

export function start(turn: Turn, startDate: number | null): void {
  const { flow } = turn;
  needAdmin(turn.actor, 'start a flow');
  needOpen(flow, turn.now);
  if (flow.status === 'PAUSED')
    refuse('wrong_status', `${flow.name} is paused, not new. Resume it instead. Nothing changed.`);
  if (flow.status !== 'DRAFT') refuse('wrong_status', `${flow.name} is already running. Nothing changed.`);
  turn.emit({ type: 'flow_started', startDate: startDate ?? turn.now });
  setDues(
    turn,
    newDues(turn.flow, (due) => due.from === 'start'),
  );
  sendPending(turn);
  settle(turn);
}

export function pause(turn: Turn): void {
  needAdmin(turn.actor, 'pause a flow');
  needOpen(turn.flow, turn.now);
  if (turn.flow.status !== 'ACTIVE') {
    const so = turn.flow.status === 'PAUSED' ? 'is already paused' : 'has not started, so there is nothing to pause';
    refuse('wrong_status', `${turn.flow.name} ${so}. Nothing changed.`);
  }
  turn.emit({ type: 'flow_paused' });
}

export function resume(turn: Turn): void {
  const { flow } = turn;
  needAdmin(turn.actor, 'resume a flow');
  needOpen(flow, turn.now);
  if (flow.status === 'DRAFT')
    refuse('wrong_status', `${flow.name} has not started. Start it instead. Nothing changed.`);
  if (flow.status !== 'PAUSED') refuse('wrong_status', `${flow.name} is not paused. Nothing changed.`);
  const pausedAt = flow.pausedAt ?? turn.now;
  turn.emit({ type: 'flow_resumed', pausedMs: Math.max(0, turn.now - pausedAt) });
  setDues(turn, duesAfterPause(flow, pausedAt, turn.now));
  sendPending(turn);
  settle(turn);
}

export function cancel(turn: Turn, reason: string): void {
  needAdmin(turn.actor, 'cancel a flow');
  needOpen(turn.flow, turn.now);
  for (const t of turn.flow.tasks) {
    if (!isResolved(t)) turn.emit({ type: 'task_cancelled', taskId: t.id });
  }
  turn.emit({ type: 'flow_cancelled', reason });
}

export function rename(turn: Turn, name: string): void {
  needAdmin(turn.actor, 'rename a flow');
  needOpen(turn.flow, turn.now);
  if (turn.flow.name !== name) turn.emit({ type: 'flow_renamed', name });
}

/** Tells the tasks their due dates, when there are any. */
export function setDues(turn: Turn, dues: readonly Due[]): void {
  if (dues.length > 0) turn.emit({ type: 'dues_set', dues }, system);
}

const duesAfterPause = (flow: Flow, from: number, to: number): Due[] =>
  flow.tasks.flatMap((t) => {
    if (t.dueAt === null || t.doneAt !== null) return [];
    const dueAt = movedByPause(t.dueAt, from, to, flow.timeZone, t.due?.unit ?? 'calendar');
    return dueAt === t.dueAt ? [] : [{ taskId: t.id, dueAt }];
  });

/** Invitations that waited for the flow to run go out. */
function sendPending(turn: Turn): void {
  for (const e of turn.flow.externals) {
    if (e.invitation === 'PENDING') turn.emit({ type: 'invitation_sent', externalId: e.id });
  }
}

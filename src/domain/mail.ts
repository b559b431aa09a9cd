/** Which mails a turn causes. One mail a person and turn, however much became ready for them. */
import { system } from './actor.ts';
import {
  type Assignee,
  type ExternalUser,
  type Flow,
  findTask,
  isAssignedTo,
  isFinal,
  type MailKind,
  type MailOrder,
  type Task,
} from './flow.ts';
import { limits } from './limits.ts';
import type { Turn } from './turn.ts';

/** Orders what the turn's events call for: invitations, "your task is ready", "the flow is completed". */
export function orderMails(turn: Turn): void {
  const happened = [...turn.events];
  const invited = new Set(happened.flatMap((e) => (e.type === 'invitation_sent' ? [e.externalId] : [])));
  for (const external of isFinal(turn.flow.status) ? [] : turn.flow.externals) {
    if (invited.has(external.id)) {
      order(
        turn,
        'invitation',
        toExternal(external),
        tasksWith(turn.flow, { kind: 'external', id: external.id }),
        external.role,
      );
    }
  }
  if (turn.flow.status === 'ACTIVE') {
    const touched = happened.flatMap((e) => (e.type === 'task_ready' || e.type === 'task_assigned' ? [e.taskId] : []));
    const ready = [...new Set(touched)].map((id) => findTask(turn.flow, id)).filter((t) => t?.status === 'READY');
    for (const [assignee, tasks] of byAssignee(ready)) {
      if (isAssignedTo(assignee, turn.actor) || (assignee.kind === 'external' && invited.has(assignee.id))) continue;
      orderTo(turn, 'task_ready', assignee, tasks);
    }
  }
  const creator = turn.flow.createdBy;
  if (happened.some((e) => e.type === 'flow_completed') && creator.kind === 'member') {
    const to = { kind: 'member', id: creator.id, name: creator.name } as const;
    if (!isAssignedTo(to, turn.actor)) order(turn, 'flow_completed', to, []);
  }
}

/** Orders a mail about tasks to whom they lie with, unless that person takes no part any more. */
export function orderTo(turn: Turn, kind: MailKind, assignee: Assignee, tasks: readonly Task[]): void {
  if (assignee.kind === 'member') {
    order(turn, kind, assignee, tasks);
    return;
  }
  const external = turn.flow.externals.find((e) => e.id === assignee.id);
  if (external && (external.invitation === 'SENT' || external.invitation === 'ACCEPTED')) {
    order(turn, kind, toExternal(external), tasks, external.role);
  }
}

/** Tasks grouped by whom they lie with; those with nobody are left out. */
export function byAssignee(tasks: readonly (Task | undefined)[]): [Assignee, Task[]][] {
  const groups = new Map<string, [Assignee, Task[]]>();
  for (const task of tasks) {
    if (!task?.assignee) continue;
    const key = `${task.assignee.kind} ${task.assignee.id}`;
    const group = groups.get(key) ?? [task.assignee, []];
    group[1].push(task);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const toExternal = (e: ExternalUser): MailOrder['to'] => ({ kind: 'external', id: e.id, name: e.name, email: e.email });

const tasksWith = (flow: Flow, who: { kind: 'external'; id: string }): Task[] =>
  flow.tasks.filter((t) => t.status === 'READY' && t.assignee?.kind === who.kind && t.assignee.id === who.id);

export function order(turn: Turn, kind: MailKind, to: MailOrder['to'], tasks: readonly Task[], role = ''): void {
  if (turn.flow.outbox.length >= limits.mailsWaiting) {
    const why = `${limits.mailsWaiting} mails are waiting to be sent already`;
    turn.emit({ type: 'mail_failed', key: '', why }, system);
    return;
  }
  const from = turn.actor.kind === 'member' ? turn.actor.name : turn.flow.createdBy.name;
  const reasons = new Map(
    turn.events.flatMap((e) => (e.type === 'task_sent_back' ? [[e.taskId, e.comment.text]] : [])),
  );
  const mail: MailOrder = {
    key: `${turn.flow.id}/${turn.flow.mailsOrdered + 1}`,
    kind,
    to,
    from,
    role,
    tasks: tasks.map((t) => ({
      id: t.id,
      title: t.title,
      type: t.type,
      dueAt: t.dueAt,
      reason: reasons.get(t.id) ?? null,
    })),
    orderedAt: turn.now,
  };
  turn.emit({ type: 'mail_ordered', mail }, system);
}

/** Which mails a turn causes. One mail a person and turn, however much became ready for them. */
import { system } from './actor.ts';
import {
  type Assignee,
  type ExternalUser,
  type Flow,
  findTask,
  isAssignedTo,
  isFinal,
  isReminder,
  type MailKind,
  type MailOrder,
  type MailTask,
  type Task,
} from './flow.ts';
import { cut, lastComments } from './held-comments.ts';
import { limits } from './limits.ts';
import type { Turn } from './turn.ts';

/** Orders what the turn's events call for: invitations, "your task is ready", "the flow is completed". */
export function orderMails(turn: Turn): void {
  const happened = [...turn.events];
  const invited = new Set(happened.flatMap((e) => (e.type === 'invitation_sent' ? [e.externalId] : [])));
  for (const external of isFinal(turn.flow.status) ? [] : turn.flow.externals) {
    if (invited.has(external.id)) {
      const who = { kind: 'external', id: external.id, name: external.name } as const;
      // While the flow is paused nothing is to be done.
      orderTo(turn, 'invitation', who, turn.flow.status === 'PAUSED' ? [] : tasksWith(turn.flow, who));
    }
  }
  if (turn.flow.status === 'ACTIVE') {
    const touched = happened.flatMap((e) => {
      if (e.type === 'task_ready' || e.type === 'task_assigned') return [e.taskId];
      return e.type === 'flow_resumed' ? assignedSince(turn.flow, e.at - e.pausedMs) : [];
    });
    const ready = [...new Set(touched)].map((id) => findTask(turn.flow, id)).filter((t) => t?.status === 'READY');
    for (const [assignee, tasks] of byAssignee(ready)) {
      if (isAssignedTo(assignee, turn.actor) || (assignee.kind === 'external' && invited.has(assignee.id))) continue;
      orderTo(turn, 'task_ready', assignee, tasks);
    }
  }
  if (happened.some((e) => e.type === 'flow_completed')) orderEnd(turn, invited);
}

/** What came to lie with somebody while nobody was told of anything. */
const assignedSince = (flow: Flow, moment: number): string[] =>
  flow.tasks.flatMap((t) => (t.assignedAt !== undefined && t.assignedAt >= moment ? [t.id] : []));

/** To whoever started it, with what was said last, and to the clients who knew of it; not to whom did the last thing. */
function orderEnd(turn: Turn, invitedNow: ReadonlySet<string>): void {
  const host = turn.flow.startedBy ?? turn.flow.createdBy;
  if (host.kind === 'member') {
    const to = { kind: 'member', id: host.id, name: host.name } as const;
    if (!isAssignedTo(to, turn.actor)) orderWith(turn, 'flow_completed', to, lastComments(turn.flow, to));
  }
  for (const { id, name } of turn.flow.externals) {
    const to = { kind: 'external', id, name } as const;
    if (!isAssignedTo(to, turn.actor) && !invitedNow.has(id)) orderTo(turn, 'flow_completed', to, []);
  }
  for (const { to } of turn.flow.heldComments ?? []) {
    turn.emit({ type: 'comments_told', to, about: null }, system);
  }
}

/** Orders a mail about tasks to whom they lie with, unless that person takes no part any more. */
export const orderTo = (turn: Turn, kind: MailKind, assignee: Assignee, tasks: readonly Task[]): void =>
  orderWith(
    turn,
    kind,
    assignee,
    tasks.map((t) => aboutTask(t, assignee)),
  );

/** The same, about tasks in the mail's own shape; `from` is whoever acts unless given. */
export function orderWith(turn: Turn, kind: MailKind, to: Assignee, tasks: readonly MailTask[], from?: string): void {
  if (to.kind === 'member') {
    order(turn, { kind, to, tasks, role: '', from });
    return;
  }
  const external = turn.flow.externals.find((e) => e.id === to.id);
  if (external?.invitation !== 'SENT' && external?.invitation !== 'ACCEPTED') return;
  // What nobody asked for is not sent where it comes back from.
  if (isReminder(kind) && external.mailRefused) return;
  order(turn, { kind, to: toExternal(external), tasks, role: external.role, from });
}

const aboutTask = (t: Task, to: Pick<Assignee, 'kind' | 'id'>): MailTask => {
  const theirs = t.assignee?.kind === to.kind && t.assignee.id === to.id;
  return {
    ...{ id: t.id, title: t.title, type: t.type, dueAt: t.dueAt },
    reason: t.sentBack ? cut(t.sentBack.text, limits.mailReason) : null,
    ...(t.sentBack && { reasonBy: t.sentBack.by }),
    ...(!theirs && { with: t.assignee?.name ?? 'nobody yet' }),
  };
};

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

type Wanted = Pick<MailOrder, 'kind' | 'to' | 'tasks' | 'role'> & { readonly from: string | undefined };

/** What these list is all there is at the time: a newer one makes an older one needless. */
const tellsAll: ReadonlySet<MailKind> = new Set(['invitation', 'digest']);

function order(turn: Turn, { kind, to, tasks, role, from }: Wanted): void {
  const { outbox } = turn.flow;
  const { mailsFit } = turn.rules;
  // Where they have to fit, that is seen to when all of the turn's are known.
  if (!mailsFit && outbox.length >= limits.mailsWaiting) {
    const why = `${limits.mailsWaiting} mails are waiting to be sent already`;
    turn.emit({ type: 'mail_failed', key: '', to: null, why }, system);
    return;
  }
  const listed = tasks.length > limits.mailTasks ? sentBackFirst(tasks).slice(0, limits.mailTasks) : tasks;
  const mail: MailOrder = {
    key: `${turn.flow.id}/${turn.flow.mailsOrdered + 1}`,
    ...{ kind, to, role, tasks: listed },
    ...(listed.length < tasks.length && { more: tasks.length - listed.length }),
    from: from ?? (turn.actor.kind === 'member' ? turn.actor.name : turn.flow.createdBy.name),
    orderedAt: turn.now,
  };
  const waiting = mailsFit && tellsAll.has(kind) ? outbox.find((m) => m.kind === kind && isTo(m, to)) : undefined;
  turn.emit({ type: 'mail_ordered', mail, ...(waiting && { insteadOf: waiting.key }) }, system);
}

const isTo = (mail: MailOrder, to: MailOrder['to']): boolean => mail.to.kind === to.kind && mail.to.id === to.id;

/** What a mail says first of all, however much else it is about. */
const sentBackFirst = (tasks: readonly MailTask[]): readonly MailTask[] => [
  ...tasks.filter((t) => t.reason !== null),
  ...tasks.filter((t) => t.reason === null),
];

/** Who may do what in a flow. Every refusal says who may. */
import { type Actor, isAdmin } from './actor.ts';
import { type Flow, isAssignedTo, type Task } from './flow.ts';
import { refuse } from './refusal.ts';

/** OWNER and ADMIN only. `what` completes "can": "start a flow". */
export function needAdmin(actor: Actor, what: string): void {
  if (!isAdmin(actor)) {
    refuse('not_allowed', `Only an owner or admin of the organization can ${what}. Nothing changed.`);
  }
}

/** An external user acts only while invited to this very flow: a revoked invitation ends it, whatever they still hold. */
export function needPart(flow: Flow, actor: Actor): void {
  if (actor.kind !== 'external') return;
  const invitation = flow.externals.find((e) => e.id === actor.id)?.invitation;
  if (invitation === 'SENT' || invitation === 'ACCEPTED') return;
  const so =
    invitation === 'REVOKED' ? `Your invitation to ${flow.name} was revoked` : 'You are not invited to this flow';
  refuse('not_allowed', `${so}. Ask an owner or admin of the organization for an invitation. Nothing changed.`);
}

/** Doing a task: OWNER and ADMIN any, a MEMBER theirs and unassigned ones, an external user only their own. */
export function needDoer(actor: Actor, task: Task, what: string): void {
  if (isAdmin(actor) || isAssignedTo(task.assignee, actor)) return;
  if (actor.kind === 'member' && task.assignee === null) return;
  const whose = task.assignee ? `${task.assignee.name}, or an owner or admin,` : 'A member of the organization';
  refuse('not_allowed', `${whose} can ${what} "${task.title}"; you can't. Nothing changed.`);
}

/** A MEMBER comments on tasks that are theirs or unassigned, an external user on their own. */
export const needCommenter = (actor: Actor, task: Task): void => needDoer(actor, task, 'comment on');

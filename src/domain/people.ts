/** Who a task lies with, and which clients take part. */
import type { Invitee } from './command.ts';
import { isErased } from './erasure.ts';
import { type Assignee, type ExternalUser, isAssignedTo, isResolved } from './flow.ts';
import { needOpen, needUnpaused } from './lifecycle.ts';
import { limits } from './limits.ts';
import { needAdmin } from './permission.ts';
import { Refused, refuse } from './refusal.ts';
import { needRoom } from './room.ts';
import type { Turn } from './turn.ts';

type AssigneeChoice = { kind: 'member'; id: string; name: string } | { kind: 'external'; id: string };

/** That a member belongs to the org is the caller's to know; that an external user takes part is known here. */
export function assign(turn: Turn, taskId: string, choice: AssigneeChoice | null): void {
  needAdmin(turn.actor, 'assign a task');
  const task = turn.task(taskId);
  needOpen(turn.flow, turn.now);
  if (isResolved(task)) {
    refuse('already_done', `"${task.title}" is ${task.status}, so there is nobody to assign it to. Nothing changed.`);
  }
  const assignee = choice === null ? null : named(turn, choice);
  if (task.assignee?.kind === assignee?.kind && task.assignee?.id === assignee?.id) return;
  turn.emit({ type: 'task_assigned', taskId, assignee });
}

function named(turn: Turn, choice: AssigneeChoice): Assignee {
  if (choice.kind === 'member') return choice;
  const external = participating(turn, choice.id);
  return { kind: 'external', id: external.id, name: external.name };
}

export function setDue(turn: Turn, taskId: string, dueAt: number | null): void {
  needAdmin(turn.actor, 'move a due date');
  const task = turn.task(taskId);
  needOpen(turn.flow, turn.now);
  needUnpaused(turn.flow, turn.actor, 'its due dates stand still and move when it resumes');
  if (isResolved(task))
    refuse('already_done', `"${task.title}" is ${task.status}, so its due date no longer counts. Nothing changed.`);
  if (task.dueAt !== dueAt) turn.emit({ type: 'due_changed', taskId, dueAt });
}

/** What became of one address in an invitation. */
export interface InviteOutcome {
  readonly externalId: string;
  readonly email: string;
  readonly status: 'invited' | 'already_invited' | 'too_many';
}

/** Invites each who can be; refuses only when nobody could. Sent at once if ACTIVE, else when the flow runs. */
export function invite(turn: Turn, people: readonly Invitee[]): InviteOutcome[] {
  needAdmin(turn.actor, 'invite someone to a flow');
  needOpen(turn.flow, turn.now);
  const outcomes = people.map((person) => inviteOne(turn, person));
  const first = outcomes[0];
  if (first && outcomes.every((o) => o.status !== 'invited')) {
    const who = outcomes.length === 1 ? first.email : `All ${outcomes.length} people`;
    if (outcomes.some((o) => o.status === 'too_many')) {
      refuse(
        'too_large',
        `A flow takes ${limits.externalsPerFlow} external users at most, and ${turn.flow.name} has them. Nothing changed.`,
      );
    }
    refuse(
      'already_invited',
      `${who} ${outcomes.length === 1 ? 'is' : 'are'} already invited to ${turn.flow.name}. Nothing changed.`,
    );
  }
  needRoom(turn);
  return outcomes;
}

function inviteOne(turn: Turn, person: Invitee): InviteOutcome {
  const email = person.email.toLowerCase();
  const known = turn.flow.externals.find((e) => e.email === email);
  if (known && known.invitation !== 'REVOKED') return { externalId: known.id, email, status: 'already_invited' };
  if (!known && turn.flow.externals.length >= limits.externalsPerFlow) {
    return { externalId: person.externalId, email, status: 'too_many' };
  }
  const id = known?.id ?? person.externalId;
  if (!known && turn.flow.externals.some((e) => e.id === id && !isErased(e))) {
    refuse('bad_command', `The id ${id} is that of another external user of this flow. Nothing changed.`);
  }
  const external = {
    id,
    email,
    name: person.name,
    role: person.role,
    invitedAt: turn.now,
  };
  turn.emit({ type: 'external_invited', external });
  for (const t of turn.flow.tasks) {
    const mayCome = !isResolved(t) || t.skippedBy === 'condition';
    if (t.assignee === null && mayCome && t.hint.kind === 'client' && roleFits(t.hint.role, person.role)) {
      turn.emit({
        type: 'task_assigned',
        taskId: t.id,
        assignee: { kind: 'external', id: external.id, name: external.name },
      });
    }
  }
  if (turn.flow.status === 'ACTIVE') turn.emit({ type: 'invitation_sent', externalId: external.id });
  return { externalId: external.id, email, status: 'invited' };
}

const roleFits = (wanted: string, role: string): boolean =>
  wanted === '' || wanted.toLowerCase() === role.toLowerCase();

/** The client takes no further part; their open tasks lie with nobody. */
export function revoke(turn: Turn, externalId: string): void {
  needAdmin(turn.actor, 'revoke an invitation');
  needOpen(turn.flow, turn.now);
  const external = participating(turn, externalId);
  turn.emit({ type: 'invitation_revoked', externalId: external.id });
  for (const t of turn.flow.tasks) {
    if (t.assignee?.kind === 'external' && t.assignee.id === externalId && !isResolved(t)) {
      turn.emit({ type: 'task_assigned', taskId: t.id, assignee: null });
    }
  }
}

/** In any status: whoever asks for it has a right to it. Erased once more, nothing changes. */
export function erase(turn: Turn, externalId: string): void {
  needAdmin(turn.actor, "erase a client's data");
  const external = turn.flow.externals.find((e) => e.id === externalId);
  if (!external)
    throw new Refused(
      'external_unknown',
      `${turn.flow.name} has no external user with the id ${externalId}. Nothing changed.`,
    );
  if (isErased(external)) return;
  turn.emit({ type: 'external_erased', externalId });
  for (const t of turn.flow.tasks) {
    if (t.assignee?.kind === 'external' && t.assignee.id === externalId && !isResolved(t) && t.status !== 'CANCELLED')
      turn.emit({ type: 'task_assigned', taskId: t.id, assignee: null });
  }
}

export function resend(turn: Turn, externalId: string): void {
  const self = turn.actor.kind === 'external' && turn.actor.id === externalId;
  if (!self) needAdmin(turn.actor, 'send an invitation again');
  needOpen(turn.flow, turn.now);
  const external = participating(turn, externalId);
  // Whoever was let in before may look at a paused flow, so may ask for the way back to it.
  const back = self && turn.flow.status === 'PAUSED';
  if (turn.flow.status !== 'ACTIVE' && !back) {
    refuse(
      'wrong_status',
      `${turn.flow.name} is ${turn.flow.status}; invitations go out when it runs. Nothing changed.`,
    );
  }
  turn.emit({ type: 'invitation_sent', externalId: external.id });
}

export function accept(turn: Turn, externalId: string): void {
  if (!isAssignedTo({ kind: 'external', id: externalId, name: '' }, turn.actor)) {
    refuse('not_allowed', 'Only the invited person can accept an invitation. Nothing changed.');
  }
  needOpen(turn.flow, turn.now);
  if (participating(turn, externalId).invitation !== 'ACCEPTED') turn.emit({ type: 'invitation_accepted', externalId });
}

function participating(turn: Turn, externalId: string): ExternalUser {
  const found = turn.flow.externals.find((e) => e.id === externalId);
  if (!found)
    return refuse(
      'external_unknown',
      `${turn.flow.name} has no external user with the id ${externalId}. Invite them first. Nothing changed.`,
    );
  if (found.invitation === 'REVOKED') {
    return refuse(
      'external_unknown',
      `The invitation of ${found.email} to ${turn.flow.name} was revoked. Invite them again first. Nothing changed.`,
    );
  }
  return found;
}

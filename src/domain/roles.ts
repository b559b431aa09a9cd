/** The roles that a template's steps name, and the people they are filled with when a flow is made. */
import type { Actor } from './actor.ts';
import type { Invitee } from './command.ts';
import { type Decision, decide } from './decide.ts';
import type { Flow, Task } from './flow.ts';
import { sameRole } from './template.ts';

export interface FilledRole {
  readonly role: string;
  readonly of: 'member' | 'client';
  /** Whom its tasks lie with; null when it is not filled. */
  readonly person: string | null;
}

export interface Client {
  readonly role: string;
  readonly person: Invitee;
}

const hasRole = (task: Task, kind: 'role' | 'client', role: string): boolean =>
  task.hint.kind === kind && sameRole(task.hint.role, role);

/** The roles of a flow's tasks, each once, and who has them. */
export function rolesIn(flow: Pick<Flow, 'tasks'>): FilledRole[] {
  const roles: FilledRole[] = [];
  for (const { hint } of flow.tasks) {
    if ((hint.kind !== 'role' && hint.kind !== 'client') || hint.role === '') continue;
    const of = hint.kind === 'role' ? 'member' : 'client';
    if (roles.some((r) => r.of === of && sameRole(r.role, hint.role))) continue;
    const theirs = flow.tasks.filter((t) => hasRole(t, hint.kind, hint.role));
    const person = theirs.find((t) => t.assignee !== null)?.assignee?.name ?? null;
    roles.push({ role: hint.role, of, person });
  }
  return roles;
}

/**
 * A new flow with the clients of its roles invited, each once however many roles they have, and their tasks theirs.
 * The mails go out when it starts. A refusal when they can't be invited.
 */
export function withClients(flow: Flow, clients: readonly Client[], by: Actor, at: number): Decision {
  let decision: Decision = { ok: true, flow, events: [], invited: [] };
  for (const { email } of new Map(clients.map((c) => [c.person.email, c.person])).values()) {
    const theirs = clients.filter((c) => c.person.email === email);
    const [first] = theirs;
    if (!first || !decision.ok) continue;
    const role = theirs.map((c) => c.role).join(', ');
    decision = decide(decision.flow, { type: 'invite', people: [{ ...first.person, role }] }, by, at);
    for (const task of flow.tasks.filter((t) => theirs.some((c) => hasRole(t, 'client', c.role)))) {
      const assignee = { kind: 'external', id: first.person.externalId } as const;
      if (decision.ok) decision = decide(decision.flow, { type: 'assign', taskId: task.id, assignee }, by, at);
    }
  }
  return decision;
}

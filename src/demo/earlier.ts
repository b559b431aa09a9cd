/** Flows that ran and ended before the demo begins: what a forecast goes by. Played by the rules, at their own time. */
import type { Actor } from '../domain/actor.ts';
import type { Command } from '../domain/command.ts';
import { createFlow } from '../domain/create.ts';
import { dayMs } from '../domain/dates.ts';
import { type Decision, decide } from '../domain/decide.ts';
import type { Flow, Task } from '../domain/flow.ts';
import type { Client } from '../domain/roles.ts';
import { withClients } from '../domain/roles.ts';
import { type AssigneeHint, sameRole } from '../domain/template.ts';
import type { Email, ScriptedAnswers } from './script.ts';
import { answersOn } from './script.ts';
import type { PublishedTemplate } from './templates/published.ts';

export interface EarlierFlow {
  /** Stays the same, and is unique in its org. */
  readonly key: string;
  readonly name: string;
  /** The member who made it, and did what lay with nobody. */
  readonly by: Email;
  readonly template: PublishedTemplate['id'];
  readonly startedDaysAgo: number;
  readonly members: Readonly<Record<string, Email>>;
  readonly clients: readonly { readonly role: string; readonly email: Email; readonly name: string }[];
  /** How many days each step took, by its key. */
  readonly took: Readonly<Record<string, number>>;
  /** By step; dates count from the start. */
  readonly answers: Readonly<Record<string, ScriptedAnswers>>;
}

interface Made {
  readonly flowId: string;
  readonly orgId: string;
  readonly template: PublishedTemplate;
  readonly taskId: (key: string) => string;
  readonly member: (email: Email) => Extract<Actor, { kind: 'member' }>;
  readonly invitee: (client: EarlierFlow['clients'][number]) => Client['person'];
  readonly now: number;
}

/** The flow as it ended, with no mail left to send. Throws when the rules refuse something, or it does not end. */
export function playEarlier(script: EarlierFlow, made: Made): Flow {
  const { template, id } = { template: made.template.template, id: made.template.id };
  const start = made.now - script.startedDaysAgo * dayMs;
  const by = made.member(script.by);
  const memberFor = (hint: AssigneeHint): { id: string; name: string } | null => {
    const found = Object.entries(script.members).find(([role]) => hint.kind === 'role' && sameRole(role, hint.role));
    if (!found) return null;
    const { id, name } = made.member(found[1]);
    return { id, name };
  };
  const draft = createFlow({
    id: made.flowId,
    orgId: made.orgId,
    name: script.name,
    template: { id, name: template.name, version: 1 },
    steps: template.steps,
    timeZone: 'UTC',
    by,
    at: start,
    memberFor,
    taskId: made.taskId,
  });
  const clients = script.clients.map((c) => ({ role: c.role, person: made.invitee(c) }));
  let flow = after(script, withClients(draft, clients, by, start));
  flow = after(script, decide(flow, { type: 'start', startDate: start }, by, start));
  for (const { id: externalId, name } of flow.externals) {
    const who: Actor = { kind: 'external', id: externalId, name, through: 'portal' };
    flow = after(script, decide(flow, { type: 'accept_invitation', externalId }, who, start));
  }
  while (flow.status === 'ACTIVE') {
    const [next] = flow.tasks
      .flatMap((task) => (task.status === 'READY' ? [{ task, at: endOf(script, task) }] : []))
      .sort((a, b) => a.at - b.at);
    if (!next) throw new Error(`${script.name} stands still.`);
    flow = after(script, decide(flow, doing(script, next.task, start), doer(script, next.task, made, by), next.at));
  }
  return { ...flow, outbox: [] };
}

function after(script: EarlierFlow, decision: Decision): Flow {
  if (!decision.ok) throw new Error(`The demo flow "${script.name}": ${decision.refusal.message}`);
  return decision.flow;
}

function endOf(script: EarlierFlow, { key, readyAt }: Task): number {
  const days = script.took[key];
  if (days === undefined || readyAt === null) throw new Error(`${script.name} does not say how long "${key}" took.`);
  return readyAt + days * dayMs;
}

function doing(script: EarlierFlow, { id: taskId, key, type }: Task, start: number): Command {
  if (type === 'APPROVAL') return { type: 'approve', taskId, comment: '' };
  const answers = script.answers[key];
  return { type: 'complete', taskId, answers: answers ? answersOn(start, answers) : null, comment: '' };
}

function doer(script: EarlierFlow, { assignee }: Task, made: Made, by: Actor): Actor {
  if (assignee?.kind === 'external')
    return { kind: 'external', id: assignee.id, name: assignee.name, through: 'portal' };
  return (
    Object.values(script.members)
      .map(made.member)
      .find((m) => m.id === assignee?.id) ?? by
  );
}

/** A new DRAFT flow from a template's steps: all tasks and dependencies, nobody invited, nothing due. */
import type { Actor } from './actor.ts';
import type { Assignee, Flow, Task } from './flow.ts';
import type { AssigneeHint, Step } from './template.ts';

export interface NewFlow {
  readonly id: string;
  readonly orgId: string;
  readonly name: string;
  readonly template: { readonly id: string; readonly name: string; readonly version: number };
  /** Steps that `readTemplate` accepted. */
  readonly steps: readonly Step[];
  /** An IANA time zone. */
  readonly timeZone: string;
  readonly by: Actor;
  readonly at: number;
  /** Who of the org does the steps that are meant for a role, or for a certain member; nobody when left out. */
  readonly memberFor?: (hint: AssigneeHint) => { readonly id: string; readonly name: string } | null;
  /** The id of the task made from the step with this key; the same for the same flow and key. */
  readonly taskId: (key: string) => string;
}

export function createFlow(from: NewFlow): Flow {
  const tasks: Task[] = from.steps.map((step, position) => ({
    id: from.taskId(step.key),
    key: step.key,
    position,
    title: step.title,
    description: step.description,
    type: step.type,
    fields: step.fields,
    hint: step.assignee,
    due: step.due,
    condition: step.condition,
    dependsOn: step.dependsOn.map(from.taskId),
    status: 'BLOCKED',
    skippedBy: null,
    assignee: assigneeOf(step.assignee, from),
    dueAt: null,
    readyAt: null,
    doneAt: null,
    doneBy: null,
    answers: null,
    round: 1,
    notedDueAt: null,
    comments: [],
    version: 1,
  }));
  return {
    id: from.id,
    orgId: from.orgId,
    name: from.name,
    template: from.template,
    status: 'DRAFT',
    timeZone: from.timeZone,
    createdAt: from.at,
    createdBy: from.by,
    startDate: null,
    pausedAt: null,
    finishedAt: null,
    tasks,
    externals: [],
    feed: [
      {
        seq: 1,
        at: from.at,
        by: from.by,
        what: 'flow_created',
        taskId: null,
        text: `created the flow from "${from.template.name}"`,
      },
    ],
    feedLength: 1,
    digestAt: null,
    digests: 0,
    outbox: [],
    mailsOrdered: 0,
    version: 1,
  };
}

function assigneeOf(hint: AssigneeHint, { by, memberFor }: NewFlow): Assignee | null {
  if (hint.kind === 'starter') return by.kind === 'member' ? { kind: 'member', id: by.id, name: by.name } : null;
  const member = memberFor?.(hint) ?? null;
  return member && { kind: 'member', id: member.id, name: member.name };
}

/** A flow as data: everything the workflow carries from run to run. Moments are milliseconds since 1970, UTC. */
import type { Actor } from './actor.ts';
import type { AssigneeHint, Condition, DueOffset, FormField, TaskType } from './template.ts';

export const flowStatuses = ['DRAFT', 'ACTIVE', 'PAUSED', 'COMPLETED', 'CANCELLED'] as const;
export type FlowStatus = (typeof flowStatuses)[number];

export const taskStatuses = ['BLOCKED', 'READY', 'COMPLETED', 'REJECTED', 'SKIPPED', 'CANCELLED'] as const;
export type TaskStatus = (typeof taskStatuses)[number];

export const invitationStatuses = ['PENDING', 'SENT', 'ACCEPTED', 'REVOKED'] as const;
export type InvitationStatus = (typeof invitationStatuses)[number];

export type SkippedBy = 'person' | 'condition';

/** Who a task lies with. The name is the one at the time of assigning. */
export type Assignee = { kind: 'member'; id: string; name: string } | { kind: 'external'; id: string; name: string };

/** `internal`: for members only. `client`: for the client whose task it is on, too. */
export const commentAudiences = ['internal', 'client'] as const;
export type CommentAudience = (typeof commentAudiences)[number];

export interface Comment {
  readonly id: string;
  readonly at: number;
  readonly by: Actor;
  readonly text: string;
  readonly audience: CommentAudience;
  /** The flow's version with this comment. */
  readonly version: number;
}

/** Form answers by field key: text as it was written, an option, a day YYYY-MM-DD, or ids of files joined by commas. */
export type Answers = Readonly<Record<string, string>>;

export interface Task {
  readonly id: string;
  readonly key: string;
  /** Its place among the flow's tasks, from 0, as in the template. */
  readonly position: number;
  readonly title: string;
  readonly description: string;
  readonly type: TaskType;
  readonly fields: readonly FormField[];
  readonly hint: AssigneeHint;
  readonly due: DueOffset | null;
  /** Null: it is always done. */
  readonly condition: Condition | null;
  /** Ids of the tasks of this flow that come first. */
  readonly dependsOn: readonly string[];
  readonly status: TaskStatus;
  /** What made it SKIPPED: a person, or its condition; null while it is not. */
  readonly skippedBy: SkippedBy | null;
  readonly assignee: Assignee | null;
  readonly dueAt: number | null;
  readonly readyAt: number | null;
  readonly doneAt: number | null;
  readonly doneBy: Actor | null;
  readonly answers: Answers | null;
  /** How often this came round: 1 at first, one more for each rejection that sent it back. */
  readonly round: number;
  /** The due moment that was already reported as passed, so it is reported once. */
  readonly notedDueAt: number | null;
  /** When it came to lie with whom it lies with now; absent while that never changed. */
  readonly assignedAt?: number;
  /** When its assignee was last reminded by hand. */
  readonly remindedAt?: number | null;
  /** Why it was sent back and by whom, until it is done again. */
  readonly sentBack?: { readonly by: string; readonly text: string } | null;
  readonly comments: readonly Comment[];
  /** The flow's version at the last change of this task. */
  readonly version: number;
}

export interface ExternalUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  /** Free text, such as "client reviewer". */
  readonly role: string;
  readonly invitation: InvitationStatus;
  readonly invitedAt: number;
  /** What the mail server said when it refused their address for good; null when it took a mail since. */
  readonly mailRefused?: string | null;
  readonly version: number;
}

/** One line of the activity feed. `text` follows the actor's name: 'completed "Send contract draft"'. */
export interface FeedEntry {
  readonly seq: number;
  readonly at: number;
  readonly by: Actor;
  readonly what: string;
  readonly taskId: string | null;
  readonly text: string;
}

export const mailKinds = [
  'invitation',
  'task_ready',
  'due',
  'digest',
  /** A reminder that a member sends by hand. */
  'reminder',
  'comment',
  'flow_completed',
] as const;
export type MailKind = (typeof mailKinds)[number];

/** What Booflow sends by itself because time passed: what a person may switch off. */
export const isReminder = (kind: MailKind): boolean => kind === 'due' || kind === 'digest';

export interface MailTask {
  readonly id: string;
  readonly title: string;
  readonly type: TaskType;
  readonly dueAt: number | null;
  /** Why it came back, when a rejection sent it back. */
  readonly reason: string | null;
  /** Who sent it back. */
  readonly reasonBy?: string;
  /** Whom it lies with, when that is not the one who is written to. */
  readonly with?: string;
  /** What others said of it that this mail tells. */
  readonly comments?: readonly { readonly by: string; readonly text: string }[];
}

/** A mail the flow wants sent. The key makes sending it again do nothing. */
export interface MailOrder {
  readonly key: string;
  readonly kind: MailKind;
  readonly to:
    | { kind: 'member'; id: string; name: string }
    | { kind: 'external'; id: string; name: string; email: string };
  readonly from: string;
  readonly role: string;
  readonly tasks: readonly MailTask[];
  /** How many tasks more it is about, which it does not list. */
  readonly more?: number;
  readonly orderedAt: number;
}

/** Comments that somebody is to be told of, gathered until `at` so that they make one mail. */
export interface HeldComments {
  readonly to: Assignee;
  readonly at: number;
  readonly comments: readonly { readonly taskId: string; readonly commentId: string }[];
}

export interface Flow {
  readonly id: string;
  readonly orgId: string;
  readonly name: string;
  readonly template: { readonly id: string; readonly name: string; readonly version: number };
  readonly status: FlowStatus;
  /** An IANA time zone. Due dates are days in it. */
  readonly timeZone: string;
  readonly createdAt: number;
  readonly createdBy: Actor;
  /** Who started it; absent before. */
  readonly startedBy?: Actor;
  /** The start date that due dates count from; may lie before the moment of starting. */
  readonly startDate: number | null;
  readonly pausedAt: number | null;
  readonly finishedAt: number | null;
  readonly tasks: readonly Task[];
  readonly externals: readonly ExternalUser[];
  /** The entries not yet in the read model and some before them; `feedLength` counts all there ever were. */
  readonly feed: readonly FeedEntry[];
  readonly feedLength: number;
  /** When the next digest of overdue tasks is due, and how many went out since something was last not overdue. */
  readonly digestAt: number | null;
  readonly digests: number;
  readonly outbox: readonly MailOrder[];
  readonly heldComments?: readonly HeldComments[];
  readonly mailsOrdered: number;
  /** One more with every event. */
  readonly version: number;
}

export const isFinal = (status: FlowStatus): boolean => status === 'COMPLETED' || status === 'CANCELLED';

/** COMPLETED or SKIPPED: nothing waits for it any more. */
export const isResolved = (task: Pick<Task, 'status'>): boolean =>
  task.status === 'COMPLETED' || task.status === 'SKIPPED';

/** A READY task past its due date while the flow runs. Derived, never stored. */
export const isOverdue = (flow: Pick<Flow, 'status'>, task: Pick<Task, 'status' | 'dueAt'>, now: number): boolean =>
  flow.status === 'ACTIVE' && task.status === 'READY' && task.dueAt !== null && task.dueAt < now;

/** Does this assignee mean this actor? */
export const isAssignedTo = (assignee: Assignee | null, actor: Actor): boolean =>
  assignee !== null && assignee.kind === actor.kind && assignee.id === actor.id;

export const findTask = (flow: Flow, taskId: string): Task | undefined => flow.tasks.find((t) => t.id === taskId);

/**
 * What a task waits for: the tasks it depends on, and the form its condition is on. That form comes before them, and yet
 * may be open when they are not: those between can be skipped by hand.
 */
export function waitsFor(tasks: readonly Task[]): (task: Task) => readonly string[] {
  const byKey = new Map(tasks.map((t) => [t.key, t.id]));
  return ({ condition, dependsOn }) => {
    const form = condition === null ? undefined : byKey.get(condition.step);
    return form === undefined || dependsOn.includes(form) ? dependsOn : [...dependsOn, form];
  };
}

/** The tasks that must come first and have not been done. */
export function openDependencies(flow: Flow, task: Task): Task[] {
  const wanted = new Set(waitsFor(flow.tasks)(task));
  return flow.tasks.filter((t) => wanted.has(t.id) && !isResolved(t));
}

export interface Progress {
  /** Tasks done. */
  readonly done: number;
  /** Tasks that count: SKIPPED and CANCELLED ones do not. */
  readonly counting: number;
  /** Rounded down; 100 only when the flow is COMPLETED. */
  readonly percent: number;
}

export function progress(flow: Pick<Flow, 'status'> & { readonly tasks: readonly Pick<Task, 'status'>[] }): Progress {
  const counting = flow.tasks.filter((t) => t.status !== 'SKIPPED' && t.status !== 'CANCELLED').length;
  const done = flow.tasks.filter((t) => t.status === 'COMPLETED').length;
  if (flow.status === 'COMPLETED') return { done, counting, percent: 100 };
  const percent = counting === 0 ? 0 : Math.floor((100 * done) / counting);
  return { done, counting, percent: Math.min(percent, 99) };
}

/** A flow as it is told: what a command's answer needs, and the details operators read. */
import { shortDate } from './dates.ts';
import {
  type Assignee,
  type ExternalUser,
  type FeedEntry,
  type Flow,
  type FlowStatus,
  isOverdue,
  type Progress,
  progress,
  type Task,
  type TaskStatus,
} from './flow.ts';
import { findOutcome, isProjected, type Ledger, type Outcome } from './ledger.ts';
import type { TaskType } from './template.ts';

export interface TaskBrief {
  readonly id: string;
  readonly title: string;
  readonly type: TaskType;
  readonly status: TaskStatus;
  readonly assignee: Assignee | null;
  readonly dueAt: number | null;
  readonly round: number;
}

/** The answer to "what became of this command?"; `outcome` null: not applied yet. */
export interface CommandAnswer {
  readonly outcome: Outcome | null;
  /** Does the read model have the command's effects? */
  readonly projected: boolean;
  readonly flow: {
    readonly id: string;
    readonly name: string;
    readonly status: FlowStatus;
    readonly progress: Progress;
    /** Its days are days in it. Left out by a worker of an older release. */
    readonly timeZone?: string;
  };
  /** The tasks the outcome speaks of, with the one that the command was about where it was done. */
  readonly tasks: readonly TaskBrief[];
}

/** A flow as its workflow has it. */
export interface Snapshot {
  readonly flow: Flow;
  readonly projectedVersion: number;
}

/** A flow shown as a whole: without what is each task's own, such as its form, its answers and its comments. */
export interface Overview
  extends Pick<
    Flow,
    'id' | 'name' | 'status' | 'template' | 'createdAt' | 'createdBy' | 'startDate' | 'finishedAt' | 'feedLength'
  > {
  /** Its days are days in it. Left out by a worker of an older release. */
  readonly timeZone?: string;
  readonly progress: Progress;
  readonly tasks: readonly OverviewTask[];
  readonly externals: readonly ExternalUser[];
  /** The newest entries, the oldest of them first. */
  readonly feed: readonly FeedEntry[];
}

export interface OverviewTask extends TaskBrief {
  readonly dependsOn: readonly string[];
  readonly doneAt: number | null;
  readonly doneBy: string | null;
  /** How many. */
  readonly comments: number;
}

/** So many entries of its feed a flow as a whole shows. */
export const feedShown = 10;

export function overviewOf(flow: Flow): Overview {
  const { id, name, status, template, createdAt, createdBy, startDate, finishedAt, feedLength, externals, timeZone } =
    flow;
  return {
    ...{ id, name, status, template, createdAt, createdBy, startDate, finishedAt, feedLength, externals, timeZone },
    progress: progress(flow),
    // Assigned, not spread, which is slow for what comes after.
    tasks: flow.tasks.map((t) =>
      Object.assign(briefOf(t), {
        dependsOn: t.dependsOn,
        doneAt: t.doneAt,
        doneBy: t.doneBy?.name ?? null,
        comments: t.comments.length,
      }),
    ),
    feed: flow.feed.slice(-feedShown),
  };
}

export const briefOf = (t: Task): TaskBrief => ({
  id: t.id,
  title: t.title,
  type: t.type,
  status: t.status,
  assignee: t.assignee,
  dueAt: t.dueAt,
  round: t.round,
});

export function answerOf(ledger: Ledger, commandId: string): CommandAnswer {
  const outcome = findOutcome(ledger, commandId) ?? null;
  const { flow } = ledger;
  return {
    outcome,
    projected:
      outcome === null ? false : !outcome.ok || ledger.projectedVersion >= outcome.version || isProjected(ledger),
    flow: told(flow, progress(flow)),
    tasks: outcome === null ? [] : tasksNamed(flow, outcome),
  };
}

const told = ({ id, name, status, timeZone }: Flow, progress: Progress): CommandAnswer['flow'] => ({
  id,
  name,
  status,
  progress,
  timeZone,
});

function tasksNamed(flow: Flow, outcome: Outcome): TaskBrief[] {
  const named = outcome.ok
    ? [outcome.taskId, ...outcome.effects.ready, ...outcome.effects.waitAgain, ...outcome.effects.notNeeded]
    : outcome.refusal.blockedBy;
  return flow.tasks.filter((t) => named.includes(t.id)).map(briefOf);
}

/** For operators, in Markdown: how far it is, and what waits on whom. */
export function details(flow: Flow, now: number): string {
  const { done, counting, percent } = progress(flow);
  const lines = [`**${flow.name}** is ${flow.status}: ${percent}% (${done} of ${counting}).`];
  const ready = flow.tasks.filter((t) => t.status === 'READY');
  if (ready.length > 0 && flow.status === 'ACTIVE') {
    lines.push('', 'Waits on:', '', ...ready.slice(0, 20).map((t) => `- ${waits(flow, t, now)}`));
    if (ready.length > 20) lines.push(`- and ${ready.length - 20} more`);
  }
  if (flow.outbox.length > 0) lines.push('', `${flow.outbox.length} mail(s) to send.`);
  return lines.join('\n');
}

function waits(flow: Flow, t: Task, now: number): string {
  const who =
    t.assignee === null ? 'nobody yet' : t.assignee.kind === 'external' ? `client ${t.assignee.name}` : t.assignee.name;
  const due = t.dueAt === null ? '' : `, due ${shortDate(t.dueAt, now, flow.timeZone)}`;
  return `${who}: "${t.title}"${due}${isOverdue(flow, t, now) ? ' (overdue)' : ''}`;
}

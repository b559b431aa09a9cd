/** One flow: what it waits on, its graph, the chosen task with all that can be done to it, its people, what happened. */

import { count, dueWords } from '../operations/words.ts';
import { firstName } from '../platform/plain-line.ts';
import { ActivityFeed } from './flow/activity.tsx';
import { Moves, Will } from './flow/moves.tsx';
import { People } from './flow/people.tsx';
import { TaskPanel } from './flow/task-panel.tsx';
import { type FlowFacts, type FlowView, taskHref, whom } from './flow/view.tsx';
import { Why } from './flow/why.tsx';
import { StatusChip } from './flows-page.tsx';
import { FlowGraph, type GraphTask } from './graph.tsx';
import { named } from './kit/named.ts';
import { renderPage } from './kit/page.tsx';
import { dot, Notice } from './kit/parts.tsx';
import { Shell } from './kit/shell.tsx';

export function flowPage(view: FlowView): string {
  const { session, flow, task, notice, problem } = view;
  const here = `/flows/${flow.id}`;
  const address = (words: Record<string, string>) =>
    `${here}?${new URLSearchParams({ ...(task && { task: task.id }), ...words })}`;
  return renderPage({
    title: named(flow.name),
    scripts: ['/assets/live.js'],
    children: (
      <Shell session={session} here="/flows" zone={flow.timeZone}>
        <div class="head">
          <div class="grow">
            <p class="small">
              <a href="/flows">Flows</a> / {flow.template.name} v{flow.template.version}
            </p>
            <h1>{flowHeadline(view)}</h1>
            <div class="facts small">
              <StatusChip status={flow.status} />
              {flow.status !== 'CANCELLED' && (
                <progress class="bar" max={100} value={flow.progress.percent} aria-label="Progress" />
              )}
              <span class="num">
                {flow.status === 'CANCELLED'
                  ? `${flow.progress.done} of ${flow.tasks.length} tasks were done`
                  : `${flow.progress.percent}%${dot}${flow.progress.done} of ${flow.progress.counting} tasks`}
              </span>
              {flow.overdue > 0 && <span class="late">{flow.overdue} overdue</span>}
            </div>
          </div>
          <Moves view={view} />
        </div>
        <Notice text={notice} />
        <Notice text={problem} bad />
        {flow.asOf && flow.status !== 'COMPLETED' && flow.status !== 'CANCELLED' && (
          <Notice text="The flow itself is not answering now; this is how it last was." bad />
        )}
        <Will view={view} />
        <Why view={view} />
        <div class={view.asList ? 'drawn as-list' : 'drawn'}>
          <nav class="switch-view small" aria-label="How the tasks are shown">
            {flow.tasks.length >= 20 && (
              <a href={address(view.unfolded ? {} : { unfold: '1' })}>
                {view.unfolded ? 'Fold what is done' : 'Show all tasks'}
              </a>
            )}
            <a href={address({})} aria-current={view.asList ? undefined : 'true'} class="wide-only">
              Graph
            </a>
            <a href={address({ view: 'list' })} aria-current={view.asList ? 'true' : undefined} class="wide-only">
              List
            </a>
          </nav>
          <FlowGraph
            tasks={flow.tasks.map((t) => graphTask(t, view))}
            selected={task?.id ?? null}
            href={(id) => taskHref(flow.id, id)}
            {...(!view.unfolded && { unfold: address({ unfold: '1' }) })}
          />
        </div>
        <div class="cols">
          <div>{task && <TaskPanel view={view} task={task} />}</div>
          <div class="stack">
            <People view={view} />
            <ActivityFeed view={view} />
          </div>
        </div>
      </Shell>
    ),
  });
}

/** "Acme Corp waits on Jane Alder, 2 days late". */
export function flowHeadline(view: Pick<FlowView, 'flow' | 'explained' | 'now' | 'session'>): string {
  const { flow, explained, now } = view;
  const name = named(flow.name);
  switch (flow.status) {
    case 'DRAFT':
      return `${name} is ready to start`;
    case 'PAUSED':
      return `${name} is paused`;
    case 'COMPLETED':
      return `${name} is done`;
    case 'CANCELLED':
      return `${name} was cancelled`;
    case 'ACTIVE': {
      const [first, ...others] = explained.holds;
      if (!first) return `${name} is under way`;
      const { assignee, dueAt } = first.task;
      const late = dueAt !== null && Date.parse(dueAt) < now ? `, ${dueWords(dueAt, now, flow.timeZone)}` : '';
      if (assignee === null) return `${name} waits, and nobody has “${first.task.title}”${late}`;
      const more = new Set(others.map((h) => h.task.assignee?.id)).size;
      const also = more > 0 && others.some((h) => h.task.assignee?.id !== assignee.id) ? ' and others' : '';
      return `${name} waits on ${whom(assignee, view).replace(/^client /, '')}${also}${late}`;
    }
  }
}

function graphTask(t: FlowFacts['tasks'][number], view: FlowView): GraphTask {
  const { id, title, status, overdue, dependsOn, assignee } = t;
  return { id, title, status, overdue, dependsOn, assignee, note: noteOf(t, view) };
}

function noteOf(t: FlowFacts['tasks'][number], view: FlowView): string {
  const { flow, now } = view;
  const round = t.round > 1 ? `round ${t.round}, ` : '';
  switch (t.status) {
    case 'READY':
      return `${round}${t.dueAt && flow.status === 'ACTIVE' ? dueWords(t.dueAt, now, flow.timeZone) : 'ready'}`;
    case 'BLOCKED': {
      const open = flow.tasks.filter(
        (d) => t.dependsOn.includes(d.id) && d.status !== 'COMPLETED' && d.status !== 'SKIPPED',
      );
      return `${round}${open.length === 0 ? 'not started' : `after ${count(open.length, 'task')}`}`;
    }
    case 'REJECTED':
      return `${round}sent back`;
    case 'COMPLETED':
      return t.doneBy === null ? 'done' : `done by ${firstName(t.doneBy)}`;
    case 'SKIPPED':
      return 'skipped';
    case 'CANCELLED':
      return 'cancelled';
  }
}

/** Tasks over all flows, what is due first first: mine, those that are late, those that nobody has. */

import type { z } from 'zod';
import type { Session } from '../oauth/session.ts';
import type { getOverview } from '../operations/get-overview.ts';
import type { listTasks } from '../operations/list-tasks.ts';
import { countUpTo } from '../operations/words.ts';
import { Face } from './kit/face.tsx';
import { LateIcon, StatusIcon } from './kit/icons.tsx';
import { named } from './kit/named.ts';
import { briefly, numberWord, wholeNumber } from './kit/number.ts';
import { renderPage } from './kit/page.tsx';
import { Pager } from './kit/pager.tsx';
import { dot } from './kit/parts.tsx';
import { Shell } from './kit/shell.tsx';
import { Due } from './kit/when.tsx';

type Listed = z.output<typeof listTasks.output>;
type Task = Listed['tasks'][number];

export const taskViews = ['mine', 'late', 'nobody'] as const;
type Show = (typeof taskViews)[number];

export interface TasksView {
  readonly session: Session;
  readonly show: Show;
  readonly list: Listed;
  readonly overview: z.output<typeof getOverview.output>;
  readonly now: number;
}

const titles: Record<Show, string> = { mine: 'Mine', late: 'Late', nobody: 'Nobody has it' };
const kinds = { TASK: '', FORM: 'Form', APPROVAL: 'Approval' } as const;

/** "Three tasks wait on you, one is late". */
function headline(show: Show, { total, totalStopped, tasks }: Listed): string {
  const n =
    total === 1 ? 'One task' : totalStopped ? countUpTo(total, totalStopped, 'task') : `${numberWord(total)} tasks`;
  switch (show) {
    case 'mine': {
      if (total === 0) return 'Nothing waits on you';
      const late = tasks.filter((t) => t.overdue).length;
      const also = late === 0 ? '' : late === 1 ? ', one is late' : `, ${numberWord(late).toLowerCase()} are late`;
      return `${n} ${total === 1 ? 'waits' : 'wait'} on you${also}`;
    }
    case 'late':
      return total === 0 ? 'Nothing is late' : `${n} ${total === 1 ? 'is' : 'are'} late`;
    case 'nobody':
      return total === 0
        ? 'Every open task has somebody'
        : `${n} ${total === 1 ? 'waits' : 'wait'} for somebody to take it`;
  }
}

const nothing: Record<Show, string> = {
  mine: 'When a task of yours opens, it shows here, and a mail tells you.',
  late: 'No open task is past its due date.',
  nobody: 'No open task is without somebody whose it is.',
};

export function tasksPage({ session, show, list, overview, now }: TasksView): string {
  const address = show === 'mine' ? '/tasks' : `/tasks?show=${show}`;
  return renderPage({
    title: 'My tasks',
    scripts: ['/assets/live.js'],
    children: (
      <Shell
        session={session}
        here="/tasks"
        counts={{ '/flows': wholeNumber(overview.flows.total), '/tasks': briefly(overview.myTasks) }}
      >
        <div class="head">
          <h1>{headline(show, list)}</h1>
        </div>
        <nav class="filters" aria-label="Views">
          {taskViews.map((view) => (
            <a
              class={view === show ? 'chip brand' : 'chip'}
              href={view === 'mine' ? '/tasks' : `/tasks?show=${view}`}
              aria-current={view === show ? 'true' : undefined}
            >
              {titles[view]}
            </a>
          ))}
        </nav>
        {list.tasks.length === 0 ? (
          <div class="card sheet">
            <p>{nothing[show]}</p>
            <p>
              <a class="button" href="/flows">
                Look at the flows
              </a>
            </p>
          </div>
        ) : (
          <ul class="card rows">
            {list.tasks.map((t) => (
              <Row task={t} now={now} withPerson={show === 'late'} />
            ))}
          </ul>
        )}
        <Pager
          list={list}
          href={(cursor) => `${address}${address.includes('?') ? '&' : '?'}${new URLSearchParams({ cursor })}`}
          first={address}
          words={{ back: 'Due earlier', on: 'Due later' }}
        />
      </Shell>
    ),
  });
}

interface RowProps {
  readonly task: Task;
  readonly now: number;
  readonly withPerson: boolean;
}

const Row = ({ task: t, now, withPerson }: RowProps) => (
  <li class="task-row">
    {t.overdue ? <LateIcon /> : <StatusIcon status={t.status} />}
    <span class="grow">
      <a class="whole" href={`/flows/${t.flow.id}?task=${t.id}#task`} data-row>
        {named(t.title)}
      </a>
      <span class="small">
        {[named(t.flow.name), kinds[t.type], t.round > 1 && `round ${t.round}`].filter(Boolean).join(dot)}
      </span>
    </span>
    {withPerson && t.assignee && (
      <span class="wait small">
        <Face {...t.assignee} />
        {t.assignee.name}
      </span>
    )}
    <span class={t.overdue ? 'num small late' : 'num small'}>
      {t.flow.status === 'PAUSED'
        ? 'paused'
        : t.dueAt && t.flow.status === 'ACTIVE' && <Due at={t.dueAt} now={now} zone={t.flow.timeZone} />}
    </span>
  </li>
);

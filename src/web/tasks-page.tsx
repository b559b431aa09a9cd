/** My tasks, what is due first first. */
import type { z } from 'zod';
import type { Session } from '../oauth/session.ts';
import type { listTasks } from '../operations/list-tasks.ts';
import { LateIcon, StatusIcon } from './kit/icons.tsx';
import { renderPage } from './kit/page.tsx';
import { Shell } from './kit/shell.tsx';
import { Due } from './kit/when.tsx';

type Listed = z.output<typeof listTasks.output>;

export interface TasksView {
  readonly session: Session;
  readonly list: Listed;
  readonly now: number;
}

export function tasksPage({ session, list, now }: TasksView): string {
  const late = list.tasks.filter((t) => t.overdue).length;
  const title =
    list.total === 0
      ? 'Nothing waits on you'
      : `${list.total === 1 ? 'One task waits' : `${list.total} tasks wait`} on you${late > 0 ? `, ${late} late` : ''}`;
  return renderPage({
    title: 'My tasks',
    scripts: ['/assets/live.js'],
    children: (
      <Shell session={session} here="/tasks" counts={{ '/tasks': list.total }}>
        <div class="head">
          <h1>{title}</h1>
        </div>
        {list.tasks.length > 0 && (
          <ul class="card list">
            {list.tasks.map((t) => (
              <li>
                {t.overdue ? <LateIcon /> : <StatusIcon status={t.status} />}
                <span class="grow">
                  <a href={`/flows/${t.flow.id}?task=${t.id}#task`}>{t.title}</a>
                  <span class="small">{t.flow.name}</span>
                </span>
                <span class={t.overdue ? 'num small late' : 'num small'}>
                  {t.dueAt && t.flow.status === 'ACTIVE' ? (
                    <Due at={t.dueAt} now={now} />
                  ) : t.flow.status === 'PAUSED' ? (
                    'paused'
                  ) : (
                    ''
                  )}
                </span>
              </li>
            ))}
          </ul>
        )}
        {list.nextCursor && (
          <p class="more">
            <a class="button" href={`/tasks?${new URLSearchParams({ cursor: list.nextCursor })}`}>
              Show more
            </a>
          </p>
        )}
      </Shell>
    ),
  });
}

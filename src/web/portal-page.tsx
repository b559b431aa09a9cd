/** What a client sees: what waits for them first, what comes later, what is done. */
import type { z } from 'zod';
import { shortDate } from '../domain/dates.ts';
import type { getMyFlow } from '../operations/get-my-flow.ts';
import { answerName, FieldInput } from './kit/field.tsx';
import { LateIcon, StatusIcon } from './kit/icons.tsx';
import { renderPage } from './kit/page.tsx';

type MyFlow = z.output<typeof getMyFlow.output>;
type MyTask = MyFlow['tasks'][number];

export interface PortalView {
  readonly mine: MyFlow;
  readonly csrf: string;
  readonly now: number;
  /** What came of the last thing they did. */
  readonly notice: string | null;
  /** A task that could not be done as they filled it in: why, and what they typed. */
  readonly problem: { readonly taskId: string; readonly text: string; readonly typed: Record<string, string> } | null;
}

export function portalPage({ mine, csrf, now, notice, problem }: PortalView): string {
  const { flow, org, me, tasks } = mine;
  const ready = flow.status === 'ACTIVE' ? tasks.filter((t) => t.status === 'READY') : [];
  const done = tasks.filter((t) => t.status === 'COMPLETED');
  const later = tasks.filter((t) => !ready.includes(t) && !done.includes(t));
  const first = me.name.split(' ')[0] ?? me.name;
  return renderPage({
    title: `${flow.name}, ${org.name}`,
    children: (
      <main class="narrow">
        <header class="from">
          <span class="mark" aria-hidden="true">
            {org.name.charAt(0)}
          </span>
          <span>
            <b>{org.name}</b>
            <span class="small">{flow.name}</span>
          </span>
        </header>
        {notice && (
          <p class="notice" role="status">
            {notice}
          </p>
        )}
        {problem && !ready.some((t) => t.id === problem.taskId) && (
          <p class="notice bad" role="alert">
            That could not be done: it is done already, or it is not yours to do any more.
          </p>
        )}
        <h1>{heading(first, flow.status, ready.length, later.length)}</h1>
        {tasks.length > 0 && (
          <div class="row">
            <progress class="bar" max={tasks.length} value={done.length} aria-label="Your tasks done" />
            <span class="small num">
              {done.length} of {tasks.length} done
            </span>
          </div>
        )}
        <div class="stack">
          {ready.map((task) => (
            <Todo task={task} csrf={csrf} now={now} problem={problem?.taskId === task.id ? problem : null} />
          ))}
        </div>
        {later.length > 0 && <Listed title="Later" tasks={later} now={now} />}
        {done.length > 0 && <Listed title="Done" tasks={done} now={now} />}
        <p class="small foot">
          This page is yours alone, {me.email}.<br />
          Please don't forward its link.
        </p>
      </main>
    ),
  });
}

function heading(first: string, status: MyFlow['flow']['status'], ready: number, later: number): string {
  if (status === 'PAUSED') return `${first}, everything is paused; nothing waits for you`;
  if (ready === 1) return `${first}, one thing is waiting for you`;
  if (ready > 1) return `${first}, ${ready} things are waiting for you`;
  return later > 0 ? `${first}, nothing waits for you now` : `${first}, you are all done`;
}

interface TodoProps {
  readonly task: MyTask;
  readonly csrf: string;
  readonly now: number;
  readonly problem: PortalView['problem'];
}

function Todo({ task, csrf, now, problem }: TodoProps) {
  const typed = (name: string, otherwise = ''): string => problem?.typed[name] ?? otherwise;
  return (
    <article class="card todo" id={task.id}>
      <Due task={task} now={now} />
      <h2>{task.title}</h2>
      {task.description && <p class="small">{task.description}</p>}
      {task.sentBack && <blockquote class="quoted">It came back to you: “{task.sentBack}”</blockquote>}
      <form method="post" action={`/portal/tasks/${task.id}`}>
        <input type="hidden" name="csrf" value={csrf} />
        {problem && (
          <p class="notice bad" role="alert">
            {problem.text}
          </p>
        )}
        {task.fields.map((field) => (
          <FieldInput
            field={field}
            id={`${task.id}-${field.key}`}
            value={typed(answerName(field.key), task.answers?.[field.key])}
          />
        ))}
        <div class="field">
          <label for={`${task.id}-comment`}>
            {task.type === 'APPROVAL' ? 'Your comment, needed when you send it back' : 'A comment, if you like'}
          </label>
          <textarea id={`${task.id}-comment`} name="comment" rows={2}>
            {typed('comment')}
          </textarea>
        </div>
        {task.type === 'APPROVAL' ? (
          <div class="actions">
            <button type="submit" class="button primary big" name="decision" value="approve">
              Approve
            </button>
            <button type="submit" class="button big" name="decision" value="reject">
              Send it back
            </button>
          </div>
        ) : (
          <button type="submit" class="button primary big">
            {task.type === 'FORM' ? 'Send my answers' : 'Mark as done'}
          </button>
        )}
      </form>
    </article>
  );
}

function Due({ task, now }: { readonly task: MyTask; readonly now: number }) {
  if (task.dueAt === null) return null;
  const day = shortDate(Date.parse(task.dueAt), now);
  return (
    <span class={task.overdue ? 'chip late' : 'chip'}>
      {task.overdue && <LateIcon />}
      <time dateTime={task.dueAt} title={task.dueAt}>
        {task.overdue ? `was due ${day}` : `due ${day}`}
      </time>
    </span>
  );
}

function Listed({ title, tasks, now }: { readonly title: string; readonly tasks: MyTask[]; readonly now: number }) {
  return (
    <section>
      <h2>{title}</h2>
      <ul class="card list">
        {tasks.map((t) => (
          <li>
            <StatusIcon status={t.status} />
            <span>
              {t.title}
              <span class="small">{t.doneAt ? shortDate(Date.parse(t.doneAt), now) : laterWords(t, now)}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const laterWords = (t: MyTask, now: number): string =>
  t.status === 'BLOCKED' || t.status === 'READY'
    ? `opens later${t.dueAt === null ? '' : `, due ${shortDate(Date.parse(t.dueAt), now)}`}`
    : t.status.toLowerCase();

/** After the last task of all: nothing is left to show, and this link is over. */
export const endedPage = (name: string, flowName: string): string =>
  renderPage({
    title: `${flowName} is complete`,
    children: (
      <main class="narrow">
        <h1>Thank you, {name.split(' ')[0] ?? name}. That was the last thing</h1>
        <p>{flowName} is complete, and nothing more is needed from you. Your link ends here.</p>
      </main>
    ),
  });

/** When the link leads nowhere any more. Says nothing about whether it ever did. */
export const closedPage = (): string =>
  renderPage({
    title: 'This link is no longer open',
    children: (
      <main class="narrow">
        <h1>This link is no longer open</h1>
        <p class="small">
          It may have expired, or what it was for has ended. Ask whoever invited you to send a new one.
        </p>
      </main>
    ),
  });

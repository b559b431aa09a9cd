/** What a client sees: what waits for them first, what comes later, what is done; and one task with all that belongs to it. */

import type { ComponentChildren } from 'preact';
import type { z } from 'zod';
import { shortDate } from '../domain/dates.ts';
import { fileIdsOf } from '../domain/form.ts';
import type { getMyFlow } from '../operations/get-my-flow.ts';
import { count, dueWords } from '../operations/words.ts';
import { firstName } from '../platform/plain-line.ts';
import { BrandHeader, brandStyles } from './kit/brand.tsx';
import { answerName, FieldInput, FileList } from './kit/field.tsx';
import { LateIcon, StatusIcon } from './kit/icons.tsx';
import { numberWord } from './kit/number.ts';
import { renderPage } from './kit/page.tsx';
import { dot, Notice } from './kit/parts.tsx';

type MyFlow = z.output<typeof getMyFlow.output>;
export type MyTask = MyFlow['tasks'][number];

interface View {
  readonly mine: MyFlow;
  readonly csrf: string;
  readonly now: number;
  /** What came of the last thing they did. */
  readonly notice: string | null;
}

const styles = (org: MyFlow['org']) => ['/assets/portal.css', ...brandStyles(org)];
export const fileHref = (id: string): string => `/portal/files/${id}`;

/** Theirs to do now. */
export const isOpen = ({ flow }: MyFlow, t: MyTask): boolean => flow.status === 'ACTIVE' && t.status === 'READY';

interface FrameProps {
  readonly view: View;
  readonly title: string;
  readonly scripts?: readonly string[];
  readonly children: ComponentChildren;
}

const frame = ({ view: { mine, csrf }, title, scripts = [], children }: FrameProps): string =>
  renderPage({
    title: `${title} · ${mine.org.name}`,
    scripts,
    styles: styles(mine.org),
    children: (
      <main class="narrow portal">
        <BrandHeader branding={mine.org} about={mine.flow.name} />
        {children}
        <footer class="foot small">
          <p>
            This page is for {mine.me.name} ({mine.me.email}) alone. Please don't forward its link.
          </p>
          <form method="post" action="/portal/leave">
            <input type="hidden" name="csrf" value={csrf} />
            <button type="submit" class="button quiet">
              Leave this page on this device
            </button>
          </form>
        </footer>
      </main>
    ),
  });

export function portalPage(view: View & { readonly problem: string | null }): string {
  const { mine, now, notice, problem } = view;
  const { flow, me, tasks } = mine;
  const open = tasks.filter((t) => isOpen(mine, t));
  const done = tasks.filter((t) => t.status === 'COMPLETED');
  const later = tasks.filter((t) => !open.includes(t) && !done.includes(t) && t.status !== 'SKIPPED');
  const { done: doneInAll, counting } = flow.progress;
  const [first, ...others] = open;
  return frame({
    view,
    title: heading(me.name, flow.status, open.length, later.length),
    children: (
      <>
        <Notice text={notice} />
        <Notice text={problem} bad />
        <h1>{heading(me.name, flow.status, open.length, later.length)}</h1>
        <div class="progress">
          <progress class="bar" max={Math.max(1, counting)} value={doneInAll} aria-label={`${flow.name} so far`} />
          <span class="small num">
            {doneInAll} of {counting} done
          </span>
        </div>
        {first && (
          <ul class="todos">
            <Todo task={first} mine={mine} now={now} primary />
            {others.map((t) => (
              <Todo task={t} mine={mine} now={now} primary={false} />
            ))}
          </ul>
        )}
        {open.length === 0 && <p class="calm">{calmWords(mine, later.length)}</p>}
        {later.length > 0 && (
          <Listed title="Later">
            {later.map((t) => (
              <Row task={t} note={laterWords(mine, t, now)} />
            ))}
          </Listed>
        )}
        {done.length > 0 && (
          <Listed title="Done">
            {done.map((t) => (
              <Row task={t} note={doneWords(t, mine, now)} />
            ))}
          </Listed>
        )}
      </>
    ),
  });
}

function heading(name: string, status: MyFlow['flow']['status'], open: number, later: number): string {
  const first = firstName(name);
  if (status === 'PAUSED') return `${first}, everything is paused for now`;
  if (open === 1) return `${first}, one thing is waiting for you`;
  if (open > 1) return `${first}, ${numberWord(open).toLowerCase()} things are waiting for you`;
  return later > 0 ? `${first}, nothing waits for you now` : `${first}, you are all done`;
}

function calmWords({ flow, org }: MyFlow, later: number): string {
  if (flow.status === 'PAUSED') return `${org.name} has paused this. You will get a mail when it goes on.`;
  if (later > 0) return `${org.name} is at work. You will get a mail as soon as something is ready for you.`;
  return `There is nothing more for you to do. ${org.name} takes it from here.`;
}

function Todo({ task, mine, now, primary }: TaskProps & { readonly primary: boolean }) {
  const words = task.draft ? 'Go on' : task.type === 'APPROVAL' ? 'Look and decide' : 'Open';
  return (
    <li class="card todo">
      <Due task={task} mine={mine} now={now} />
      <h2>{task.title}</h2>
      {task.sentBack !== null && <p class="back">It came back to you with a note.</p>}
      {task.description && <p class="small clamp">{task.description}</p>}
      {task.draft && <p class="small">You began this; what you filled in is kept.</p>}
      <a
        class={primary ? 'button primary big' : 'button big'}
        href={`/portal/tasks/${task.id}`}
        aria-label={`${words}: ${task.title}`}
      >
        {words}
      </a>
    </li>
  );
}

interface TaskProps {
  readonly task: MyTask;
  readonly mine: MyFlow;
  readonly now: number;
}

function Due({ task, mine: { flow }, now }: TaskProps) {
  if (task.dueAt === null) return null;
  const words = task.overdue
    ? `was due ${shortDate(Date.parse(task.dueAt), now, flow.timeZone)}`
    : dueWords(task.dueAt, now, flow.timeZone);
  return (
    <span class={task.overdue ? 'chip late' : 'chip'}>
      {task.overdue && <LateIcon />}
      <time dateTime={task.dueAt} title={task.dueAt}>
        {words}
      </time>
    </span>
  );
}

const Listed = ({ title, children }: { readonly title: string; readonly children: ComponentChildren }) => (
  <section>
    <h2>{title}</h2>
    <ul class="card list">{children}</ul>
  </section>
);

const Row = ({ task, note }: { readonly task: MyTask; readonly note: string }) => (
  <li>
    <StatusIcon status={task.status} />
    <a href={`/portal/tasks/${task.id}`}>
      {task.title}
      <span class="small">{note}</span>
    </a>
  </li>
);

function laterWords({ flow, org }: MyFlow, t: MyTask, now: number): string {
  const due = t.dueAt === null ? '' : `, ${dueWords(t.dueAt, now, flow.timeZone)}`;
  if (t.status === 'CANCELLED') return 'no longer needed';
  if (flow.status === 'PAUSED') return `when this goes on${due}`;
  const { mine, others } = t.after;
  const waits =
    others > 0
      ? `after ${count(others, 'step')} of ${org.name}${mine > 0 ? ` and ${count(mine, 'step')} of yours` : ''}`
      : mine > 0
        ? `after ${count(mine, 'step')} of yours`
        : 'opens later';
  return waits + due;
}

const doneWords = (t: MyTask, { flow, org }: MyFlow, now: number): string =>
  [
    t.doneAt === null ? '' : shortDate(Date.parse(t.doneAt), now, flow.timeZone),
    t.doneByMe ? (t.type === 'FORM' ? 'see your answers' : '') : `done for you by ${org.name}`,
  ]
    .filter((w) => w !== '')
    .join(dot);

export interface TaskView extends View {
  readonly task: MyTask;
  readonly commandId: string;
  /** Why it could not be done as they filled it in, and the fields it lies with. */
  readonly problem: { readonly text: string; readonly fields: ReadonlyMap<string, string> } | null;
  /** What they typed, when it could not be done. */
  readonly typed: Readonly<Record<string, string>> | null;
}

export function portalTaskPage(view: TaskView): string {
  const { mine, task, now, notice, problem } = view;
  const open = isOpen(mine, task);
  return frame({
    view,
    title: task.title,
    scripts: open ? ['/assets/portal.js'] : [],
    children: (
      <>
        <p class="crumb">
          <a href="/portal">All your tasks</a>
        </p>
        <Notice text={notice} />
        {problem && <Problem task={task} problem={problem} />}
        <div class="title">
          <h1>{task.title}</h1>
          {open ? (
            <Due task={task} mine={mine} now={now} />
          ) : (
            <span class="chip">
              <StatusIcon status={task.status} />
              {stateWords(mine, task, now)}
            </span>
          )}
        </div>
        {task.description && <p class="said">{task.description}</p>}
        {task.sentBack !== null && (
          <div class="quoted">
            <b>It came back to you.</b>
            <p class="said">{task.sentBack}</p>
          </div>
        )}
        {open ? <TaskForm view={view} /> : <Answered task={task} />}
        <Comments view={view} />
      </>
    ),
  });
}

function stateWords(mine: MyFlow, t: MyTask, now: number): string {
  if (t.status === 'COMPLETED')
    return `done${t.doneAt === null ? '' : `, ${shortDate(Date.parse(t.doneAt), now, mine.flow.timeZone)}`}`;
  if (t.status === 'SKIPPED') return 'not needed';
  return laterWords(mine, t, now);
}

function Problem({ task, problem }: { readonly task: MyTask; readonly problem: NonNullable<TaskView['problem']> }) {
  return (
    <div class="notice bad" role="alert">
      <p>{problem.text}</p>
      {problem.fields.size > 0 && (
        <ul>
          {task.fields
            .filter((f) => problem.fields.has(f.key))
            .map((f) => (
              <li>
                <a href={`#${fieldId(f.key)}`}>{f.label}</a>
              </li>
            ))}
        </ul>
      )}
    </div>
  );
}

const fieldId = (key: string): string => `f-${key}`;

/** The files that a form holds, which no page decides about by what it shows. */
export const heldFiles = (task: MyTask, key: string): string => (task.draft?.answers ?? task.answers)?.[key] ?? '';

/** What stands in a field: what was just typed, else the draft, else what was answered before. */
const standing = (
  { task, typed }: Pick<TaskView, 'task' | 'typed'>,
  { key, type }: MyTask['fields'][number],
): string =>
  type === 'file'
    ? heldFiles(task, key)
    : (typed?.[answerName(key)] ?? task.draft?.answers[key] ?? (typed === null ? (task.answers?.[key] ?? '') : ''));

/** One field by itself: what a script puts in its place when a file has come. */
export function FieldOf({
  view,
  field,
}: {
  readonly view: Pick<TaskView, 'task' | 'typed' | 'problem'>;
  readonly field: MyTask['fields'][number];
}) {
  return (
    <FieldInput
      field={field}
      id={fieldId(field.key)}
      value={standing(view, field)}
      files={view.task.files}
      fileHref={fileHref}
      removable
      problem={view.problem?.fields.get(field.key)}
    />
  );
}

function TaskForm({ view }: { readonly view: TaskView }) {
  const { task, csrf, commandId, typed, mine } = view;
  const comment = typed?.comment ?? task.draft?.comment ?? '';
  const approval = task.type === 'APPROVAL';
  return (
    <form
      method="post"
      action={`/portal/tasks/${task.id}`}
      enctype="multipart/form-data"
      class="card pad work"
      data-draft={`/portal/tasks/${task.id}/draft`}
      data-files={`/portal/tasks/${task.id}/files`}
    >
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="command_id" value={commandId} />
      {/* What Enter in a field means: send, never the first "Remove". */}
      {!approval && <button type="submit" class="unseen" tabIndex={-1} aria-hidden="true" />}
      {task.fields.map((field) => (
        <FieldOf view={view} field={field} />
      ))}
      <div class={view.problem?.fields.has('comment') ? 'field wrong' : 'field'}>
        <label for="comment">
          {approval ? 'What should change?' : `A word to ${mine.org.name}`}
          <span class="small">{approval ? ' (needed when you ask for changes)' : ' (if you like)'}</span>
        </label>
        <textarea id="comment" name="comment" rows={approval ? 4 : 2} maxLength={2_000}>
          {comment}
        </textarea>
      </div>
      <div class="actions">
        {approval ? (
          <>
            <button type="submit" class="button primary big" name="decision" value="approve">
              Approve
            </button>
            <button type="submit" class="button big" name="decision" value="reject">
              Ask for changes
            </button>
          </>
        ) : (
          <button type="submit" class="button primary big">
            {task.type === 'FORM' ? 'Send my answers' : 'Mark as done'}
          </button>
        )}
        {task.type === 'FORM' && (
          <button type="submit" class="button big" name="save" value="1" formnovalidate>
            Save and go on later
          </button>
        )}
      </div>
      <p class="small saved" role="status" data-saved>
        {task.draft && task.type === 'FORM' ? 'What you filled in is kept here until you send it.' : ''}
      </p>
    </form>
  );
}

function Answered({ task }: { readonly task: MyTask }) {
  const { answers } = task;
  if (answers === null || task.fields.length === 0) return null;
  return (
    <dl class="answers card pad">
      {task.fields.map((f) => (
        <div>
          <dt>{f.label}</dt>
          <dd>
            {f.type === 'file' ? (
              <FileList
                files={fileIdsOf(answers[f.key] ?? '').flatMap((id) => task.files.find((x) => x.id === id) ?? [])}
                fileHref={fileHref}
              />
            ) : (
              <span class="said">{answers[f.key] || '–'}</span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Comments({ view: { mine, task, csrf, now, commandId, typed } }: { readonly view: TaskView }) {
  return (
    <section id="comments" aria-labelledby="comments-title">
      <h2 id="comments-title">Comments</h2>
      {task.comments.map((c) => (
        <div class={c.mine ? 'bubble mine' : 'bubble'}>
          <p class="small">
            <b>{c.mine ? 'You' : c.by}</b>{' '}
            <time dateTime={c.at} title={c.at}>
              {shortDate(Date.parse(c.at), now, mine.flow.timeZone)}
            </time>
          </p>
          <p class="said">{c.text}</p>
        </div>
      ))}
      <form method="post" action={`/portal/tasks/${task.id}/comments`} class="say">
        <input type="hidden" name="csrf" value={csrf} />
        <input type="hidden" name="command_id" value={`${commandId}-c`} />
        <div class="field">
          <label for="text">Write to {mine.org.name} about this</label>
          <textarea id="text" name="text" rows={2} maxLength={4_000} required>
            {typed?.text ?? ''}
          </textarea>
        </div>
        <button type="submit" class="button big">
          Send the comment
        </button>
      </form>
    </section>
  );
}

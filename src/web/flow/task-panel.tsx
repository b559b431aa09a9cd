/** The chosen task, with all that can be seen of it and done to it. */

import { fileIdsOf } from '../../domain/form.ts';
import { count } from '../../operations/words.ts';
import { firstName } from '../../platform/plain-line.ts';
import { Face } from '../kit/face.tsx';
import { answerName, FieldInput, FileList } from '../kit/field.tsx';
import { LateIcon, StatusIcon, statusWord } from '../kit/icons.tsx';
import { dot } from '../kit/parts.tsx';
import { Ago, Day, Due } from '../kit/when.tsx';
import { type FlowView, isAdmin, isOver, Sent, type TaskFacts, taskHref, whom } from './view.tsx';

interface TaskProps {
  readonly view: FlowView;
  readonly task: TaskFacts;
}

const kinds = { TASK: 'Task', FORM: 'Form', APPROVAL: 'Approval' } as const;

export function TaskPanel({ view, task }: TaskProps) {
  const { now } = view;
  return (
    <section class="card pad" id="task" aria-labelledby="task-title">
      <div class="between">
        <p class="small">
          {kinds[task.type]}
          {task.round > 1 && `, round ${task.round}`}
        </p>
        {task.overdue && task.dueAt ? (
          <span class="chip late">
            <LateIcon label="" />
            <Due at={task.dueAt} now={now} />
          </span>
        ) : (
          <span class="chip">
            <StatusIcon status={task.status} label="" />
            {statusWord(task.status)}
          </span>
        )}
      </div>
      <h2 id="task-title" class="title">
        {task.title}
      </h2>
      <p class="small by">
        {task.assignee ? <Face {...task.assignee} /> : <span class="face nobody" aria-hidden="true" />}
        <span>
          {task.assignee === null ? 'Nobody has it' : capital(whom(task.assignee, view))}
          {task.assignee && view.flow.remindersOff.includes(task.assignee.id) && `${dot}wants no reminders`}
          {task.dueAt && task.doneAt === null && (
            <>
              {dot}due <Day at={task.dueAt} now={now} />
            </>
          )}
          {task.doneAt && (
            <>
              {dot}done <Day at={task.doneAt} now={now} />
              {task.doneBy && ` by ${task.doneBy}`}
            </>
          )}
        </span>
      </p>
      {task.description && <p class="said">{task.description}</p>}
      <Answers task={task} />
      <Doing view={view} task={task} />
      <Handles view={view} task={task} />
      <Around view={view} task={task} />
      <Comments view={view} task={task} />
    </section>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const Answers = ({ task }: Pick<TaskProps, 'task'>) =>
  task.answers && task.fields.length > 0 ? (
    <dl class="answers">
      {task.fields.map((f) => (
        <div>
          <dt>{f.label}</dt>
          <dd class="said">
            {f.type === 'file' && task.answers?.[f.key] ? (
              <FileList
                files={fileIdsOf(task.answers[f.key] ?? '').flatMap((id) => task.files.find((x) => x.id === id) ?? [])}
              />
            ) : (
              task.answers?.[f.key] || <span class="small">no answer</span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  ) : null;

/** Complete, approve or reject; or why not now. */
function Doing({ view, task }: TaskProps) {
  const { flow, session, typed } = view;
  const mine = task.assignee?.kind === 'member' && task.assignee.id === session.userId;
  const may = isAdmin(view) || mine || task.assignee === null;
  if (isOver(view) || task.status === 'COMPLETED' || task.status === 'SKIPPED') return null;
  if (flow.status !== 'ACTIVE') {
    return (
      <p class="small">
        {flow.status === 'DRAFT'
          ? 'The flow has not started, so nothing can be completed yet.'
          : 'The flow is paused, so nothing can be completed now.'}
      </p>
    );
  }
  if (task.status !== 'READY') {
    const open = task.dependencies.filter((d) => d.status !== 'COMPLETED' && d.status !== 'SKIPPED');
    return open.length === 0 ? null : (
      <p class="small">
        It opens when {count(open.length, 'task')} before it {open.length === 1 ? 'is' : 'are'} done.
      </p>
    );
  }
  if (!may) return <p class="small">Only {task.assignee?.name}, or an owner or admin, can do this task.</p>;
  const forWhom = task.assignee && !mine ? ` for ${firstName(task.assignee.name)}` : '';
  const approval = task.type === 'APPROVAL';
  return (
    <form
      method="post"
      action={`/flows/${flow.id}/tasks/${task.id}/${approval ? 'decide' : 'complete'}`}
      enctype={task.fields.some((f) => f.type === 'file') ? 'multipart/form-data' : undefined}
      class="stack"
    >
      <Sent view={view} as="do" />
      {task.type === 'FORM' &&
        task.fields.map((f) => (
          <FieldInput
            field={f}
            id={`field-${f.key}`}
            value={typed[answerName(f.key)] ?? task.answers?.[f.key] ?? ''}
            files={task.files}
          />
        ))}
      <label class="field">
        {approval ? 'Comment; a rejection needs it as its reason' : 'Comment, if you like'}
        <textarea name="comment" rows={2} maxLength={4000}>
          {typed.comment ?? ''}
        </textarea>
      </label>
      {approval ? (
        <div class="row">
          <button type="submit" name="decision" value="approve" class="button primary">
            Approve{forWhom}
          </button>
          <button type="submit" name="decision" value="reject" class="button">
            Reject and send back
          </button>
        </div>
      ) : (
        <div class="row">
          <button type="submit" class="button primary">
            Complete{forWhom}
          </button>
        </div>
      )}
    </form>
  );
}

/** What an admin can change about it: whose it is, when it is due, that it is not needed or needed again. */
function Handles({ view, task }: TaskProps) {
  const { flow, members, typed } = view;
  if (!isAdmin(view) || isOver(view)) return null;
  const chosen = typed.assignee ?? task.assignee?.id;
  const base = `/flows/${flow.id}/tasks/${task.id}`;
  const done = task.status === 'COMPLETED' || task.status === 'SKIPPED';
  const clients = flow.externalUsers.filter((e) => e.invitation !== 'REVOKED');
  return (
    <div class="handles">
      {!done && (
        <details name="handles" open={typed.assignee !== undefined}>
          <summary class="button">{task.assignee === null ? 'Assign' : 'Reassign'}</summary>
          <form method="post" action={`${base}/assign`} class="row">
            <Sent view={view} as="assign" />
            <label class="unseen" for="assignee">
              Assign to
            </label>
            <select id="assignee" name="assignee">
              <option value="nobody">Nobody</option>
              {members.map((m) => (
                <option value={m.id} selected={m.id === chosen}>
                  {m.name}
                </option>
              ))}
              {clients.map((e) => (
                <option value={e.id} selected={e.id === chosen}>
                  {e.name}, client
                </option>
              ))}
            </select>
            <button type="submit" class="button">
              Assign
            </button>
          </form>
        </details>
      )}
      {!done && flow.status !== 'PAUSED' && (
        <details name="handles" open={typed.due_date !== undefined}>
          <summary class="button">Move due date</summary>
          <form method="post" action={`${base}/due`} class="row">
            <Sent view={view} as="due" />
            <label class="unseen" for="due">
              Due date
            </label>
            <input id="due" name="due_date" type="date" value={typed.due_date ?? task.dueAt?.slice(0, 10) ?? ''} />
            <button type="submit" class="button">
              Move
            </button>
          </form>
        </details>
      )}
      {flow.status === 'ACTIVE' && (
        <details name="handles" open={typed.reason !== undefined && typed.action === undefined}>
          <summary class="button quiet">{done ? 'Reopen' : 'Skip'}</summary>
          <form method="post" action={`${base}/${done ? 'reopen' : 'skip'}`} class="stack">
            <Sent view={view} as="skip" />
            <p class="small">
              {done
                ? 'It is to be done again; what follows it and was done waits for it once more.'
                : 'It counts no more, and what waits for it goes on without it. It can be reopened.'}
            </p>
            <label class="field">
              {done ? 'Reason, if you like' : 'Reason'}
              <input name="reason" maxLength={2000} required={!done} value={typed.action ? '' : typed.reason} />
            </label>
            <button type="submit" class="button">
              {done ? 'Reopen it' : 'Skip it'}
            </button>
          </form>
        </details>
      )}
    </div>
  );
}

/** What comes before and after. */
function Around({ view, task }: TaskProps) {
  const sides = [
    ['After', task.dependencies],
    ['Before', task.dependents],
  ] as const;
  return sides.some(([, tasks]) => tasks.length > 0) ? (
    <dl class="around small">
      {sides.map(
        ([side, tasks]) =>
          tasks.length > 0 && (
            <div>
              <dt>{side}</dt>
              <dd>
                {tasks.map((t) => (
                  <a href={taskHref(view.flow.id, t.id)}>
                    <StatusIcon status={t.status} />
                    {t.title}
                  </a>
                ))}
              </dd>
            </div>
          ),
      )}
    </dl>
  ) : null;
}

function Comments({ view, task }: TaskProps) {
  const { flow, session, now, typed } = view;
  const mine = task.assignee?.kind === 'member' && task.assignee.id === session.userId;
  const may = isAdmin(view) || mine || task.assignee === null;
  // What was written to a task that somebody else has done meanwhile finds its place here.
  const said = typed.text ?? (task.status === 'READY' ? '' : (typed.comment ?? ''));
  return (
    <>
      {task.comments.map((c) => (
        <div class="comment">
          <Face kind={c.kind === 'external' ? 'external' : 'member'} name={c.by} />
          <div class="grow">
            <b>{c.by}</b>{' '}
            <span class="small">
              {c.kind === 'external' ? `client${dot}` : c.audience === 'client' ? `to the client${dot}` : ''}
              <Ago at={c.at} now={now} />
            </span>
            <p class="said">{c.text}</p>
          </div>
        </div>
      ))}
      {!isOver(view) && may && (
        <form method="post" action={`/flows/${flow.id}/tasks/${task.id}/comment`} class="comment write">
          <Sent view={view} as="comment" />
          <Face kind="member" name={session.name} />
          <div class="grow stack">
            <label class="unseen" for="text">
              Comment
            </label>
            <textarea
              id="text"
              name="text"
              rows={2}
              placeholder="Say something about this task"
              required
              maxLength={4000}
            >
              {said}
            </textarea>
            <div class="row">
              <button type="submit" class="button">
                Comment
              </button>
              {task.assignee?.kind === 'external' && (
                <label class="check">
                  <input type="checkbox" name="audience" value="client" checked={typed.audience === 'client'} />
                  Share with {firstName(task.assignee.name)}
                </label>
              )}
              {task.assignee?.kind === 'external' && <span class="small">Otherwise only members see it.</span>}
            </div>
          </div>
        </form>
      )}
    </>
  );
}

/** One flow: why it waits, its graph, the chosen task with all that can be done to it, its people, what happened. */
import type { z } from 'zod';
import type { Session } from '../oauth/session.ts';
import type { explainFlow } from '../operations/explain-flow.ts';
import type { getFlow } from '../operations/get-flow.ts';
import type { getTask } from '../operations/get-task.ts';
import type { listOrgMembers } from '../operations/list-org-members.ts';
import { byWhom, count, dueWords } from '../operations/words.ts';
import { StatusChip } from './flows-page.tsx';
import { FlowGraph, type GraphTask } from './graph.tsx';
import { Face } from './kit/face.tsx';
import { answerName, FieldInput } from './kit/field.tsx';
import { LateIcon, StatusIcon } from './kit/icons.tsx';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice } from './kit/parts.tsx';
import { Shell } from './kit/shell.tsx';
import { Day, Due } from './kit/when.tsx';

type FlowFacts = z.output<typeof getFlow.output>;
type TaskFacts = z.output<typeof getTask.output>;
type Holds = z.output<typeof explainFlow.output>['holds'];
type Members = z.output<typeof listOrgMembers.output>['members'];

export interface FlowView {
  readonly session: Session;
  readonly flow: FlowFacts;
  readonly holds: Holds;
  readonly task: TaskFacts | null;
  readonly members: Members;
  readonly now: number;
  readonly commandId: string;
  readonly notice: string | null;
  readonly problem: string | null;
  readonly typed: Readonly<Record<string, string>>;
}

export function flowPage(view: FlowView): string {
  const { session, flow, task, notice, problem } = view;
  return renderPage({
    title: flow.name,
    scripts: ['/assets/live.js'],
    children: (
      <Shell session={session} here="/flows">
        <div class="head">
          <div>
            <p class="small">
              <a href="/flows">Flows</a> / {flow.template.name} v{flow.template.version}
            </p>
            <h1>{flow.name}</h1>
            <p class="facts small">
              <StatusChip status={flow.status} />
              <span class="num">
                {flow.progress.percent}% · {flow.progress.done} of {flow.progress.counting} tasks
              </span>
              {flow.overdue > 0 && <span class="late">{flow.overdue} overdue</span>}
            </p>
          </div>
          <Moves view={view} />
        </div>
        <Notice text={notice} />
        <Notice text={problem} bad />
        {flow.asOf && <Notice text="The flow itself is not answering now; this is how it last was." bad />}
        <Why view={view} />
        <FlowGraph
          tasks={flow.tasks.map((t) => graphTask(t, flow, view.now))}
          selected={task?.id ?? null}
          href={(id) => `/flows/${flow.id}?task=${id}#task`}
        />
        <div class="cols">
          <div class="stack">
            {task && <TaskPanel view={view} task={task} />}
            <People view={view} />
          </div>
          <Activity view={view} />
        </div>
        <details class="as-list">
          <summary>All tasks as a list</summary>
          <ol class="card list">
            {flow.tasks.map((t) => (
              <li>
                {t.overdue ? <LateIcon /> : <StatusIcon status={t.status} />}
                <span>
                  <a href={`/flows/${flow.id}?task=${t.id}#task`}>{t.title}</a>
                  <span class="small">
                    {t.status.toLowerCase()}, {t.assignee?.name ?? 'nobody yet'}
                  </span>
                </span>
              </li>
            ))}
          </ol>
        </details>
      </Shell>
    ),
  });
}

function graphTask(t: FlowFacts['tasks'][number], flow: FlowFacts, now: number): GraphTask {
  const { id, title, status, overdue, dependsOn, assignee } = t;
  return { id, title, status, overdue, dependsOn, assignee, note: noteOf(t, flow, now) };
}

function noteOf(t: FlowFacts['tasks'][number], flow: FlowFacts, now: number): string {
  const round = t.round > 1 ? `round ${t.round}, ` : '';
  switch (t.status) {
    case 'READY':
      return `${round}${t.dueAt && flow.status === 'ACTIVE' ? dueWords(t.dueAt, now) : 'ready'}`;
    case 'BLOCKED': {
      const open = flow.tasks.filter(
        (d) => t.dependsOn.includes(d.id) && d.status !== 'COMPLETED' && d.status !== 'SKIPPED',
      );
      return `${round}${open.length === 0 ? 'not started' : `after ${count(open.length, 'task')}`}`;
    }
    case 'REJECTED':
      return `${round}sent back`;
    case 'COMPLETED':
      return t.doneBy === null ? 'done' : `done by ${t.doneBy.split(' ')[0]}`;
    case 'SKIPPED':
      return 'skipped';
    case 'CANCELLED':
      return 'cancelled';
  }
}

/** Start, pause, resume, cancel, each saying what it will do. */
function Moves({ view: { session, flow, commandId } }: { readonly view: FlowView }) {
  if (session.org?.role === 'MEMBER' || flow.status === 'COMPLETED' || flow.status === 'CANCELLED') return null;
  const waiting = flow.externalUsers.filter((e) => e.invitation === 'PENDING').length;
  const open = flow.tasks.filter((t) => t.status !== 'COMPLETED' && t.status !== 'SKIPPED').length;
  const main =
    flow.status === 'DRAFT'
      ? ['start', waiting === 0 ? 'Start flow' : `Start flow and send ${count(waiting, 'invitation')}`]
      : flow.status === 'PAUSED'
        ? ['resume', 'Resume, due dates move along']
        : ['pause', 'Pause'];
  return (
    <form method="post" action={`/flows/${flow.id}/status`} class="row">
      <Csrf secret={session.secret} />
      <input type="hidden" name="command_id" value={commandId} />
      <button
        type="submit"
        name="action"
        value={main[0]}
        class={flow.status === 'ACTIVE' ? 'button' : 'button primary'}
      >
        {main[1]}
      </button>
      <details class="danger">
        <summary class="button quiet">Cancel flow…</summary>
        <div class="card sheet">
          <p>{count(open, 'open task')} will be cancelled and every magic link ends. This is final.</p>
          <label class="field">
            Reason, if you like
            <input name="reason" maxLength={2000} />
          </label>
          <button type="submit" name="action" value="cancel" class="button bad">
            Cancel the flow for good
          </button>
        </div>
      </details>
    </form>
  );
}

function Why({ view: { flow, holds, now } }: { readonly view: FlowView }) {
  const [first, ...others] = holds;
  if (flow.status !== 'ACTIVE' || !first) return null;
  const last = first.chain.at(-1);
  const whom = first.task.assignee?.name ?? 'nobody yet';
  return (
    <div class="why card">
      <b>Why is this waiting?</b>
      <span>
        {last && last.id !== first.task.id && `“${last.title}” is ${count(first.chain.length - 1, 'step')} behind `}
        <b>{first.task.title}</b>
        {last && last.id !== first.task.id ? ', and that lies with ' : ' lies with '}
        <b>{whom}</b>
        {first.since && (
          <>
            {' '}
            since <Day at={first.since} now={now} />
          </>
        )}
        {first.behind > 0 && `; ${count(first.behind, 'task')} wait for it`}.
        {others.length > 0 && ` ${count(others.length, 'other task is', 'other tasks are')} ready too.`}
      </span>
      <a class="button" href={`/flows/${flow.id}?task=${first.task.id}#task`}>
        Open it
      </a>
    </div>
  );
}

function TaskPanel({ view, task }: { readonly view: FlowView; readonly task: TaskFacts }) {
  const { session, flow, now, members, commandId, typed } = view;
  const base = `/flows/${flow.id}/tasks/${task.id}`;
  const admin = session.org?.role !== 'MEMBER';
  const mine = task.assignee?.kind === 'member' && task.assignee.id === session.userId;
  const may = admin || mine || task.assignee === null;
  const running = flow.status === 'ACTIVE';
  const ready = running && task.status === 'READY';
  const over = flow.status === 'COMPLETED' || flow.status === 'CANCELLED';
  const Hidden = () => (
    <>
      <Csrf secret={session.secret} />
      <input type="hidden" name="command_id" value={commandId} />
    </>
  );
  const forWhom = task.assignee && !mine ? ` for ${task.assignee.name.split(' ')[0]}` : '';
  return (
    <section class="card pad" id="task" aria-labelledby="task-title">
      <div class="head">
        <h2>{task.type === 'APPROVAL' ? 'Approval' : task.type === 'FORM' ? 'Form' : 'Task'}</h2>
        {task.overdue && task.dueAt ? (
          <span class="chip late">
            <LateIcon />
            <Due at={task.dueAt} now={now} />
          </span>
        ) : (
          <span class="chip">
            <StatusIcon status={task.status} />
            {task.status.toLowerCase()}
          </span>
        )}
      </div>
      <h3 id="task-title">{task.title}</h3>
      <p class="small">
        {task.assignee === null
          ? 'nobody yet'
          : task.assignee.kind === 'external'
            ? `client ${task.assignee.name}`
            : task.assignee.name}
        {task.dueAt && (
          <>
            {' · due '}
            <Day at={task.dueAt} now={now} />
          </>
        )}
        {task.dependencies.length > 0 && ` · after ${task.dependencies.map((d) => d.title).join(', ')}`}
        {task.round > 1 && ` · round ${task.round}`}
      </p>
      {task.description && <p>{task.description}</p>}
      {task.answers && task.fields.length > 0 && (
        <dl class="answers">
          {task.fields.map((f) => (
            <div>
              <dt>{f.label}</dt>
              <dd>{task.answers?.[f.key] || '–'}</dd>
            </div>
          ))}
        </dl>
      )}
      {ready && may && (
        <form method="post" action={`${base}/${task.type === 'APPROVAL' ? 'decide' : 'complete'}`} class="stack">
          <Hidden />
          {task.type === 'FORM' &&
            task.fields.map((f) => (
              <FieldInput
                field={f}
                id={`field-${f.key}`}
                value={typed[answerName(f.key)] ?? task.answers?.[f.key] ?? ''}
              />
            ))}
          <label class="field">
            {task.type === 'APPROVAL' ? 'Comment, needed when you reject' : 'Comment, if you like'}
            <textarea name="comment" rows={2} maxLength={4000}>
              {typed.comment ?? ''}
            </textarea>
          </label>
          <div class="row">
            {task.type === 'APPROVAL' ? (
              <>
                <button type="submit" name="decision" value="approve" class="button primary">
                  Approve{forWhom}
                </button>
                <button type="submit" name="decision" value="reject" class="button">
                  Reject and send back
                </button>
              </>
            ) : (
              <button type="submit" class="button primary">
                Complete{forWhom}
              </button>
            )}
          </div>
        </form>
      )}
      {ready && !may && <p class="small">Only {task.assignee?.name}, or an owner or admin, can do this task.</p>}
      {!running && !over && (
        <p class="small">
          {flow.status === 'DRAFT'
            ? 'The flow has not started, so nothing can be completed yet.'
            : 'The flow is paused, so nothing can be completed now.'}
        </p>
      )}
      {admin && !over && (
        <div class="handles">
          {task.status !== 'COMPLETED' && task.status !== 'SKIPPED' && (
            <>
              <form method="post" action={`${base}/assign`} class="row">
                <Hidden />
                <label class="unseen" for="assignee">
                  Assign to
                </label>
                <select id="assignee" name="assignee">
                  <option value="nobody">Nobody</option>
                  {members.map((m) => (
                    <option value={m.id} selected={m.id === task.assignee?.id}>
                      {m.name}
                    </option>
                  ))}
                  {flow.externalUsers
                    .filter((e) => e.invitation !== 'REVOKED')
                    .map((e) => (
                      <option value={e.id} selected={e.id === task.assignee?.id}>
                        {e.name}, client
                      </option>
                    ))}
                </select>
                <button type="submit" class="button">
                  Assign
                </button>
              </form>
              {flow.status !== 'PAUSED' && (
                <form method="post" action={`${base}/due`} class="row">
                  <Hidden />
                  <label class="unseen" for="due">
                    Due date
                  </label>
                  <input id="due" name="due_date" type="date" value={task.dueAt?.slice(0, 10) ?? ''} />
                  <button type="submit" class="button">
                    Move
                  </button>
                </form>
              )}
            </>
          )}
          {running && (
            <form
              method="post"
              action={`${base}/${task.status === 'COMPLETED' || task.status === 'SKIPPED' ? 'reopen' : 'skip'}`}
              class="row"
            >
              <Hidden />
              <label class="unseen" for="reason">
                Reason
              </label>
              <input
                id="reason"
                name="reason"
                placeholder="Reason"
                maxLength={2000}
                required={task.status !== 'COMPLETED' && task.status !== 'SKIPPED'}
              />
              <button type="submit" class="button">
                {task.status === 'COMPLETED' || task.status === 'SKIPPED' ? 'Reopen' : 'Skip'}
              </button>
            </form>
          )}
        </div>
      )}
      {task.comments.map((c) => (
        <div class="comment">
          <Face kind={c.kind === 'external' ? 'external' : 'member'} name={c.by} />
          <div class="grow">
            <b>{c.by}</b>{' '}
            <span class="small">
              {c.kind === 'external' ? 'client · ' : c.audience === 'client' ? 'shared with the client · ' : ''}
              <Day at={c.at} now={now} />
            </span>
            <p class="said">{c.text}</p>
          </div>
        </div>
      ))}
      {!over && may && (
        <form method="post" action={`${base}/comment`} class="row comment">
          <Hidden />
          <label class="unseen" for="text">
            Comment
          </label>
          <input id="text" name="text" placeholder="Say something about this task" required maxLength={4000} />
          {task.assignee?.kind === 'external' && (
            <label class="check">
              <input type="checkbox" name="audience" value="client" checked={typed.audience === 'client'} />
              Share with the client
            </label>
          )}
          <button type="submit" class="button">
            Comment
          </button>
        </form>
      )}
    </section>
  );
}

function People({ view: { session, flow, commandId } }: { readonly view: FlowView }) {
  const admin = session.org?.role !== 'MEMBER';
  const over = flow.status === 'COMPLETED' || flow.status === 'CANCELLED';
  return (
    <section class="card pad">
      <h2>Clients</h2>
      {flow.externalUsers.length === 0 && <p class="small">Nobody is invited yet.</p>}
      {flow.externalUsers.map((e) => (
        <div class="comment">
          <Face kind="external" name={e.name} />
          <span class="grow">
            <b>{e.name}</b>{' '}
            <span class="small">
              {[e.email, e.role, e.invitation.toLowerCase()].filter((w) => w !== '').join(' · ')}
            </span>
          </span>
          {admin && !over && e.invitation !== 'REVOKED' && (
            <form method="post" action={`/flows/${flow.id}/invitations`} class="row">
              <Csrf secret={session.secret} />
              <input type="hidden" name="command_id" value={`${commandId}-${e.id}`} />
              <input type="hidden" name="external_user" value={e.id} />
              {flow.status === 'ACTIVE' && (
                <button
                  type="submit"
                  name="action"
                  value="resend"
                  class="button"
                  aria-label={`Send ${e.name} a new link`}
                >
                  New link
                </button>
              )}
              <button type="submit" name="action" value="revoke" class="button quiet" aria-label={`Revoke ${e.name}`}>
                Revoke
              </button>
            </form>
          )}
        </div>
      ))}
      {admin && !over && (
        <form method="post" action={`/flows/${flow.id}/invite`} class="handles">
          <Csrf secret={session.secret} />
          <input type="hidden" name="command_id" value={commandId} />
          <label class="field">
            Mail address
            <input name="email" type="email" required maxLength={254} />
          </label>
          <label class="field">
            Name
            <input name="name" maxLength={200} />
          </label>
          <label class="field">
            Role
            <input name="role" maxLength={100} placeholder="client reviewer" />
          </label>
          <button type="submit" class="button">
            {flow.status === 'ACTIVE' ? 'Invite and send the link' : 'Invite, mailed at the start'}
          </button>
        </form>
      )}
    </section>
  );
}

const Activity = ({ view: { flow, now } }: { readonly view: FlowView }) => (
  <section class="card pad">
    <h2>Activity</h2>
    <ol class="feed">
      {[...flow.activity].reverse().map((a) => (
        <li>
          <b>{a.by}</b> {a.text}
          <span class="small">
            <Day at={a.at} now={now} />
            {byWhom('', a.through)}
          </span>
        </li>
      ))}
    </ol>
    {flow.activityTotal > flow.activity.length && (
      <p class="small">
        The last {flow.activity.length} of {flow.activityTotal}.
      </p>
    )}
  </section>
);

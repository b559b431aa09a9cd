/** The dashboard: what needs me, and every flow with what it waits on and what can be done about it. */

import type { z } from 'zod';
import { type FlowStatus, flowStatuses } from '../domain/flow.ts';
import { limits } from '../domain/limits.ts';
import type { Session } from '../oauth/session.ts';
import type { getOverview } from '../operations/get-overview.ts';
import type { listFlows } from '../operations/list-flows.ts';
import type { listOrgMembers } from '../operations/list-org-members.ts';
import type { listPublicTemplates } from '../operations/list-public-templates.ts';
import { countUpTo } from '../operations/words.ts';
import { firstName } from '../platform/plain-line.ts';
import { Face } from './kit/face.tsx';
import { FlowIcon, LateIcon } from './kit/icons.tsx';
import { named } from './kit/named.ts';
import { briefly, numberWord, wholeNumber } from './kit/number.ts';
import { renderPage } from './kit/page.tsx';
import { Pager } from './kit/pager.tsx';
import { Csrf, dot, Notice } from './kit/parts.tsx';
import { Shell } from './kit/shell.tsx';
import { Day, Due } from './kit/when.tsx';

type Overview = z.output<typeof getOverview.output>;
type Listed = z.output<typeof listFlows.output>;
type Flow = Listed['flows'][number];
type Members = z.output<typeof listOrgMembers.output>['members'];
type Templates = z.output<typeof listPublicTemplates.output>['templates'];

/** What the list is narrowed to: the address of the page without its place in the list. */
export interface FlowsQuery {
  readonly status?: FlowStatus;
  readonly overdue?: 'true';
  readonly waits_on?: string;
  readonly template?: string;
  readonly search?: string;
}

export interface FlowsView {
  readonly session: Session;
  readonly overview: Overview;
  /** Null when it could not be read; then `problem` says why. */
  readonly list: Listed | null;
  readonly problem: string | null;
  readonly query: FlowsQuery;
  readonly members: Members;
  readonly templates: Templates;
  readonly now: number;
  readonly commandId: string;
  /** The keyboard asked for the search field. */
  readonly find: boolean;
}

const statusWords: Record<FlowStatus, string> = {
  DRAFT: 'Draft',
  ACTIVE: 'Active',
  PAUSED: 'Paused',
  COMPLETED: 'Completed',
  CANCELLED: 'Cancelled',
};
const chips: Record<FlowStatus, string> = {
  DRAFT: 'chip',
  ACTIVE: 'chip ready',
  PAUSED: 'chip',
  COMPLETED: 'chip done',
  CANCELLED: 'chip',
};

export const StatusChip = ({ status }: { readonly status: FlowStatus }) => (
  <span class={chips[status]}>
    <FlowIcon status={status} />
    {statusWords[status]}
  </span>
);

const upTo = (n: number): string => (n >= limits.counted ? `${limits.counted} or more` : numberWord(n));

/** "Two flows need you, one client is late". */
export function headline({ needMe, clientsLate, late, flows }: Overview): string {
  if (flows.total === 0) return 'Make your first flow';
  const need =
    needMe === 0 ? 'Nothing waits on you' : needMe === 1 ? 'One flow needs you' : `${upTo(needMe)} flows need you`;
  if (clientsLate > 0) {
    return `${need}, ${clientsLate === 1 ? 'one client is late' : `${upTo(clientsLate).toLowerCase()} clients are late`}`;
  }
  return late === 0
    ? need
    : `${need}, ${late === 1 ? 'one flow is late' : `${upTo(late).toLowerCase()} flows are late`}`;
}

const address = (query: FlowsQuery & { readonly cursor?: string }): string => {
  const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return words.size === 0 ? '/flows' : `/flows?${words}`;
};

export function flowsPage(view: FlowsView): string {
  const { session, overview, list, problem, query } = view;
  const admin = session.org?.role !== 'MEMBER';
  return renderPage({
    title: 'Flows',
    scripts: ['/assets/live.js'],
    children: (
      <Shell
        session={session}
        here="/flows"
        counts={{ '/flows': wholeNumber(overview.flows.total), '/tasks': briefly(overview.myTasks) }}
      >
        <div class="head">
          <div>
            <h1>{headline(overview)}</h1>
            <Glance overview={overview} />
          </div>
          {admin && (
            <div class="actions">
              <a class="button" href="/flows/import">
                From a table
              </a>
              <a class="button primary" href="/flows/new">
                New flow
              </a>
            </div>
          )}
        </div>
        {overview.flows.total === 0 ? (
          <Beginning admin={admin} />
        ) : (
          <>
            <Views view={view} />
            <search>
              <Narrow view={view} />
            </search>
            <Notice text={problem} bad />
            {list && <Results view={view} list={list} />}
            {list && <Pager list={list} href={(cursor) => address({ ...query, cursor })} first={address(query)} />}
            <p class="small live" data-live hidden>
              Live: what changes shows here by itself.
            </p>
          </>
        )}
      </Shell>
    ),
  });
}

/** "10 flows · 6 active · the longest wait is for Jane Alder at Acme Corp". */
const Glance = ({ overview: { flows, slowest } }: { readonly overview: Overview }) =>
  flows.total === 0 ? (
    <p class="small">A flow is made from a template: its tasks, who does them, and what waits for what.</p>
  ) : (
    <p class="small">
      {flows.total === 1 ? '1 flow' : `${wholeNumber(flows.total)} flows`}
      {dot}
      {wholeNumber(flows.ACTIVE)} active
      {slowest && (
        <>
          {dot}the longest wait is for{' '}
          <a href={`/flows/${slowest.flow.id}?task=${slowest.task.id}#task`}>
            {slowest.assignee?.name ?? 'somebody to take it'}: {slowest.task.title}, {slowest.flow.name}
          </a>
        </>
      )}
    </p>
  );

const Beginning = ({ admin }: { readonly admin: boolean }) => (
  <div class="card sheet beginning">
    <ol class="steps">
      <li>
        <b>Choose a template</b>
        <span class="small">Onboarding a client, closing a month, collecting documents: it brings the tasks.</span>
      </li>
      <li>
        <b>Name the flow, and invite the client</b>
        <span class="small">They get a link by mail, and need no account.</span>
      </li>
      <li>
        <b>Start it</b>
        <span class="small">Booflow opens each task when its turn comes, reminds, and says what waits on whom.</span>
      </li>
    </ol>
    {!admin && <p class="small">An owner or admin of your organization makes flows. They show here.</p>}
  </div>
);

/** The views one looks at most, each with how many are in it. */
function Views({ view: { overview, query } }: { readonly view: FlowsView }) {
  const { template, search, ...view } = query;
  const kept = { ...(template && { template }), ...(search && { search }) };
  interface ChipProps {
    readonly is: FlowsQuery;
    readonly n: number;
    /** An org keeps how many flows it has in each status; the rest is counted, and stops. */
    readonly kept?: boolean;
    readonly children: string;
  }
  const Chip = ({ is, n, kept: isKept, children }: ChipProps) => {
    const here = address(is) === address(view);
    if (n === 0 && !here) return null;
    return (
      <a
        class={here ? 'chip brand' : 'chip'}
        href={address({ ...is, ...kept })}
        aria-current={here ? 'true' : undefined}
      >
        {children} <span class="num">{isKept ? wholeNumber(n) : briefly(n)}</span>
      </a>
    );
  };
  return (
    <nav class="filters" aria-label="Views">
      <Chip is={{}} n={overview.flows.total} kept>
        All
      </Chip>
      <Chip is={{ waits_on: 'me' }} n={overview.needMe}>
        Waits on me
      </Chip>
      <Chip is={{ overdue: 'true' }} n={overview.late}>
        Late
      </Chip>
      <Chip is={{ waits_on: 'clients' }} n={overview.waitOnClients}>
        Waits on a client
      </Chip>
      <Chip is={{ waits_on: 'nobody' }} n={overview.waitOnNobody}>
        Nobody has it
      </Chip>
      {flowStatuses.map((s) => (
        <Chip is={{ status: s }} n={overview.flows[s]} kept>
          {statusWords[s]}
        </Chip>
      ))}
    </nav>
  );
}

/** Search, and what the views don't have: a plain form that sends itself when the script is there. */
function Narrow({ view: { query, members, templates, session, find } }: { readonly view: FlowsView }) {
  const { search, waits_on, template, ...kept } = query;
  const others = members.filter((m) => m.id !== session.userId);
  return (
    <form method="get" action="/flows" class="narrow-by" data-sends-itself>
      {Object.entries(kept).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <label class="unseen" for="search">
        Search flows and clients
      </label>
      <span class="search">
        <input
          id="search"
          name="search"
          type="search"
          value={search}
          placeholder="Search flows and clients"
          autofocus={find}
          maxLength={200}
        />
        <span class="kbd" aria-hidden="true">
          /
        </span>
      </span>
      <label class="unseen" for="waits-on">
        Waits on
      </label>
      <select id="waits-on" name="waits_on">
        <option value="">Waits on anyone</option>
        {[
          ['me', 'Waits on me'],
          ['clients', 'Waits on a client'],
          ['nobody', 'Waits on nobody'],
          ...others.map((m) => [m.id, `Waits on ${m.name}`] as const),
        ].map(([value, title]) => (
          <option value={value} selected={value === waits_on}>
            {title}
          </option>
        ))}
      </select>
      <label class="unseen" for="template">
        Template
      </label>
      <select id="template" name="template">
        <option value="">Any template</option>
        {templates.map((t) => (
          <option value={t.id} selected={t.id === template}>
            {t.name}
          </option>
        ))}
      </select>
      <button type="submit" class="button">
        Show
      </button>
    </form>
  );
}

function Results({ view, list }: { readonly view: FlowsView; readonly list: Listed }) {
  const { query, now, session } = view;
  const narrowed = address(query) !== '/flows';
  if (list.flows.length === 0) {
    return (
      <div class="card sheet">
        <h2>{list.total === 0 ? 'No flow fits' : 'This page of the list is empty'}</h2>
        <p>
          {list.total === 0
            ? query.search
              ? `No flow and no client has words that begin like “${query.search}”.`
              : 'Nothing is in this view now.'
            : 'What stood here has moved to another page.'}
        </p>
        <p>
          <a class="button" href={list.total === 0 ? '/flows' : address(query)}>
            {list.total === 0 ? 'Show all flows' : 'To the first page'}
          </a>
        </p>
      </div>
    );
  }
  return (
    <>
      {narrowed && (
        <p class="small fits" role="status">
          {countUpTo(list.total, list.totalStopped, 'flow fits', 'flows fit')}
          {list.late > 0 && `, ${upTo(list.late).toLowerCase()} late`}
          {dot}
          <a href="/flows">Show all</a>
        </p>
      )}
      <div class="card table">
        <div class="flow th" aria-hidden="true">
          <span>Flow</span>
          <span>Status</span>
          <span>Progress</span>
          <span>Waits on</span>
          <span>Due</span>
          <span>Next</span>
        </div>
        <ul class="rows">
          {list.flows.map((f) => (
            <Row flow={f} now={now} session={session} commandId={view.commandId} />
          ))}
        </ul>
      </div>
    </>
  );
}

interface RowProps {
  readonly flow: Flow;
  readonly now: number;
  readonly session: Session;
  readonly commandId: string;
}

const Row = ({ flow, now, session, commandId }: RowProps) => (
  <li class="flow">
    <span>
      <a class="whole" href={`/flows/${flow.id}`} data-row>
        {named(flow.name)}
      </a>
      <span class="small">{flow.template}</span>
    </span>
    <span>
      <StatusChip status={flow.status} />
    </span>
    <span class="prog">
      {flow.status !== 'CANCELLED' && (
        <>
          <progress class="bar" max={100} value={flow.progress.percent} aria-label={`Progress of ${flow.name}`} />
          <span class="num small">{flow.progress.percent}%</span>
        </>
      )}
    </span>
    <Waits flow={flow} now={now} />
    <span class={flow.overdue > 0 ? 'num small late' : 'num small'}>
      {flow.status === 'ACTIVE' && flow.next?.dueAt && (
        <>
          {flow.overdue > 0 && <LateIcon label="" />}
          <Due at={flow.next.dueAt} now={now} zone={flow.timeZone} />
        </>
      )}
    </span>
    <span class="next">
      <Next flow={flow} session={session} commandId={commandId} />
    </span>
  </li>
);

function Waits({ flow: { status, next, changedAt, timeZone }, now }: { readonly flow: Flow; readonly now: number }) {
  switch (status) {
    case 'DRAFT':
      return <span class="wait small">Not started</span>;
    case 'COMPLETED':
      return (
        <span class="wait small">
          Done <Day at={changedAt} now={now} zone={timeZone} />
        </span>
      );
    case 'CANCELLED':
      return (
        <span class="wait small">
          Cancelled <Day at={changedAt} now={now} zone={timeZone} />
        </span>
      );
    case 'PAUSED':
    case 'ACTIVE':
      if (next === null) return <span class="wait small">{status === 'PAUSED' ? 'Paused' : 'Nothing is ready'}</span>;
      return (
        <span class="wait">
          {next.assignee ? <Face {...next.assignee} /> : <span class="face nobody" aria-hidden="true" />}
          <span class="grow">
            {next.title}
            <span class="small">
              {next.assignee === null
                ? 'nobody has it'
                : next.assignee.kind === 'external'
                  ? `client ${next.assignee.name}`
                  : next.assignee.name}
              {status === 'PAUSED' && ', paused'}
            </span>
          </span>
        </span>
      );
  }
}

/** What to do about it. */
function Next({ flow, session, commandId }: Omit<RowProps, 'now'>) {
  const admin = session.org?.role !== 'MEMBER';
  const { status, next } = flow;
  const link = (title: string, taskId?: string) => (
    <a class="button small-button" href={`/flows/${flow.id}${taskId ? `?task=${taskId}#task` : ''}`}>
      {title}
      <span class="unseen">: {flow.name}</span>
    </a>
  );
  if (status === 'DRAFT') return admin ? link('Start') : null;
  if (status === 'PAUSED') return admin ? link('Resume') : null;
  if (status !== 'ACTIVE' || next === null) return null;
  if (next.assignee === null) return link(admin ? 'Assign' : 'Take it', next.id);
  if (next.assignee.id === session.userId) return link('Do it', next.id);
  if (!admin) return null;
  return (
    <form method="post" action={`/flows/${flow.id}/tasks/${next.id}/remind`}>
      <Csrf secret={session.secret} />
      <input type="hidden" name="command_id" value={`${commandId}-${next.id}`} />
      <button type="submit" class="button small-button">
        Remind {firstName(next.assignee.name)}
        <span class="unseen">: {flow.name}</span>
      </button>
    </form>
  );
}

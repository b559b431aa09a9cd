/** The dashboard: what needs me, and every flow with what it waits on. */
import type { z } from 'zod';
import { type FlowStatus, flowStatuses } from '../domain/flow.ts';
import type { Session } from '../oauth/session.ts';
import type { getOverview } from '../operations/get-overview.ts';
import type { listFlows } from '../operations/list-flows.ts';
import type { listPublicTemplates } from '../operations/list-public-templates.ts';
import { Face } from './kit/face.tsx';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice } from './kit/parts.tsx';
import { Shell } from './kit/shell.tsx';
import { Due } from './kit/when.tsx';

type Overview = z.output<typeof getOverview.output>;
type Listed = z.output<typeof listFlows.output>;
type Templates = z.output<typeof listPublicTemplates.output>['templates'];

export interface FlowsView {
  readonly session: Session;
  readonly overview: Overview;
  readonly list: Listed;
  readonly status: FlowStatus | null;
  readonly now: number;
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
  <span class={chips[status]}>{statusWords[status]}</span>
);

const numbers = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];
const numberWord = (n: number): string => numbers[n] ?? String(n);

/** "Two flows need you, one client is late". */
export function headline({ needMe, clientsLate, flows }: Overview): string {
  if (flows.total === 0) return 'Make your first flow';
  const late = clientsLate === 1 ? 'one client is late' : `${numberWord(clientsLate).toLowerCase()} clients are late`;
  if (needMe === 0) return clientsLate === 0 ? 'Nothing waits on you' : `Nothing waits on you, ${late}`;
  const need = needMe === 1 ? 'One flow needs you' : `${numberWord(needMe)} flows need you`;
  return clientsLate === 0 ? need : `${need}, ${late}`;
}

export function flowsPage({ session, overview, list, status, now }: FlowsView): string {
  const filters = flowStatuses.filter((s) => overview.flows[s] > 0);
  return renderPage({
    title: 'Flows',
    scripts: ['/assets/live.js'],
    children: (
      <Shell session={session} here="/flows" counts={{ '/flows': overview.flows.total, '/tasks': overview.myTasks }}>
        <div class="head">
          <div>
            <h1>{headline(overview)}</h1>
            <p class="small">
              {overview.flows.total} flows · {overview.flows.ACTIVE} active · {list.late} late
            </p>
          </div>
          {session.org?.role !== 'MEMBER' && (
            <a class="button primary" href="/flows/new">
              New flow
            </a>
          )}
        </div>
        <nav class="filters" aria-label="By status">
          <a
            class={status === null ? 'chip brand' : 'chip'}
            href="/flows"
            aria-current={status === null ? 'true' : undefined}
          >
            All {overview.flows.total}
          </a>
          {filters.map((s) => (
            <a
              class={status === s ? 'chip brand' : 'chip'}
              href={`/flows?status=${s}`}
              aria-current={status === s ? 'true' : undefined}
            >
              {statusWords[s]} {overview.flows[s]}
            </a>
          ))}
        </nav>
        {list.flows.length === 0 ? (
          <p class="card sheet">
            {overview.flows.total === 0
              ? 'A flow is made from a template: its tasks, who does them, and what waits for what. Begin with “New flow”.'
              : 'No flow has this status.'}
          </p>
        ) : (
          <div class="card table">
            <div class="flow th" aria-hidden="true">
              <span>Flow</span>
              <span>Status</span>
              <span>Progress</span>
              <span>Waits on</span>
              <span>Due</span>
            </div>
            {list.flows.map((f) => (
              <a class="flow" href={`/flows/${f.id}`}>
                <span>
                  <b>{f.name}</b>
                  <span class="small">{f.template}</span>
                </span>
                <span>
                  <StatusChip status={f.status} />
                </span>
                <span class="prog">
                  {f.status !== 'CANCELLED' && (
                    <>
                      <progress class="bar" max={100} value={f.progress.percent} aria-label="Progress" />
                      <span class="num small">{f.progress.percent}%</span>
                    </>
                  )}
                </span>
                <Waits flow={f} />
                <span class={f.overdue > 0 ? 'num small late' : 'num small'}>
                  {f.status === 'ACTIVE' && f.next?.dueAt ? <Due at={f.next.dueAt} now={now} /> : '–'}
                </span>
              </a>
            ))}
          </div>
        )}
        {list.nextCursor && (
          <p class="more">
            <a
              class="button"
              href={`/flows?${new URLSearchParams({ ...(status && { status }), cursor: list.nextCursor })}`}
            >
              Show more
            </a>
          </p>
        )}
      </Shell>
    ),
  });
}

const Waits = ({ flow }: { readonly flow: Listed['flows'][number] }) => {
  if (flow.next === null) {
    const words = { DRAFT: 'Not started', COMPLETED: 'Done', CANCELLED: 'Ended', PAUSED: 'Paused', ACTIVE: '–' };
    return <span class="wait">{words[flow.status]}</span>;
  }
  return (
    <span class="wait">
      {flow.next.assignee && <Face {...flow.next.assignee} />}
      <span>
        {flow.next.title}
        <span class="small">
          {flow.next.assignee === null
            ? 'nobody yet'
            : flow.next.assignee.kind === 'external'
              ? `client ${flow.next.assignee.name}`
              : flow.next.assignee.name}
        </span>
      </span>
    </span>
  );
};

export interface NewFlowView {
  readonly session: Session;
  readonly own: Templates;
  readonly open: Templates;
  readonly commandId: string;
  readonly typed: { readonly name: string; readonly template: string };
  readonly problem: string | null;
}

export const newFlowPage = ({ session, own, open, commandId, typed, problem }: NewFlowView): string =>
  renderPage({
    title: 'New flow',
    children: (
      <Shell session={session} here="/flows">
        <div class="narrow">
          <h1>Whom is the new flow for?</h1>
          <Notice text={problem} bad />
          <form method="post" action="/flows" class="stack">
            <Csrf secret={session.secret} />
            <input type="hidden" name="command_id" value={commandId} />
            <div class="field">
              <label for="name">Name</label>
              <input id="name" name="name" value={typed.name} required maxLength={200} aria-describedby="name-help" />
              <span class="small" id="name-help">
                Most name it after the client.
              </span>
            </div>
            <div class="field">
              <label for="template">Template</label>
              <select id="template" name="template" required>
                <Group label="Yours" templates={own} chosen={typed.template} />
                <Group label="Public" templates={open} chosen={typed.template} />
              </select>
            </div>
            <p class="small">It begins as a draft. Nothing is sent to anyone before you start it.</p>
            <button type="submit" class="button primary big">
              Make the draft
            </button>
          </form>
        </div>
      </Shell>
    ),
  });

const Group = ({
  label,
  templates,
  chosen,
}: {
  readonly label: string;
  readonly templates: Templates;
  readonly chosen: string;
}) =>
  templates.length === 0 ? null : (
    <optgroup label={label}>
      {templates.map((t) => (
        <option value={t.id} selected={t.id === chosen}>
          {t.name}, {t.steps} steps
        </option>
      ))}
    </optgroup>
  );

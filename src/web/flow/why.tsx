/** "Why is this waiting?": each open task with whom it lies and what to do about it, and the chain behind the first. */

import { useContext } from 'preact/hooks';
import { forecastWords } from '../../operations/explain-flow.ts';
import { count } from '../../operations/words.ts';
import { firstName } from '../../platform/plain-line.ts';
import { Face } from '../kit/face.tsx';
import { LateIcon, StatusIcon } from '../kit/icons.tsx';
import { Day, Due, TimeZone } from '../kit/when.tsx';
import { type FlowView, type Hold, isAdmin, Sent, taskHref, whom } from './view.tsx';

const shown = 4;

export function Why({ view }: { readonly view: FlowView }) {
  const { flow, explained } = view;
  const [first] = explained.holds;
  if (flow.status !== 'ACTIVE' || !first) return null;
  const more = explained.holds.length - shown;
  return (
    <section class={flow.overdue > 0 ? 'card why late-ground' : 'card why'} aria-labelledby="why">
      <h2 id="why">Why is this waiting?</h2>
      <ul class="holds">
        {explained.holds.slice(0, shown).map((hold) => (
          <li>
            <Holding hold={hold} view={view} />
          </li>
        ))}
      </ul>
      {first.chain.length > 1 && <Chain hold={first} view={view} />}
      <Forecast view={view} />
      {more > 0 && <p class="small">{count(more, 'more task is', 'more tasks are')} ready; the graph shows them.</p>}
    </section>
  );
}

function Forecast({ view: { explained, now } }: { readonly view: FlowView }) {
  const words = forecastWords(explained.forecast, now, useContext(TimeZone));
  return words === null ? null : <p class="small">{words}</p>;
}

function Holding({ hold: { task, since, behind }, view }: { readonly hold: Hold; readonly view: FlowView }) {
  const { flow, now } = view;
  const late = task.dueAt !== null && Date.parse(task.dueAt) < now;
  return (
    <>
      {task.assignee ? <Face {...task.assignee} /> : <span class="face nobody" aria-hidden="true" />}
      <span class="grow">
        <b>{task.title}</b> lies with <b>{whom(task.assignee, view)}</b>
        {since && (
          <>
            {' since '}
            <Day at={since} now={now} />
          </>
        )}
        {behind > 0 && `; ${count(behind, 'task waits', 'tasks wait')} for it`}
        {task.round > 1 && <span class="small round"> round {task.round}</span>}
      </span>
      {task.dueAt && (
        <span class={late ? 'small num late' : 'small num'}>
          {late ? <LateIcon label="" /> : null}
          <Due at={task.dueAt} now={now} />
        </span>
      )}
      <Action hold={{ task }} view={view} flowId={flow.id} />
    </>
  );
}

interface ActionProps {
  readonly hold: Pick<Hold, 'task'>;
  readonly view: FlowView;
  readonly flowId: string;
}

function Action({ hold: { task }, view, flowId }: ActionProps) {
  const mine = task.assignee?.id === view.session.userId;
  if (task.assignee && !mine && isAdmin(view)) {
    return (
      <form method="post" action={`/flows/${flowId}/tasks/${task.id}/remind`}>
        <Sent view={view} as={`remind-${task.id}`} />
        <button type="submit" class="button small-button">
          Remind {firstName(task.assignee.name)}
          <span class="unseen">: {task.title}</span>
        </button>
      </form>
    );
  }
  const title = mine ? 'Do it' : task.assignee === null ? (isAdmin(view) ? 'Assign it' : 'Take it') : 'Look at it';
  return (
    <a class="button small-button" href={taskHref(flowId, task.id)}>
      {title}
      <span class="unseen">: {task.title}</span>
    </a>
  );
}

const chainShown = 4;

/** The longest way that waits: this task, then what it holds up, to the furthest. */
function Chain({ hold: { chain }, view }: { readonly hold: Hold; readonly view: FlowView }) {
  const last = chain.at(-1);
  const links = chain.length <= chainShown ? chain : chain.slice(0, chainShown - 1);
  return (
    <ol class="chain small" aria-label={`What waits for “${chain[0]?.title}”`}>
      {links.map((t, i) => (
        <li>
          <StatusIcon status={i === 0 ? 'READY' : 'BLOCKED'} label="" />
          <a href={taskHref(view.flow.id, t.id)}>{t.title}</a>
        </li>
      ))}
      {last && links.at(-1)?.id !== last.id && (
        <>
          {chain.length - links.length > 1 && <li>{`${chain.length - links.length - 1} more`}</li>}
          <li>
            <StatusIcon status="BLOCKED" label="" />
            <a href={taskHref(view.flow.id, last.id)}>{last.title}</a>
          </li>
        </>
      )}
    </ol>
  );
}

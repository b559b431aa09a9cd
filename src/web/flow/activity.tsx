/** What happened, the latest first; older entries a page further. */
import { byWhom } from '../../operations/words.ts';
import { Ago } from '../kit/when.tsx';
import type { FlowView } from './view.tsx';

export function ActivityFeed({ view }: { readonly view: FlowView }) {
  const { flow, activity, older, now } = view;
  const last = activity.entries.at(-1);
  return (
    <section class="card pad" id="activity" aria-labelledby="activity-title">
      <h2 id="activity-title">Activity</h2>
      <ol class="feed">
        {activity.entries.map((a) => (
          <li class={a.kind}>
            <b>{a.by}</b> {a.text}
            <span class="small">
              <Ago at={a.at} now={now} />
              {byWhom('', a.through)}
            </span>
          </li>
        ))}
      </ol>
      {(older || activity.more) && (
        <nav class="row" aria-label="Pages of the activity">
          {older && (
            <a class="button quiet" href={`/flows/${flow.id}#activity`}>
              Latest
            </a>
          )}
          {activity.more && last && (
            <a class="button quiet" href={`/flows/${flow.id}?before=${last.seq}#activity`}>
              Older
            </a>
          )}
        </nav>
      )}
    </section>
  );
}

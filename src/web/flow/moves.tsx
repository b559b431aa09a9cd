/** Start, pause, resume, cancel: each says before what it will do. */
import { count } from '../../operations/words.ts';
import { type FlowView, isAdmin, isOver, Sent } from './view.tsx';

export function Moves({ view }: { readonly view: FlowView }) {
  if (!isAdmin(view) || isOver(view)) return null;
  const { flow, typed } = view;
  const cancels = typed.action === 'cancel';
  return (
    <form method="post" action={`/flows/${flow.id}/status`} class="row moves">
      <Sent view={view} as="status" />
      <Main view={view} />
      <details class="menu" name="moves" open={cancels}>
        <summary class="button quiet">Cancel flow…</summary>
        <div class="card sheet">
          <p>{count(open(view), 'open task')} will be cancelled, and every client's link ends. This is final.</p>
          <label class="field">
            Reason, if you like
            <input name="reason" maxLength={2000} value={cancels ? typed.reason : ''} />
          </label>
          <button type="submit" name="action" value="cancel" class="button bad">
            Cancel the flow for good
          </button>
        </div>
      </details>
    </form>
  );
}

const open = ({ flow }: FlowView): number =>
  flow.tasks.filter((t) => t.status !== 'COMPLETED' && t.status !== 'SKIPPED').length;

const invited = ({ flow }: FlowView): number => flow.externalUsers.filter((e) => e.invitation === 'PENDING').length;

function Main({ view }: { readonly view: FlowView }) {
  const { flow } = view;
  switch (flow.status) {
    case 'DRAFT':
      return (
        <button type="submit" name="action" value="start" class="button primary" aria-describedby="will">
          {invited(view) === 0 ? 'Start flow' : `Start flow and send ${count(invited(view), 'invitation')}`}
        </button>
      );
    case 'PAUSED':
      return (
        <button type="submit" name="action" value="resume" class="button primary" aria-describedby="will">
          Resume, due dates move along
        </button>
      );
    case 'ACTIVE':
      return (
        <details class="menu" name="moves">
          <summary class="button">Pause…</summary>
          <div class="card sheet">
            <p>
              Until it is resumed nothing becomes due, nobody is reminded, and no task can be completed. Due dates then
              move by the days that began meanwhile.
            </p>
            <button type="submit" name="action" value="pause" class="button">
              Pause the flow
            </button>
          </div>
        </details>
      );
    case 'COMPLETED':
    case 'CANCELLED':
      return null;
  }
}

/** What the main button will do, in a sentence below the head. */
export function Will({ view }: { readonly view: FlowView }) {
  const { flow } = view;
  const first = flow.tasks.filter((t) => t.dependsOn.length === 0).length;
  const words =
    flow.status === 'DRAFT'
      ? `Starting opens ${count(first, 'task')}, sets due dates from today, and ${
          invited(view) === 0 ? 'mails whoever has one of them' : `mails ${count(invited(view), 'client')} a link`
        }.`
      : flow.status === 'PAUSED'
        ? `Nothing becomes due and nobody is reminded. Resuming opens ${count(open(view), 'task')} again, with due dates moved by the days that began meanwhile.`
        : null;
  return words === null || !isAdmin(view) ? null : (
    <p class="card band" id="will">
      {words}
    </p>
  );
}

/** The flow's clients: who is invited, and inviting, resending, revoking. */

import { firstName } from '../../platform/plain-line.ts';
import { Face } from '../kit/face.tsx';
import { named } from '../kit/named.ts';
import { type FlowFacts, type FlowView, isAdmin, isOver, Sent } from './view.tsx';

type Client = FlowFacts['externalUsers'][number];

const states: Record<Client['invitation'], string> = {
  PENDING: 'invited when the flow starts',
  SENT: 'invited, not opened yet',
  ACCEPTED: 'has opened the portal',
  REVOKED: 'has no access any more',
};

export function People({ view }: { readonly view: FlowView }) {
  const { flow, typed } = view;
  const may = isAdmin(view) && !isOver(view);
  /** Why an invitation that was sent from here was refused. */
  const wrong = typed.email === undefined ? null : view.problem;
  return (
    <section class="card pad" id="clients" aria-labelledby="clients-title">
      <h2 id="clients-title">Clients</h2>
      {flow.externalUsers.length === 0 && <p class="small">Nobody is invited yet.</p>}
      {flow.externalUsers.map((e) => (
        <div class="comment">
          <Face kind="external" name={e.name} />
          <span class="grow">
            <b>{named(e.name)}</b> {e.role && <span class="small">{e.role}</span>}
            <span class="small line">{e.email}</span>
            <span class="small line">{states[e.invitation]}</span>
            {flow.remindersOff.includes(e.id) && <span class="small line">wants no reminders</span>}
            {e.mailRefused !== null && <span class="small line late">mail is refused: {e.mailRefused}</span>}
          </span>
          {may && e.invitation !== 'REVOKED' && <Links view={view} client={e} />}
        </div>
      ))}
      {may && (
        <details class="invite" open={typed.email !== undefined}>
          <summary class="button">Invite a client</summary>
          <form method="post" action={`/flows/${flow.id}/invite`} class="stack">
            <Sent view={view} as="invite" />
            <label class={wrong === null ? 'field' : 'field wrong'}>
              Mail address
              <input
                name="email"
                type="email"
                required
                maxLength={254}
                value={typed.email}
                aria-invalid={wrong === null ? undefined : true}
                aria-describedby={wrong === null ? undefined : 'invite-wrong'}
                // The form stands far below what the page says on top.
                autofocus={wrong !== null}
              />
            </label>
            {wrong !== null && (
              <p class="field">
                <span class="problem" id="invite-wrong">
                  {wrong}
                </span>
              </p>
            )}
            <label class="field">
              Name, if you like
              <input name="name" maxLength={200} value={typed.name} />
            </label>
            <label class="field">
              Role, if you like
              <input name="role" maxLength={100} placeholder="client reviewer" value={typed.role} />
            </label>
            <button type="submit" class="button">
              {flow.status === 'ACTIVE' ? 'Invite and send the link' : 'Invite, mailed at the start'}
            </button>
          </form>
        </details>
      )}
    </section>
  );
}

const Links = ({ view, client }: { readonly view: FlowView; readonly client: Client }) => (
  <form method="post" action={`/flows/${view.flow.id}/invitations`} class="row links">
    <Sent view={view} as={client.id} />
    <input type="hidden" name="external_user" value={client.id} />
    {view.flow.status === 'ACTIVE' && (
      <button
        type="submit"
        name="action"
        value="resend"
        class="button"
        aria-label={`Send a new link to ${client.name}`}
      >
        Send a new link
      </button>
    )}
    <details class="menu" name="revoke">
      <summary class="button quiet" aria-label={`Revoke ${client.name}…`}>
        Revoke…
      </summary>
      <div class="card sheet">
        <p>{firstName(client.name)}'s link and open portal end at once. Tasks stay as they are; reassign those.</p>
        <button type="submit" name="action" value="revoke" class="button bad">
          Revoke {firstName(client.name)}'s access
        </button>
        <p class="small">
          <a href={`/settings/data/erase?email=${encodeURIComponent(client.email)}`}>Erase all their data instead</a>
        </p>
      </div>
    </details>
  </form>
);

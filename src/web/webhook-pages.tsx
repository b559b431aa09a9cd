/** The pages of webhooks: all of them, and one with its log. */
import type { ComponentChildren } from 'preact';
import type { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { flowEventBody, flowEventsBySubject } from '../domain/webhook.ts';
import type { Session } from '../oauth/session.ts';
import type { deliveryShape } from '../operations/list-webhook-deliveries.ts';
import { mostUrl, type webhookShape } from '../operations/webhooks.ts';
import { count } from '../operations/words.ts';
import { taskHref } from './flow/view.tsx';
import { numberWord } from './kit/number.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice } from './kit/parts.tsx';
import { Settings } from './kit/settings.tsx';
import { TextField } from './kit/text-field.tsx';
import { Ago, Day, Until } from './kit/when.tsx';
import { settingsStyles } from './members-page.tsx';

type Webhook = z.infer<typeof webhookShape>;
type Delivery = z.infer<typeof deliveryShape>;

/** A field of the form that can't be taken, and why. */
export interface Wrong {
  readonly field: 'url' | 'description';
  readonly text: string;
}

export interface Told {
  readonly notice: string | null;
  readonly problem: string | null;
  readonly wrong: Wrong | null;
  /** A secret that was just made: shown this once. */
  readonly secret: {
    readonly of: Pick<Webhook, 'url' | 'description'>;
    readonly secret: string;
    /** What becomes of the one before; null for the first. */
    readonly before: { readonly until: string | null } | null;
  } | null;
}
export const nothingTold: Told = { notice: null, problem: null, wrong: null, secret: null };

interface Typed {
  readonly url: string;
  readonly description: string;
  readonly events: readonly string[];
}

interface Shown {
  readonly session: Session;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly told: Told;
  readonly typed: Typed;
  readonly commandId: string;
}

/** Several may be on one host: what it is for says which is meant, else where it is there. */
function nameOf({ url, description }: Pick<Webhook, 'url' | 'description'>): string {
  if (description !== '') return description;
  const { host, pathname } = new URL(url);
  return host + (pathname === '/' ? '' : pathname);
}

const Tellings = ({ told: { notice, problem, wrong, secret }, now }: { readonly told: Told; readonly now: number }) => (
  <>
    <Notice text={notice} />
    {wrong === null ? (
      <Notice text={problem} bad />
    ) : (
      <p class="notice bad" role="alert">
        <a href={`#${wrong.field}`}>{problem}</a>
      </p>
    )}
    {secret && (
      <div class="card sheet made" role="status">
        <h2>
          Copy the {secret.before ? 'new secret' : 'secret'} of {nameOf(secret.of)} now: it is shown this once.
        </h2>
        <p class="secret">
          <code id="secret">{secret.secret}</code>
          <button type="button" class="button primary" data-copy="secret" hidden>
            Copy
          </button>
        </p>
        <p class="small">
          Each request is signed with it, as{' '}
          <a href="https://www.standardwebhooks.com" rel="noreferrer">
            Standard Webhooks
          </a>{' '}
          has it: check <code>webhook-signature</code> with one of its libraries.
        </p>
        {secret.before &&
          (secret.before.until === null ? (
            <p class="small">No older one signs any more.</p>
          ) : (
            <p class="small">
              The one before signs too; that ends <Until at={secret.before.until} now={now} />.
            </p>
          ))}
      </div>
    )}
  </>
);

/** What is sent, for whoever writes the other end. */
const Docs = () => <a href="/docs/api#webhooks">what is sent, and how to check it</a>;

const Fields = ({ typed, wrong }: { readonly typed: Typed; readonly wrong: Wrong | null }) => (
  <>
    <TextField
      {...{ name: 'url', label: 'Address', type: 'url', value: typed.url, most: mostUrl, autocomplete: 'off' }}
      help="https, and on the public internet. It gets a POST with JSON, and answers 2xx within 15 seconds."
      wrong={wrong?.field === 'url' ? wrong.text : null}
    />
    <TextField
      {...{ name: 'description', label: 'What it is for', value: typed.description, most: limits.name }}
      {...{ optional: true, autocomplete: 'off', help: 'Its name on these pages.' }}
      wrong={wrong?.field === 'description' ? wrong.text : null}
    />
    <details open={typed.events.length > 0}>
      <summary>
        {typed.events.length === 0 ? 'All events' : count(typed.events.length, 'type of event', 'types of events')}
      </summary>
      <p class="small">With none chosen, it is told everything.</p>
      {flowEventsBySubject.map(({ subject, events }) => (
        <fieldset class="events">
          <legend>{subject}</legend>
          {events.map(({ type, means }) => (
            <label class="check">
              <input type="checkbox" name={`event.${type}`} checked={typed.events.includes(type)} />
              <span>
                <code>{type}</code>
                <span class="small">{means}</span>
              </span>
            </label>
          ))}
        </fieldset>
      ))}
    </details>
  </>
);

type State = 'on' | 'off' | 'failing';
const stateOf = (w: Webhook): State => (!w.enabled ? 'off' : w.failingSince === null ? 'on' : 'failing');
const stateChips = { on: 'chip done', off: 'chip', failing: 'chip bad' } as const;

/** "Three endpoints are told of what happens, one is off". */
function headline(webhooks: readonly Webhook[]): string {
  const all = webhooks.length;
  const n = (state: State) => webhooks.filter((w) => stateOf(w) === state).length;
  if (all === 0) return 'No other product is told yet';
  if (n('off') === all)
    return all === 1 ? 'The endpoint is off: nobody is told' : 'Nobody is told: all endpoints are off';
  const off = n('off') === 0 ? '' : `, ${numberWord(n('off')).toLowerCase()} ${n('off') === 1 ? 'is' : 'are'} off`;
  const failing = n('failing');
  if (failing === 1) return `One endpoint does not take what it is told${off}`;
  if (failing > 1) return `${numberWord(failing)} endpoints do not take what they are told${off}`;
  return `${numberWord(n('on'))} ${n('on') === 1 ? 'endpoint is' : 'endpoints are'} told of what happens${off}`;
}

const About = ({ webhook: w, now }: { readonly webhook: Webhook; readonly now: number }) => (
  <>
    {w.url}, {w.events.length === 0 ? 'all events' : count(w.events.length, 'type of event', 'types of events')}, made
    by {w.createdBy} <Day at={w.createdAt} now={now} />
    {w.enabled && w.failingSince && (
      <>
        , first failed <Ago at={w.failingSince} now={now} />
      </>
    )}
  </>
);

export function webhooksPage({
  session,
  webhooks,
  typed,
  commandId,
  told,
  now,
}: Shown & { readonly webhooks: readonly Webhook[] }): string {
  return renderPage({
    title: 'Webhooks',
    scripts: ['/assets/copy.js'],
    styles: settingsStyles,
    children: (
      <Settings session={session} here="/settings/webhooks">
        <h1>{headline(webhooks)}</h1>
        <p class="small">
          What happens in flows is sent to other products as it happens, signed, and again for a day when they don't
          take it: <Docs />.
        </p>
        <Tellings told={told} now={now} />
        {webhooks.length > 0 && (
          <ul class="card list">
            {webhooks.map((w) => (
              <li class={w.enabled ? undefined : 'over'}>
                <span class="grow">
                  <a href={`/settings/webhooks/${w.id}`}>
                    <b>{nameOf(w)}</b>
                  </a>{' '}
                  <span class={stateChips[stateOf(w)]}>{stateOf(w)}</span>
                  <span class="small">
                    <About webhook={w} now={now} />
                  </span>
                </span>
              </li>
            ))}
          </ul>
        )}
        <form method="post" action="/settings/webhooks" class="stack">
          <Csrf secret={session.secret} />
          <input type="hidden" name="command_id" value={commandId} />
          <h2>Tell {webhooks.length === 0 ? 'an' : 'another'} endpoint</h2>
          <Fields typed={typed} wrong={told.wrong} />
          <p class="actions">
            <button type="submit" class={told.secret ? 'button' : 'button primary'}>
              Make the webhook
            </button>
          </p>
        </form>
      </Settings>
    ),
  });
}

export interface WebhookView extends Shown {
  readonly webhook: Webhook;
  readonly deliveries: readonly Delivery[];
  /** Where this page of the log begins; null at the newest. */
  readonly cursor: string | null;
  readonly nextCursor: string | null;
}

/** What the buttons of a webhook's page do; each has an address of its own below the page's. */
export const webhookActs = ['change', 'switch', 'test', 'redeliver', 'redeliver-all', 'secret', 'delete'] as const;
export type WebhookAct = (typeof webhookActs)[number];

/** Where a page of a webhook's log is: what is done on an older one leads back to it. */
export const logHref = (
  webhook: string,
  cursor: string | null,
  more: Readonly<Record<string, string>> = {},
): string => {
  const query = new URLSearchParams({ ...(cursor !== null && { cursor }), ...more }).toString();
  return `/settings/webhooks/${webhook}${query === '' ? '' : `?${query}`}`;
};

interface ButtonProps {
  readonly view: WebhookView;
  readonly act: WebhookAct;
  readonly fields?: Readonly<Record<string, string>>;
  readonly look?: string;
  readonly children: ComponentChildren;
}

/** A button that is a form of its own. */
const Button = ({ view, act, fields = {}, look = 'button', children }: ButtonProps) => (
  <form method="post" action={logHref(`${view.webhook.id}/${act}`, view.cursor)}>
    <Csrf secret={view.session.secret} />
    {Object.entries(fields).map(([name, value]) => (
      <input type="hidden" name={name} value={value} />
    ))}
    <button type="submit" class={look}>
      {children}
    </button>
  </form>
);

export function webhookPage(view: WebhookView): string {
  const { session, webhook, typed, deliveries, cursor, nextCursor, told, commandId, now } = view;
  const name = nameOf(webhook);
  const heading = {
    on: `${name} is told of what happens`,
    off: `${name} is told nothing: it is off`,
    failing: `${name} does not take what it is told`,
  }[stateOf(webhook)];
  const someLeft = deliveries.some((d) => d.state === 'FAILED' || waits(d, now));
  return renderPage({
    title: `Webhook ${name}`,
    scripts: ['/assets/copy.js'],
    styles: settingsStyles,
    children: (
      <Settings session={session} here="/settings/webhooks">
        <p class="crumb">
          <a href="/settings/webhooks">Webhooks</a>
        </p>
        <h1>{heading}</h1>
        <p class="small">
          <About webhook={webhook} now={now} />
        </p>
        <Tellings told={told} now={now} />
        <div class="actions">
          {webhook.enabled && (
            <Button
              view={view}
              act="test"
              fields={{ command_id: commandId }}
              look={told.secret ? 'button' : 'button primary'}
            >
              Send a test event
            </Button>
          )}
          <Button
            {...{ view, act: 'switch', fields: { enabled: String(!webhook.enabled) } }}
            look={webhook.enabled ? 'button' : 'button primary'}
          >
            {webhook.enabled ? 'Switch off' : 'Switch on'}
          </Button>
          {webhook.enabled && someLeft && (
            <Button view={view} act="redeliver-all">
              Send again all that was not taken
            </Button>
          )}
        </div>
        <h2>{deliveries.length === 0 ? 'Nothing was told yet' : 'What it was told'}</h2>
        {deliveries.length > 0 && (
          <ul class="card list told">
            {deliveries.map((d) => (
              <Line view={view} delivery={d} />
            ))}
          </ul>
        )}
        {(cursor ?? nextCursor) !== null && (
          <p class="actions">
            {cursor && (
              <a class="button" href={logHref(webhook.id, null)}>
                Newest
              </a>
            )}
            {nextCursor && (
              <a class="button" href={logHref(webhook.id, nextCursor)} rel="next">
                Older
              </a>
            )}
          </p>
        )}
        <form method="post" action={logHref(`${webhook.id}/change`, cursor)} class="stack">
          <Csrf secret={session.secret} />
          <h2>What it is told, and where</h2>
          <Fields typed={typed} wrong={told.wrong} />
          <p class="actions">
            <button type="submit" class="button">
              Save
            </button>
          </p>
        </form>
        <Secret view={view} />
        <section>
          <h2>Delete it</h2>
          <Button view={view} act="delete" look="button bad">
            Delete the webhook and its log
          </Button>
        </section>
      </Settings>
    ),
  });
}

/** A form that is sent once more, as by loading its answer anew, makes no second secret. */
const Secret = ({ view }: { readonly view: WebhookView }) => {
  const { webhook, commandId, now } = view;
  return (
    <section>
      <h2>What its requests are signed with</h2>
      {webhook.oldSecretUntil === null ? (
        <>
          <p class="small">When the secret is changed, the old one signs too for 24 hours.</p>
          <Button view={view} act="secret" fields={{ command_id: `${commandId}-secret` }}>
            Change the secret
          </Button>
        </>
      ) : (
        <p class="small">
          The secret was changed, and the one before still signs too. That ends{' '}
          <Until at={webhook.oldSecretUntil} now={now} />, and then it can be changed again.
        </p>
      )}
      <details>
        <summary>A secret has leaked</summary>
        <p class="small">
          A new secret signs alone, and every older one stops at once. What the endpoint refuses until it knows the new
          one is sent again for a day.
        </p>
        <Button
          view={view}
          act="secret"
          fields={{ stop_older: 'yes', command_id: `${commandId}-stop` }}
          look="button bad"
        >
          Change the secret and stop the older ones now
        </Button>
      </details>
    </section>
  );
};

const words = { DELIVERED: 'delivered', PENDING: 'waiting', FAILED: 'failed' } as const;
const chips = { DELIVERED: 'chip done', PENDING: 'chip', FAILED: 'chip bad' } as const;

/** Not sent at this moment anyway: it could be sent sooner. */
const waits = (d: Delivery, now: number): boolean =>
  d.state === 'PENDING' && d.nextAt !== null && Date.parse(d.nextAt) > now;

/** What an event is about; null of a test. */
function subjectOf({ body }: Delivery): z.infer<typeof flowEventBody>['data'] | null {
  const read = flowEventBody.safeParse(JSON.parse(body));
  return read.success ? read.data.data : null;
}

const Line = ({ view, delivery: d }: { readonly view: WebhookView; readonly delivery: Delivery }) => {
  const { webhook, now } = view;
  const about = subjectOf(d);
  const isSendable = webhook.enabled && (d.state !== 'PENDING' || waits(d, now));
  // Of many buttons that look the same, the one that is read out says which.
  const which = [d.type, about?.flow.name, about?.task?.title, d.at.slice(0, 19).replace('T', ' ')];
  return (
    <li>
      <span class="grow">
        <code>{d.type}</code>{' '}
        <span class={chips[d.state]}>
          {words[d.state]}
          {d.attempts > 0 && d.lastStatus !== null && ` ${d.lastStatus}`}
        </span>
        {about && (
          <span class="about">
            <a href={`/flows/${about.flow.id}`}>{about.flow.name}</a>
            {about.task && (
              <>
                , <a href={taskHref(about.flow.id, about.task.id)}>{about.task.title}</a>
              </>
            )}
          </span>
        )}
        <span class="small">
          <Ago at={d.at} now={now} />, {count(d.attempts, 'attempt')}
          {d.lastError && `: ${d.lastError}`}
          {webhook.enabled && d.state === 'PENDING' && d.nextAt && (
            <>
              {waits(d, now) ? ', next ' : ', on its way'}
              {waits(d, now) && <Until at={d.nextAt} now={now} />}
            </>
          )}
        </span>
        <details>
          <summary>{d.attempts === 0 ? 'What is sent' : 'What was sent'}</summary>
          <pre>
            <code>{JSON.stringify(JSON.parse(d.body), null, 2)}</code>
          </pre>
        </details>
      </span>
      {isSendable && (
        <Button view={view} act="redeliver" fields={{ delivery: d.id }}>
          {d.state === 'PENDING' ? 'Send now' : 'Again'}
          <span class="unseen"> {which.filter((w) => w !== undefined).join(', ')}</span>
        </Button>
      )}
    </li>
  );
};

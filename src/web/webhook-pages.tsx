/** The pages of webhooks: all of them, and one with its log. */
import type { z } from 'zod';
import { webhookEvents } from '../domain/webhook.ts';
import type { Session } from '../oauth/session.ts';
import type { deliveryShape } from '../operations/list-webhook-deliveries.ts';
import type { webhookShape } from '../operations/webhooks.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice } from './kit/parts.tsx';
import { Settings } from './kit/settings.tsx';
import { Ago, Day } from './kit/when.tsx';

type Webhook = z.infer<typeof webhookShape>;
type Delivery = z.infer<typeof deliveryShape>;

export interface Told {
  readonly notice: string | null;
  readonly problem: string | null;
  /** A secret that was just made: shown this once. */
  readonly secret: { readonly url: string; readonly secret: string } | null;
}
export const nothingTold: Told = { notice: null, problem: null, secret: null };

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

const host = (url: string): string => new URL(url).host;

/** A test is sent by its button, and not asked for. */
const askedFor = webhookEvents.filter((type) => type !== 'webhook.test');

const Tellings = ({ told: { notice, problem, secret } }: { readonly told: Told }) => (
  <>
    <Notice text={notice} />
    <Notice text={problem} bad />
    {secret && (
      <div class="card sheet made" role="status">
        <h2>Copy the secret of {host(secret.url)} now: it is shown this once.</h2>
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
      </div>
    )}
  </>
);

const Fields = ({ typed }: { readonly typed: Typed }) => (
  <>
    <div class="field">
      <label for="url">Address</label>
      <input id="url" name="url" type="url" required maxLength={2_000} value={typed.url} autocomplete="off" />
      <p class="small">
        https, and on the public internet. It gets a POST with JSON, and answers 2xx within 15 seconds.
      </p>
    </div>
    <div class="field">
      <label for="description">What it is for</label>
      <input id="description" name="description" maxLength={200} value={typed.description} autocomplete="off" />
    </div>
    <details open={typed.events.length > 0}>
      <summary>{typed.events.length === 0 ? 'All events' : `${typed.events.length} types of events`}</summary>
      <fieldset class="choose">
        <legend class="small">With none chosen, it is told everything.</legend>
        {askedFor.map((type) => (
          <label class="check">
            <input type="checkbox" name={`event.${type}`} checked={typed.events.includes(type)} />
            <code>{type}</code>
          </label>
        ))}
      </fieldset>
    </details>
  </>
);

const stateOf = (w: Webhook): string => (!w.enabled ? 'off' : w.failingSince === null ? 'on' : 'failing');

export function webhooksPage({
  session,
  webhooks,
  typed,
  commandId,
  told,
  now,
}: Shown & { readonly webhooks: readonly Webhook[] }): string {
  const failing = webhooks.filter((w) => stateOf(w) === 'failing').length;
  const heading =
    webhooks.length === 0
      ? 'No other product is told yet'
      : failing > 0
        ? `${failing === 1 ? 'One endpoint does' : `${failing} endpoints do`} not take what it is told`
        : `${webhooks.length === 1 ? 'One endpoint is' : `${webhooks.length} endpoints are`} told of what happens`;
  return renderPage({
    title: 'Webhooks',
    scripts: ['/assets/copy.js'],
    children: (
      <Settings session={session} here="/settings/webhooks">
        <h1>{heading}</h1>
        <p class="small">
          What happens in flows is sent to other products as it happens, signed, and again for a day when they don't
          take it.
        </p>
        <Tellings told={told} />
        {webhooks.length > 0 && (
          <ul class="card list">
            {webhooks.map((w) => (
              <li class={w.enabled ? undefined : 'over'}>
                <span class="grow">
                  <a href={`/settings/webhooks/${w.id}`}>
                    <b>{w.description || host(w.url)}</b>
                  </a>{' '}
                  <span class={stateOf(w) === 'failing' ? 'chip bad' : stateOf(w) === 'on' ? 'chip done' : 'chip'}>
                    {stateOf(w)}
                  </span>
                  <span class="small">
                    {w.url}, {w.events.length === 0 ? 'all events' : `${w.events.length} types of events`}, made by{' '}
                    {w.createdBy} <Day at={w.createdAt} now={now} />
                    {w.failingSince && (
                      <>
                        , failing since <Ago at={w.failingSince} now={now} />
                      </>
                    )}
                  </span>
                </span>
              </li>
            ))}
          </ul>
        )}
        <form method="post" action="/settings/webhooks" class="stack">
          <Csrf secret={session.secret} />
          <input type="hidden" name="command_id" value={commandId} />
          <h2>Tell another endpoint</h2>
          <Fields typed={typed} />
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
  readonly nextCursor: string | null;
}

export function webhookPage({
  session,
  webhook,
  typed,
  deliveries,
  nextCursor,
  told,
  commandId,
  now,
}: WebhookView): string {
  const at = `/settings/webhooks/${webhook.id}`;
  const state = stateOf(webhook);
  const heading = {
    on: `${host(webhook.url)} is told of what happens`,
    off: `${host(webhook.url)} is told nothing: it is off`,
    failing: `${host(webhook.url)} does not take what it is told`,
  }[state];
  return renderPage({
    title: `Webhook ${host(webhook.url)}`,
    scripts: ['/assets/copy.js'],
    children: (
      <Settings session={session} here="/settings/webhooks">
        <p class="crumb">
          <a href="/settings/webhooks">Webhooks</a>
        </p>
        <h1>{heading}</h1>
        <Tellings told={told} />
        <div class="actions">
          {webhook.enabled && (
            <form method="post" action={`${at}/test`}>
              <Csrf secret={session.secret} />
              <input type="hidden" name="command_id" value={commandId} />
              <button type="submit" class="button primary">
                Send a test event
              </button>
            </form>
          )}
          <form method="post" action={`${at}/switch`}>
            <Csrf secret={session.secret} />
            <input type="hidden" name="enabled" value={String(!webhook.enabled)} />
            <button type="submit" class={webhook.enabled ? 'button' : 'button primary'}>
              {webhook.enabled ? 'Switch off' : 'Switch on'}
            </button>
          </form>
          <form method="post" action={`${at}/secret`}>
            <Csrf secret={session.secret} />
            <button type="submit" class="button">
              Change the secret
            </button>
          </form>
        </div>
        <p class="small">When the secret is changed, the old one signs too for 24 hours.</p>
        <h2>{deliveries.length === 0 ? 'Nothing was told yet' : 'What it was told'}</h2>
        {deliveries.length > 0 && (
          <ul class="card list">
            {deliveries.map((d) => (
              <li>
                <span class="grow">
                  <code>{d.type}</code> <State delivery={d} />
                  <span class="small">
                    <Ago at={d.at} now={now} />, {d.attempts === 1 ? '1 attempt' : `${d.attempts} attempts`}
                    {d.lastError && `: ${d.lastError}`}
                    {d.state === 'PENDING' && d.nextAt && (
                      <>
                        , next <time dateTime={d.nextAt}>{d.nextAt.slice(0, 16).replace('T', ' ')} UTC</time>
                      </>
                    )}
                  </span>
                  <details>
                    <summary class="small">What was sent</summary>
                    <pre>
                      <code>{JSON.stringify(JSON.parse(d.body), null, 2)}</code>
                    </pre>
                  </details>
                </span>
                {webhook.enabled && d.state !== 'PENDING' && (
                  <form method="post" action={`${at}/redeliver`}>
                    <Csrf secret={session.secret} />
                    <input type="hidden" name="delivery" value={d.id} />
                    <button type="submit" class="button" aria-label={`Deliver ${d.type} again`}>
                      Again
                    </button>
                  </form>
                )}
              </li>
            ))}
          </ul>
        )}
        {nextCursor && (
          <p>
            <a class="button" href={`${at}?cursor=${encodeURIComponent(nextCursor)}`} rel="next">
              Older
            </a>
          </p>
        )}
        <form method="post" action={`${at}/change`} class="stack">
          <Csrf secret={session.secret} />
          <h2>What it is told, and where</h2>
          <Fields typed={typed} />
          <p class="actions">
            <button type="submit" class="button">
              Save
            </button>
          </p>
        </form>
        <form method="post" action={`${at}/delete`} class="stack">
          <Csrf secret={session.secret} />
          <p class="actions">
            <button type="submit" class="button bad">
              Delete the webhook and its log
            </button>
          </p>
        </form>
      </Settings>
    ),
  });
}

const words = { DELIVERED: 'delivered', PENDING: 'waiting', FAILED: 'failed' } as const;
const chips = { DELIVERED: 'chip done', PENDING: 'chip', FAILED: 'chip bad' } as const;

const State = ({ delivery: d }: { readonly delivery: Delivery }) => (
  <span class={chips[d.state]}>
    {words[d.state]}
    {d.attempts > 0 && d.lastStatus !== null && ` ${d.lastStatus}`}
  </span>
);

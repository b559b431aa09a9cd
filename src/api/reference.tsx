/** The reference for people: one page, whole in itself, made from the same places as the API. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ComponentChildren } from 'preact';
import { scopeOf } from '../operations/operation.ts';
import { operationsOf } from '../operations/registry.ts';
import { flowEvents, waitWords } from '../operations/webhooks.ts';
import { renderPage } from '../web/kit/page.tsx';
import { Mark } from '../web/kit/parts.tsx';
import { curlOf, typescriptOf } from './examples.ts';
import { answerSchemaOf, tagOf, whoMay } from './openapi.ts';
import { apiPath, type Place } from './place.ts';
import { problemAnchor, problemKinds, referencePath } from './problem.ts';
import { kindOf, typeOf } from './schema-words.ts';
import { eventHeaders, exampleEvent } from './webhooks-document.ts';

export const referenceStyle = readFileSync(fileURLToPath(new URL('./reference.css', import.meta.url)), 'utf8');

export function referencePage(places: readonly Place[], publicUrl: string): string {
  const tags = [...new Set(places.map(tagOf))];
  return renderPage({
    title: 'API reference · Booflow',
    styles: [`${referencePath}.css`],
    children: (
      <div class="reference">
        <nav aria-label="On this page">
          <a class="logo" href="/">
            <Mark />
            Booflow
          </a>
          <a href="#start">Start here</a>
          <a href="#rules">What holds for every call</a>
          <a href="#problems">Problems</a>
          {tags.map((tag) => (
            <details>
              <summary>{tag}</summary>
              {places
                .filter((p) => tagOf(p) === tag)
                .map((p) => (
                  <a href={`#${p.operation.name}`}>{p.operation.title}</a>
                ))}
            </details>
          ))}
          <a href="#webhooks">What webhooks send</a>
          <a href="#mcp">MCP tools</a>
        </nav>
        <main id="main">
          <Start publicUrl={publicUrl} first={places.find((p) => p.operation.access === 'member')} />
          <Rules />
          <Problems />
          {tags.map((tag) => (
            <section aria-labelledby={`tag-${tag}`}>
              <h2 id={`tag-${tag}`}>{tag}</h2>
              {places
                .filter((p) => tagOf(p) === tag)
                .map((p) => (
                  <Call place={p} publicUrl={publicUrl} />
                ))}
            </section>
          ))}
          <WebhookEvents />
          <McpTools publicUrl={publicUrl} />
        </main>
      </div>
    ),
  });
}

/** Scrolls within itself, so it must be reachable by keyboard. */
const Code = ({ text, label }: { readonly text: string; readonly label: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <section class="code" tabIndex={0} aria-label={label}>
    <pre>
      <code>{text}</code>
    </pre>
  </section>
);

const Start = ({ publicUrl, first }: { readonly publicUrl: string; readonly first: Place | undefined }) => (
  <section id="start">
    <h1>Everything Booflow can do, by HTTP</h1>
    <p>
      Make an API key under <a href="/settings/api-keys">Settings, API keys</a>, and send it as a Bearer token. An OAuth
      access token works the same, but where a call is not for connected apps. Answers are JSON;{' '}
      <a href={`${apiPath}/openapi.json`}>openapi.json</a> describes them to programs (OpenAPI 3.1).
    </p>
    {first && <Code label="A first call" text={`export BOOFLOW_KEY=bflow_sk_…\n${curlOf(first, publicUrl)}`} />}
  </section>
);

const Rules = () => (
  <section id="rules">
    <h2>What holds for every call</h2>
    <dl>
      <Rule term="Names">
        Where a path or field takes a flow, task, template or person, its id works and its name does too. A name that
        fits several is answered with 409 and the candidates. Programs keep ids.
      </Rule>
      <Rule term="Doing it once">
        Send an <code>Idempotency-Key</code> of your own with a call that changes something. The same key with the same
        input does it once and gives the same answer; with another input it is refused (422). A key belongs to the flow
        that the call changes, which remembers its newest thousand: give every flow its own. For everything else it
        belongs to the organization, which remembers it for 7 days once the call has done something; so it does where
        you give a name instead of an id, or name a person, and the same key then goes to the flow it went to.
      </Rule>
      <Rule term="Later">
        202 means: stored, and looked at as soon as a worker answers, which may refuse it. Ask again with the same key
        to learn the outcome.
      </Rule>
      <Rule term="Pages">
        A list that takes a <code>cursor</code> gives at most <code>limit</code> things, and a <code>Link</code> header
        with the next page. Follow it, or send <code>nextCursor</code> as <code>cursor</code>.
      </Rule>
      <Rule term="Unchanged">
        Reads carry an <code>ETag</code>. Send it as <code>If-None-Match</code>, and what has not changed is answered
        with 304 and no body.
      </Rule>
      <Rule term="Limits">
        <code>RateLimit-Limit</code>, <code>-Remaining</code> and <code>-Reset</code> tell how many requests this
        credential has left in this minute; 429 says when to come back. A body has at most 1 MiB.
      </Rule>
      <Rule term="Files">
        Files come and go in the web app and the portal only, and an organization is exported there: bytes are not JSON.
      </Rule>
      <Rule term="Browsers">
        A key in a web page is a key given away: pages of other origins may read only what is public.
      </Rule>
      <Rule term="Going away">
        A call that will go away says so in <code>Deprecation</code>, <code>Sunset</code> and <code>Link</code> headers,
        and here.
      </Rule>
    </dl>
  </section>
);

const Rule = ({ term, children }: { readonly term: string; readonly children: ComponentChildren }) => (
  <>
    <dt>{term}</dt>
    <dd>{children}</dd>
  </>
);

const Problems = () => (
  <section id="problems">
    <h2>Problems</h2>
    <p>
      What is not done is answered as <code>application/problem+json</code>: <code>code</code> is stable, for programs;{' '}
      <code>detail</code> is for people, and says what to do instead.
    </p>
    <table>
      <thead>
        <tr>
          <th scope="col">Status</th>
          <th scope="col">Code</th>
          <th scope="col">Means</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(problemKinds).map(([code, { status, means }]) => (
          <tr id={problemAnchor(code)}>
            <td class="num">{status}</td>
            <td>
              <code>{code}</code>
            </td>
            <td>
              <Told text={means} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

const Call = ({ place, publicUrl }: { readonly place: Place; readonly publicUrl: string }) => {
  const { operation, rest } = place;
  const fields = [...place.inPath, ...place.inRest];
  return (
    <article id={operation.name}>
      <h3>
        <a href={`#${operation.name}`}>{operation.title}</a>
      </h3>
      <p class="place">
        <b class={rest.method === 'GET' ? 'verb' : 'verb writes'}>{rest.method}</b>
        <code>
          {apiPath}
          {rest.path}
        </code>
      </p>
      {rest.deprecated && (
        <p class="chip late">
          Goes away on {rest.deprecated.sunset.toISOString().slice(0, 10)}. Instead: {rest.deprecated.instead}
        </p>
      )}
      <p>
        <Told text={operation.description} />
      </p>
      <p class="small">
        {whoMay(place)}{' '}
        {operation.access !== 'public' && operation.forApps && (
          <>
            Scope <code>{scopeOf(operation)}</code>.
          </>
        )}
        {operation.kind === 'write' && ' Takes an Idempotency-Key.'}
      </p>
      {fields.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">In</th>
              <th scope="col">What</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((name) => (
              <tr>
                <td>
                  <code>{name}</code>
                </td>
                <td>{place.inPath.includes(name) ? 'path' : place.hasBody ? 'body' : 'query'}</td>
                <td>
                  <Told text={toldOf(place, name)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Code label={`${operation.title} with curl`} text={curlOf(place, publicUrl)} />
      <details>
        <summary>In TypeScript</summary>
        <Code label={`${operation.title} in TypeScript`} text={typescriptOf(place, publicUrl)} />
      </details>
      <details>
        <summary>What it answers</summary>
        <Code label={`${operation.title}: what it answers`} text={typeOf(answerSchemaOf(operation))} />
      </details>
    </article>
  );
};

/** "Text, 200 characters at most; optional. What to call the flow." */
function toldOf({ fields, required }: Place, name: string): string {
  const { description, ...schema } = fields[name] ?? {};
  const kind = `${kindOf(schema)}${required.includes(name) ? '' : '; optional'}`;
  return [kind.charAt(0).toUpperCase() + kind.slice(1), ...(description === undefined ? [] : [description])].join('. ');
}

/** A description, in which names stand between backticks. */
const Told = ({ text }: { readonly text: string }) => (
  <>{text.split('`').map((part, i) => (i % 2 === 0 ? part : <code>{part}</code>))}</>
);

const verified = `import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.BOOFLOW_WEBHOOK_SECRET);
// The body as text, as it came, before anything parses it. Throws when it is not from Booflow.
const event = webhook.verify(body, headers);`;

const WebhookEvents = () => (
  <section id="webhooks" aria-labelledby="webhooks-title">
    <h2 id="webhooks-title">What webhooks send</h2>
    <p>
      An endpoint of yours gets a POST with JSON for each event that it asked for, signed as{' '}
      <a href="https://www.standardwebhooks.com" rel="noreferrer">
        Standard Webhooks
      </a>{' '}
      has it. Answer with 2xx within 15 seconds, then do the work: anything else is sent again after{' '}
      {waitWords.replaceAll(/(?<=\d) /g, '\u00a0')}. One that answers 410 is switched off, and so is one that has taken
      nothing for five days.
    </p>
    <Code label="An event" text={JSON.stringify(exampleEvent, null, 2)} />
    <table>
      <thead>
        <tr>
          <th scope="col">Header</th>
          <th scope="col">What</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(eventHeaders).map(([name, what]) => (
          <tr>
            <td>
              <code>{name}</code>
            </td>
            <td>
              <Told text={what} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
    <Code label="Checking an event in TypeScript" text={verified} />
    <p>
      An event may come twice, and after a failure out of order: keep the <code>webhook-id</code>s you have seen, and
      order by <code>seq</code>, which counts the events of a flow.
    </p>
    <table>
      <thead>
        <tr>
          <th scope="col">Event</th>
          <th scope="col">Means</th>
        </tr>
      </thead>
      <tbody>
        {flowEvents.map(({ type, means }) => (
          <tr>
            <td>
              <code>{type}</code>
            </td>
            <td>{means}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

const McpTools = ({ publicUrl }: { readonly publicUrl: string }) => (
  <section id="mcp">
    <h2>MCP tools</h2>
    <p>
      The same things in a conversation: add <code>{publicUrl}/api/mcp</code> as a connector in Claude, or to any client
      of the Model Context Protocol.
    </p>
    <table>
      <thead>
        <tr>
          <th scope="col">Tool</th>
          <th scope="col">What it does</th>
        </tr>
      </thead>
      <tbody>
        {operationsOf('mcp').map((o) => (
          <tr>
            <td>
              <code>{o.name}</code>
            </td>
            <td>
              <Told text={o.description} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

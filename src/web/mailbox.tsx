/** The dev mailbox: what would have gone to a mail server. Only in development, and only for this machine. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { listDevMails, readDevMail } from '../operations/dev-mails.ts';
import type { Tools } from '../operations/operation.ts';
import { isLoopback } from '../platform/config.ts';
import { isPublicAddress } from '../platform/public-address.ts';
import { renderPage } from './kit/page.tsx';

type Listed = Awaited<ReturnType<typeof listDevMails>>[number];
type Mail = NonNullable<Awaited<ReturnType<typeof readDevMail>>>;

const idOf = (request: FastifyRequest): string =>
  z
    .object({ id: z.string().regex(/^\d{1,18}$/) })
    .catch({ id: '0' })
    .parse(request.params).id;
const querySchema = z.object({ to: z.string().max(254).catch(''), view: z.enum(['html', 'text']).catch('html') });

/** A mail's HTML may style itself and show pictures, and can do nothing else; only our page frames it. */
const letterPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation";
/** Of the page around it, which alone has a frame. */
const pagePolicy =
  "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/**
 * A tunnel to this server must not open the mailbox to the world: it is called by another name, or, where it writes this
 * machine's name in its place, says whom it speaks for. What a visitor claims to be called by counts for nothing.
 */
const isFromHere = ({ headers, hostname, ip }: FastifyRequest): boolean => {
  const called = `http://${headers.host}`;
  const isCalledSo = URL.canParse(called) && isLoopback(new URL(called).hostname);
  return isCalledSo && isLoopback(hostname) && !isPublicAddress(ip);
};

export async function mailboxRoutes(app: FastifyInstance, { tools }: { readonly tools: () => Tools }): Promise<void> {
  app.addHook('onRequest', async (request, reply) => {
    if (!isFromHere(request)) return reply.code(404).type('text/plain').send('Nothing is here.');
    return undefined;
  });
  const html = (reply: FastifyReply, page: string) =>
    reply.header('content-security-policy', pagePolicy).type('text/html').send(page);
  const none = (reply: FastifyReply) => reply.code(404).type('text/plain').send('No mail has this number.');

  app.get('/dev/mailbox', async (request, reply) => {
    const { to } = querySchema.parse(request.query);
    return html(reply, mailboxPage({ mails: await listDevMails(tools(), to), to, mail: null, view: 'html' }));
  });

  app.get('/dev/mailbox/:id', async (request, reply) => {
    const { to, view } = querySchema.parse(request.query);
    const mail = await readDevMail(tools(), idOf(request));
    if (!mail) return none(reply);
    return html(reply, mailboxPage({ mails: await listDevMails(tools(), to), to, mail, view }));
  });

  app.get('/dev/mailbox/:id/html', async (request, reply) => {
    const mail = await readDevMail(tools(), idOf(request));
    if (!mail) return none(reply);
    return reply
      .headers({ 'content-security-policy': letterPolicy, 'x-frame-options': 'SAMEORIGIN' })
      .type('text/html; charset=utf-8')
      .send(mail.html.replace('<head>', '<head><base target="_top">'));
  });
}

interface View {
  readonly mails: readonly Listed[];
  readonly to: string;
  readonly mail: Mail | null;
  readonly view: 'html' | 'text';
}

const query = (to: string, view?: string): string => {
  const words = new URLSearchParams({ ...(to && { to }), ...(view && { view }) });
  return words.size > 0 ? `?${words}` : '';
};

const mailboxPage = ({ mails, to, mail, view }: View): string =>
  renderPage({
    title: mail ? mail.subject : 'Dev mailbox',
    styles: ['/assets/mailbox.css'],
    children: (
      <main class={mail ? 'mailbox open' : 'mailbox'}>
        <section class="mails" aria-labelledby="mails-title">
          <h1 id="mails-title">
            {mails.length === 0 ? 'No mail here' : mails.length === 1 ? 'One mail' : `${mails.length} mails`}
          </h1>
          <p class="small">What Booflow would have sent. In production this goes to your mail server.</p>
          <form class="inline">
            <label class="unseen" for="to">
              Address
            </label>
            <input id="to" name="to" type="search" value={to} placeholder="Address" maxLength={254} />
            <button type="submit" class="button">
              Search
            </button>
          </form>
          <ol>
            {mails.map((m) => (
              <li>
                <a href={`/dev/mailbox/${m.id}${query(to)}`} aria-current={m.id === mail?.id ? 'true' : undefined}>
                  <b>{m.subject}</b>
                  <span class="small">
                    to {m.to_address}, <Moment at={m.at} />
                  </span>
                </a>
              </li>
            ))}
          </ol>
        </section>
        {mail && <Letter mail={mail} to={to} view={view} />}
      </main>
    ),
  });

const Letter = ({ mail, to, view }: { readonly mail: Mail; readonly to: string; readonly view: View['view'] }) => (
  <section class="mail" aria-labelledby="mail-title">
    <p class="small back">
      <a href={`/dev/mailbox${query(to)}`}>All mails</a>
    </p>
    <h2 id="mail-title">{mail.subject}</h2>
    <dl class="small">
      <dt>From</dt>
      <dd>{mail.from_address}</dd>
      <dt>To</dt>
      <dd>{mail.to_address}</dd>
      <dt>At</dt>
      <dd>
        <Moment at={mail.at} />
      </dd>
      {mail.unsubscribe && <dt>List-Unsubscribe</dt>}
      {mail.unsubscribe && (
        <dd>
          <a href={mail.unsubscribe}>{mail.unsubscribe}</a>
        </dd>
      )}
    </dl>
    <nav class="tabs" aria-label="The mail as">
      <a href={`/dev/mailbox/${mail.id}${query(to)}`} aria-current={view === 'html' ? 'page' : undefined}>
        HTML
      </a>
      <a href={`/dev/mailbox/${mail.id}${query(to, 'text')}`} aria-current={view === 'text' ? 'page' : undefined}>
        Text
      </a>
    </nav>
    {view === 'html' ? (
      <iframe
        class="card"
        title={`The mail “${mail.subject}”`}
        src={`/dev/mailbox/${mail.id}/html`}
        sandbox="allow-top-navigation-by-user-activation"
      />
    ) : (
      <div class="card letter">
        {mail.text.split(/(https?:\/\/\S+)/).map((part) => (/^https?:/.test(part) ? <a href={part}>{part}</a> : part))}
      </div>
    )}
  </section>
);

const Moment = ({ at }: { readonly at: Date }) => (
  <time dateTime={at.toISOString()} title={at.toISOString()}>
    {at.toUTCString().slice(5, 22)} UTC
  </time>
);

/** `/oauth/authorize` as a person sees it: which app asks, for what, and for which org. */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Authority } from '../oauth/authority.ts';
import { type AuthorizeRequest, allow, denied, readAuthorizeRequest } from '../oauth/authorize.ts';
import type { FetchDocument } from '../oauth/client-document.ts';
import { adminsOf } from '../oauth/credentials.ts';
import { scopeWords } from '../oauth/scopes.ts';
import type { MyOrg, Session } from '../oauth/session.ts';
import { fieldsSchema } from './kit/form.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice, Solo } from './kit/parts.tsx';
import { isOurForm, sessionOf } from './kit/session.ts';

export interface ConsentOptions {
  readonly authority: Authority;
  readonly fetchDocument: FetchDocument;
  /** Requests from one address in a minute: each may fetch a document from anywhere. */
  readonly asksPerMinute: number;
}

export async function consentRoutes(app: FastifyInstance, options: ConsentOptions): Promise<void> {
  const { authority, fetchDocument, asksPerMinute } = options;
  await app.register(rateLimit, {
    max: asksPerMinute,
    timeWindow: '1 minute',
    errorResponseBuilder: (_request, { ttl }) => ({
      statusCode: 429,
      message: `Too many requests. Wait ${Math.ceil(ttl / 1000)} seconds, then try again.`,
    }),
  });
  const problem = (reply: FastifyReply, text: string) => reply.code(400).type('text/html').send(problemPage(text));

  const ask = async (
    reply: FastifyReply,
    session: Session,
    asked: AuthorizeRequest,
    org: MyOrg | null,
    told: string | null,
  ) => {
    const admins = org?.role === 'MEMBER' ? await adminsOf(authority, org.id) : [];
    letFormGoTo(reply, asked.redirectUri);
    return reply
      .code(told === null ? 200 : 403)
      .type('text/html')
      .send(consentPage({ session, asked, org, admins, told }));
  };

  app.get('/oauth/authorize', async (request, reply) => {
    const query = z.record(z.string(), z.unknown()).parse(request.query);
    const reading = await readAuthorizeRequest(authority, fetchDocument, query);
    if (reading.kind === 'show') return problem(reply, reading.problem);
    if (reading.kind === 'redirect') return reply.redirect(reading.to, 302);
    const session = await sessionOf(authority, request);
    if (!session) {
      const back = `/oauth/authorize?${new URLSearchParams(reading.request.parameters)}`;
      return reply.redirect(`/sign-in?${new URLSearchParams({ next: back })}`, 303);
    }
    const org = session.orgs.find((o) => o.id === query.org) ?? session.org;
    return ask(reply, session, reading.request, org, null);
  });

  app.post('/oauth/authorize', async (request, reply) => {
    const form = fieldsSchema.safeParse(request.body);
    if (!form.success) return problem(reply, 'What was sent is no form of ours.');
    const { csrf, decision, org: orgId, ...parameters } = form.data;
    const reading = await readAuthorizeRequest(authority, fetchDocument, parameters);
    if (reading.kind === 'show') return problem(reply, reading.problem);
    if (reading.kind === 'redirect') return reply.redirect(reading.to, 303);
    const asked = reading.request;
    const session = await sessionOf(authority, request);
    if (!session) {
      const back = `/oauth/authorize?${new URLSearchParams(asked.parameters)}`;
      return reply.redirect(`/sign-in?${new URLSearchParams({ next: back })}`, 303);
    }
    const org = session.orgs.find((o) => o.id === orgId) ?? null;
    if (!isOurForm(authority, request, session.secret, csrf)) {
      return ask(reply, session, asked, org ?? session.org, 'This page was open for long. Please decide once more.');
    }
    if (decision === 'deny') return reply.redirect(denied(authority, asked), 303);
    if (decision !== 'allow' || !org) return ask(reply, session, asked, org ?? session.org, null);
    if (org.role === 'MEMBER') return ask(reply, session, asked, org, 'Nothing was allowed.');
    return reply.redirect(await allow(authority, fetchDocument, asked, { orgId: org.id, userId: session.userId }), 303);
  });
}

/** Browsers hold the redirect after a form to `form-action` too, so the app's own address is let in, on this page only. */
function letFormGoTo(reply: FastifyReply, redirectUri: string): void {
  const csp = String(reply.getHeader('content-security-policy') ?? '');
  const { origin } = new URL(redirectUri);
  reply.header('content-security-policy', csp.replace("form-action 'self'", `form-action 'self' ${origin}`));
}

interface ConsentView {
  readonly session: Session;
  readonly asked: AuthorizeRequest;
  readonly org: MyOrg | null;
  readonly admins: readonly string[];
  readonly told: string | null;
}

function consentPage({ session, asked, org, admins, told }: ConsentView): string {
  const { client, redirectUri, scopes, parameters } = asked;
  const may = org !== null && org.role !== 'MEMBER';
  const { host } = new URL(redirectUri);
  return renderPage({
    title: `Connect ${client.name}`,
    children: (
      <Solo>
        {may ? (
          <h1 class="parties">
            <span>
              {client.name} <span class="small">{host}</span>
            </span>{' '}
            <span class="small">wants to work in</span> <span>{org.name}</span>
          </h1>
        ) : (
          <h1>{org ? `You can’t connect ${client.name} to ${org.name}` : 'You are in no organization'}</h1>
        )}
        <Notice text={told} bad />
        {session.orgs.length > 1 && (
          <form method="get" action="/oauth/authorize" class="switch">
            {Object.entries(parameters).map(([name, value]) => (
              <input type="hidden" name={name} value={value} />
            ))}
            <label for="org">Organization</label>
            <select id="org" name="org">
              {session.orgs.map((o) => (
                <option value={o.id} selected={o.id === org?.id}>
                  {o.name}, {o.role.toLowerCase()}
                </option>
              ))}
            </select>
            <button type="submit" class="button">
              Switch
            </button>
          </form>
        )}
        {org?.role === 'MEMBER' && (
          <p class="notice bad" role="status">
            You are a MEMBER there, and only an owner or an admin can connect an app. Ask {admins.join(' or ')}.
          </p>
        )}
        {may && (
          <>
            <h2>It will be able to</h2>
            <ul class="may">
              {scopes.map((s) => (
                <li>
                  <Yes />
                  <span>{scopeWords[s]}</span>
                </li>
              ))}
              <li class="small">
                <Never />
                <span>Never: other organizations, passwords, API keys, webhooks, members’ roles, erasing clients</span>
              </li>
            </ul>
          </>
        )}
        <form method="post" action="/oauth/authorize" class="actions">
          {Object.entries(parameters).map(([name, value]) => (
            <input type="hidden" name={name} value={value} />
          ))}
          <Csrf secret={session.secret} />
          {org && <input type="hidden" name="org" value={org.id} />}
          <button type="submit" name="decision" value="deny" class="button big">
            {may ? 'Deny' : `Go back to ${client.name}`}
          </button>
          {may && (
            <button type="submit" name="decision" value="allow" class="button primary big">
              Allow
            </button>
          )}
        </form>
        <form method="post" action="/sign-out" class="small">
          <Csrf secret={session.secret} />
          Signed in as {session.name} ({session.email}).{' '}
          <button type="submit" class="link">
            Not you?
          </button>
          <br />
          You will be sent back to <b>{host}</b>.{' '}
          {may && `Disconnect ${client.name} at any time under Settings, Connected apps.`}
        </form>
      </Solo>
    ),
  });
}

const Yes = () => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
    <circle cx="8" cy="8" r="7" fill="var(--done)" />
    <path d="M5 8.2l2.1 2.1L11.2 6" fill="none" stroke="var(--card)" stroke-width="1.7" stroke-linecap="round" />
  </svg>
);

const Never = () => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="var(--ink-3)" stroke-width="1.5">
    <circle cx="8" cy="8" r="6.2" />
    <path d="M3.6 12.4l8.8-8.8" />
  </svg>
);

const problemPage = (text: string): string =>
  renderPage({
    title: 'This app can not be connected',
    children: (
      <Solo>
        <h1>This app can't be connected</h1>
        <p>{text}</p>
        <p class="small">Nothing was allowed. You can close this page.</p>
      </Solo>
    ),
  });

/** Settings: API keys, connected apps, sessions. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { shortDate } from '../domain/dates.ts';
import type { Authority } from '../oauth/authority.ts';
import {
  type AppRow,
  appsOf,
  disconnectApp,
  endSessionById,
  type KeyRow,
  keysOf,
  makeKey,
  revokeKey,
  type SessionRow,
  sessionsOf,
  switchOrg,
} from '../oauth/credentials.ts';
import type { MemberPrincipal } from '../oauth/principal.ts';
import { memberIn, type Session } from '../oauth/session.ts';
import { askToSignIn } from './kit/ask-to-sign-in.ts';
import { deviceName } from './kit/device.ts';
import { fieldsSchema } from './kit/form.ts';
import { keptOf } from './kit/kept.tsx';
import { newCommandId, sentBefore } from './kit/member.ts';
import { nameProblem } from './kit/name-problem.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice } from './kit/parts.tsx';
import { asOnItsPage, isOurForm, safeNext, sessionOf } from './kit/session.ts';
import { Settings } from './kit/settings.tsx';
import { sendTrouble, type Trouble, troubles } from './kit/trouble.tsx';

interface Signed {
  readonly session: Session;
  /** Null for someone in no org. */
  readonly principal: MemberPrincipal | null;
  readonly now: number;
}

export async function settingsRoutes(app: FastifyInstance, { authority }: { readonly authority: Authority }) {
  const who = (session: Session): Signed => ({
    session,
    principal: session.org && memberIn(session, session.org),
    now: authority.clock(),
  });
  const signed = async (request: FastifyRequest): Promise<Signed | null> => {
    const session = await sessionOf(authority, request);
    return session && who(session);
  };
  const html = (reply: FastifyReply, page: string, status = 200) => reply.code(status).type('text/html').send(page);
  const toSignIn = (request: FastifyRequest, reply: FastifyReply) =>
    askToSignIn(authority, request, reply, '/settings');

  /** A page that only a signed-in person sees. */
  const page = (url: string, show: (who: Signed, reply: FastifyReply) => Promise<FastifyReply>) =>
    app.get(url, async (request, reply) => {
      const who = await signed(request);
      return who ? show(who, reply) : toSignIn(request, reply);
    });
  /** A form that only its own page may send. */
  const form = (
    url: string,
    act: (who: Signed, fields: Record<string, string>, reply: FastifyReply) => Promise<FastifyReply>,
  ) =>
    app.post(url, async (request, reply) => {
      const session = await sessionOf(authority, request);
      if (!session) return toSignIn(request, reply);
      const fail = async (trouble: Trouble) =>
        sendTrouble(reply, trouble, await keptOf(request, authority.publicUrl, session.secret));
      const fields = fieldsSchema.safeParse(request.body);
      if (!fields.success) return fail(troubles.tooLong);
      if (!isOurForm(authority, request, session.secret, fields.data.csrf)) return fail(troubles.stale);
      const there = await asOnItsPage(authority, session, fields.data);
      return there ? act(who(there), fields.data, reply) : fail(troubles.notYours);
    });

  app.get('/settings', (_request, reply) => reply.redirect('/settings/api-keys', 303));

  const keys = async (who: Signed, told: Omit<KeysView, 'who' | 'keys'>) =>
    keysPage({ who, keys: who.principal ? await keysOf(authority, who.principal) : [], ...told });

  page('/settings/api-keys', async (who, reply) => html(reply, await keys(who, nothingTold)));
  form('/settings/api-keys', async (who, { name = '', command_id = newCommandId() }, reply) => {
    const { principal } = who;
    const wanted = name.trim();
    const problem = nameProblem(name, 'a name for the key, so that you know it later');
    if (!principal || problem !== undefined) {
      const told = { ...nothingTold, problem: problem ?? 'You are in no organization.', typed: name };
      return html(reply, await keys(who, told), 422);
    }
    const made = await makeKey(authority, principal, wanted, command_id);
    if (made === null) return reply.redirect('/settings/api-keys', 303);
    if (made.is === 'new')
      return html(reply, await keys(who, { ...nothingTold, made: { name: wanted, secret: made.secret } }), 201);
    if (made.name !== wanted)
      return html(reply, await keys(who, { ...nothingTold, problem: sentBefore, typed: name }), 422);
    const notice = `“${wanted}” was made and shown before; no second one was made. If it was not copied, revoke it and make another.`;
    return html(reply, await keys(who, { ...nothingTold, notice }));
  });
  form('/settings/api-keys/revoke', async (who, { id = '' }, reply) => {
    const gone = who.principal !== null && (await revokeKey(authority, who.principal, id));
    const told = gone
      ? { ...nothingTold, notice: 'The key is revoked. What used it gets 401 from now on.' }
      : { ...nothingTold, problem: 'That key is not live, or not yours to revoke. Nothing changed.' };
    return html(reply, await keys(who, told), gone ? 200 : 404);
  });

  const apps = async (who: Signed, told: Told) =>
    appsPage({ who, apps: who.principal ? await appsOf(authority, who.principal) : [], ...told });
  page('/settings/apps', async (who, reply) => html(reply, await apps(who, nothingTold)));
  form('/settings/apps/disconnect', async (who, { id = '' }, reply) => {
    const gone = who.principal !== null && (await disconnectApp(authority, who.principal, id));
    const told = gone
      ? { notice: 'The app is disconnected. Its tokens ended at once.', problem: null }
      : { notice: null, problem: 'That app is not connected, or not yours to disconnect. Nothing changed.' };
    return html(reply, await apps(who, told), gone ? 200 : 404);
  });

  page('/settings/sessions', async (who, reply) =>
    html(reply, sessionsPage({ who, sessions: await sessionsOf(authority, who.session) })),
  );
  form('/settings/sessions/end', async ({ session }, { id = '' }, reply) => {
    await endSessionById(authority, session, id);
    return reply.redirect(id === session.id ? '/sign-in' : '/settings/sessions', 303);
  });

  form('/settings/org', async ({ session }, { org = '', next }, reply) => {
    await switchOrg(authority, session, org);
    return reply.redirect(safeNext(authority, next, '/settings'), 303);
  });
}

interface Told {
  readonly notice: string | null;
  readonly problem: string | null;
}
interface KeysView extends Told {
  readonly who: Signed;
  readonly keys: readonly KeyRow[];
  readonly made: { readonly name: string; readonly secret: string } | null;
  /** A name that was not taken, to be mended. */
  readonly typed: string;
}
const nothingTold = { made: null, notice: null, problem: null, typed: '' };

const When = ({
  at,
  now,
  otherwise,
}: {
  readonly at: Date | null;
  readonly now: number;
  readonly otherwise: string;
}) =>
  at === null ? (
    otherwise
  ) : (
    <time dateTime={at.toISOString()} title={at.toISOString()}>
      {shortDate(at.getTime(), now)}
    </time>
  );

const LastUsed = ({ at, now }: { readonly at: Date | null; readonly now: number }) =>
  at === null ? (
    'not used yet'
  ) : (
    <>
      last used <When at={at} now={now} otherwise="" />
    </>
  );

function keysPage({ who, keys, made, notice, problem, typed }: KeysView): string {
  const { session, now } = who;
  const live = keys.filter((k) => k.revoked_at === null);
  return renderPage({
    title: 'API keys',
    scripts: ['/assets/copy.js'],
    children: (
      <Settings session={session} here="/settings/api-keys">
        <h1>
          {live.length === 0
            ? 'No API key yet'
            : live.length === 1
              ? 'One API key is live'
              : `${live.length} API keys are live`}
        </h1>
        <p class="small">
          A key acts as you in {session.org?.name ?? 'your organization'}: for scripts, Claude Code, and other MCP
          clients.
        </p>
        <Notice text={notice} />
        <Notice text={problem} bad />
        {made && (
          <div class="card sheet made" role="status">
            <h2>“{made.name}” is made. Copy it now: it is shown this once.</h2>
            <p class="secret">
              <code id="secret">{made.secret}</code>
              <button type="button" class="button primary" data-copy="secret" hidden>
                Copy
              </button>
            </p>
          </div>
        )}
        <form method="post" action="/settings/api-keys" class="inline">
          <Csrf secret={session.secret} />
          <input type="hidden" name="command_id" value={newCommandId()} />
          <div class="field">
            <label for="name">Name of a new key, such as “Laptop”</label>
            <input
              id="name"
              name="name"
              value={typed}
              required
              maxLength={200}
              autocomplete="off"
              aria-invalid={typed === '' ? undefined : true}
            />
          </div>
          <button type="submit" class={made ? 'button' : 'button primary'}>
            Make a key
          </button>
        </form>
        {keys.length > 0 && (
          <ul class="card list">
            {keys.map((k) => (
              <li class={k.revoked_at === null ? undefined : 'over'}>
                <span class="grow">
                  <b>{k.name}</b> <code>bflow_sk_…{k.hint}</code>
                  <span class="small">
                    {k.user_name}, made <When at={k.created_at} now={now} otherwise="" />,{' '}
                    {k.revoked_at === null ? (
                      <LastUsed at={k.last_used_at} now={now} />
                    ) : (
                      <>
                        revoked <When at={k.revoked_at} now={now} otherwise="" />
                      </>
                    )}
                  </span>
                </span>
                {k.revoked_at === null && (
                  <form method="post" action="/settings/api-keys/revoke">
                    <Csrf secret={session.secret} />
                    <input type="hidden" name="id" value={k.id} />
                    <details class="menu" name="revoke">
                      <summary class="button quiet" aria-label={`Revoke ${k.name}…`}>
                        Revoke…
                      </summary>
                      <div class="card sheet">
                        <p>Whatever uses this key gets in no more, at once and for good.</p>
                        <button type="submit" class="button bad" aria-label={`Revoke ${k.name} for good`}>
                          Revoke the key
                        </button>
                      </div>
                    </details>
                  </form>
                )}
              </li>
            ))}
          </ul>
        )}
        <p class="actions">
          <a class="button" href="/docs/api">
            What a key can do: the API reference
          </a>
        </p>
      </Settings>
    ),
  });
}

function appsPage({
  who,
  apps,
  notice,
  problem,
}: Told & { readonly who: Signed; readonly apps: readonly AppRow[] }): string {
  const { session, now } = who;
  return renderPage({
    title: 'Connected apps',
    children: (
      <Settings session={session} here="/settings/apps">
        <h1>
          {apps.length === 0
            ? 'No app is connected'
            : apps.length === 1
              ? 'One app is connected'
              : `${apps.length} apps are connected`}
        </h1>
        <p class="small">Apps that someone allowed to work in {session.org?.name ?? 'your organization'}.</p>
        <Notice text={notice} />
        <Notice text={problem} bad />
        {apps.length > 0 && (
          <ul class="card list">
            {apps.map((a) => (
              <li>
                <span class="grow">
                  <b>{a.client_name}</b> <span class="chip">{a.redirect_host}</span>
                  <span class="small">
                    connected by {a.user_name} <When at={a.created_at} now={now} otherwise="" />,{' '}
                    <LastUsed at={a.last_used_at} now={now} />,{' '}
                    {a.scope.includes('flows:write') ? 'may read and change' : 'may read'}
                  </span>
                </span>
                <form method="post" action="/settings/apps/disconnect">
                  <Csrf secret={session.secret} />
                  <input type="hidden" name="id" value={a.id} />
                  <button type="submit" class="button" aria-label={`Disconnect ${a.client_name}`}>
                    Disconnect
                  </button>
                </form>
              </li>
            ))}
          </ul>
        )}
      </Settings>
    ),
  });
}

function sessionsPage({ who, sessions }: { readonly who: Signed; readonly sessions: readonly SessionRow[] }): string {
  const { session, now } = who;
  return renderPage({
    title: 'My sessions',
    children: (
      <Settings session={session} here="/settings/sessions">
        <h1>
          {sessions.length === 1 ? 'You are signed in here only' : `You are signed in in ${sessions.length} places`}
        </h1>
        <ul class="card list">
          {sessions.map((s) => (
            <li>
              <span class="grow">
                <b>{deviceName(s.user_agent)}</b> {s.id === session.id && <span class="chip brand">This browser</span>}
                <span class="small">
                  signed in <When at={s.created_at} now={now} otherwise="" />, last seen{' '}
                  <When at={s.last_seen_at} now={now} otherwise="" />
                </span>
              </span>
              <form method="post" action="/settings/sessions/end">
                <Csrf secret={session.secret} />
                <input type="hidden" name="id" value={s.id} />
                <button type="submit" class="button">
                  {s.id === session.id ? 'Sign out' : 'End'}
                </button>
              </form>
            </li>
          ))}
        </ul>
      </Settings>
    ),
  });
}

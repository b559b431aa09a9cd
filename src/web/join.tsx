/** The page an invitation's link opens: whose it is, and the one button that joins. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { nameOf } from '../domain/naming.ts';
import type { Authority } from '../oauth/authority.ts';
import type { FoundInvitation } from '../oauth/join.ts';
import { type InvitationState, joinAnew, joinAs, readInvitation } from '../oauth/join.ts';
import { maxPasswordLength, passwordProblem } from '../oauth/password.ts';
import type { Session } from '../oauth/session.ts';
import { fieldText } from './kit/form.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice, Solo } from './kit/parts.tsx';
import { isOurForm, sessionOf, setSession, visitorSecret } from './kit/session.ts';
import { TextField } from './kit/text-field.tsx';
import { limitTries, stale } from './kit/visitor.ts';

export interface JoinOptions {
  readonly authority: Authority;
  /** Tries from one address in a minute. */
  readonly triesPerMinute: number;
}

const formSchema = z.object({
  name: fieldText(1_000).default(''),
  password: fieldText(2_000).default(''),
  csrf: fieldText(200).optional(),
});
const linkOf = (params: unknown): string => z.object({ secret: z.string() }).parse(params).secret.slice(0, 100);

interface View {
  readonly link: string;
  readonly state: InvitationState;
  readonly session: Session | null;
  /** Of the browser, for the form of someone who is not signed in. */
  readonly secret: string;
  readonly name: string;
  readonly problem: string | null;
}

export async function joinRoutes(app: FastifyInstance, { authority, triesPerMinute }: JoinOptions): Promise<void> {
  const limited = await limitTries(app, triesPerMinute);

  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    told: { name?: string; problem?: string; status?: number } = {},
  ) => {
    const link = linkOf(request.params);
    const state = await readInvitation(authority, link);
    const session = await sessionOf(authority, request);
    const secret = visitorSecret(authority, request, reply);
    const { name = '', problem = null } = told;
    const status = told.status ?? (state.kind === 'open' ? 200 : 404);
    return reply.code(status).type('text/html').send(joinPage({ link, state, session, secret, name, problem }));
  };

  // Opening the link uses nothing up: mail scanners open links too.
  app.get('/join/:secret', (request, reply) => show(request, reply));

  app.post('/join/:secret', limited, async (request, reply) => {
    const link = linkOf(request.params);
    const form = formSchema.safeParse(request.body ?? {});
    if (!form.success)
      return show(request, reply, { problem: 'Something there is too long, or no text.', status: 422 });
    const { csrf, password } = form.data;
    const session = await sessionOf(authority, request);
    const proof = session?.secret ?? visitorSecret(authority, request, reply);
    if (!isOurForm(authority, request, proof, csrf)) {
      return show(request, reply, { name: form.data.name, problem: stale, status: 403 });
    }
    if (session) {
      const joined = await joinAs(authority, session, link);
      return joined ? reply.redirect('/flows', 303) : show(request, reply, { status: 409 });
    }
    const state = await readInvitation(authority, link);
    if (state.kind !== 'open' || state.invitation.has_account) return show(request, reply, { status: 409 });
    const name = nameOf(limits.name).safeParse(form.data.name);
    if (!name.success) {
      return show(request, reply, { name: form.data.name, problem: 'Write your name, on one line.', status: 422 });
    }
    const wrong = passwordProblem(password, [state.invitation.email, name.data, state.invitation.org_name]);
    if (wrong !== null) return show(request, reply, { name: name.data, problem: wrong, status: 422 });
    const userAgent = request.headers['user-agent'] ?? '';
    const joined = await joinAnew(authority, link, { name: name.data, password, userAgent });
    if (joined.kind !== 'in') return show(request, reply, { status: 409 });
    return setSession(authority, reply, joined.secret).redirect('/flows', 303);
  });
}

const roleWords = { OWNER: 'an owner', ADMIN: 'an admin', MEMBER: 'a member' } as const;

function joinPage(view: View): string {
  const { state } = view;
  const title = state.kind === 'open' ? `Join ${state.invitation.org_name}` : 'This invitation is no longer open';
  return renderPage({
    title,
    children: (
      <Solo>{state.kind === 'open' ? <Open view={view} invitation={state.invitation} /> : <Over view={view} />}</Solo>
    ),
  });
}

function Open({ view, invitation }: { readonly view: View; readonly invitation: FoundInvitation }) {
  const { link, session, secret, name, problem } = view;
  const { org_name: org, email, role, inviter_name: inviter, has_account } = invitation;
  const action = `/join/${encodeURIComponent(link)}`;
  const asked = (
    <p>
      {inviter} invites <b>{email}</b> as {roleWords[role]}.
    </p>
  );
  if (session && session.email !== email) {
    return (
      <>
        <h1>This invitation is for somebody else</h1>
        {asked}
        <p>
          You are signed in as <b>{session.email}</b>. If {email} is yours too, sign out and open the link again. If
          not, ask {inviter} to invite {session.email}.
        </p>
        <Notice text={problem} bad />
        <form method="post" action="/sign-out" class="stack">
          <Csrf secret={session.secret} />
          <input type="hidden" name="next" value={action} />
          <button type="submit" class="button big">
            Sign out, and come back here
          </button>
        </form>
      </>
    );
  }
  if (session) {
    return (
      <>
        <h1>Join {org}</h1>
        {asked}
        <Notice text={problem} bad />
        <form method="post" action={action} class="stack">
          <Csrf secret={session.secret} />
          <button type="submit" class="button primary big">
            Join {org}
          </button>
        </form>
        <p class="small">
          Signed in as {session.name} ({session.email}).
        </p>
      </>
    );
  }
  if (has_account) {
    return (
      <>
        <h1>Join {org}</h1>
        {asked}
        <p>You have an account with this address. Sign in first, and you come back here.</p>
        <a class="button primary big" href={`/sign-in?${new URLSearchParams({ next: action })}`}>
          Sign in
        </a>
      </>
    );
  }
  return (
    <>
      <h1>Join {org}</h1>
      {asked}
      <Notice text={problem} bad />
      <form method="post" action={action} class="stack">
        <Csrf secret={secret} />
        <input
          class="unseen"
          type="email"
          value={email}
          autocomplete="username"
          readOnly
          tabIndex={-1}
          aria-hidden="true"
        />
        <TextField {...{ name: 'name', label: 'Your name', value: name, autocomplete: 'name', most: limits.name }} />
        <TextField
          {...{ name: 'password', label: 'Choose a password', type: 'password', autocomplete: 'new-password' }}
          {...{ least: 10, most: maxPasswordLength, help: '10 characters or more; a few words in a row are good.' }}
        />
        <button type="submit" class="button primary big">
          Make my account and join
        </button>
      </form>
    </>
  );
}

function Over({ view: { state, session } }: { readonly view: View }) {
  const signedIn = session !== null;
  switch (state.kind) {
    case 'open':
      return null;
    case 'unknown':
      return (
        <>
          <h1>This link is no longer open</h1>
          <p>A newer one may have been sent since: look for the last mail. If there is none, ask who invited you.</p>
          <Back signedIn={signedIn} />
        </>
      );
    case 'accepted':
      return (
        <>
          <h1>This invitation was accepted</h1>
          <p>
            {state.invitation.email} joined {state.invitation.org_name}. A link works once; from now on just sign in.
          </p>
          <Back signedIn={signedIn} />
        </>
      );
    case 'revoked':
      return (
        <>
          <h1>This invitation was taken back</h1>
          <p>
            {state.invitation.org_name} took it back. If that is a surprise, ask {state.invitation.inviter_name}.
          </p>
          <Back signedIn={signedIn} />
        </>
      );
    case 'expired':
      return (
        <>
          <h1>This invitation has expired</h1>
          <p>
            Its link worked for 7 days. Ask {state.invitation.inviter_name} of {state.invitation.org_name} to send it
            again.
          </p>
          <Back signedIn={signedIn} />
        </>
      );
  }
}

const Back = ({ signedIn }: { readonly signedIn: boolean }) => (
  <a class="button big" href={signedIn ? '/flows' : '/sign-in'}>
    {signedIn ? 'To my flows' : 'Sign in'}
  </a>
);

/** Signing up: an address is proved by a link, then an account and an organization are made. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { composed } from '../domain/naming.ts';
import type { Authority } from '../oauth/authority.ts';
import { switchOrg } from '../oauth/credentials.ts';
import { maxPasswordLength, passwordProblem } from '../oauth/password.ts';
import type { Session } from '../oauth/session.ts';
import { readSession } from '../oauth/session.ts';
import { addOrg, finishSignUp, makeSignUpLink, readSignUp } from '../oauth/sign-up.ts';
import type { Tools } from '../operations/operation.ts';
import { firstName } from '../platform/plain-line.ts';
import { askToSignIn } from './kit/ask-to-sign-in.ts';
import { fieldText } from './kit/form.ts';
import { newCommandId } from './kit/member.ts';
import { nameProblem } from './kit/name-problem.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice, Solo } from './kit/parts.tsx';
import { isOurForm, sessionOf, setSession, visitorSecret } from './kit/session.ts';
import { TextField } from './kit/text-field.tsx';
import { limitTries, stale } from './kit/visitor.ts';

export interface SignUpOptions {
  readonly authority: Authority;
  readonly signUp: 'open' | 'closed';
  readonly sendMail: Tools['sendMail'];
  /** Tries from one address in a minute. */
  readonly triesPerMinute: number;
}

const formSchema = z.object({
  name: fieldText(1_000).default(''),
  email: fieldText(1_000).default(''),
  organization: fieldText(1_000).default(''),
  password: fieldText(2_000).default(''),
  csrf: fieldText(200).optional(),
  command_id: fieldText(200).default(newCommandId),
});
type Typed = Pick<z.infer<typeof formSchema>, 'name' | 'email' | 'organization'>;
type Wrong = Partial<Record<keyof Typed, string>>;

const tooLong = 'Something there is too long, or no text.';
const empty: Typed = { name: '', email: '', organization: '' };
const linkOf = (params: unknown): string => z.object({ secret: z.string() }).parse(params).secret.slice(0, 100);
const agentOf = (request: FastifyRequest): string => request.headers['user-agent'] ?? '';

const addressProblem = (text: string): string | undefined =>
  z.email().max(limits.email).safeParse(text.trim()).success
    ? undefined
    : 'Write your mail address, such as jane@example.com.';

export async function signUpRoutes(app: FastifyInstance, options: SignUpOptions): Promise<void> {
  const { authority, signUp, sendMail, triesPerMinute } = options;
  const limited = await limitTries(app, triesPerMinute);
  const html = (reply: FastifyReply, page: string, status = 200) => reply.code(status).type('text/html').send(page);

  app.get('/sign-up', async (request, reply) => {
    if (signUp === 'closed') return html(reply, closedPage(), 403);
    const session = await sessionOf(authority, request);
    if (session) return html(reply, newOrgPage({ session, organization: '', wrong: null }));
    const secret = visitorSecret(authority, request, reply);
    return html(reply, signUpPage({ secret, typed: empty, wrong: {}, problem: null }));
  });

  app.post('/sign-up', limited, async (request, reply) => {
    if (signUp === 'closed') return html(reply, closedPage(), 403);
    const secret = visitorSecret(authority, request, reply);
    const form = formSchema.safeParse(request.body ?? {});
    const again = (typed: Typed, wrong: Wrong, problem: string, status: number) =>
      html(reply, signUpPage({ secret, typed, wrong, problem }), status);
    if (!form.success) return again(empty, {}, tooLong, 422);
    const { csrf, name, email, organization } = form.data;
    const typed: Typed = { name, email, organization };
    if (!isOurForm(authority, request, secret, csrf)) return again(typed, {}, stale, 403);
    const wrong: Wrong = {
      name: nameProblem(typed.name, 'your name'),
      email: addressProblem(typed.email),
      organization: nameProblem(typed.organization, 'the name of your organization'),
    };
    if (Object.values(wrong).some((w) => w !== undefined)) {
      return again(typed, wrong, 'Something is missing or does not fit. It is said at the field.', 422);
    }
    const asked = { email: typed.email, name: composed(typed.name), orgName: composed(typed.organization) };
    // The same whether or not the address has an account, and as soon: neither look-up nor mail is waited for.
    makeSignUpLink(authority, asked).then(
      (mail) => mail && sendMail(mail),
      (err: unknown) => request.log.error({ err }, 'A link to sign up could not be made'),
    );
    return html(reply, linkSentPage(typed.email.trim()));
  });

  /** One more organization, for someone who is signed in. */
  app.post('/sign-up/organization', limited, async (request, reply) => {
    if (signUp === 'closed') return html(reply, closedPage(), 403);
    const session = await sessionOf(authority, request);
    if (!session) return askToSignIn(authority, request, reply, '/sign-up');
    const form = formSchema.safeParse(request.body ?? {});
    const organization = form.data?.organization ?? '';
    const again = (wrong: string, status: number) => html(reply, newOrgPage({ session, organization, wrong }), status);
    if (!form.success) return again(tooLong, 422);
    if (!isOurForm(authority, request, session.secret, form.data.csrf)) return again(stale, 403);
    const wrong = nameProblem(organization, 'the name of the organization');
    if (wrong !== undefined) return again(wrong, 422);
    const asked = { name: composed(organization), commandId: form.data.command_id };
    const orgId = await addOrg(authority, session, asked);
    const renewed = await readSession(authority, session.secret);
    if (renewed) await switchOrg(authority, renewed, orgId);
    return reply.redirect('/flows', 303);
  });

  // Opening the link uses nothing up: mail scanners open links too.
  app.get('/sign-up/:secret', async (request, reply) => {
    const link = linkOf(request.params);
    const found = await readSignUp(authority, link);
    if (!found) return html(reply, overPage(), 404);
    const secret = visitorSecret(authority, request, reply);
    return html(reply, finishPage({ secret, link, ...found, wrong: null }));
  });

  app.post('/sign-up/:secret', limited, async (request, reply) => {
    const link = linkOf(request.params);
    const found = await readSignUp(authority, link);
    if (!found) return html(reply, overPage(), 404);
    const secret = visitorSecret(authority, request, reply);
    const form = formSchema.safeParse(request.body ?? {});
    const again = (wrong: string, status: number) => html(reply, finishPage({ secret, link, ...found, wrong }), status);
    if (!isOurForm(authority, request, secret, form.data?.csrf)) return again(stale, 403);
    const password = form.data?.password ?? '';
    const wrong = passwordProblem(password, [found.email, found.name, found.org_name]);
    if (wrong !== null) return again(wrong, 422);
    const done = await finishSignUp(authority, link, password, agentOf(request));
    switch (done.kind) {
      case 'in':
        return setSession(authority, reply, done.secret).redirect('/flows', 303);
      case 'over':
        return html(reply, overPage(), 404);
      case 'account_exists':
        return html(reply, existsPage(found.email), 409);
    }
  });
}

interface SignUpView {
  readonly secret: string;
  readonly typed: Typed;
  readonly wrong: Wrong;
  readonly problem: string | null;
}

const signUpPage = ({ secret, typed, wrong, problem }: SignUpView): string =>
  renderPage({
    title: 'Sign up for Booflow',
    children: (
      <Solo>
        <h1>Make your organization</h1>
        <p class="small">A link comes by mail; nothing is made before you open it.</p>
        <Notice text={problem} bad />
        <form method="post" action="/sign-up" class="stack">
          <Csrf secret={secret} />
          <TextField
            {...{ name: 'name', label: 'Your name', value: typed.name, wrong: wrong.name ?? null }}
            {...{ autocomplete: 'name', most: limits.name }}
          />
          <TextField
            {...{ name: 'email', label: 'Mail address', type: 'email', value: typed.email, wrong: wrong.email ?? null }}
            {...{ autocomplete: 'email', most: limits.email }}
          />
          <TextField
            {...{ name: 'organization', label: 'Organization', value: typed.organization }}
            {...{ wrong: wrong.organization ?? null, autocomplete: 'organization', most: limits.name }}
            help="Your clients see this name. It can be changed later."
          />
          <button type="submit" class="button primary big">
            Send me the link
          </button>
        </form>
        <p class="small">
          You have an account? <a href="/sign-in">Sign in</a>
        </p>
      </Solo>
    ),
  });

const linkSentPage = (email: string): string =>
  renderPage({
    title: 'Look into your mail',
    children: (
      <Solo>
        <h1>Look into your mail</h1>
        <p>A mail to {email} is on its way. It says how to go on. Its link works once, for 24 hours.</p>
        <p class="small">
          Nothing there after a minute? Look into the junk folder, or <a href="/sign-up">try again</a>.
        </p>
      </Solo>
    ),
  });

interface NewOrgView {
  readonly session: Session;
  readonly organization: string;
  readonly wrong: string | null;
}

const newOrgPage = ({ session, organization, wrong }: NewOrgView): string =>
  renderPage({
    title: 'Make an organization',
    children: (
      <Solo>
        <h1>{session.orgs.length === 0 ? 'Make your organization' : 'Make one more organization'}</h1>
        <p class="small">
          You are signed in as {session.name} ({session.email}), and will be its owner.
        </p>
        <Notice text={wrong} bad />
        <form method="post" action="/sign-up/organization" class="stack">
          <Csrf secret={session.secret} />
          <input type="hidden" name="command_id" value={newCommandId()} />
          <TextField
            {...{ name: 'organization', label: 'Organization', value: organization }}
            {...{ autocomplete: 'organization', most: limits.name }}
            help="Your clients see this name. It can be changed later."
          />
          <button type="submit" class="button primary big">
            Make the organization
          </button>
        </form>
        {session.orgs.length > 0 && (
          <p class="small">
            <a href="/flows">Back to {session.org?.name}</a>
          </p>
        )}
      </Solo>
    ),
  });

interface FinishView {
  readonly secret: string;
  readonly link: string;
  readonly email: string;
  readonly name: string;
  readonly org_name: string;
  readonly wrong: string | null;
}

const finishPage = ({ secret, link, email, name, org_name, wrong }: FinishView): string =>
  renderPage({
    title: 'Choose a password',
    children: (
      <Solo>
        <h1>One step left, {firstName(name)}</h1>
        <p>
          This makes <b>{org_name}</b> and your account <b>{email}</b>.
        </p>
        <Notice text={wrong} bad />
        <form method="post" action={`/sign-up/${encodeURIComponent(link)}`} class="stack">
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
          <TextField
            {...{ name: 'password', label: 'Choose a password', type: 'password', autocomplete: 'new-password' }}
            {...{ least: 10, most: maxPasswordLength, help: '10 characters or more; a few words in a row are good.' }}
          />
          <button type="submit" class="button primary big">
            Make {org_name}
          </button>
        </form>
      </Solo>
    ),
  });

const overPage = (): string =>
  renderPage({
    title: 'This link is no longer open',
    children: (
      <Solo>
        <h1>This link is no longer open</h1>
        <p>It was used before, or is older than 24 hours.</p>
        <p class="actions">
          <a class="button big" href="/sign-in">
            Sign in
          </a>
          <a class="button big" href="/sign-up">
            Sign up again
          </a>
        </p>
      </Solo>
    ),
  });

const existsPage = (email: string): string =>
  renderPage({
    title: 'You have an account already',
    children: (
      <Solo>
        <h1>You have an account already</h1>
        <p>{email} has an account by now. Sign in, and make the organization from there.</p>
        <a class="button primary big" href="/sign-in?next=/sign-up">
          Sign in
        </a>
      </Solo>
    ),
  });

const closedPage = (): string =>
  renderPage({
    title: 'Signing up is closed here',
    children: (
      <Solo>
        <h1>Signing up is closed here</h1>
        <p>Ask whoever runs this Booflow. If you were invited, open the link in the mail: it lets you in.</p>
        <a class="button big" href="/sign-in">
          Sign in
        </a>
      </Solo>
    ),
  });

/** Signing in and out: a password, or a link by mail. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Authority } from '../oauth/authority.ts';
import { endSession } from '../oauth/session.ts';
import {
  makeSignInLink,
  readSignInLink,
  type SignInMail,
  signInWithLink,
  signInWithPassword,
} from '../oauth/sign-in.ts';
import { fieldText } from './kit/form.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice, Solo } from './kit/parts.tsx';
import { clearSession, isOurForm, safeNext, sessionOf, setSession, visitorSecret } from './kit/session.ts';
import { limitTries, stale } from './kit/visitor.ts';

export interface SignInOptions {
  readonly authority: Authority;
  /** Sends the mail with the link, without being waited for. */
  readonly sendSignInMail: (mail: SignInMail) => void;
  readonly signUp: 'open' | 'closed';
  /** Tries from one address in a minute. */
  readonly triesPerMinute: number;
}

const home = '/flows';
const formSchema = z.object({
  email: fieldText(254).default(''),
  password: fieldText(512).default(''),
  next: fieldText(8_000).optional(),
  csrf: fieldText(200).optional(),
});
/** A form that does not fit proves nothing, so it is refused like one that is not ours. */
const proofOf = (body: unknown): string | undefined => formSchema.safeParse(body ?? {}).data?.csrf;
const linkOf = (params: unknown): string => z.object({ secret: z.string() }).parse(params).secret.slice(0, 100);

const linkOver = 'This link was used before, or is older than 15 minutes. Have a new one sent.';

interface View {
  readonly secret: string;
  readonly next: string;
  readonly email: string;
  readonly problem: string | null;
}

export async function signInRoutes(app: FastifyInstance, options: SignInOptions): Promise<void> {
  const { authority, sendSignInMail, signUp, triesPerMinute } = options;
  const limited = await limitTries(app, triesPerMinute);
  const agentOf = (request: FastifyRequest): string => request.headers['user-agent'] ?? '';
  const show = (reply: FastifyReply, view: View, status = 200) =>
    reply
      .code(status)
      .type('text/html')
      .send(signInPage({ ...view, signUp }));

  app.get('/sign-in', async (request, reply) => {
    const { next: wanted } = z.object({ next: z.unknown().optional() }).parse(request.query);
    const next = safeNext(authority, wanted, home);
    if (await sessionOf(authority, request)) return reply.redirect(next, 303);
    return show(reply, { secret: visitorSecret(authority, request, reply), next, email: '', problem: null });
  });

  app.post('/sign-in', limited, async (request, reply) => {
    const secret = visitorSecret(authority, request, reply);
    const form = formSchema.safeParse(request.body);
    if (!form.success) {
      return show(
        reply,
        { secret, next: home, email: '', problem: 'That is longer than any address or password.' },
        422,
      );
    }
    const { email, password, csrf } = form.data;
    const next = safeNext(authority, form.data.next, home);
    const again = (problem: string, status: number) => show(reply, { secret, next, email, problem }, status);
    if (!isOurForm(authority, request, secret, csrf)) return again(stale, 403);
    const signIn = await signInWithPassword(authority, email, password, agentOf(request));
    switch (signIn.kind) {
      case 'in':
        return setSession(authority, reply, signIn.secret).redirect(next, 303);
      case 'wrong':
        return again('That address and password do not go together. Try again, or have a link sent to you.', 422);
      case 'slow_down':
        return again('Too many wrong passwords for this address. Wait 15 minutes, or have a link sent to you.', 429);
    }
  });

  app.post('/sign-in/link', limited, async (request, reply) => {
    const secret = visitorSecret(authority, request, reply);
    const { email, next, csrf } = formSchema.catch({ email: '', password: '' }).parse(request.body);
    if (!isOurForm(authority, request, secret, csrf)) {
      return show(reply, { secret, next: home, email, problem: stale }, 403);
    }
    if (!z.email().safeParse(email.trim()).success) {
      return show(
        reply,
        { secret, next: safeNext(authority, next, home), email, problem: 'Write your mail address first.' },
        422,
      );
    }
    // The same whether or not the address has an account, and as soon: the mail is not waited for.
    makeSignInLink(authority, email, safeNext(authority, next, home)).then(
      (mail) => mail && sendSignInMail(mail),
      (err: unknown) => request.log.error({ err }, 'A link to sign in could not be made'),
    );
    return reply.type('text/html').send(linkSentPage(email.trim()));
  });

  // Opening the link uses nothing up: mail scanners open links too.
  app.get('/sign-in/link/:secret', async (request, reply) => {
    const link = linkOf(request.params);
    const secret = visitorSecret(authority, request, reply);
    const whose = await readSignInLink(authority, link);
    if (!whose) return show(reply, { secret, next: home, email: '', problem: linkOver }, 404);
    return reply.type('text/html').send(useLinkPage({ link, secret, whose }));
  });

  app.post('/sign-in/link/:secret', limited, async (request, reply) => {
    const link = linkOf(request.params);
    const secret = visitorSecret(authority, request, reply);
    const csrf = proofOf(request.body);
    const fail = (problem: string, status: number) => show(reply, { secret, next: home, email: '', problem }, status);
    if (!isOurForm(authority, request, secret, csrf)) return fail(stale, 403);
    const signedIn = await signInWithLink(authority, link, agentOf(request));
    if (!signedIn) return fail(linkOver, 422);
    return setSession(authority, reply, signedIn.secret).redirect(safeNext(authority, signedIn.next, home), 303);
  });

  app.post('/sign-out', async (request, reply) => {
    const session = await sessionOf(authority, request);
    if (session && isOurForm(authority, request, session.secret, proofOf(request.body))) {
      await endSession(authority, session);
      clearSession(authority, reply);
    }
    // Whoever signs out to open a link as somebody else comes back to it.
    const { next } = formSchema.catch({ email: '', password: '' }).parse(request.body ?? {});
    return reply.redirect(safeNext(authority, next, '/sign-in'), 303);
  });
}

const signInPage = ({ secret, next, email, problem, signUp }: View & Pick<SignInOptions, 'signUp'>): string =>
  renderPage({
    title: 'Sign in to Booflow',
    children: (
      <Solo>
        <h1>Sign in</h1>
        <Notice text={problem} bad />
        <form method="post" action="/sign-in" class="stack">
          <Csrf secret={secret} />
          <input type="hidden" name="next" value={next} />
          <div class="field">
            <label for="email">Mail address</label>
            <input
              id="email"
              name="email"
              type="email"
              value={email}
              autocomplete="username"
              required
              maxLength={254}
            />
          </div>
          <div class="field">
            <label for="password">Password</label>
            <input id="password" name="password" type="password" autocomplete="current-password" maxLength={512} />
          </div>
          <button type="submit" class="button primary big">
            Sign in
          </button>
          <button type="submit" class="button big" formaction="/sign-in/link">
            Send me a link instead
          </button>
        </form>
        {signUp === 'open' && (
          <p class="small">
            New here? <a href="/sign-up">Make an account and an organization</a>
          </p>
        )}
      </Solo>
    ),
  });

const linkSentPage = (email: string): string =>
  renderPage({
    title: 'Look into your mail',
    children: (
      <Solo>
        <h1>Look into your mail</h1>
        <p>If {email} has an account here, a link to sign in is on its way. It works once, for 15 minutes.</p>
        <p>
          <a href="/sign-in">Back to signing in</a>
        </p>
      </Solo>
    ),
  });

interface UseLinkView {
  readonly link: string;
  readonly secret: string;
  readonly whose: { readonly name: string; readonly email: string };
}

const useLinkPage = ({ link, secret, whose }: UseLinkView): string =>
  renderPage({
    title: 'Sign in to Booflow',
    children: (
      <Solo>
        <h1>Sign in as {whose.name}?</h1>
        <p>
          This link opens the account of <b>{whose.email}</b>. If that is not you, close this page.
        </p>
        <form method="post" action={`/sign-in/link/${encodeURIComponent(link)}`} class="stack">
          <Csrf secret={secret} />
          <button type="submit" class="button primary big">
            Sign in
          </button>
        </form>
      </Solo>
    ),
  });

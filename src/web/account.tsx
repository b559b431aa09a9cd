/** A person's own account: their name, and their password. Works for someone who is in no organization too. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { composed } from '../domain/naming.ts';
import { asksForPassword, changePassword, deleteAccount, rename } from '../oauth/account.ts';
import type { Authority } from '../oauth/authority.ts';
import { maxPasswordLength, passwordProblem } from '../oauth/password.ts';
import type { Session } from '../oauth/session.ts';
import type { Tools } from '../operations/operation.ts';
import { askToSignIn } from './kit/ask-to-sign-in.ts';
import { deviceName } from './kit/device.ts';
import { fieldText } from './kit/form.ts';
import { nameProblem } from './kit/name-problem.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice, Solo } from './kit/parts.tsx';
import { clearSession, isOurForm, sessionOf, setSession } from './kit/session.ts';
import { Settings } from './kit/settings.tsx';
import { TextField } from './kit/text-field.tsx';
import { limitTries, stale } from './kit/visitor.ts';
import { settingsStyles } from './members-page.tsx';

export interface AccountRoutesOptions {
  readonly authority: Authority;
  readonly sendMail: Tools['sendMail'];
  /** Tries from one address in a minute. */
  readonly triesPerMinute: number;
}

const path = '/settings/account';
const formSchema = z.object({
  name: fieldText(1_000).default(''),
  current: fieldText(2_000).default(''),
  password: fieldText(2_000).default(''),
  proof: fieldText(2_000).default(''),
  typed: fieldText(1_000).default(''),
  csrf: fieldText(200).optional(),
});

/** What is told after a change, by the word in the address. */
const notices: ReadonlyMap<string, string> = new Map([
  ['name', 'Your name is changed.'],
  ['password', 'Your password is changed. Every other browser is signed out, and a mail tells you of it.'],
]);

interface Told {
  readonly notice?: string | undefined;
  readonly problem?: string;
  readonly name?: string;
  readonly wrongName?: string;
  readonly wrongCurrent?: string;
  readonly wrongPassword?: string;
  readonly wrongProof?: string;
  readonly wrongTyped?: string;
}

export async function accountRoutes(app: FastifyInstance, options: AccountRoutesOptions): Promise<void> {
  const { authority, sendMail, triesPerMinute } = options;
  const limited = await limitTries(app, triesPerMinute);

  const show = async (reply: FastifyReply, session: Session, told: Told, status = 200) => {
    const asks = await asksForPassword(authority, session);
    return reply.code(status).type('text/html').send(accountPage({ session, asks, told }));
  };
  const form = (
    url: string,
    act: (
      request: FastifyRequest,
      reply: FastifyReply,
      session: Session,
      fields: z.infer<typeof formSchema>,
    ) => Promise<FastifyReply>,
  ) =>
    app.post(url, limited, async (request, reply) => {
      const session = await sessionOf(authority, request);
      if (!session) return askToSignIn(authority, request, reply, path);
      const fields = formSchema.safeParse(request.body ?? {});
      if (!fields.success)
        return show(reply, session, { problem: 'Something there is too long, or no text. Nothing changed.' }, 422);
      if (!isOurForm(authority, request, session.secret, fields.data.csrf))
        return show(reply, session, { problem: stale, name: fields.data.name }, 403);
      return act(request, reply, session, fields.data);
    });

  app.get(path, async (request, reply) => {
    const session = await sessionOf(authority, request);
    if (!session) return reply.redirect(`/sign-in?${new URLSearchParams({ next: path })}`, 303);
    const { changed } = z.object({ changed: z.string().optional().catch(undefined) }).parse(request.query);
    return show(reply, session, { notice: notices.get(changed ?? '') });
  });

  form(`${path}/name`, async (_request, reply, session, { name }) => {
    const wrongName = nameProblem(name, 'your name');
    if (wrongName !== undefined) return show(reply, session, { name, wrongName }, 422);
    await rename(authority, session, composed(name));
    return reply.redirect(`${path}?changed=name`, 303);
  });

  form(`${path}/password`, async (request, reply, session, { current, password }) => {
    const wrong = passwordProblem(password, [session.email, session.name, ...session.orgs.map((o) => o.name)]);
    if (wrong !== null) return show(reply, session, { wrongPassword: wrong }, 422);
    const userAgent = request.headers['user-agent'] ?? '';
    const asked = { current, next: password, userAgent, device: deviceName(userAgent) };
    const change = await changePassword(authority, session, asked);
    switch (change.kind) {
      case 'changed':
        sendMail(change.mail);
        return setSession(authority, reply, change.secret).redirect(`${path}?changed=password`, 303);
      case 'wrong':
        return show(reply, session, { wrongCurrent: 'That is not the password you have now. Nothing changed.' }, 422);
      case 'slow_down':
        return show(
          reply,
          session,
          { wrongCurrent: 'Too many wrong passwords. Wait 15 minutes, or sign in by a link. Nothing changed.' },
          429,
        );
    }
  });

  form(`${path}/delete`, async (_request, reply, session, { proof, typed }) => {
    if (typed.trim().toLowerCase() !== session.email)
      return show(reply, session, { wrongTyped: 'That is not your address. Nothing changed.' }, 422);
    const done = await deleteAccount(authority, session, proof);
    switch (done.kind) {
      case 'deleted':
        return clearSession(authority, reply).type('text/html').send(goodbyePage());
      case 'wrong':
        return show(reply, session, { wrongProof: 'That is not your password. Nothing changed.' }, 422);
      case 'slow_down':
        return show(
          reply,
          session,
          { wrongProof: 'Too many wrong passwords. Wait 15 minutes, or sign in by a link. Nothing changed.' },
          429,
        );
      case 'only_owner': {
        const problem = `You are the only owner of ${done.orgs.join(', ')}. Make somebody else an owner there, or delete the organization, and come back. Nothing changed.`;
        return show(reply, session, { problem }, 409);
      }
    }
  });
}

interface AccountView {
  readonly session: Session;
  readonly asks: boolean;
  readonly told: Told;
}

const accountPage = ({ session, asks, told }: AccountView): string =>
  renderPage({
    title: 'My account',
    styles: settingsStyles,
    children: (
      <Settings session={session} here={path}>
        <h1>You sign in as {session.email}</h1>
        <Notice text={told.notice ?? null} />
        <Notice text={told.problem ?? null} bad />
        <form method="post" action={`${path}/name`} class="card sheet part">
          <Csrf secret={session.secret} />
          <TextField
            {...{ name: 'name', label: 'My name', value: told.name ?? session.name, autocomplete: 'name' }}
            {...{ most: limits.name, wrong: told.wrongName ?? null }}
            help="Colleagues and clients see it. What you did, and tasks given to you before, keep the name of that day."
          />
          <button type="submit" class="button">
            Change my name
          </button>
        </form>
        <form method="post" action={`${path}/password`} class="card sheet part">
          <h2>A new password</h2>
          <Csrf secret={session.secret} />
          {/* For password managers: whose password this is. */}
          <input type="text" name="username" value={session.email} autocomplete="username" readOnly hidden />
          {asks ? (
            <>
              <TextField
                {...{
                  name: 'current',
                  label: 'The one I have now',
                  type: 'password',
                  autocomplete: 'current-password',
                }}
                {...{ most: maxPasswordLength, wrong: told.wrongCurrent ?? null }}
              />
              <p class="small">Forgotten? Sign out, have a link sent to you, and come back here within 15 minutes.</p>
            </>
          ) : (
            <p class="small">You came by a link from your mail just now, so you need not write the old one.</p>
          )}
          <TextField
            {...{ name: 'password', label: 'The new one', type: 'password', autocomplete: 'new-password' }}
            {...{ most: maxPasswordLength, wrong: told.wrongPassword ?? null }}
            help="10 characters or more. A few words in a row are good."
          />
          <button type="submit" class="button primary">
            Change my password and sign out everywhere else
          </button>
          <p class="small">
            <a href="/settings/api-keys">API keys</a> and <a href="/settings/apps">connected apps</a> go on working.
          </p>
        </form>
        <form method="post" action={`${path}/delete`} class="card sheet part">
          <h2>Delete my account</h2>
          <Csrf secret={session.secret} />
          <p>
            You leave every organization, your API keys and connected apps end, and your open tasks lie with nobody.
            What you did in flows stays told there, by the name you had then: it is the organization’s record. An owner
            can only go once somebody else is an owner too.
          </p>
          {asks && (
            <TextField
              {...{ name: 'proof', label: 'My password', type: 'password', autocomplete: 'current-password' }}
              {...{ most: maxPasswordLength, wrong: told.wrongProof ?? null }}
            />
          )}
          <TextField
            {...{ name: 'typed', label: 'Type your address to confirm', most: limits.email, autocomplete: 'off' }}
            wrong={told.wrongTyped ?? null}
          />
          <button type="submit" class="button bad">
            Delete my account for good
          </button>
        </form>
      </Settings>
    ),
  });

const goodbyePage = (): string =>
  renderPage({
    title: 'Your account is deleted',
    children: (
      <Solo>
        <h1>Your account is deleted</h1>
        <p>You are signed out everywhere.</p>
      </Solo>
    ),
  });

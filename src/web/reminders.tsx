/** The page behind "No more reminders", and a member's own switch. Looking at it changes nothing: its buttons do. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Authority } from '../oauth/authority.ts';
import type { Session } from '../oauth/session.ts';
import { chooseReminders } from '../operations/choose-reminders.ts';
import { getMyReminders } from '../operations/get-my-reminders.ts';
import { getReminderChoice } from '../operations/get-reminder-choice.ts';
import type { Result, Tools } from '../operations/operation.ts';
import type { reminderFacts } from '../operations/reminder-link.ts';
import { setMyReminders } from '../operations/set-my-reminders.ts';
import { BrandHeader, brandStyles } from './kit/brand.tsx';
import { callerOf, memberRoutes, type Visit } from './kit/member.ts';
import { need, settled } from './kit/need.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice, Solo } from './kit/parts.tsx';
import { Settings } from './kit/settings.tsx';

export interface ReminderOptions {
  readonly authority: Authority;
  readonly tools: () => Tools;
}

type Facts = z.infer<typeof reminderFacts>;

const secretOf = (params: unknown): string => z.object({ secret: z.string() }).parse(params).secret.slice(0, 200);
const bodySchema = z.object({
  action: z.string().max(20).optional(),
  'List-Unsubscribe': z.string().max(40).optional(),
});

export async function reminderRoutes(app: FastifyInstance, { authority, tools }: ReminderOptions): Promise<void> {
  const html = (reply: FastifyReply, text: string, status = 200) => reply.code(status).type('text/html').send(text);
  const answer = (reply: FastifyReply, result: Result<Facts>, changed: boolean) =>
    result.ok ? html(reply, choicePage(result.facts, changed)) : html(reply, deadPage(result.text), 404);

  // A mail program that unsubscribes by itself may send its one field in either form (RFC 8058 §3.1).
  app.addContentTypeParser('multipart/form-data', { parseAs: 'string', bodyLimit: 4_096 }, (_request, body, done) => {
    const field = /name="?List-Unsubscribe"?\r?\n\r?\n([^\r\n]{1,40})/i.exec(String(body))?.[1];
    done(null, field === undefined ? {} : { 'List-Unsubscribe': field });
  });

  app.get('/reminders/:secret', async (request, reply) => {
    const secret = secretOf(request.params);
    return answer(reply, settled(await getReminderChoice.run({ ...tools(), principal: null }, { secret })), false);
  });

  // The address itself is the proof that no other site can have, so the form brings no other.
  app.post('/reminders/:secret', async (request, reply) => {
    const secret = secretOf(request.params);
    const body = bodySchema.safeParse(request.body ?? {});
    const oneClick = body.data?.['List-Unsubscribe'] === 'One-Click';
    const action = oneClick ? 'stop' : body.data?.action;
    if (action !== 'stop' && action !== 'start') {
      return reply.code(422).type('text/plain').send('Nothing was asked for. Nothing changed.');
    }
    const on = action === 'start';
    return answer(reply, settled(await chooseReminders.run({ ...tools(), principal: null }, { secret, on })), true);
  });

  const { page, form } = memberRoutes(app, authority, tools);
  const own = async (visit: Visit, reply: FastifyReply, notice: string | null) => {
    const { on } = need(await getMyReminders.run(callerOf(visit), {}));
    return html(reply, ownPage({ session: visit.session, on, notice }));
  };
  page('/settings/notifications', (visit, reply) => own(visit, reply, null));
  form('/settings/notifications', async (visit, { reminders }, reply) => {
    const on = reminders === 'on';
    need(await setMyReminders.run(callerOf(visit), { on }));
    return own(visit, reply, on ? 'You are reminded again.' : 'No more reminders. Other mails still come.');
  });
}

function choicePage({ branding, on }: Facts, changed: boolean): string {
  const { name } = branding;
  const title = on ? `You are reminded by ${name}` : `No reminders from ${name}`;
  return renderPage({
    title,
    styles: brandStyles(branding),
    children: (
      <main class="solo">
        <div class="card sheet">
          <BrandHeader branding={branding} about="Reminders by mail" />
          <h1>{title}</h1>
          <Notice text={changed ? (on ? 'Reminders are on again.' : 'Done. You get no more reminders.') : null} />
          <p>
            {on
              ? 'When something that waits for you is overdue, a mail reminds you of it.'
              : 'Nothing reminds you of what is overdue.'}{' '}
            Invitations, what is ready for you and what people write to you still come by mail, in all that you do with{' '}
            {name}.
          </p>
          <form method="post" class="stack">
            <button type="submit" name="action" value={on ? 'stop' : 'start'} class="button primary big">
              {on ? 'Stop reminders' : 'Remind me again'}
            </button>
          </form>
        </div>
      </main>
    ),
  });
}

const deadPage = (text: string): string =>
  renderPage({
    title: 'This link is no longer open',
    children: (
      <Solo>
        <h1>This link is no longer open</h1>
        <p>{text}</p>
      </Solo>
    ),
  });

interface OwnView {
  readonly session: Session;
  readonly on: boolean;
  readonly notice: string | null;
}

const ownPage = ({ session, on, notice }: OwnView): string =>
  renderPage({
    title: 'Notifications',
    children: (
      <Settings session={session} here="/settings/notifications">
        <h1>{on ? 'You are reminded of what is overdue' : 'You get no reminders'}</h1>
        <p class="small">
          By mail, for {session.org?.name ?? 'your organization'}: when a task of yours falls due, and what stays
          overdue in flows that you made. What is ready for you, and what people write to you, comes in any case.
        </p>
        <Notice text={notice} />
        <form method="post" action="/settings/notifications" class="stack">
          <Csrf secret={session.secret} />
          <button type="submit" name="reminders" value={on ? 'off' : 'on'} class="button primary">
            {on ? 'Stop reminders' : 'Remind me again'}
          </button>
        </form>
      </Settings>
    ),
  });

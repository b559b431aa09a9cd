/** The portal's routes: the magic link, the page, and doing a task. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { openMagicLink, portalPrincipal, portalSessionMs } from '../oauth/portal-session.ts';
import type { ExternalPrincipal } from '../oauth/principal.ts';
import { acceptMyInvitation } from '../operations/accept-my-invitation.ts';
import { completeMyTask } from '../operations/complete-my-task.ts';
import { decideMyTask } from '../operations/decide-my-task.ts';
import { getMyFlow } from '../operations/get-my-flow.ts';
import type { Tools } from '../operations/operation.ts';
import { csrfToken, isCsrfToken } from './kit/csrf.ts';
import { answersIn } from './kit/field.tsx';
import { closedPage, endedPage, type PortalView, portalPage } from './portal-page.tsx';

export interface PortalOptions {
  readonly tools: () => Tools;
  readonly publicUrl: string;
}

const cookie = 'booflow_portal';
const formSchema = z.record(z.string().max(200), z.string().max(20_000));

interface Visit {
  readonly principal: ExternalPrincipal;
  readonly secret: string;
}

export async function portalRoutes(app: FastifyInstance, { tools, publicUrl }: PortalOptions): Promise<void> {
  const closed = (reply: FastifyReply) => reply.code(404).type('text/html').send(closedPage());

  const visitOf = async (request: FastifyRequest): Promise<Visit | null> => {
    const secret = request.cookies[cookie];
    const principal = secret === undefined ? null : await portalPrincipal(tools().database, secret);
    return secret === undefined || principal === null ? null : { principal, secret };
  };

  const show = async (reply: FastifyReply, visit: Visit, told: Pick<PortalView, 'notice' | 'problem'>) => {
    const kit = tools();
    const result = await getMyFlow.run({ ...kit, principal: visit.principal }, {});
    if (!result.ok) return closed(reply);
    if (result.facts.me.invitation === 'SENT') await acceptMyInvitation.run({ ...kit, principal: visit.principal }, {});
    const page = portalPage({ mine: result.facts, csrf: csrfToken(visit.secret), now: kit.now, ...told });
    return reply
      .code(told.problem ? 422 : 200)
      .type('text/html')
      .send(page);
  };

  app.get('/portal', async (request, reply) => {
    const visit = await visitOf(request);
    if (!visit) return closed(reply);
    const { done } = z.object({ done: z.string().optional() }).parse(request.query);
    const notice = {
      task: 'Thank you, that is done.',
      later: 'Thank you, it is stored and will show here in a moment.',
    };
    return show(reply, visit, { notice: done === 'task' || done === 'later' ? notice[done] : null, problem: null });
  });

  // The link may be opened by a mail scanner first, so opening it uses nothing up.
  app.get('/portal/:secret', async (request, reply) => {
    const { secret } = z.object({ secret: z.string().max(200) }).parse(request.params);
    const opened = await openMagicLink(tools().database, secret);
    if (!opened) return closed(reply);
    return reply
      .setCookie(cookie, opened.sessionSecret, {
        path: '/portal',
        httpOnly: true,
        sameSite: 'lax',
        secure: publicUrl.startsWith('https:'),
        maxAge: portalSessionMs / 1000,
      })
      .redirect('/portal', 303);
  });

  app.post('/portal/tasks/:id', async (request, reply) => {
    const visit = await visitOf(request);
    if (!visit) return closed(reply);
    const { id } = z.object({ id: z.string().max(128) }).parse(request.params);
    const form = formSchema.safeParse(request.body);
    const typed = form.success ? form.data : {};
    const refused = (text: string) => show(reply, visit, { notice: null, problem: { taskId: id, text, typed } });
    if (!form.success) return refused('Something typed here is too long. Shorten it and send it again.');
    if (!isCsrfToken(visit.secret, typed.csrf))
      return refused('This page was open for long. Please send it once more.');
    const caller = { ...tools(), principal: visit.principal };
    const comment = typed.comment ?? '';
    const answers = answersIn(typed);
    const result =
      typed.decision === undefined
        ? await completeMyTask.run(caller, {
            task: id,
            comment,
            ...(Object.keys(answers).length > 0 && { answers }),
          })
        : await decideMyTask.run(caller, { task: id, comment, decision: typed.decision });
    if (!result.ok) return refused(result.text);
    // The session has ended with the flow, so the thanks are said here.
    if (result.facts.flow.status === 'COMPLETED')
      return reply.type('text/html').send(endedPage(visit.principal.name, result.facts.flow.name));
    return reply.redirect(`/portal?done=${result.facts.state === 'applied' ? 'task' : 'later'}`, 303);
  });
}

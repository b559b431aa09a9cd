/** The portal's routes: the magic link and its button, the pages of a client's own tasks, and doing them. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { answersProblem } from '../domain/form.ts';
import type { Authority } from '../oauth/authority.ts';
import {
  endPortalSession,
  lookAtMagicLink,
  openMagicLink,
  portalPrincipal,
  portalSessionMs,
  whyClosed,
} from '../oauth/portal-session.ts';
import type { ExternalPrincipal } from '../oauth/principal.ts';
import { acceptMyInvitation } from '../operations/accept-my-invitation.ts';
import { addMyFile } from '../operations/add-my-file.ts';
import { commentOnMyTask } from '../operations/comment-on-my-task.ts';
import { completeMyTask } from '../operations/complete-my-task.ts';
import { decideMyTask } from '../operations/decide-my-task.ts';
import { getMyFile } from '../operations/get-my-file.ts';
import { getMyFlow } from '../operations/get-my-flow.ts';
import type { Caller, Tools } from '../operations/operation.ts';
import { requestNewLink } from '../operations/request-new-link.ts';
import { saveMyDraft } from '../operations/save-my-draft.ts';
import { type Fields, fieldsSent, type OnFile, readBody, takeFiles } from './kit/body.ts';
import { csrfToken } from './kit/csrf.ts';
import { sendFile } from './kit/download.ts';
import { answersIn, uploadKey } from './kit/field.tsx';
import { keptOf } from './kit/kept.tsx';
import { newCommandId } from './kit/member.ts';
import { settled } from './kit/need.ts';
import { render } from './kit/render.ts';
import { isOurForm, visitorSecret } from './kit/session.ts';
import { limitTries } from './kit/visitor.ts';
import { closedPage, endedPage, leftPage, linkSentPage, openPage } from './portal-door.tsx';
import { FieldOf, heldFiles, isOpen, type MyTask, portalPage, portalTaskPage, type TaskView } from './portal-page.tsx';

export interface PortalOptions {
  readonly authority: Authority;
  readonly tools: () => Tools;
  /** New links that one address may ask for in a minute. */
  readonly newLinksPerMinute: number;
}

interface Visit {
  readonly principal: ExternalPrincipal;
  readonly secret: string;
}

interface Told {
  readonly problem?: string | null;
  readonly notice?: string | null;
}

interface Tried {
  readonly problem: string;
  readonly typed: Fields;
  readonly fields?: ReadonlyMap<string, string>;
}

const stale = 'This page was open for long. Please send it once more.';
const notYours = 'That could not be done: it is done already, or it is not yours to do any more.';
const paused =
  'This was paused meanwhile, so it could not be sent. What you filled in is kept: send it when it goes on.';
const tooLong = 'Something here is too long or too large. Shorten it and send it again.';

const notices: Readonly<Record<string, string>> = {
  task: 'Thank you, that is done.',
  later: 'Thank you, it is stored and will show here in a moment.',
  saved: 'It is saved. Come back whenever you like.',
  comment: 'Your comment is there.',
};

const paramsSchema = z.record(z.string(), z.string().max(200)).catch({});
const idOf = (request: FastifyRequest): string => paramsSchema.parse(request.params).id ?? '';
/** A form of a task, and no door's. */
const isWork = (request: FastifyRequest): boolean => request.routeOptions.url?.startsWith('/portal/tasks/') ?? false;
const noticeOf = (request: FastifyRequest): string | null =>
  notices[z.object({ done: z.string() }).catch({ done: '' }).parse(request.query).done] ?? null;

export async function portalRoutes(app: FastifyInstance, options: PortalOptions): Promise<void> {
  const { authority, tools, newLinksPerMinute } = options;
  const secure = authority.publicUrl.startsWith('https:');
  const cookie = secure ? '__Secure-booflow_portal' : 'booflow_portal';
  const cookieOptions = { path: '/portal', httpOnly: true, sameSite: 'lax', secure } as const;
  await takeFiles(app);
  const limited = await limitTries(app, newLinksPerMinute);
  const html = (reply: FastifyReply, text: string, status = 200) => reply.code(status).type('text/html').send(text);

  const visitOf = async (request: FastifyRequest): Promise<Visit | null> => {
    const secret = request.cookies[cookie];
    const principal = secret === undefined ? null : await portalPrincipal(tools().database, secret);
    return secret === undefined || principal === null ? null : { principal, secret };
  };
  const callerOf = ({ principal }: Visit, fields: Fields = {}): Caller => ({
    ...tools(),
    principal,
    ...(fields.command_id && { commandId: fields.command_id.slice(0, 100) }),
  });

  /** Nobody is in: why, as far as the link or the visit that was can tell. */
  const closed = async (request: FastifyRequest, reply: FastifyReply, link: string | null = null) => {
    const past = link ?? request.cookies[cookie];
    const why = past === undefined ? ({ why: 'unknown' } as const) : await whyClosed(tools().database, past);
    const visitor = visitorSecret(authority, request, reply);
    // What they had typed; the forms of the door have nothing to keep.
    const kept = link === null && isWork(request) ? await keptOf(request, authority.publicUrl, visitor) : null;
    return html(reply, closedPage({ closed: why, csrf: csrfToken(visitor), link, kept }), 404);
  };

  const mineOf = async (visit: Visit) => {
    const result = settled(await getMyFlow.run(callerOf(visit), {}));
    return result.ok ? result.facts : null;
  };

  const home = async (request: FastifyRequest, reply: FastifyReply, visit: Visit, told: Told = {}) => {
    const mine = await mineOf(visit);
    if (!mine) return closed(request, reply);
    if (mine.me.invitation === 'SENT') await acceptMyInvitation.run(callerOf(visit), {});
    const { problem = null, notice = null } = told;
    const view = { mine, csrf: csrfToken(visit.secret), now: tools().now, notice, problem };
    return html(reply, portalPage(view), problem === null ? 200 : 422);
  };

  const viewOf = (visit: Visit, mine: TaskView['mine'], task: MyTask, tried: Tried | null): TaskView => ({
    ...{ mine, task, csrf: csrfToken(visit.secret), now: tools().now, commandId: newCommandId(), notice: null },
    problem: tried && { text: tried.problem, fields: tried.fields ?? new Map() },
    typed: tried?.typed ?? null,
  });

  const showTask = async (
    request: FastifyRequest,
    reply: FastifyReply,
    visit: Visit,
    tried: Tried | null = null,
  ): Promise<FastifyReply> => {
    const mine = await mineOf(visit);
    if (!mine) return closed(request, reply);
    const task = mine.tasks.find((t) => t.id === idOf(request));
    if (!task || (tried && !isOpen(mine, task) && tried.typed.text === undefined)) {
      return home(request, reply, visit, { problem: notYours });
    }
    const view = viewOf(visit, mine, task, tried);
    return html(reply, portalTaskPage({ ...view, notice: noticeOf(request) }), tried ? 422 : 200);
  };

  app.get('/portal', async (request, reply) => {
    const visit = await visitOf(request);
    if (visit) return home(request, reply, visit, { notice: noticeOf(request) });
    const left = z.object({ left: z.string() }).safeParse(request.query).success;
    return left && request.cookies[cookie] === undefined ? html(reply, leftPage()) : closed(request, reply);
  });

  app.get('/portal/tasks/:id', async (request, reply) => {
    const visit = await visitOf(request);
    return visit ? showTask(request, reply, visit) : closed(request, reply);
  });

  app.get('/portal/files/:id', async (request, reply) => {
    const visit = await visitOf(request);
    if (!visit) return closed(request, reply);
    const found = settled(await getMyFile.run(callerOf(visit), { file: idOf(request) }));
    if (!found.ok) return reply.code(404).type('text/plain').send('There is no such file here.');
    return sendFile(reply, found.facts);
  });

  /** Reads a form of a visit: its proof comes first, and no file is taken without it. */
  const formOf = async (request: FastifyRequest, visit: Visit, onFile: OnFile): Promise<Fields | Tried> => {
    let fresh = true;
    const fields = await readBody(request, async (name, upload, before) => {
      fresh &&= isOurForm(authority, request, visit.secret, before.csrf);
      if (fresh) await onFile(name, upload, before);
    });
    if (fields === null) return { problem: tooLong, typed: await fieldsSent(request) };
    if (!fresh || !isOurForm(authority, request, visit.secret, fields.csrf)) return { problem: stale, typed: fields };
    return fields;
  };
  const isTried = (form: Fields | Tried): form is Tried => typeof form.typed === 'object';

  /** Takes the files of a task's form into the draft; tells what was not taken. */
  const takerFor = (visit: Visit, taskId: string) => {
    const refused = new Map<string, string>();
    const take: OnFile = async (name, upload) => {
      const key = uploadKey(name);
      if (key === null) return;
      const added = settled(await addMyFile.run({ ...callerOf(visit), upload }, { task: taskId, field: key }));
      if (!added.ok) refused.set(key, clientWords(added.text));
    };
    return { take, refused };
  };

  app.post('/portal/tasks/:id', async (request, reply) => {
    const visit = await visitOf(request);
    if (!visit) return closed(request, reply);
    const id = idOf(request);
    const files = takerFor(visit, id);
    const form = await formOf(request, visit, files.take);
    if (isTried(form)) return showTask(request, reply, visit, form);
    const answers = answersIn(form);
    const comment = form.comment ?? '';
    const draft = { task: id, answers, comment: comment.slice(0, 4_000) };
    const keep = async () => saveMyDraft.run(callerOf(visit), draft);
    const again = (problem: string, fields?: ReadonlyMap<string, string>) =>
      showTask(request, reply, visit, { problem, typed: form, ...(fields && { fields }) });

    if (form.remove !== undefined) {
      const [field = '', file = ''] = form.remove.split(' ');
      const saved = settled(await saveMyDraft.run(callerOf(visit), { ...draft, remove: { field, file } }));
      return saved.ok ? reply.redirect(`/portal/tasks/${id}`, 303) : again(clientWords(saved.text));
    }
    if (files.refused.size > 0) {
      await keep();
      return again('One file was not taken. Everything else is kept.', files.refused);
    }
    if (form.save !== undefined) {
      const saved = settled(await keep());
      return saved.ok ? reply.redirect('/portal?done=saved', 303) : again(clientWords(saved.text));
    }
    const result =
      form.decision === undefined
        ? await completeMyTask.run(callerOf(visit, form), {
            task: id,
            comment,
            ...(Object.keys(answers).length > 0 && { answers }),
          })
        : await decideMyTask.run(callerOf(visit, form), { task: id, comment, decision: form.decision });
    if (!result.ok) {
      if (result.code === 'reason_needed') {
        return again('Please say what should change, so that it can be.', new Map([['comment', '']]));
      }
      // What was filled in outlives the visit, too.
      const kept = await keep();
      settled(result);
      if (result.code === 'flow_paused' && kept.ok) return home(request, reply, visit, { problem: paused });
      const mine = kept.ok && result.code === 'answers_invalid' ? await mineOf(visit) : null;
      const wrong = wrongFields(mine?.tasks.find((t) => t.id === id) ?? null, answers);
      return again(wrong.size > 0 ? summary(wrong.size) : clientWords(result.text), wrong);
    }
    if (result.facts.flow.status === 'COMPLETED') {
      // The visit has ended with the flow, so the thanks are said here.
      const why = await lastWords(visit);
      return html(reply, endedPage(why, result.facts.flow.name, visit.principal.name));
    }
    return reply.redirect(`/portal?done=${result.facts.state === 'applied' ? 'task' : 'later'}`, 303);
  });

  /** The agency of a visit that has just ended. */
  const lastWords = async (visit: Visit) => {
    const why = await whyClosed(tools().database, visit.secret);
    if (why.why !== 'unknown') return why.org;
    const mine = await mineOf(visit);
    return mine?.org ?? { name: 'Whoever invited you', colour: null, logo: null };
  };

  // For a script that saves while one types. Small, and no page: it says only whether it worked.
  app.post('/portal/tasks/:id/draft', async (request, reply) => {
    const visit = await visitOf(request);
    if (!visit) return reply.code(404).send();
    const form = await formOf(request, visit, async () => undefined);
    if (isTried(form)) return reply.code(422).send();
    const draft = { task: idOf(request), answers: answersIn(form), comment: (form.comment ?? '').slice(0, 4_000) };
    const saved = await saveMyDraft.run(callerOf(visit), draft);
    return reply.code(saved.ok ? 204 : 422).send();
  });

  // For a script that sends a file as soon as it is chosen: gives the field as it is then.
  app.post('/portal/tasks/:id/files', async (request, reply) => {
    const visit = await visitOf(request);
    if (!visit) return reply.code(404).send();
    const files = takerFor(visit, idOf(request));
    const form = await formOf(request, visit, files.take);
    if (isTried(form)) return reply.code(422).type('text/plain').send(form.problem);
    const mine = await mineOf(visit);
    const task = mine?.tasks.find((t) => t.id === idOf(request));
    const field = task?.fields.find((f) => f.key === form.field);
    if (!mine || !task || !field) return reply.code(404).send();
    const view = { ...viewOf(visit, mine, task, null), problem: { text: '', fields: files.refused } };
    return html(reply, render(FieldOf({ view, field })));
  });

  app.post('/portal/tasks/:id/comments', async (request, reply) => {
    const visit = await visitOf(request);
    if (!visit) return closed(request, reply);
    const form = await formOf(request, visit, async () => undefined);
    if (isTried(form)) return showTask(request, reply, visit, form);
    const id = idOf(request);
    const said = settled(await commentOnMyTask.run(callerOf(visit, form), { task: id, text: form.text ?? '' }));
    if (!said.ok) {
      const known = said.code === 'task_unknown' || said.code === 'not_allowed';
      if (known) return home(request, reply, visit, { problem: notYours });
      return showTask(request, reply, visit, { problem: clientWords(said.text), typed: { text: '', ...form } });
    }
    const done = said.facts.state === 'applied' ? 'comment' : 'later';
    return reply.redirect(`/portal/tasks/${id}?done=${done}#comments`, 303);
  });

  app.post('/portal/leave', async (request, reply) => {
    const visit = await visitOf(request);
    if (!visit) return closed(request, reply);
    const form = await formOf(request, visit, async () => undefined);
    if (isTried(form)) return home(request, reply, visit, { problem: form.problem });
    await endPortalSession(tools().database, visit.principal, visit.secret);
    return reply.clearCookie(cookie, cookieOptions).redirect('/portal?left', 303);
  });

  /** Not waited for, so that how long it takes tells nothing either. */
  const sendNewLink = (request: FastifyRequest, asked: { link?: string; email?: string }) => {
    requestNewLink.run({ ...tools(), principal: null }, asked).then(
      (result) => result.ok || request.log.warn({ code: result.code }, 'A new link could not be sent'),
      (err: unknown) => request.log.error({ err }, 'A new link could not be sent'),
    );
  };
  const isVisitors = (request: FastifyRequest, reply: FastifyReply, form: Fields | null): boolean =>
    isOurForm(authority, request, visitorSecret(authority, request, reply), form?.csrf);

  app.post('/portal/link', limited, async (request, reply) => {
    const form = await readBody(request, async () => undefined);
    if (!isVisitors(request, reply, form)) return closed(request, reply);
    sendNewLink(request, { email: (form?.email ?? '').slice(0, 1_000) });
    return html(reply, linkSentPage());
  });

  const secretOf = (request: FastifyRequest): string => paramsSchema.parse(request.params).secret ?? '';

  // Mail scanners open links, some of them twice: looking spends nothing and opens nothing.
  app.get('/portal/:secret', async (request, reply) => {
    const secret = secretOf(request);
    const looked = await lookAtMagicLink(tools().database, secret);
    if (!looked.live) return closed(request, reply, secret);
    const { key } = looked;
    const visit = await visitOf(request);
    const isIn = visit?.principal.flowId === key.flow_id && visit.principal.externalId === key.external_id;
    if (isIn) return reply.redirect('/portal', 303);
    const csrf = csrfToken(visitorSecret(authority, request, reply));
    return html(reply, openPage({ invitation: looked.invitation, path: `/portal/${secret}`, csrf, problem: null }));
  });

  app.post('/portal/:secret', async (request, reply) => {
    const secret = secretOf(request);
    const form = await readBody(request, async () => undefined);
    if (!isVisitors(request, reply, form)) {
      const looked = await lookAtMagicLink(tools().database, secret);
      if (!looked.live) return closed(request, reply, secret);
      const csrf = csrfToken(visitorSecret(authority, request, reply));
      const problem =
        'That did not work: this page was open for long, or your browser keeps no cookies. Try once more.';
      return html(reply, openPage({ invitation: looked.invitation, path: `/portal/${secret}`, csrf, problem }), 403);
    }
    const opened = await openMagicLink(tools().database, secret, tools().now);
    if (!opened) return closed(request, reply, secret);
    return reply
      .setCookie(cookie, opened.sessionSecret, { ...cookieOptions, maxAge: portalSessionMs / 1000 })
      .redirect('/portal', 303);
  });

  app.post('/portal/:secret/new', limited, async (request, reply) => {
    const secret = secretOf(request);
    const form = await readBody(request, async () => undefined);
    if (!isVisitors(request, reply, form)) return closed(request, reply, secret);
    sendNewLink(request, { link: secret });
    return html(reply, linkSentPage());
  });
}

/** A refusal without what only machines and members need: keys of fields, and that nothing changed. */
const clientWords = (text: string): string =>
  text.replace(/ Nothing changed\.$/, '').replace(/ \([a-z][a-z0-9_-]*\)/g, '');

/** What is wrong with each field by itself. */
function wrongFields(task: MyTask | null, answers: Readonly<Record<string, string>>): Map<string, string> {
  const wrong = new Map<string, string>();
  if (task === null) return wrong;
  for (const field of task.fields) {
    const value = field.type === 'file' ? heldFiles(task, field.key) : (answers[field.key] ?? '');
    if (field.required && value.trim() === '') {
      wrong.set(field.key, field.type === 'file' ? 'Please add a file.' : 'Please fill this in.');
      continue;
    }
    const alone = { title: '', type: 'FORM', fields: [field], answers: null } as const;
    const problem = answersProblem(alone, { [field.key]: value });
    if (problem !== null) wrong.set(field.key, clientWords(problem));
  }
  return wrong;
}

const summary = (n: number): string =>
  n === 1
    ? 'One thing still needs you. What you filled in is kept.'
    : `${n} things still need you. What you filled in is kept.`;

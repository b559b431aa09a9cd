/** Templates' pages: the org's list, one of them, the marketplace, files in and out. The editor has its own. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { schemaPath, templateFile, templateJsonSchema } from '../domain/template-file.ts';
import type { Authority } from '../oauth/authority.ts';
import { memberIn } from '../oauth/session.ts';
import { archiveTemplate } from '../operations/archive-template.ts';
import { copyTemplate } from '../operations/copy-template.ts';
import { createTemplate } from '../operations/create-template.ts';
import { exportTemplate } from '../operations/export-template.ts';
import { getPublicTemplate, getTemplate } from '../operations/get-template.ts';
import { listPublicTemplates } from '../operations/list-public-templates.ts';
import { listTemplateVersions } from '../operations/list-template-versions.ts';
import { listTemplates } from '../operations/list-templates.ts';
import type { Tools } from '../operations/operation.ts';
import { callerOf, memberRoutes, newCommandId, toSendAgain, type Visit } from './kit/member.ts';
import { need, settled } from './kit/need.ts';
import { sessionOf } from './kit/session.ts';
import { editorRoutes } from './templates/editor.ts';
import { listPage } from './templates/list-page.tsx';
import { marketplacePage } from './templates/marketplace-page.tsx';
import { templatePage } from './templates/template-page.tsx';

export interface TemplateRoutesOptions {
  readonly authority: Authority;
  readonly tools: () => Tools;
}

const query = z.object({ category: z.string().min(1).max(100).optional().catch(undefined) });
const idParam = z.object({ id: z.string().min(1).max(200) });

export async function templateRoutes(app: FastifyInstance, { authority, tools }: TemplateRoutesOptions): Promise<void> {
  const { page, form } = memberRoutes(app, authority, tools);
  const html = (reply: FastifyReply, text: string, status = 200) => reply.code(status).type('text/html').send(text);
  const json = (reply: FastifyReply, body: object) =>
    reply.type('application/json').send(JSON.stringify(body, null, 2));
  editorRoutes({ page, form });

  app.get(schemaPath, (_request, reply) =>
    reply
      .header('cache-control', 'public, max-age=3600')
      .header('access-control-allow-origin', '*')
      .type('application/schema+json')
      .send(JSON.stringify(templateJsonSchema(authority.publicUrl), null, 2)),
  );

  app.get('/marketplace', async (request, reply) => {
    const session = await sessionOf(authority, request);
    const { category = null } = query.parse(request.query);
    const { templates } = need(await listPublicTemplates.run({ ...tools(), principal: null }, {}));
    return html(reply, marketplacePage({ session: session?.org ? session : null, templates, category }));
  });
  app.get('/marketplace/:id', async (request, reply) => {
    const session = await sessionOf(authority, request);
    const { id } = idParam.parse(request.params);
    const kit = tools();
    const shown = need(await getPublicTemplate.run({ ...kit, principal: null }, { template: id }));
    const member = session?.org ? { session, principal: memberIn(session, session.org) } : null;
    const { versions } = member
      ? need(await listTemplateVersions.run({ ...kit, principal: member.principal }, { template: id }))
      : { versions: [] };
    const told = { commandId: newCommandId(), notice: null, problem: null };
    return html(reply, templatePage({ session: member?.session ?? null, shown, versions, now: kit.now, ...told }));
  });
  app.get('/marketplace/:id/template.json', async (request, reply) => {
    const { id } = idParam.parse(request.params);
    const { definition } = need(await getPublicTemplate.run({ ...tools(), principal: null }, { template: id }));
    return json(reply, templateFile(definition, authority.publicUrl));
  });

  interface Told {
    readonly problem?: string;
    readonly typed?: { readonly name?: string; readonly file?: string };
  }
  const list = async (visit: Visit, reply: FastifyReply, { problem, typed = {} }: Told = {}) => {
    const { templates } = need(await listTemplates.run(callerOf(visit), { all: true }));
    const told = visit.query.gone === undefined ? null : 'The template is gone; it was never published.';
    const text = listPage({
      ...{ session: visit.session, templates, now: visit.tools.now, commandId: newCommandId() },
      ...{ problem: problem ?? null, notice: told, typed: { name: typed.name ?? '', file: typed.file ?? '' } },
    });
    return html(reply, text, problem === undefined ? 200 : 422);
  };
  page('/templates', (visit, reply) => list(visit, reply));
  form('/templates', async (visit, fields, reply) => {
    const made = settled(await createTemplate.run(callerOf(visit, fields), { name: fields.name ?? '' }));
    if (!made.ok) return list(visit, reply, { ...toSendAgain(made), typed: { name: fields.name ?? '' } });
    return reply.redirect(`/templates/${made.facts.template.id}/edit`, 303);
  });
  form(
    '/templates/import',
    async (visit, fields, reply) => {
      const made = settled(await createTemplate.run(callerOf(visit, fields), { file: fields.file ?? '' }));
      if (!made.ok) return list(visit, reply, { ...toSendAgain(made), typed: { file: fields.file ?? '' } });
      return reply.redirect(`/templates/${made.facts.template.id}/edit`, 303);
    },
    { bytes: 4_000_000, letters: 1_500_000 },
  );

  const show = async (visit: Visit, reply: FastifyReply, problem: string | null = null) => {
    const caller = callerOf(visit);
    const { id: template = '' } = visit.params;
    const { version, show: which, told } = visit.query;
    const [shown, listed] = await Promise.all([
      getTemplate.run(caller, {
        template,
        ...(version && { version: Number(version) }),
        ...(which === 'draft' && { show: 'draft' }),
      }),
      listTemplateVersions.run(caller, { template }),
    ]);
    const facts = need(shown);
    if (facts.template.public) return reply.redirect(`/marketplace/${facts.template.id}`, 303);
    const text = templatePage({
      ...{ session: visit.session, shown: facts, versions: need(listed).versions, now: visit.tools.now },
      ...{ commandId: newCommandId(), problem, notice: (told && notices.get(told)) || null },
    });
    return html(reply, text, problem === null ? 200 : 422);
  };
  page('/templates/:id', (visit, reply) => show(visit, reply));
  page('/templates/:id/template.json', async (visit, reply) => {
    const { version } = visit.query;
    const input = { template: visit.params.id, ...(version && { version: Number(version) }) };
    const { file } = need(await exportTemplate.run(callerOf(visit), input));
    return json(reply, file);
  });
  form('/templates/:id/copy', async (visit, fields, reply) => {
    const copied = settled(await copyTemplate.run(callerOf(visit, fields), { template: visit.params.id }));
    if (!copied.ok) return show(visit, reply, copied.text);
    return reply.redirect(`/templates/${copied.facts.template.id}?told=copied`, 303);
  });
  form('/templates/:id/archive', async (visit, fields, reply) => {
    const { id } = visit.params;
    const archived = fields.archived !== 'false';
    const done = settled(await archiveTemplate.run(callerOf(visit, fields), { template: id, archived }));
    if (!done.ok) return show(visit, reply, done.text);
    return reply.redirect(`/templates/${id}?told=${archived ? 'archived' : 'offered'}`, 303);
  });
}

const notices = new Map([
  ['copied', 'Copied. It is yours now: change what is different with you.'],
  ['archived', 'Archived. No new flow is made from it; those that run go on.'],
  ['offered', 'On offer again.'],
  ['published', 'Published. New flows are made from this version; those that run keep theirs.'],
  ['discarded', 'The draft is discarded. This is what is published.'],
]);

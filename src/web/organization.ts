/** The organization's settings: its name, its time zone, and how its clients see it. */
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Authority } from '../oauth/authority.ts';
import { type MyOrg, memberIn, type Session } from '../oauth/session.ts';
import { getOrgSettings } from '../operations/get-org-settings.ts';
import type { Tools } from '../operations/operation.ts';
import { mostLogoBytes, setOrgLogo } from '../operations/set-org-logo.ts';
import { updateOrgSettings } from '../operations/update-org-settings.ts';
import { askToSignIn } from './kit/ask-to-sign-in.ts';
import { callerOf, memberRoutes, type Visit } from './kit/member.ts';
import { nameProblem } from './kit/name-problem.ts';
import { need, settled } from './kit/need.ts';
import { asOnItsPage, isOurForm, sessionOf } from './kit/session.ts';
import { PageTrouble, troubles } from './kit/trouble.tsx';
import { organizationPage } from './organization-page.tsx';

interface Told {
  readonly notice?: string;
  readonly problem?: string;
  readonly wrongName?: string;
  readonly typed?: Readonly<Record<string, string>>;
}

export async function organizationRoutes(
  app: FastifyInstance,
  { authority, tools }: { readonly authority: Authority; readonly tools: () => Tools },
): Promise<void> {
  const { page, form } = memberRoutes(app, authority, tools);
  await app.register(multipart, {
    // One byte more than the most, so that a file of the most is not taken for one that was cut off.
    limits: { files: 1, fields: 5, fieldSize: 1_000, fileSize: mostLogoBytes + 1, parts: 6 },
    throwFileSizeLimit: false,
  });

  const show = async (
    visit: Pick<Visit, 'session' | 'principal' | 'tools'>,
    reply: FastifyReply,
    told: Told = {},
    status = (told.problem ?? told.wrongName) === undefined ? 200 : 422,
  ) => {
    const found = await getOrgSettings.run({ ...visit.tools, principal: visit.principal }, {});
    const view = {
      ...{ session: visit.session, settings: need(found), typed: told.typed ?? {} },
      ...{ notice: told.notice ?? null, problem: told.problem ?? null, wrongName: told.wrongName ?? null },
    };
    return reply.code(status).type('text/html').send(organizationPage(view));
  };
  page('/settings/organization', (visit, reply) => show(visit, reply));

  form('/settings/organization', async (visit, fields, reply) => {
    const { name = '', time_zone = '' } = fields;
    const wrongName = nameProblem(name, 'the name of the organization');
    if (wrongName !== undefined) return show(visit, reply, { wrongName, typed: fields });
    const result = settled(await updateOrgSettings.run(callerOf(visit, fields), { name, time_zone }));
    if (!result.ok) return show(visit, reply, { problem: result.text, typed: fields });
    // The name stands in the frame of this very page.
    return reply.redirect('/settings/organization', 303);
  });

  form('/settings/organization/colour', async (visit, fields, reply) => {
    const colour = fields.own === 'yes' ? null : (fields.colour ?? '');
    const result = settled(await updateOrgSettings.run(callerOf(visit, fields), { colour }));
    if (!result.ok) {
      const problem = result.code === 'bad_input' ? `“${colour}” is no colour, such as #1f6f4a.` : result.text;
      return show(visit, reply, { problem });
    }
    const { adjustment } = result.facts.branding;
    return show(visit, reply, { notice: ['Your clients see it from now on.', adjustment ?? ''].join(' ').trim() });
  });

  const visitIn = (session: Session, org: MyOrg) => ({
    session,
    principal: memberIn(session, org),
    tools: tools(),
  });
  app.post('/settings/organization/logo', async (request, reply) => {
    const session = await sessionOf(authority, request);
    if (!session) return askToSignIn(authority, request, reply, '/settings/organization');
    if (!session.org) return reply.redirect('/settings/organization', 303);
    let visit = visitIn(session, session.org);
    if (!request.isMultipart()) return show(visit, reply, { problem: 'Choose a picture first.' });
    let csrf = '';
    let ofOrg: string | undefined;
    let image: Buffer = Buffer.alloc(0);
    let away = false;
    let tooLarge = false;
    for await (const part of request.parts()) {
      if (part.type === 'file') {
        image = await part.toBuffer();
        tooLarge = image.length > mostLogoBytes;
      } else if (part.fieldname === 'csrf') csrf = String(part.value);
      else if (part.fieldname === 'of_org') ofOrg = String(part.value);
      else if (part.fieldname === 'away') away = true;
    }
    if (!isOurForm(authority, request, session.secret, csrf)) {
      return show(visit, reply, { problem: 'This page was open for long. Please choose the picture once more.' }, 403);
    }
    const there = await asOnItsPage(authority, session, { of_org: ofOrg });
    if (!there?.org) throw new PageTrouble(troubles.notYours);
    visit = visitIn(there, there.org);
    if (tooLarge)
      return show(visit, reply, { problem: 'The logo has more than 200 kB. Make it smaller, then choose it again.' });
    if (!away && image.length === 0) return show(visit, reply, { problem: 'Choose a picture first.' });
    const input = { image_base64: away ? null : image.toString('base64') };
    const result = settled(await setOrgLogo.run({ ...visit.tools, principal: visit.principal }, input));
    return show(visit, reply, result.ok ? { notice: result.text } : { problem: result.text });
  });
}

/** What an organization can do with its data as a whole: take it along. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Authority } from '../oauth/authority.ts';
import type { Session } from '../oauth/session.ts';
import { exportOrg } from '../operations/export-org.ts';
import type { Tools } from '../operations/operation.ts';
import { sendFile } from './kit/download.ts';
import { callerOf, memberRoutes, type Visit } from './kit/member.ts';
import { settled } from './kit/need.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice } from './kit/parts.tsx';
import { Settings } from './kit/settings.tsx';
import { settingsStyles } from './members-page.tsx';

export async function dataRoutes(
  app: FastifyInstance,
  { authority, tools }: { readonly authority: Authority; readonly tools: () => Tools },
): Promise<void> {
  const { page, form } = memberRoutes(app, authority, tools);
  const show = (visit: Visit, reply: FastifyReply, problem: string | null = null) =>
    reply
      .code(problem === null ? 200 : 422)
      .type('text/html')
      .send(dataPage({ session: visit.session, problem }));

  page('/settings/data', async (visit, reply) => show(visit, reply));
  form('/settings/data/export', async (visit, fields, reply) => {
    const made = settled(await exportOrg.run(callerOf(visit, fields), {}));
    return made.ok ? sendFile(reply, made.facts) : show(visit, reply, made.text);
  });
}

interface DataView {
  readonly session: Session;
  readonly problem: string | null;
}

function dataPage({ session, problem }: DataView): string {
  const org = session.org;
  return renderPage({
    title: 'Data',
    styles: settingsStyles,
    children: (
      <Settings session={session} here="/settings/data">
        <h1>What is here belongs to {org?.name ?? 'you'}</h1>
        <Notice text={problem} bad />
        <section>
          <h2>Take everything along</h2>
          <div class="card sheet part">
            <p>
              One zip archive with all members, templates, flows, answers, comments, files and settings, as JSON that
              other programs read. No passwords, keys or tokens are in it.
            </p>
            {org?.role === 'OWNER' ? (
              <form method="post" action="/settings/data/export">
                <Csrf secret={session.secret} />
                <button type="submit" class="button">
                  Export everything
                </button>
              </form>
            ) : (
              <p class="small">An owner of the organization can export it.</p>
            )}
          </div>
        </section>
      </Settings>
    ),
  });
}

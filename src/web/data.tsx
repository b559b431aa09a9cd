/** What an organization can do with its data as a whole: take it along. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Authority } from '../oauth/authority.ts';
import type { Session } from '../oauth/session.ts';
import { deleteOrg } from '../operations/delete-org.ts';
import { exportOrg } from '../operations/export-org.ts';
import type { Tools } from '../operations/operation.ts';
import { sendFile } from './kit/download.ts';
import { callerOf, memberRoutes, type Visit } from './kit/member.ts';
import { settled } from './kit/need.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice } from './kit/parts.tsx';
import { Settings } from './kit/settings.tsx';
import { TextField } from './kit/text-field.tsx';
import { settingsStyles } from './members-page.tsx';

export async function dataRoutes(
  app: FastifyInstance,
  { authority, tools }: { readonly authority: Authority; readonly tools: () => Tools },
): Promise<void> {
  const { page, form } = memberRoutes(app, authority, tools);
  const show = (
    { session }: Visit,
    reply: FastifyReply,
    { problem = null, wrongName = null }: Partial<Pick<DataView, 'problem' | 'wrongName'>> = {},
  ) =>
    reply
      .code(problem === null && wrongName === null ? 200 : 422)
      .type('text/html')
      .send(dataPage({ session, problem, wrongName }));

  page('/settings/data', async (visit, reply) => show(visit, reply));
  form('/settings/data/export', async (visit, fields, reply) => {
    const made = settled(await exportOrg.run(callerOf(visit, fields), {}));
    return made.ok ? sendFile(reply, made.facts) : show(visit, reply, { problem: made.text });
  });
  form('/settings/data/delete', async (visit, fields, reply) => {
    const done = settled(await deleteOrg.run(callerOf(visit, fields), { name: fields.name ?? '' }));
    if (done.ok) return reply.type('text/html').send(deletedPage(visit.session, done.facts.org.name));
    return show(visit, reply, done.facts.field === 'name' ? { wrongName: done.text } : { problem: done.text });
  });
}

interface DataView {
  readonly session: Session;
  readonly problem: string | null;
  readonly wrongName: string | null;
}

function dataPage({ session, problem, wrongName }: DataView): string {
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
        <section>
          <h2>Erase a client’s data</h2>
          <div class="card sheet part">
            <p>
              Who a client is, what they answered, wrote and uploaded goes from all flows, for good. What would be lost
              is shown first.
            </p>
            {org?.role === 'MEMBER' ? (
              <p class="small">An owner or admin of the organization can erase it.</p>
            ) : (
              <p>
                <a class="button" href="/settings/data/erase">
                  Choose a client
                </a>
              </p>
            )}
          </div>
        </section>
        <section>
          <h2>Delete the organization</h2>
          {org?.role === 'OWNER' ? (
            <form method="post" action="/settings/data/delete" class="card sheet part">
              <Csrf secret={session.secret} />
              <p>
                All of it goes, for good: flows end and nobody is told, members and clients get in no more, and
                templates, answers, files, keys and connected apps are deleted. Export everything first. Members keep
                their own accounts.
              </p>
              <TextField
                {...{ name: 'name', label: `Type “${org.name}” to confirm`, most: 200, autocomplete: 'off' }}
                wrong={wrongName}
              />
              <button type="submit" class="button bad">
                Delete {org.name} for good
              </button>
            </form>
          ) : (
            <div class="card sheet part">
              <p class="small">An owner of the organization can delete it.</p>
            </div>
          )}
        </section>
      </Settings>
    ),
  });
}

const deletedPage = (session: Session, name: string): string =>
  renderPage({
    title: 'Deleted',
    styles: settingsStyles,
    children: (
      <Settings session={session} here="/settings/data">
        <h1>{name} is being deleted</h1>
        <p>Nobody gets in any more. Within minutes nothing is left of it, whatever is restarted meanwhile.</p>
        <p>
          <a href="/flows">Go on</a>
        </p>
      </Settings>
    ),
  });

/** A client's data is erased: they are found, what would be lost is told, and the address is typed once more. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Authority } from '../oauth/authority.ts';
import type { Session } from '../oauth/session.ts';
import { eraseExternalUser } from '../operations/erase-external-user.ts';
import { findClients } from '../operations/find-clients.ts';
import { listErasures } from '../operations/list-erasures.ts';
import type { Tools } from '../operations/operation.ts';
import { previewErasure } from '../operations/preview-erasure.ts';
import { count } from '../operations/words.ts';
import { callerOf, memberRoutes, newCommandId, type Visit } from './kit/member.ts';
import { named } from './kit/named.ts';
import { need, settled } from './kit/need.ts';
import { renderPage } from './kit/page.tsx';
import { Pager } from './kit/pager.tsx';
import { Csrf, dot, Notice } from './kit/parts.tsx';
import { Settings } from './kit/settings.tsx';
import { TextField } from './kit/text-field.tsx';
import { settingsStyles } from './members-page.tsx';

const path = '/settings/data/erase';

type Facts<R> = Extract<R, { ok: true }> extends { readonly facts: infer F } ? F : never;
type Preview = Facts<Awaited<ReturnType<typeof previewErasure.run>>>;
type Found = Facts<Awaited<ReturnType<typeof findClients.run>>>;
type Past = Facts<Awaited<ReturnType<typeof listErasures.run>>>;

export async function erasureRoutes(
  app: FastifyInstance,
  { authority, tools }: { readonly authority: Authority; readonly tools: () => Tools },
): Promise<void> {
  const { page, form } = memberRoutes(app, authority, tools);

  const show = async (
    visit: Visit,
    reply: FastifyReply,
    asked: string,
    told: { readonly problem?: string; readonly wrong?: string } = {},
  ): Promise<FastifyReply> => {
    const caller = callerOf(visit);
    const { cursor, find = '', begun } = visit.query;
    const [past, clients] = await Promise.all([
      listErasures.run(caller, { limit: 50, ...(cursor && { cursor }) }),
      findClients.run(caller, { part: find }),
    ]);
    // Who wrote a whole address means it.
    const whole = clients.ok && clients.facts.clients.find((c) => c.email === find.trim().toLowerCase());
    const email = asked === '' && whole ? whole.email : asked;
    const found = email === '' ? null : await previewErasure.run(caller, { email });
    // A list that can't be shown is a page of its own, but for who may not see it at all.
    if (!past.ok && past.code !== 'not_allowed') need(past);
    const problem =
      told.problem ?? (past.ok ? (found?.ok === false ? found.text : clients.ok ? null : clients.text) : past.text);
    const view: View = {
      ...{
        session: visit.session,
        find,
        past: past.ok ? past.facts : null,
        clients: clients.ok ? clients.facts : null,
      },
      ...{ preview: found?.ok ? found.facts : null, wrong: told.wrong ?? null, problem },
      begun: begun !== undefined,
    };
    const gone = found?.ok === false && found.code === 'not_found';
    const status = !past.ok ? 403 : gone ? 404 : problem !== null || told.wrong ? 422 : 200;
    return reply.code(status).type('text/html').send(erasurePage(view));
  };

  page(path, async (visit, reply) => show(visit, reply, visit.query.email ?? ''));
  form(path, async (visit, fields, reply) => {
    const { email = '', typed = '' } = fields;
    if (typed.trim().toLowerCase() !== email.trim().toLowerCase())
      return show(visit, reply, email, { wrong: 'That is not the address above. Nothing changed.' });
    const made = settled(await eraseExternalUser.run(callerOf(visit, fields), { email }));
    return made.ok ? reply.redirect(`${path}?begun=1`, 303) : show(visit, reply, email, { problem: made.text });
  });
}

interface View {
  readonly session: Session;
  /** Whom to look for. */
  readonly find: string;
  readonly clients: Found | null;
  readonly preview: Preview | null;
  /** Null for who may not see it. */
  readonly past: Past | null;
  readonly problem: string | null;
  readonly wrong: string | null;
  /** It has just been asked for. */
  readonly begun: boolean;
}

const underWay =
  'It is under way, and goes on by itself. Below, among what was erased so far, it says when it is done.';

function erasurePage({ session, find, clients, preview, past, problem, wrong, begun }: View): string {
  return renderPage({
    title: "Erase a client's data",
    styles: settingsStyles,
    children: (
      <Settings session={session} here="/settings/data">
        <h1>Erase a client’s data</h1>
        <Notice text={problem} bad />
        <Notice text={begun ? underWay : null} />
        {past !== null && preview === null && <Find find={find} clients={clients} />}
        {preview !== null && <Confirm {...{ session, preview, wrong }} />}
        {past !== null && past.erasures.length > 0 && <PastErasures past={past} />}
        <p class="actions">
          <a href="/settings/data">Back to Data</a>
        </p>
      </Settings>
    ),
  });
}

const Find = ({ find, clients }: Pick<View, 'find' | 'clients'>) => (
  <>
    <form method="get" action={path} class="card sheet part">
      <TextField
        {...{ name: 'find', label: 'The client’s name or address', value: find, most: 254, autocomplete: 'off' }}
      />
      <button type="submit" class="button">
        Find
      </button>
    </form>
    {clients !== null && <FoundClients find={find.trim()} found={clients} />}
  </>
);

const FoundClients = ({ find, found: { clients, more } }: { readonly find: string; readonly found: Found }) => (
  <section>
    <h2>{find === '' ? 'Clients' : `Clients like “${find}”`}</h2>
    {clients.length === 0 ? (
      <p>{find === '' ? 'No flow has a client yet.' : 'No client has this in their name or address.'}</p>
    ) : (
      <ul class="card list">
        {clients.map((c) => (
          <li>
            <span class="grow">
              <a href={`${path}?${new URLSearchParams({ email: c.email })}`}>{named(c.name)}</a>
              <span class="small">
                {c.email}
                {dot}
                {count(c.flows, 'flow')}
              </span>
            </span>
          </li>
        ))}
      </ul>
    )}
    {more && <p class="small">There are more: write a part of the name or address.</p>}
  </section>
);

interface ConfirmProps {
  readonly session: Session;
  readonly preview: Preview;
  readonly wrong: string | null;
}

const Confirm = ({ session, preview: p, wrong }: ConfirmProps) => (
  <form method="post" action={path} class="card sheet part">
    <h2>{p.email}</h2>
    <Csrf secret={session.secret} />
    <input type="hidden" name="command_id" value={newCommandId()} />
    <input type="hidden" name="email" value={p.email} />
    <p>
      A client in {count(p.openFlows, 'open flow')} and {count(p.endedFlows, 'flow')} that ended. In all of them this is
      erased, for good:
    </p>
    <ul>
      <li>their name, address and role, links and visits</li>
      <li>
        {count(p.answeredForms, 'answered form')}, {count(p.comments, 'comment')}, {count(p.files, 'file')} and{' '}
        {count(p.drafts, 'draft')}
      </li>
      <li>their name and address in what the flows tell, in mails and deliveries that are noted</li>
    </ul>
    <p>
      {count(p.openTasks, 'open task')} will lie with nobody: the flows tell so, and go on. What happened stays told, by
      “Erased person”. An option that later steps depend on stays. Not found and not erased are names of flows, what
      members wrote in their own words, and what left Booflow before: mails, exports, and what webhooks delivered.
    </p>
    <TextField {...{ name: 'typed', label: 'Type the address to confirm', most: 254, wrong, autocomplete: 'off' }} />
    <button type="submit" class="button bad">
      Erase for good
    </button>
  </form>
);

const PastErasures = ({ past }: { readonly past: Past }) => (
  <section>
    <h2>Erased so far</h2>
    <ul class="card list">
      {past.erasures.map((e) => (
        <li>
          <span class="grow">
            <b>{e.finishedAt === null ? `${e.email}: under way` : `Done in ${count(e.flows, 'flow')}`}</b>
            <span class="small">
              by {e.by}, <time dateTime={e.at}>{e.at.slice(0, 10)}</time>
            </span>
          </span>
        </li>
      ))}
    </ul>
    <Pager list={past} first={path} href={(cursor) => `${path}?cursor=${encodeURIComponent(cursor)}`} />
  </section>
);

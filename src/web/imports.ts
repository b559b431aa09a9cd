/** Many flows from one table: the form that takes it, and how far it is. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Authority } from '../oauth/authority.ts';
import type { Session } from '../oauth/session.ts';
import { getImport } from '../operations/get-import.ts';
import { importFlows } from '../operations/import-flows.ts';
import { columns, linesMost } from '../operations/import-table.ts';
import { listPublicTemplates } from '../operations/list-public-templates.ts';
import { listTemplates } from '../operations/list-templates.ts';
import type { Tools, Upload } from '../operations/operation.ts';
import { count } from '../operations/words.ts';
import { takeFiles } from './kit/body.ts';
import { callerOf, memberRoutes, newCommandId, toSendAgain, type Visit } from './kit/member.ts';
import { need, settled } from './kit/need.ts';
import { renderPage } from './kit/page.tsx';
import { Csrf, Notice } from './kit/parts.tsx';
import { Shell } from './kit/shell.tsx';
import { PageTrouble, troubles } from './kit/trouble.tsx';

interface ImportRoutesOptions {
  readonly authority: Authority;
  readonly tools: () => Tools;
}

const bytesMost = 240_000;

/** The table as text; null when it is larger than one may be. */
async function textOf(upload: Upload): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of upload.bytes) {
    const part = Buffer.from(chunk);
    size += part.length;
    if (size <= bytesMost) chunks.push(part);
  }
  return size > bytesMost ? null : Buffer.concat(chunks).toString('utf8');
}

export async function importRoutes(app: FastifyInstance, { authority, tools }: ImportRoutesOptions): Promise<void> {
  await takeFiles(app);
  const { page, fileForm } = memberRoutes(app, authority, tools);
  const html = (reply: FastifyReply, text: string, status = 200) => reply.code(status).type('text/html').send(text);

  const form = async (visit: Visit, chosen: string, commandId: string, problem: string | null): Promise<string> => {
    const { session } = visit;
    if (session.org?.role === 'MEMBER') throw new PageTrouble(troubles.onlyAdmins);
    const caller = callerOf(visit);
    const [own, open] = await Promise.all([listTemplates.run(caller, {}), listPublicTemplates.run(caller, {})]);
    return formPage({ session, own: need(own).templates, open: need(open).templates, chosen, commandId, problem });
  };

  page('/flows/import', async (visit, reply) =>
    html(reply, await form(visit, visit.query.template ?? '', newCommandId(), null)),
  );
  fileForm(
    '/flows/import',
    (_visit, _name, upload) => textOf(upload),
    async (visit, fields, reply, [csv]) => {
      const { template = '', command_id: commandId = newCommandId() } = fields;
      const again = async (problem: string, id = commandId) =>
        html(reply, await form(visit, template, id, problem), 422);
      if (csv === undefined) return again('Choose the file with the table first.');
      if (csv === null)
        return again(`The file has more than ${bytesMost / 1_000} kB. Make several of it. Nothing was made.`);
      const begun = settled(await importFlows.run(callerOf(visit, { command_id: commandId }), { template, csv }));
      if (begun.ok) return reply.redirect(`/flows/imports/${begun.facts.import}`, 303);
      const told = toSendAgain(begun, commandId);
      return again(told.problem, told.commandId);
    },
  );

  page('/flows/imports/:id', async (visit, reply) => {
    const after = Number(visit.query.after ?? 0);
    const asked = { import: visit.params.id, after_line: Number.isSafeInteger(after) && after > 0 ? after : 0 };
    const found = need(await getImport.run(callerOf(visit), asked));
    // A page that asks again by itself, also without script.
    if (found.finishedAt === null) reply.header('refresh', '3');
    return html(reply, importPage(visit.session, found));
  });
}

type Templates =
  | z.output<typeof listTemplates.output>['templates']
  | z.output<typeof listPublicTemplates.output>['templates'];

interface FormView {
  readonly session: Session;
  readonly own: Templates;
  readonly open: Templates;
  readonly chosen: string;
  readonly commandId: string;
  readonly problem: string | null;
}

function formPage({ session, own, open, chosen, commandId, problem }: FormView): string {
  const options = (templates: Templates) =>
    templates.map((t) => (
      <option value={t.id} selected={t.id === chosen}>
        {t.name}
      </option>
    ));
  return renderPage({
    title: 'Flows from a table',
    children: (
      <Shell session={session} here="/flows">
        <div class="narrow">
          <p class="small">
            <a href="/flows">Flows</a> / From a table
          </p>
          <h1>Make a flow for each line of a table</h1>
          <p class="small">
            A CSV file whose first line names its columns:{' '}
            {columns.map((c, i) => (
              <>
                {i > 0 && ', '}
                <code>{c}</code>
              </>
            ))}
            . Only <code>name</code> is needed. All lines are checked before anything is made.
          </p>
          {problem?.split('\n').map((line) => (
            <Notice text={line} bad />
          ))}
          <form method="post" action="/flows/import" enctype="multipart/form-data" class="stack new">
            <Csrf secret={session.secret} />
            <input type="hidden" name="command_id" value={commandId} />
            <div class="field">
              <label for="template">Template</label>
              <select id="template" name="template" required>
                <optgroup label="Yours">{options(own)}</optgroup>
                <optgroup label="Public">{options(open)}</optgroup>
              </select>
            </div>
            <div class="field">
              <label for="table">Table</label>
              <input
                id="table"
                name="table"
                type="file"
                accept=".csv,text/csv"
                required
                aria-describedby="table-help"
              />
              <span class="small" id="table-help">
                CSV with commas or semicolons, up to {linesMost.toLocaleString('en')} lines.
              </span>
            </div>
            <div class="row">
              <button type="submit" class="button primary">
                Check the table and make the flows
              </button>
            </div>
            <p class="small">A flow whose line says start is started at once, and its client is mailed.</p>
          </form>
        </div>
      </Shell>
    ),
  });
}

const marks = { DONE: ['chip done', 'made'], FAILED: ['chip bad', 'failed'], PENDING: ['chip', 'to come'] } as const;

function importPage(session: Session, found: z.output<typeof getImport.output>): string {
  const { id, template, total, done, failed, pending, lines, nextLine } = found;
  const heading =
    pending > 0
      ? `${done} of ${count(total, 'flow')} made so far`
      : failed === 0
        ? `${total === 1 ? 'The flow is' : `All ${total} flows are`} made`
        : `${count(done, 'flow')} made, ${failed} could not be`;
  return renderPage({
    title: heading,
    children: (
      <Shell session={session} here="/flows">
        <div class="narrow">
          <p class="small">
            <a href="/flows">Flows</a> / <a href="/flows/import">From a table</a>
          </p>
          <h1 aria-live="polite">{heading}</h1>
          <p class="small">
            From “{template}”. {pending > 0 && 'This goes on by itself, also when you leave this page.'}
          </p>
          <progress class="bar" value={done + failed} max={total} aria-label="Lines done" />
          <ul class="card list">
            {lines.map((l) => (
              <li>
                <span class="grow">
                  {l.flowId ? <a href={`/flows/${l.flowId}`}>{l.name}</a> : <b>{l.name}</b>}{' '}
                  <span class={marks[l.state][0]}>{marks[l.state][1]}</span>
                  <span class="small">
                    Line {l.line}
                    {l.error && `: ${l.error}`}
                  </span>
                </span>
              </li>
            ))}
          </ul>
          {nextLine !== null && (
            <p>
              <a class="button" href={`/flows/imports/${id}?after=${nextLine}`} rel="next">
                More lines
              </a>
            </p>
          )}
        </div>
      </Shell>
    ),
  });
}

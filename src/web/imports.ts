/** Many flows from one table: the form that takes it, what to look at before anything is made, how far it is, and all there were. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Authority } from '../oauth/authority.ts';
import { getImport, lineStates } from '../operations/get-import.ts';
import { getImportLeft } from '../operations/get-import-left.ts';
import { csvMost, importFlows, tableProblems, thereAlready } from '../operations/import-flows.ts';
import { readTable } from '../operations/import-table.ts';
import { listImports } from '../operations/list-imports.ts';
import { listPublicTemplates } from '../operations/list-public-templates.ts';
import { listTemplates } from '../operations/list-templates.ts';
import type { Tools, Upload } from '../operations/operation.ts';
import { stopImport } from '../operations/stop-import.ts';
import { type Attempt, formPage, type Problem, strangeLetters, surePage } from './import-form.tsx';
import { importPage, importsPage } from './import-pages.tsx';
import { takeFiles } from './kit/body.ts';
import { sendFile } from './kit/download.ts';
import { callerOf, memberRoutes, newCommandId, toSendAgain, type Visit } from './kit/member.ts';
import { need, settled } from './kit/need.ts';
import { PageTrouble, troubles } from './kit/trouble.tsx';
import { bytesFor, type TableText, tableText } from './table-text.ts';

interface ImportRoutesOptions {
  readonly authority: Authority;
  readonly tools: () => Tools;
}

const bytesMost = bytesFor(csvMost);
/** In base64, which makes four letters of three bytes. */
const carriedMost = (4 / 3) * bytesMost;

async function textOf({ bytes }: Upload): Promise<TableText> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    const part = Buffer.from(chunk);
    size += part.length;
    // Of what is too much, enough is kept to tell that it is.
    if (size - part.length <= bytesMost) chunks.push(part);
  }
  return tableText(Buffer.concat(chunks), csvMost);
}

export async function importRoutes(app: FastifyInstance, { authority, tools }: ImportRoutesOptions): Promise<void> {
  await takeFiles(app);
  const { page, form, fileForm } = memberRoutes(app, authority, tools);
  const html = (reply: FastifyReply, text: string, status = 200) => reply.code(status).type('text/html').send(text);

  const empty = async (
    visit: Visit,
    { template, commandId, problem }: { template: string; commandId: string; problem: Problem | null },
  ): Promise<string> => {
    const { session } = visit;
    if (session.org?.role === 'MEMBER') throw new PageTrouble(troubles.onlyAdmins);
    const caller = callerOf(visit);
    const [own, open] = await Promise.all([listTemplates.run(caller, {}), listPublicTemplates.run(caller, {})]);
    const templates = { own: need(own).templates, open: need(open).templates };
    return formPage({ session, ...templates, chosen: template, commandId, problem });
  };

  /** Begins the import, or shows what is to be mended or looked at first. */
  const attempt = async (visit: Visit, reply: FastifyReply, asked: Attempt): Promise<FastifyReply> => {
    const { template, commandId, text, guessed, again } = asked;
    const { session, tools: kit } = visit;
    const sure = { session, asked, now: kit.now };
    if (guessed) {
      const reading = readTable(text);
      const letters = reading.ok ? strangeLetters(reading) : [];
      if (reading.ok && letters.length > 0)
        return html(reply, surePage({ ...sure, look: { at: 'letters', letters, total: reading.lines.length } }), 422);
    }
    const input = { template, csv: text, ...(again && { again }) };
    const begun = settled(await importFlows.run(callerOf(visit, { command_id: commandId }), input));
    if (begun.ok) return reply.redirect(`/flows/imports/${begun.facts.import}`, 303);
    const there = begun.code === 'there_already' ? thereAlready.safeParse(begun.facts) : null;
    if (there?.success) return html(reply, surePage({ ...sure, look: { at: 'there', ...there.data } }), 422);
    const wrong = tableProblems.safeParse(begun.facts);
    const told = toSendAgain(begun, commandId);
    const problem: Problem = wrong.success ? { ofTable: true, ...wrong.data } : { ofTable: false, text: told.problem };
    return html(reply, await empty(visit, { template, commandId: told.commandId, problem }), 422);
  };

  page('/flows/import', async (visit, reply) =>
    html(reply, await empty(visit, { template: visit.query.template ?? '', commandId: newCommandId(), problem: null })),
  );
  fileForm(
    '/flows/import',
    (_visit, _name, upload) => textOf(upload),
    async (visit, fields, reply, [table]) => {
      const { template = '', command_id: commandId = newCommandId() } = fields;
      if (table?.ok) return attempt(visit, reply, { template, commandId, ...table, again: false });
      const message = table?.problem ?? 'Choose the file with the table first.';
      const problem: Problem = { ofTable: true, problems: [{ line: 0, message }], count: 1 };
      return html(reply, await empty(visit, { template, commandId, problem }), 422);
    },
  );
  // The table goes along in the page, so that nobody has to choose the file once more.
  form(
    '/flows/import/sure',
    async (visit, fields, reply) => {
      const { template = '', command_id: commandId = newCommandId(), table = '', again } = fields;
      const text = Buffer.from(table, 'base64url').toString('utf8');
      return attempt(visit, reply, { template, commandId, text, guessed: false, again: again === 'yes' });
    },
    { bytes: carriedMost + 20_000, letters: carriedMost },
  );

  page('/flows/imports', async (visit, reply) => {
    const { cursor } = visit.query;
    const list = need(await listImports.run(callerOf(visit), { ...(cursor && { cursor }) }));
    return html(reply, importsPage({ session: visit.session, now: visit.tools.now, ...list, first: !cursor }));
  });
  page('/flows/imports/:id', async (visit, reply) => {
    const after = Number(visit.query.after ?? 0);
    const state = lineStates.find((s) => s === visit.query.state);
    const asked = {
      ...{ import: visit.params.id, after_line: Number.isSafeInteger(after) && after > 0 ? after : 0 },
      ...(state && { state }),
    };
    const found = need(await getImport.run(callerOf(visit), asked));
    const commandId = newCommandId();
    return html(reply, importPage({ session: visit.session, now: visit.tools.now, found, state, commandId }));
  });
  page('/flows/imports/:id/left.csv', async (visit, reply) =>
    sendFile(reply, need(await getImportLeft.run(callerOf(visit), { import: visit.params.id }))),
  );
  form('/flows/imports/:id/stop', async (visit, fields, reply) => {
    const { id = '' } = visit.params;
    need(settled(await stopImport.run(callerOf(visit, fields), { import: id })));
    return reply.redirect(`/flows/imports/${id}`, 303);
  });
}

import { z } from 'zod';
import type { Trx } from '../db/database.ts';
import { findImport, findSameTable, insertImport, namesThere, oneImportAtATime, tableHash } from '../db/imports.ts';
import type { ImportLine } from '../db/schema.ts';
import { idFrom } from '../platform/ids.ts';
import { commandInput } from './command.ts';
import { taken } from './engine-trouble.ts';
import { columns, linesMost, readTable } from './import-table.ts';
import { findTemplate, nameOrId } from './names.ts';
import { madeLongAgo, onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { count, lines as joined, plain, quote } from './words.ts';

const shownMost = 20;
const namesShown = 5;

/** Characters a table may have. 5,000 lines with a client have a third of it; over REST a request of 1 MiB carries it. */
export const csvMost = 900_000;

/** What is refused as `bad_input` says, beside its sentence. */
export const tableProblems = z.object({
  problems: z.array(z.object({ line: z.number(), message: z.string() })),
  count: z.number().describe('How many there are in all'),
});

/** What is refused as `there_already` says, beside its sentence. */
export const thereAlready = z.object({
  before: z.object({ import: z.string(), by: z.string(), at: z.string() }).nullable().describe('The same table'),
  names: z.array(z.string()).describe('Some of the names that flows have already'),
  count: z.number().describe('How many names those are'),
  total: z.number().describe('How many lines the table has'),
});

const output = z.object({ import: z.string(), template: z.string(), total: z.number().int() });

export const importFlows = operation({
  name: 'import_flows',
  title: 'Make many flows from a table',
  description: `Makes a flow for each line of a CSV table: columns ${columns.join(', ')}; only "name" is needed. All lines are checked first, and one that is wrong stops it before anything is made. A table that was imported before, or names that flows have already, are refused too unless \`again\` is true. Goes on by itself; \`get_import\` tells how far it is.`,
  kind: 'write',
  openWorld: true,
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: {
    method: 'POST',
    path: '/flow-imports',
    example: {
      template: 'Client Onboarding',
      csv: 'name,client_email,start\nHarbor & Co,jane@harbor.test,yes\nGlobe,,no',
    },
    location: '/flow-imports/{import}',
  },
  input: z.strictObject({
    template: nameOrId('Name or id'),
    csv: z.string().max(csvMost).describe(`Up to ${linesMost} lines, with commas, semicolons or tabs`),
    again: z
      .boolean()
      .optional()
      .describe('Make them although the same table was imported before, or flows of these names are there'),
    ...commandInput,
  }),
  output,
  async handler(call, { template: ref, csv, again = false }) {
    const { principal, workflows, commandId, now } = call;
    const id = idFrom('im', principal.orgId, commandId);
    const reading = readTable(csv);
    if (!reading.ok) {
      const { problems } = reading;
      const told = problems.slice(0, shownMost).map((p) => (p.line === 0 ? p.message : `Line ${p.line}: ${p.message}`));
      const rest = problems.length - told.length;
      throw new Refusal('bad_input', joined('Not done; nothing was made.', told, rest > 0 && `And ${rest} more.`), {
        problems: problems.slice(0, 200),
        count: problems.length,
      });
    }
    const { orgId, userId } = principal;
    const begun = await onceOnly(call, output, async (trx) => {
      const template = await findTemplate(trx, ref);
      const { lines } = reading;
      const hash = tableHash(template.id, lines);
      await oneImportAtATime(trx, orgId);
      if (await findImport(trx, id)) throw madeLongAgo(commandId, id);
      if (!again) await refuseTwice(trx, hash, lines);
      // Their address and role are looked up when they are needed: an account may be deleted.
      const by = JSON.stringify({ userId, name: principal.name, through: principal.through });
      await insertImport(trx, { orgId, id, template, by, at: new Date(now), lines, hash });
      // Before this is committed, and its workflow waits for that: what is kept is then never without a workflow, and what
      // could not be begun is not there when it is asked for once more.
      await taken(commandId, workflows.startImport({ orgId, importId: id }));
      return { import: id, template: template.name, total: lines.length };
    });
    // Once more, as a worker of an older release does not wait for it. That it was begun is known.
    await workflows.startImport({ orgId, importId: id }).catch(() => undefined);
    return begun;
  },
  text: ({ import: id, template, total }) =>
    `${count(total, 'flow')} from "${plain(template)}" ${total === 1 ? 'is' : 'are'} being made · \`${id}\``,
});

/** Importing a file twice makes everything twice and mails clients twice: whoever wants that says so. */
async function refuseTwice(trx: Trx, hash: string, lines: readonly ImportLine[]): Promise<void> {
  const same = await findSameTable(trx, hash);
  const names = await namesThere(
    trx,
    lines.map((l) => l.name),
  );
  if (!same && names.length === 0) return;
  const shown = names.slice(0, namesShown).map((name) => quote(name));
  const more = names.length - shown.length;
  const facts: z.infer<typeof thereAlready> = {
    before: same ? { import: same.id, by: same.by.name, at: same.created_at.toISOString() } : null,
    names: names.slice(0, shownMost),
    count: names.length,
    total: lines.length,
  };
  throw new Refusal(
    'there_already',
    joined(
      'Not done; nothing was made.',
      same && `This table was imported before, by ${plain(same.by.name)} · \`${same.id}\``,
      names.length > 0 &&
        `${count(names.length, 'name')} of ${lines.length} ${names.length === 1 ? 'is' : 'are'} there already: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
      'To import it all the same, send it with `again`: true.',
    ),
    facts,
  );
}

import { z } from 'zod';
import { insertImport } from '../db/imports.ts';
import { idFrom } from '../platform/ids.ts';
import { commandInput } from './command.ts';
import { columns, linesMost, readTable } from './import-table.ts';
import { findTemplate, nameOrId } from './names.ts';
import { madeLongAgo, onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { count, lines as joined, plain } from './words.ts';

const shownMost = 20;

const output = z.object({ import: z.string(), template: z.string(), total: z.number().int() });

export const importFlows = operation({
  name: 'import_flows',
  title: 'Make many flows from a table',
  description: `Makes a flow for each line of a CSV table: columns ${columns.join(', ')}; only "name" is needed. All lines are checked first, and one that is wrong stops it before anything is made. Goes on by itself; \`get_import\` tells how far it is.`,
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
    csv: z.string().min(1).max(240_000).describe(`Up to ${linesMost} lines`),
    ...commandInput,
  }),
  output,
  async handler(call, { template: ref, csv }) {
    const { principal, imports, commandId, now } = call;
    const id = idFrom('im', principal.orgId, commandId);
    const reading = readTable(csv);
    if (!reading.ok) {
      const { problems } = reading;
      const told = problems.slice(0, shownMost).map((p) => (p.line === 0 ? p.message : `Line ${p.line}: ${p.message}`));
      const rest = problems.length - told.length;
      throw new Refusal('bad_input', joined('Not done; nothing was made.', told, rest > 0 && `And ${rest} more.`), {
        problems: problems.slice(0, 200),
      });
    }
    const { orgId } = principal;
    const begun = await onceOnly(call, output, async (trx) => {
      const template = await findTemplate(trx, ref);
      const by = JSON.stringify(principal);
      const made = await insertImport(trx, { orgId, id, template, by, at: new Date(now), lines: reading.lines });
      if (!made) throw madeLongAgo(commandId, id);
      return { import: id, template: template.name, total: reading.lines.length };
    });
    await imports.start({ orgId, importId: id });
    return begun;
  },
  text: ({ import: id, template, total }) =>
    `${count(total, 'flow')} from "${plain(template)}" ${total === 1 ? 'is' : 'are'} being made · \`${id}\``,
});

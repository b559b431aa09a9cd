import { Readable } from 'node:stream';
import { z } from 'zod';
import { countLines, findImport, unmadeLines } from '../db/imports.ts';
import { importId, noImport } from './get-import.ts';
import { writeTable } from './import-table.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { count } from './words.ts';

export const getImportLeft = operation({
  name: 'get_import_left',
  title: 'What is left of an import',
  description:
    'A CSV table of the lines of a finished import that no flow was made of, to mend and import again. A line whose flow is made is not in it, also where the flow lacks its client or its start.',
  kind: 'read',
  access: 'admin',
  // Over REST, who sent the table has it, and `get_import` names the lines.
  surfaces: ['web'],
  input: z.strictObject({ import: importId }),
  output: z.object({
    name: z.string(),
    servedAs: z.string(),
    lines: z.number().int(),
    bytes: z.custom<Readable>(),
  }),
  handler: ({ database, principal }, { import: id }) =>
    database.withOrg(principal, async (trx) => {
      const found = await findImport(trx, id);
      if (!found) throw noImport();
      if ((await countLines(trx, id)).pending > 0)
        throw new Refusal('conflict', 'This import goes on. What is left of it is known when it is finished.');
      const left = await unmadeLines(trx, id);
      if (left.length === 0) throw new Refusal('not_found', 'Nothing is left of this import: each line has its flow.');
      return {
        // Some systems take none of these in a file's name.
        name: `${found.template_name.replace(/[\\/:*?"<>|]/g, '-')}, what is left.csv`,
        servedAs: 'text/csv; charset=utf-8',
        lines: left.length,
        bytes: Readable.from([Buffer.from(writeTable(left))]),
      };
    }),
  text: ({ lines }) => `${count(lines, 'line')} left.`,
});

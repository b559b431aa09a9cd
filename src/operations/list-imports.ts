import { z } from 'zod';
import { listImports as readImports } from '../db/imports.ts';
import { importShape } from './get-import.ts';
import { operation } from './operation.ts';
import { count, lines, plain } from './words.ts';

const shownMost = 50;

export const listImports = operation({
  name: 'list_imports',
  title: 'List imports',
  description: 'The last fifty imports of flows from tables, the newest first.',
  kind: 'read',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/flow-imports', example: {} },
  input: z.strictObject({}),
  output: z.object({ imports: z.array(z.object(importShape)) }),
  handler: async ({ database, principal }) => ({
    imports: (await database.withOrg(principal, (trx) => readImports(trx, shownMost))).map((i) => ({
      ...{ id: i.id, template: i.template_name, total: i.total, createdAt: i.created_at.toISOString() },
      finishedAt: i.finished_at?.toISOString() ?? null,
    })),
  }),
  text: ({ imports }) =>
    lines(
      `${count(imports.length, 'import')}.`,
      imports.map((i) => `- ${count(i.total, 'flow')} from "${plain(i.template)}" · \`${i.id}\``),
    ),
});

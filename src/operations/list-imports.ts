import { z } from 'zod';
import { countLinesOf, listImports as readImports } from '../db/imports.ts';
import { importFacts, importShape, importWords } from './get-import.ts';
import { operation } from './operation.ts';
import { cursorOf, moreLine, pageInput, pageOf } from './shapes.ts';
import { byWhom, count, dots, lines, plain } from './words.ts';

export const listImports = operation({
  name: 'list_imports',
  title: 'List imports',
  description: 'Imports of flows from tables, the newest first, with how far each is. Pages by `cursor`.',
  kind: 'read',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/flow-imports', example: {} },
  input: z.strictObject(pageInput),
  output: z.object({ nextCursor: z.string().nullable(), imports: z.array(z.object(importShape)) }),
  handler({ database, principal }, { limit, cursor }) {
    const after = cursorOf('imports', cursor);
    return database.withOrg(principal, async (trx) => {
      const found = await readImports(trx, after, limit + 1);
      const { rows, nextCursor } = pageOf('imports', found, limit, (i) => ({ at: i.created_at, id: i.id }), after);
      const counts = await countLinesOf(
        trx,
        rows.map((i) => i.id),
      );
      return { nextCursor, imports: rows.map((i) => importFacts(i, counts(i.id))) };
    });
  },
  text: ({ imports, nextCursor }) =>
    lines(
      `${count(imports.length, 'import')} here.`,
      imports.map((i) => dots(`- "${plain(i.template)}": ${importWords(i)}`, byWhom(i.by, i.through), `\`${i.id}\``)),
      moreLine(nextCursor),
    ),
});

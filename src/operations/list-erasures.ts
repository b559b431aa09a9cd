import { z } from 'zod';
import { listErasures as readErasures } from '../db/erasures.ts';
import { operation } from './operation.ts';
import { cursorOf, moreLine, pageInput, pageOf, pagesOutput } from './shapes.ts';
import { count, lines, onDay, plain } from './words.ts';

export const listErasures = operation({
  name: 'list_erasures',
  title: 'Erased clients',
  description:
    'When the data of clients was erased, by whom and in how many flows; of whom is no longer known. Pages by `cursor`.',
  kind: 'read',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/erasures', example: { limit: 20 } },
  input: z.strictObject({ ...pageInput, limit: z.number().int().min(1).max(200).default(50) }),
  output: z.object({
    ...pagesOutput,
    erasures: z.array(
      z.object({
        id: z.string(),
        at: z.iso.datetime(),
        finishedAt: z.iso.datetime().nullable(),
        by: z.string(),
        flows: z.number().int(),
        email: z.string().nullable().describe('While it is not finished'),
      }),
    ),
  }),
  async handler({ database, principal }, { limit, cursor }) {
    const from = cursorOf('erasures', cursor);
    const found = await database.withOrg(principal, (trx) => readErasures(trx, from, limit + 1));
    const { rows, ...cursors } = pageOf('erasures', found, limit, (r) => ({ at: r.created_at, id: r.id }), from);
    return {
      ...cursors,
      erasures: rows.map((r) => ({
        ...{ id: r.id, at: r.created_at.toISOString(), finishedAt: r.finished_at?.toISOString() ?? null },
        ...{ by: r.by.name, flows: r.flows, email: r.address },
      })),
    };
  },
  text: ({ erasures, nextCursor }, now, zone) =>
    lines(
      `${count(erasures.length, 'erasure')}${nextCursor === null ? '' : ' here'}.`,
      erasures.map(
        (e) =>
          `- ${onDay(e.at, now, zone)}, by ${plain(e.by)}: ${e.finishedAt === null ? `not finished, done in ${count(e.flows, 'flow')} so far` : `done in ${count(e.flows, 'flow')}`}`,
      ),
      moreLine(nextCursor),
    ),
});

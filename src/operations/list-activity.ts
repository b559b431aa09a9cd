import { z } from 'zod';
import { writeCursor } from '../db/cursor.ts';
import { readFeed } from '../db/read-flow.ts';
import { limits } from '../domain/limits.ts';
import { findFlow, nameOrId } from './names.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { badCursor, cursorOf, flowZone, moment, pageInput, pageOutput } from './shapes.ts';
import { byWhom, lines, onDay, plain, short } from './words.ts';

export const listActivity = operation({
  name: 'list_activity',
  title: 'What happened in a flow',
  description:
    'What happened in a flow, the latest first: who, what, when, through what. Pages by `cursor`, or by `before`.',
  kind: 'read',
  access: 'member',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/flows/{flow}/activity', example: { flow: 'Harbor & Pine', limit: 10 } },
  input: z.strictObject({
    flow: nameOrId('Name or id'),
    before: z.number().int().min(1).max(limits.count).optional().describe('The `seq` of the oldest entry seen so far'),
    ...pageInput,
  }),
  output: z.object({
    flow: z.object({ id: z.string(), name: z.string(), timeZone: flowZone }),
    entries: z.array(
      z.object({
        seq: z.number().int(),
        at: moment,
        by: z.string(),
        kind: z.enum(['member', 'external', 'system']),
        through: z.string(),
        what: z.string(),
        text: z.string(),
        taskId: z.string().nullable(),
      }),
    ),
    more: z.boolean().describe('There are older entries'),
    nextCursor: pageOutput.nextCursor,
  }),
  async handler({ database, principal }, { flow: ref, before, limit, cursor }) {
    const from = placeIn(before, cursor);
    return database.withOrg(principal, async (trx) => {
      const { id, name, time_zone: timeZone } = await findFlow(trx, ref);
      const found = await readFeed(trx, id, from, limit + 1);
      const entries = found.slice(0, limit).map((e) => ({
        ...{ seq: e.seq, at: e.at.toISOString(), by: e.by.name, kind: e.by.kind, through: e.by.through },
        ...{ what: e.what, text: e.text, taskId: e.task_id },
      }));
      const last = found.length > limit ? entries.at(-1) : undefined;
      const nextCursor = last ? writeCursor('activity', 0, String(last.seq)) : null;
      return { flow: { id, name, timeZone }, entries, more: last !== undefined, nextCursor };
    });
  },
  text({ flow, entries, more }, now) {
    return lines(
      entries.length === 0 ? `Nothing more happened in ${plain(flow.name)}.` : `What happened in ${plain(flow.name)}:`,
      entries.map(
        (e) => `- ${onDay(e.at, now, flow.timeZone)}, ${byWhom(e.by, e.through)}: ${short(plain(e.text), 200)}`,
      ),
      more && `Older: ask again with before ${entries.at(-1)?.seq}.`,
    );
  },
});

/** The `seq` of the oldest entry seen so far, said in either way; null for the latest. A cursor holds it as its id. */
function placeIn(before: number | undefined, cursor: string | undefined): number | null {
  const from = cursorOf('activity', cursor);
  if (from === null) return before ?? null;
  if (before !== undefined)
    throw new Refusal('bad_input', 'Give `cursor` or `before`: both say where the page begins. Nothing changed.');
  const seq = z.coerce.number().int().min(1).max(limits.count).safeParse(from.id);
  if (!seq.success) throw badCursor();
  return seq.data;
}

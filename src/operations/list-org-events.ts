import { z } from 'zod';
import { listOrgEvents as readOrgEvents } from '../db/org-events.ts';
import { operation } from './operation.ts';
import { cursorOf, moreLine, pageInput, pageOf, pagesOutput } from './shapes.ts';
import { byWhom, count, lines, onDay, plain } from './words.ts';

export const listOrgEvents = operation({
  name: 'list_org_events',
  title: 'What changed about the organization',
  description: 'Who changed members and settings, the newest first. Pages by `cursor`.',
  kind: 'read',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/org/events', example: { limit: 20 } },
  input: z.strictObject({ ...pageInput, limit: z.number().int().min(1).max(200).default(50) }),
  output: z.object({
    ...pagesOutput,
    events: z.array(
      z.object({
        id: z.string(),
        at: z.iso.datetime(),
        what: z.string(),
        text: z.string(),
        by: z.string(),
        through: z.string(),
      }),
    ),
  }),
  async handler({ database, principal }, { limit, cursor }) {
    const from = cursorOf('org_events', cursor);
    const found = await database.withOrg(principal, (trx) => readOrgEvents(trx, from, limit + 1));
    const { rows, ...cursors } = pageOf('org_events', found, limit, (r) => ({ at: r.at, id: r.id }), from);
    return {
      ...cursors,
      events: rows.map((e) => ({
        ...{ id: e.id, at: e.at.toISOString(), what: e.what, text: e.text, by: e.by_name, through: e.through },
      })),
    };
  },
  text: ({ events, nextCursor }, now, zone) =>
    lines(
      `${count(events.length, 'change')}${nextCursor === null ? '' : ' here'}.`,
      events.map((e) => `- ${onDay(e.at, now, zone)}: ${byWhom(e.by, e.through)} ${plain(e.text)}`),
      moreLine(nextCursor),
    ),
});

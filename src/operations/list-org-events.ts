import { z } from 'zod';
import { listOrgEvents as readOrgEvents } from '../db/org-events.ts';
import { operation } from './operation.ts';
import { byWhom, count, lines, onDay, plain } from './words.ts';

export const listOrgEvents = operation({
  name: 'list_org_events',
  title: 'What changed about the organization',
  description: 'Who changed members and settings, the newest first.',
  kind: 'read',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/org/events', example: { limit: 20 } },
  input: z.strictObject({ limit: z.number().int().min(1).max(200).default(50) }),
  output: z.object({
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
  async handler({ database, principal }, { limit }) {
    const events = await database.withOrg(principal, (trx) => readOrgEvents(trx, limit));
    return {
      events: events.map((e) => ({
        ...{ id: e.id, at: e.at.toISOString(), what: e.what, text: e.text, by: e.by_name, through: e.through },
      })),
    };
  },
  text: ({ events }, now, zone) =>
    lines(
      `${count(events.length, 'change')}.`,
      events.map((e) => `- ${onDay(e.at, now, zone)}: ${byWhom(e.by, e.through)} ${plain(e.text)}`),
    ),
});

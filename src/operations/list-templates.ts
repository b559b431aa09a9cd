import { z } from 'zod';
import { listTemplates as readTemplates } from '../db/templates.ts';
import { operation } from './operation.ts';
import { listedTemplate, listedTemplateShape, moment, templateLine } from './shapes.ts';
import { count, lines } from './words.ts';

export const listTemplates = operation({
  name: 'list_templates',
  title: 'List templates',
  description:
    "The organization's own templates with their number of steps. A flow is made from one with `create_flow_from_template`; `list_public_templates` has more.",
  kind: 'read',
  access: 'member',
  surfaces: ['mcp', 'rest', 'web'],
  rest: { method: 'GET', path: '/templates', example: {} },
  input: z.strictObject({
    all: z.boolean().default(false).describe('Also those never published (version 0), and archived ones'),
  }),
  output: z.object({
    total: z.number().int(),
    templates: z.array(
      listedTemplateShape.extend({
        draft: z.boolean().describe('Are there changes that are not published?'),
        archived: z.boolean(),
        publishedAt: moment.nullable(),
        flows: z.number().int().describe('How many flows were made from it'),
      }),
    ),
  }),
  async handler({ database, principal }, { all }) {
    const found = await database.withOrg(principal, (trx) =>
      readTemplates(trx, principal.orgId, all ? 'all' : 'offered'),
    );
    const templates = found.map((t) => ({
      ...listedTemplate(t),
      ...{ draft: t.draft !== null, archived: t.archived_at !== null, flows: t.flows },
      publishedAt: t.published_at?.toISOString() ?? null,
    }));
    return { total: found.length, templates };
  },
  text({ total, templates }) {
    if (total === 0) return 'The organization has no templates of its own. `list_public_templates` shows public ones.';
    return lines(`${count(total, 'template')}.`, templates.map(templateLine));
  },
});

import { z } from 'zod';
import { listTemplates as readTemplates } from '../db/templates.ts';
import { operation } from './operation.ts';
import { listedTemplate, listedTemplateShape, templateLine } from './shapes.ts';
import { count, lines } from './words.ts';

export const listTemplates = operation({
  name: 'list_templates',
  title: 'List templates',
  description:
    "The organization's own templates with their number of steps. A flow is made from one with `create_flow_from_template`; `list_public_templates` has more.",
  kind: 'read',
  access: 'member',
  surfaces: ['mcp', 'rest', 'web'],
  input: z.strictObject({}),
  output: z.object({ total: z.number().int(), templates: z.array(listedTemplateShape) }),
  async handler({ database, principal }) {
    const found = await database.withOrg(principal, (trx) => readTemplates(trx, principal.orgId));
    return { total: found.length, templates: found.map(listedTemplate) };
  },
  text({ total, templates }) {
    if (total === 0) return 'The organization has no templates of its own. `list_public_templates` shows public ones.';
    return lines(`${count(total, 'template')}.`, templates.map(templateLine));
  },
});

import { z } from 'zod';
import { listPublicTemplates as readPublicTemplates } from '../db/templates.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { listedTemplate, listedTemplateShape, templateLine } from './shapes.ts';
import { count, lines, quote } from './words.ts';

export const listPublicTemplates = operation({
  name: 'list_public_templates',
  title: 'Browse public templates',
  description:
    'The public marketplace of templates, by category; anyone may look, signed in or not. `category` narrows it. Any of them works in `create_flow_from_template`.',
  kind: 'read',
  access: 'public',
  surfaces: ['mcp', 'rest', 'web'],
  rest: { method: 'GET', path: '/public/templates', example: { category: 'Agency' } },
  input: z.strictObject({ category: z.string().trim().min(1).max(100).optional() }),
  output: z.object({ total: z.number().int(), templates: z.array(listedTemplateShape) }),
  async handler({ database }, { category }) {
    const all = await readPublicTemplates(database.open);
    const found = category === undefined ? all : all.filter((t) => t.category.toLowerCase() === category.toLowerCase());
    if (found.length > 0 || category === undefined) {
      return { total: found.length, templates: found.map(listedTemplate) };
    }
    const categories = [...new Set(all.map((t) => t.category))];
    throw new Refusal(
      'not_found',
      `No public template is in ${quote(category)}. Categories: ${categories.join(', ')}.`,
    );
  },
  text({ total, templates }) {
    return lines(`${count(total, 'public template')}.`, templates.map(templateLine));
  },
});

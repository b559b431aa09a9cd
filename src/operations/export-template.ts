import { z } from 'zod';
import { readTemplateVersion } from '../db/templates.ts';
import { limits } from '../domain/limits.ts';
import { templateSchema } from '../domain/template.ts';
import { templateFile } from '../domain/template-file.ts';
import { findAnyTemplate } from './names.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { templateInput } from './template-parts.ts';
import { lines, plain, quote } from './words.ts';

export const exportTemplate = operation({
  name: 'export_template',
  title: 'Export a template',
  description:
    'A published version of a template as a file that `create_template` takes again, but for steps that are a certain member’s: those are nobody’s in it. Its JSON Schema is at /schemas/template.json.',
  kind: 'read',
  access: 'member',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/templates/{template}/export', example: { template: 'Client Onboarding' } },
  input: z.strictObject({
    ...templateInput,
    version: z.number().int().min(1).max(limits.count).optional().describe('The newest unless one is named'),
  }),
  output: z.object({
    id: z.string(),
    version: z.number().int(),
    file: templateSchema.extend({ $schema: z.string() }),
  }),
  async handler({ database, principal, publicUrl }, { template, version }) {
    return database.withOrg(principal, async (trx) => {
      const found = await findAnyTemplate(trx, template);
      const wanted = version ?? found.version;
      const definition = await readTemplateVersion(trx, found.id, wanted);
      if (!definition) {
        throw new Refusal(
          'not_found',
          found.version === 0
            ? `${quote(found.name)} was never published. Publish it first.`
            : `${quote(found.name)} has no version ${wanted}; ${found.version} is the newest.`,
        );
      }
      return { id: found.id, version: wanted, file: templateFile(definition, publicUrl) };
    });
  },
  text: ({ file, version }) =>
    lines(`${plain(file.name)}, version ${version}:`, '```json', JSON.stringify(file, null, 2), '```'),
});

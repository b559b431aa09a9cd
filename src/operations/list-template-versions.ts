import { z } from 'zod';
import { listVersions } from '../db/templates.ts';
import { findAnyTemplate } from './names.ts';
import { operation } from './operation.ts';
import { moment } from './shapes.ts';
import { templateInput } from './template-parts.ts';
import { count, lines, onDay, plain } from './words.ts';

export const listTemplateVersions = operation({
  name: 'list_template_versions',
  title: 'List a template’s versions',
  description:
    'The published versions of a template, newest first: when, by whom, and how many flows were made from each.',
  kind: 'read',
  access: 'member',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/templates/{template}/versions', example: { template: 'Client Onboarding' } },
  input: z.strictObject(templateInput),
  output: z.object({
    template: z.object({ id: z.string(), name: z.string() }),
    versions: z.array(
      z.object({
        version: z.number().int(),
        publishedAt: moment,
        publishedBy: z.string().nullable(),
        steps: z.number().int(),
        flows: z.number().int(),
      }),
    ),
  }),
  async handler({ database, principal }, { template }) {
    return database.withOrg(principal, async (trx) => {
      const { id, name } = await findAnyTemplate(trx, template);
      const rows = await listVersions(trx, principal.orgId, id);
      const versions = rows.map(({ version, published_at, published_by, steps, flows }) => ({
        ...{ version, publishedAt: published_at.toISOString(), publishedBy: published_by, steps, flows },
      }));
      return { template: { id, name }, versions };
    });
  },
  text: ({ template, versions }, now, zone) =>
    lines(
      `${plain(template.name)} has ${count(versions.length, 'version')}.`,
      versions.map(
        (v) =>
          `- Version ${v.version}, ${onDay(v.publishedAt, now, zone)}${v.publishedBy ? ` by ${plain(v.publishedBy)}` : ''}, ${count(v.steps, 'step')}, ${count(v.flows, 'flow')}`,
      ),
    ),
});

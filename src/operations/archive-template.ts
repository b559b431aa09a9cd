import { z } from 'zod';
import { setArchived } from '../db/template-drafts.ts';
import { commandInput } from './command.ts';
import { onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { findOwn, templateInput } from './template-parts.ts';
import { plain } from './words.ts';

const output = z.object({ template: z.object({ id: z.string(), name: z.string() }), archived: z.boolean() });

export const archiveTemplate = operation({
  name: 'archive_template',
  title: 'Archive a template',
  description:
    'Takes one of the organization’s templates off offer: no new flow is made from it, those that run go on. With `archived: false` it is offered again.',
  kind: 'write',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'POST', path: '/templates/{template}/archive', example: { template: 'Offboarding' } },
  input: z.strictObject({ ...templateInput, archived: z.boolean().default(true), ...commandInput }),
  output,
  async handler(call, { template, archived }) {
    return onceOnly(call, output, async (trx) => {
      const { id, name } = await findOwn(trx, template, 'too');
      await setArchived(trx, id, archived ? new Date(call.now) : null);
      return { template: { id, name }, archived };
    });
  },
  text: ({ template, archived }) =>
    archived
      ? `${plain(template.name)} is archived: no new flow is made from it, those that run go on.`
      : `${plain(template.name)} is on offer again.`,
});

import { z } from 'zod';
import { deleteTemplate, endDraft, lockTemplate, readDraftSave } from '../db/template-drafts.ts';
import { readTemplateHead } from '../db/templates.ts';
import { commandInput } from './command.ts';
import { onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { conflict, findOwn, revisionInput, templateInput } from './template-parts.ts';
import { plain, quote } from './words.ts';

const output = z.object({
  template: z.object({ id: z.string(), name: z.string(), version: z.number().int() }),
  gone: z.boolean().describe('Is the template gone with it?'),
});

export const discardDraft = operation({
  name: 'discard_draft',
  title: 'Discard a draft',
  description:
    'Throws a template’s unpublished changes away; what is published stays. A template that was never published is gone with its draft.',
  kind: 'write',
  destructive: true,
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: {
    method: 'DELETE',
    path: '/templates/{template}/draft',
    example: { template: 'Monthly content cycle', revision: 1 },
  },
  input: z.strictObject({ ...templateInput, ...revisionInput, ...commandInput }),
  output,
  async handler(call, { template, revision }) {
    return onceOnly(call, output, async (trx) => {
      const { id } = await findOwn(trx, template, 'too', { whole: true });
      await lockTemplate(trx, id);
      const head = await readTemplateHead(trx, id);
      if (head?.draft == null)
        throw new Refusal('nothing_to_discard', `${quote(head?.name ?? template)} has no draft. Nothing changed.`);
      if (head.revision !== revision) throw conflict(head, revision, await readDraftSave(trx, id, head.draft));
      const gone = head.version === 0;
      await (gone ? deleteTemplate(trx, id) : endDraft(trx, id));
      return { template: { id, name: head.name, version: head.version }, gone };
    });
  },
  text: ({ template, gone }) =>
    gone
      ? `${plain(template.name)} is gone; it was never published.`
      : `The draft of ${plain(template.name)} is discarded. Version ${template.version} stays as it is.`,
});

import { z } from 'zod';
import { insertTemplate, readDraftSave } from '../db/template-drafts.ts';
import { publishTemplate, readTemplateHead, readTemplateVersion, usableTemplates } from '../db/templates.ts';
import { limits } from '../domain/limits.ts';
import { nameOf } from '../domain/naming.ts';
import { withoutMembers } from '../domain/template.ts';
import { idFrom } from '../platform/ids.ts';
import { commandInput } from './command.ts';
import { findAnyTemplate, nameOrId } from './names.ts';
import { madeLongAgo, onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { headOf, headShape } from './template-parts.ts';
import { lines, plain, quote, short } from './words.ts';

const output = z.object({ template: headShape, copied: z.object({ id: z.string(), name: z.string() }) });

export const copyTemplate = operation({
  name: 'copy_template',
  title: 'Copy a template',
  description:
    "Copies a public template to the organization, or makes a second one of the organization's own. The newest published version is copied and can be used at once; of one never published, the draft.",
  kind: 'write',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: {
    method: 'POST',
    path: '/templates/{template}/copy',
    example: { template: 'Personal tax return', name: 'Tax return' },
    location: '/templates/{template.id}',
  },
  input: z.strictObject({
    template: nameOrId('Name or id of the one to copy'),
    name: nameOf(limits.name).optional().describe('What to call the copy'),
    ...commandInput,
  }),
  output,
  async handler(call, { template: ref, name: wanted }) {
    const { principal, commandId } = call;
    const { orgId } = principal;
    const id = idFrom('tp', orgId, commandId);
    return onceOnly(call, output, async (trx) => {
      const from = await findAnyTemplate(trx, ref);
      if (await readTemplateHead(trx, id)) throw madeLongAgo(commandId, id);
      const names = new Set((await usableTemplates(trx)).flatMap((t) => (t.org_id === orgId ? [t.name] : [])));
      const published = await readTemplateVersion(trx, from.id, from.version);
      if (published) {
        const name = wanted ?? freeName(published.name, names);
        const copy = from.org_id === orgId ? published : withoutMembers(published);
        await publishTemplate(trx, id, orgId, { ...copy, name }, { by: principal.name, revision: 0 });
      } else {
        const source = await readTemplateHead(trx, from.id);
        const saved = source?.draft == null ? null : await readDraftSave(trx, from.id, source.draft);
        if (!saved) throw new Error(`Template ${from.id} has neither a version nor a draft.`);
        const name = wanted ?? freeName(saved.draft.name, new Set([saved.draft.name, ...names]));
        await insertTemplate(trx, { orgId, id, draft: { ...saved.draft, name }, by: principal.name });
      }
      const head = await readTemplateHead(trx, id);
      if (!head) throw new Error(`Template ${id} is gone.`);
      return { template: headOf(head), copied: { id: from.id, name: from.name } };
    });
  },
  text: ({ template, copied }) =>
    lines(
      `${quote(copied.name)} is copied: ${plain(template.name)} · \`${template.id}\``,
      'Change it with `save_template_draft`; what is published stays as it is until `publish_template`.',
    ),
});

/** "Client Onboarding", "Client Onboarding (copy)", "Client Onboarding (copy 2)". */
function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let n = 0; ; n++) {
    const suffix = n === 0 ? '' : n === 1 ? ' (copy)' : ` (copy ${n})`;
    const tried = short(name, limits.name - suffix.length) + suffix;
    if (!taken.has(tried)) return tried;
  }
}

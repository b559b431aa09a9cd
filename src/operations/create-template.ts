import { z } from 'zod';
import { insertTemplate } from '../db/template-drafts.ts';
import { readTemplateHead } from '../db/templates.ts';
import type { Draft } from '../domain/draft.ts';
import { limits } from '../domain/limits.ts';
import { nameOf } from '../domain/naming.ts';
import { fileLength, readTemplateFile } from '../domain/template-file.ts';
import { idFrom } from '../platform/ids.ts';
import { commandInput } from './command.ts';
import { madeLongAgo, onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { headOf, headShape } from './template-parts.ts';
import { count, lines, plain } from './words.ts';

const output = z.object({ template: headShape, steps: z.number().int() });

export const createTemplate = operation({
  name: 'create_template',
  title: 'Make a template',
  description:
    'A new template of the organization, as a draft: blank with a name, or from a file that was exported. It can be used once it is published with `publish_template`.',
  kind: 'write',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: {
    method: 'POST',
    path: '/templates',
    example: { name: 'Quarterly review' },
    location: '/templates/{template.id}',
  },
  input: z.strictObject({
    name: nameOf(limits.name).optional().describe("Needed without a file; else the file's"),
    file: z
      .union([z.string().max(4 * fileLength), z.record(z.string(), z.unknown())])
      .optional()
      .describe('What `export_template` gave: the JSON, or its text'),
    ...commandInput,
  }),
  output,
  async handler(call, { name, file }) {
    const draft = draftFrom(name, file);
    const { principal, commandId } = call;
    const { orgId } = principal;
    // From org and command id, so that the same command makes one template, however long ago it was.
    const id = idFrom('tp', orgId, commandId);
    return onceOnly(call, output, async (trx) => {
      if (await readTemplateHead(trx, id)) throw madeLongAgo(commandId, id);
      await insertTemplate(trx, { orgId, id, draft, by: principal.name });
      const head = await readTemplateHead(trx, id);
      if (!head) throw new Error(`Template ${id} is gone.`);
      return { template: headOf(head), steps: draft.steps.length };
    });
  },
  text: ({ template, steps }) =>
    lines(
      `${plain(template.name)} is made: a draft with ${count(steps, 'step')} · \`${template.id}\``,
      'Change it with `save_template_draft`, then publish it with `publish_template`.',
    ),
});

function draftFrom(name: string | undefined, file: string | object | undefined): Draft {
  if (file === undefined) {
    if (name === undefined) throw new Refusal('bad_input', 'Give the template a name. Nothing changed.');
    return { name, description: '', category: '', steps: [] };
  }
  const reading = readTemplateFile(file);
  if (!reading.ok) {
    throw new Refusal(
      'bad_template',
      lines(
        'This file can’t be imported. Nothing changed.',
        reading.problems.map((p) => `- ${p}`),
      ),
      { problems: reading.problems },
    );
  }
  return { ...reading.template, ...(name !== undefined && { name }) };
}

import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { readDraftSave, saveDraft } from '../db/template-drafts.ts';
import { readTemplateHead } from '../db/templates.ts';
import { draftProblems, readDraft } from '../domain/draft.ts';
import { withoutSchema } from '../domain/template-file.ts';
import { commandInput } from './command.ts';
import { onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import {
  conflict,
  definitionInput,
  findOwn,
  headOf,
  headShape,
  problemLine,
  problemShape,
  problemsCount,
  revisionInput,
  templateInput,
} from './template-parts.ts';
import { lines, plain } from './words.ts';

const output = z.object({ template: headShape, problems: z.array(problemShape) });

export const saveTemplateDraft = operation({
  name: 'save_template_draft',
  title: 'Save a template’s draft',
  description:
    'Saves the whole draft of one of the organization’s templates, also one with problems, which are told with where they are. What is published stays as it is. Refused when somebody saved in between: look again with `get_template`.',
  kind: 'write',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: {
    method: 'PUT',
    path: '/templates/{template}/draft',
    example: {
      template: 'Quarterly review',
      revision: 1,
      definition: { name: 'Quarterly review', steps: [{ key: 'meet', title: 'Meet the client' }] },
    },
  },
  input: z.strictObject({ ...templateInput, ...revisionInput, definition: definitionInput, ...commandInput }),
  output,
  async handler(call, { template, revision, definition }) {
    const reading = readDraft(withoutSchema(definition));
    if (!reading.ok)
      throw new Refusal(
        'bad_template',
        `Not saved, this is no draft of a template. ${reading.message} Nothing changed.`,
      );
    const { draft } = reading;
    return onceOnly(call, output, async (trx) => {
      const head = await findOwn(trx, template);
      const saved = await saveDraft(trx, {
        orgId: call.principal.orgId,
        id: head.id,
        revision,
        draft,
        by: call.principal.name,
      });
      const now = await readTemplateHead(trx, head.id);
      if (!now) throw new Error(`Template ${head.id} is gone.`);
      if (saved === null) {
        const last = now.draft === null ? null : await readDraftSave(trx, head.id, now.draft);
        // The same save once more, by whom the answer to the first one never reached.
        const again = now.draft === revision + 1 && last !== null && isDeepStrictEqual(last.draft, draft);
        if (!again) throw conflict(now, revision, last);
      }
      return { template: headOf(now), problems: draftProblems(draft) };
    });
  },
  text: ({ template, problems }) =>
    lines(
      `The draft of ${plain(template.name)} is saved, revision ${template.revision}.`,
      problems.length > 0
        ? `${problemsCount(problems)} to mend before it can be published:`
        : 'It can be published with `publish_template`.',
      problems.map(problemLine),
    ),
});

import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { endDraft, lockTemplate, readDraftSave } from '../db/template-drafts.ts';
import {
  publishTemplate as publish,
  readTemplateHead,
  readTemplateVersion,
  versionOfRevision,
} from '../db/templates.ts';
import { draftProblems } from '../domain/draft.ts';
import { templateSchema } from '../domain/template.ts';
import { commandInput } from './command.ts';
import { onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import {
  conflict,
  findOwn,
  headOf,
  headShape,
  problemLine,
  problemsCount,
  revisionInput,
  templateInput,
} from './template-parts.ts';
import { lines, plain, quote } from './words.ts';

const output = z.object({ template: headShape, version: z.number().int() });

export const publishTemplate = operation({
  name: 'publish_template',
  title: 'Publish a template',
  description:
    'Makes the draft a new version that never changes. New flows are made from it; flows that run keep theirs. Refused, with the list, while the draft has problems.',
  kind: 'write',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: {
    method: 'POST',
    path: '/templates/{template}/publish',
    example: { template: 'Quarterly review', revision: 2 },
  },
  input: z.strictObject({ ...templateInput, ...revisionInput, ...commandInput }),
  output,
  async handler(call, { template, revision }) {
    return onceOnly(call, output, async (trx) => {
      const { id } = await findOwn(trx, template);
      await lockTemplate(trx, id);
      const head = await readTemplateHead(trx, id);
      if (!head) throw new Refusal('not_found', `No template is called ${quote(template)}. Nothing changed.`);
      const earlier = await versionOfRevision(trx, id, revision);
      if (earlier !== null && revision > 0) return { template: headOf(head), version: earlier };
      const saved = head.draft === null ? null : await readDraftSave(trx, id, head.draft);
      if (head.revision !== revision) throw conflict(head, revision, saved);
      if (!saved) {
        throw new Refusal(
          'nothing_to_publish',
          `${quote(head.name)} has no draft: version ${head.version} is what is published. Nothing changed.`,
        );
      }
      const problems = draftProblems(saved.draft);
      if (problems.length > 0) {
        throw new Refusal(
          'template_problems',
          lines(
            `${quote(head.name)} can’t be published yet, ${problemsCount(problems)} to mend. Nothing changed.`,
            problems.map(problemLine),
          ),
          { problems },
        );
      }
      const definition = templateSchema.parse(saved.draft);
      if (isDeepStrictEqual(definition, await readTemplateVersion(trx, id, head.version))) {
        throw new Refusal(
          'nothing_to_publish',
          `The draft of ${quote(head.name)} says what version ${head.version} says. Nothing changed.`,
        );
      }
      const version = await publish(trx, id, call.principal.orgId, definition, { by: call.principal.name, revision });
      await endDraft(trx, id);
      const now = await readTemplateHead(trx, id);
      return { template: headOf(now ?? head), version };
    });
  },
  text: ({ template, version }) =>
    lines(
      `${plain(template.name)} is published as version ${version} · \`${template.id}\``,
      'New flows are made from it; flows that run keep their version.',
    ),
});

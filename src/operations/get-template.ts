import { z } from 'zod';
import { readDraftSave } from '../db/template-drafts.ts';
import { listVersions, readTemplateHead, readTemplateVersion, type TemplateHead } from '../db/templates.ts';
import { draftProblems } from '../domain/draft.ts';
import { limits } from '../domain/limits.ts';
import { findAnyTemplate } from './names.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import {
  definitionShape,
  headOf,
  headShape,
  problemLine,
  problemShape,
  problemsCount,
  savedShape,
  templateInput,
} from './template-parts.ts';
import { count, dots, lines, plain, quote } from './words.ts';

const output = z.object({
  template: headShape,
  shown: z.enum(['published', 'draft']),
  version: z.number().int().describe('The version shown, or the one that the draft changes'),
  definition: definitionShape,
  saved: savedShape.nullable().describe('Of a draft: by whom and when'),
  problems: z.array(problemShape).describe('What keeps the draft from being published'),
});
type Shown = z.output<typeof output>;

export const getTemplate = operation({
  name: 'get_template',
  title: 'Look at a template',
  description:
    "The whole definition of a template, the organization's own or a public one: as published, or its draft with what is still wrong with it.",
  kind: 'read',
  access: 'member',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/templates/{template}', example: { template: 'Client Onboarding' } },
  input: z.strictObject({
    ...templateInput,
    show: z
      .enum(['published', 'draft'])
      .optional()
      .describe('The draft is shown only when asked for, or when nothing is published yet'),
    version: z.number().int().min(1).max(limits.count).optional().describe('An earlier published version'),
    revision: z
      .number()
      .int()
      .min(1)
      .max(limits.count)
      .optional()
      .describe('An earlier save of the draft; the last 50 are kept'),
  }),
  output,
  async handler({ database, principal }, { template, show, version, revision }) {
    return database.withOrg(principal, async (trx) => {
      const { id } = await findAnyTemplate(trx, template);
      const head = await readTemplateHead(trx, id);
      if (!head) throw new Refusal('not_found', `No template is called ${quote(template)}.`);
      if (version === undefined && (show === 'draft' || revision !== undefined || head.version === 0)) {
        const wanted = revision ?? head.draft;
        const saved = wanted === null ? null : await readDraftSave(trx, id, wanted);
        if (saved) {
          return {
            template: headOf(head),
            ...{ shown: 'draft' as const, version: head.version, definition: saved.draft },
            saved: { by: saved.savedBy, at: saved.savedAt.toISOString() },
            problems: draftProblems(saved.draft),
          };
        }
        if (revision !== undefined)
          throw new Refusal('not_found', `Revision ${revision} of ${quote(head.name)} is not kept any more.`);
      }
      const definition = await readTemplateVersion(trx, id, version ?? head.version);
      if (!definition) {
        const known = await listVersions(trx, principal.orgId, id);
        throw new Refusal(
          'not_found',
          `${quote(head.name)} has no version ${version ?? head.version}; it has ${known.map((v) => v.version).join(', ')}.`,
        );
      }
      return published(head, version ?? head.version, definition);
    });
  },
  text: (facts) => shownText(facts),
});

export const getPublicTemplate = operation({
  name: 'get_public_template',
  title: 'Look at a public template',
  description: 'The whole definition of a template of the public marketplace; anyone may look, signed in or not.',
  kind: 'read',
  access: 'public',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/public/templates/{template}', example: { template: 'Personal tax return' } },
  input: z.strictObject(templateInput),
  output,
  async handler({ database }, { template }) {
    const { id } = await findAnyTemplate(database.open, template);
    const head = await readTemplateHead(database.open, id);
    const definition = head && (await readTemplateVersion(database.open, id, head.version));
    if (!definition) throw new Refusal('not_found', `No public template is called ${quote(template)}.`);
    return published(head, head.version, definition);
  },
  text: (facts) => shownText(facts),
});

const published = (head: TemplateHead, version: number, definition: Shown['definition']): Shown => ({
  template: headOf(head),
  ...{ shown: 'published', version, definition, saved: null, problems: [] },
});

const shownText = ({ template, shown, version, definition, problems }: Shown): string =>
  lines(
    dots(
      plain(definition.name || template.name),
      shown === 'published'
        ? `version ${version}`
        : version === 0
          ? 'draft, never published'
          : `draft on version ${version}`,
      count(definition.steps.length, 'step'),
      `\`${template.id}\``,
    ),
    definition.steps.map((s) =>
      [`- ${quote(s.title)}`, s.type, s.dependsOn.length > 0 && `after ${s.dependsOn.join(', ')}`, `\`${s.key}\``]
        .filter((part) => part !== false)
        .join(' · '),
    ),
    problems.length > 0 && `${problemsCount(problems)} to mend before it can be published:`,
    problems.map(problemLine),
  );

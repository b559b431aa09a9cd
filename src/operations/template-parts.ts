/** What the operations on templates share: their shapes, and finding one's own. */
import { z } from 'zod';
import type { Trx } from '../db/database.ts';
import { readTemplateHead, type TemplateHead } from '../db/templates.ts';
import { type DraftProblem, draftSchema } from '../domain/draft.ts';
import { limits } from '../domain/limits.ts';
import { findAnyTemplate, type HowCalled, nameOrId } from './names.ts';
import { Refusal } from './refusal.ts';
import { moment } from './shapes.ts';
import { count, plain, quote } from './words.ts';

export const templateInput = { template: nameOrId('Name or id') };

export const revisionInput = {
  revision: z
    .number()
    .int()
    .min(0)
    // One more must fit, too: the save's own.
    .max(limits.count - 1)
    .describe('The revision you saw, from `get_template` or your last save: nothing is done when it has changed since'),
};

/** Checked by its handler, so that each mistake is told as one in a template. */
export const definitionInput = z
  .record(z.string(), z.unknown())
  .describe('The whole template: name, description, category, steps. /schemas/template.json says how it is written.');

export const headShape = z.object({
  id: z.string(),
  name: z.string(),
  public: z.boolean(),
  archived: z.boolean(),
  version: z.number().int().describe('The newest published one; 0 before the first'),
  revision: z.number().int().describe('Counts what is done to the draft'),
  draft: z.boolean().describe('Are there changes that are not published?'),
});
export type Head = z.infer<typeof headShape>;

export const headOf = (t: TemplateHead): Head => ({
  id: t.id,
  name: t.name,
  public: t.org_id === null,
  archived: t.archived_at !== null,
  version: t.version,
  revision: t.revision,
  draft: t.draft !== null,
});

export const problemShape = z.object({
  step: z.string().describe("The step's key; empty for the template as a whole"),
  title: z.string().describe("The step's title"),
  at: z.string().describe('Where in it, such as "title" or "fields.0.label"'),
  message: z.string(),
});

export const definitionShape = draftSchema;
export const savedShape = z.object({ by: z.string(), at: moment });

export const problemLine = ({ title, message }: DraftProblem): string =>
  `- ${title ? `${quote(title)}: ` : ''}${message}`;

export const problemsCount = (problems: readonly DraftProblem[]): string => count(problems.length, 'problem');

/** A template of this org, to be changed. A public one is none's to change, and an archived one rests. */
export async function findOwn(
  trx: Trx,
  ref: string,
  archived: 'too' | 'not' = 'not',
  how: HowCalled = {},
): Promise<TemplateHead> {
  const { id, name } = await findAnyTemplate(trx, ref, how);
  const head = await readTemplateHead(trx, id);
  if (!head) throw new Refusal('not_found', `No template is called ${quote(ref)}. Nothing changed.`);
  if (head.org_id === null) {
    throw new Refusal(
      'not_yours',
      `${quote(name)} is a public template, which nobody changes. Copy it to your organization with \`copy_template\`, and change the copy. Nothing changed.`,
    );
  }
  if (archived === 'not' && head.archived_at !== null) {
    throw new Refusal(
      'archived',
      `${quote(name)} is archived. Offer it again first (\`archive_template\` with \`archived: false\`). Nothing changed.`,
    );
  }
  return head;
}

/** The refusal of whoever saw another revision than the template has now. */
export const conflict = (head: TemplateHead, seen: number, saved: { savedBy: string } | null): Refusal =>
  new Refusal(
    'conflict',
    `${plain(head.name)} has changed since you looked: you saw revision ${seen}, it is at ${head.revision}${saved ? `, saved by ${plain(saved.savedBy)}` : ', and has no draft'}. Look at it with \`get_template\`, and do yours again on top. Nothing changed.`,
    { revision: head.revision, ...(saved && { savedBy: saved.savedBy }) },
  );

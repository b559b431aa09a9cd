/** Templates and their published versions. */
import { type Kysely, sql } from 'kysely';
import { templateProblems } from '../domain/read-template.ts';
import { type Template, templateSchema } from '../domain/template.ts';
import type { Trx } from './database.ts';
import type { Tables } from './schema.ts';

export interface ListedTemplate {
  readonly id: string;
  readonly org_id: string | null;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly version: number;
  readonly step_count: number;
}

const columns = ['id', 'org_id', 'name', 'description', 'category', 'version', 'step_count'] as const;

/** The org's own templates, by name. */
export function listTemplates(trx: Trx, orgId: string): Promise<ListedTemplate[]> {
  return trx
    .selectFrom('templates')
    .select(columns)
    .where('org_id', '=', orgId)
    .orderBy(sql`lower(name)`)
    .orderBy('id')
    .execute();
}

/** The marketplace, by category and name. Needs no org. */
export function listPublicTemplates(db: Kysely<Tables>): Promise<ListedTemplate[]> {
  return db
    .selectFrom('templates')
    .select(columns)
    .where('org_id', 'is', null)
    .orderBy(sql`lower(category)`)
    .orderBy(sql`lower(name)`)
    .execute();
}

/** All a person of this org may make flows from: their own first, then the public ones. */
export function usableTemplates(trx: Trx): Promise<ListedTemplate[]> {
  return trx.selectFrom('templates').select(columns).orderBy(sql`org_id is null`).orderBy(sql`lower(name)`).execute();
}

/** The steps as published; null when there is no such version. */
export async function readTemplateVersion(trx: Kysely<Tables>, id: string, version: number): Promise<Template | null> {
  const row = await trx
    .selectFrom('template_versions')
    .select('definition')
    .where('template_id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst();
  return row ? templateSchema.parse(row.definition) : null;
}

/**
 * Publishes a template, or its next version. `orgId` null makes it public, which only the owner of the tables may.
 * Throws when the steps can't be run: what `readTemplate` refuses never becomes a version.
 */
export async function publishTemplate(
  trx: Kysely<Tables>,
  id: string,
  orgId: string | null,
  template: Template,
): Promise<number> {
  const [problem] = templateProblems(template.steps);
  if (problem) throw new Error(`Template ${id} can't be published. ${problem.message}`);
  const head = {
    name: template.name,
    description: template.description,
    category: template.category,
    step_count: template.steps.length,
  };
  const row = await trx
    .insertInto('templates')
    .values({ id, org_id: orgId, version: 1, ...head })
    .onConflict((on) =>
      on.column('id').doUpdateSet({ ...head, version: sql`templates.version + 1`, updated_at: new Date() }),
    )
    .returning('version')
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('template_versions')
    .values({ template_id: id, version: row.version, org_id: orgId, definition: JSON.stringify(template) })
    .execute();
  return row.version;
}

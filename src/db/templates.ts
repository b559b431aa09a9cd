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

export interface OwnTemplate extends ListedTemplate {
  readonly draft: number | null;
  readonly archived_at: Date | null;
  /** Of the newest version; null when there is none. */
  readonly published_at: Date | null;
  /** How many flows were made from it, of any version. */
  readonly flows: number;
}

/** The org's own templates, by name: those on offer, or also those that were never published or are archived. */
export function listTemplates(trx: Trx, orgId: string, which: 'offered' | 'all'): Promise<OwnTemplate[]> {
  return trx
    .selectFrom('templates')
    .leftJoin('template_versions as v', (on) =>
      on.onRef('v.template_id', '=', 'templates.id').onRef('v.version', '=', 'templates.version'),
    )
    .leftJoin(
      (from) =>
        from
          .selectFrom('flows')
          .select((e) => ['template_id', e.fn.countAll<string>().as('n')])
          .where('org_id', '=', orgId)
          .groupBy('template_id')
          .as('made'),
      (on) => on.onRef('made.template_id', '=', 'templates.id'),
    )
    .select(['id', 'templates.org_id', 'name', 'description', 'category', 'templates.version', 'step_count'])
    .select(['draft', 'archived_at', 'v.published_at', sql<number>`coalesce(made.n, 0)::int`.as('flows')])
    .where('templates.org_id', '=', orgId)
    .$if(which === 'offered', (q) => q.where('templates.version', '>', 0).where('archived_at', 'is', null))
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

const knownTemplates = (db: Kysely<Tables>) =>
  db.selectFrom('templates').select(columns).orderBy(sql`org_id is null`).orderBy(sql`lower(name)`);

/** All a person of this org may make flows from: their own first, then the public ones. */
export const usableTemplates = (trx: Trx): Promise<ListedTemplate[]> =>
  knownTemplates(trx).where('version', '>', 0).where('archived_at', 'is', null).execute();

/** All that is seen: also what was never published, or is archived. Outside of an org, the public ones. */
export const allTemplates = (db: Kysely<Tables>): Promise<ListedTemplate[]> => knownTemplates(db).execute();

export interface TemplateHead extends ListedTemplate {
  readonly revision: number;
  readonly draft: number | null;
  readonly archived_at: Date | null;
}

/** One template; null when it is not there for whoever asks. */
export const readTemplateHead = async (db: Kysely<Tables>, id: string): Promise<TemplateHead | null> =>
  (await db
    .selectFrom('templates')
    .select([...columns, 'revision', 'draft', 'archived_at'])
    .where('id', '=', id)
    .executeTakeFirst()) ?? null;

export interface VersionRow {
  readonly version: number;
  readonly published_at: Date;
  readonly published_by: string | null;
  readonly steps: number;
  /** How many flows of this org were made from this version. */
  readonly flows: number;
}

/** Newest first. */
export function listVersions(trx: Trx, orgId: string, id: string): Promise<VersionRow[]> {
  return trx
    .selectFrom('template_versions as v')
    .select((e) => [
      ...(['v.version', 'published_at', 'published_by'] as const),
      sql<number>`jsonb_array_length(definition->'steps')`.as('steps'),
      e
        .selectFrom('flows')
        .select(sql<number>`count(*)::int`.as('n'))
        .where('flows.org_id', '=', orgId)
        .where('flows.template_id', '=', id)
        .whereRef('flows.template_version', '=', 'v.version')
        .$asScalar()
        .$notNull()
        .as('flows'),
    ])
    .where('v.template_id', '=', id)
    .orderBy('v.version', 'desc')
    .execute();
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

/** The version that this revision of the draft became; null when it became none. */
export const versionOfRevision = async (trx: Trx, id: string, revision: number): Promise<number | null> =>
  (
    await trx
      .selectFrom('template_versions')
      .select('version')
      .where('template_id', '=', id)
      .where('revision', '=', revision)
      .executeTakeFirst()
  )?.version ?? null;

/**
 * Publishes a template, or its next version; `draft` says by whom, and which revision of the draft it was. `orgId` null makes it public, which only the owner of the tables may.
 * Throws when the steps can't be run: what `readTemplate` refuses never becomes a version.
 */
export async function publishTemplate(
  trx: Kysely<Tables>,
  id: string,
  orgId: string | null,
  template: Template,
  draft: { readonly by: string; readonly revision: number } | null = null,
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
    .values({
      ...{ template_id: id, version: row.version, org_id: orgId, definition: JSON.stringify(template) },
      ...{ published_by: draft?.by ?? null, revision: draft?.revision ?? null },
    })
    .execute();
  return row.version;
}

/** Imports: many flows from one table, and what became of each line. */
import { createHash } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { Trx } from './database.ts';
import type { FlowImportLines, FlowImports, ImportLine } from './schema.ts';

export type ImportRow = Selectable<FlowImports>;
export type ImportLineRow = Selectable<FlowImportLines>;

export interface NewImport {
  readonly orgId: string;
  readonly id: string;
  readonly template: { readonly id: string; readonly name: string };
  readonly by: string;
  readonly at: Date;
  readonly lines: readonly ImportLine[];
  readonly hash: string;
}

/** It is over with the line, and no flow came of it. */
const isUnmade = sql<boolean>`(state in ('FAILED', 'STOPPED') and flow_id is null)`;

/** Two imports of an org at one moment would not see each other's: one waits for the other. */
export const oneImportAtATime = (trx: Trx, orgId: string): Promise<unknown> =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`imports ${orgId}`}, 0))`.execute(trx);

/** The same for the same lines with the same template, in whatever order and from whatever file. */
export function tableHash(templateId: string, lines: readonly ImportLine[]): string {
  const texts = lines.map(({ line: _, ...asked }) => JSON.stringify(Object.entries(asked).sort()));
  return createHash('sha256')
    .update(JSON.stringify([templateId, ...texts.sort()]))
    .digest('base64url');
}

/** The last import of this table, of those that made anything of it or still will: one that was stopped before that doubles nothing. */
export const findSameTable = (trx: Trx, hash: string): Promise<ImportRow | undefined> =>
  trx
    .selectFrom('flow_imports')
    .selectAll()
    .where('table_hash', '=', hash)
    .where(({ exists, selectFrom, not }) =>
      exists(
        selectFrom('flow_import_lines')
          .select('line')
          .whereRef('flow_import_lines.import_id', '=', 'flow_imports.id')
          .where(not(isUnmade)),
      ),
    )
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();

/** Those of the names that a flow has which was not cancelled, or a line that an import has still to make; in their order. */
export async function namesThere(trx: Trx, names: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from (
      select distinct on (lower(name)) name, place from unnest(${names}::text[]) with ordinality as asked (name, place)
      where exists (select 1 from flows where name_key = lower(asked.name) and status <> 'CANCELLED')
        or lower(name) in (select lower(input ->> 'name') from flow_import_lines where state = 'PENDING')
      order by lower(name), place
    ) as there
    order by place`.execute(trx);
  return rows.map((r) => r.name);
}

/** Keeps what is asked for. */
export async function insertImport(trx: Trx, asked: NewImport): Promise<void> {
  const { orgId, id, template, by, at, lines, hash } = asked;
  await trx
    .insertInto('flow_imports')
    .values({
      ...{ org_id: orgId, id, template_id: template.id, template_name: template.name },
      ...{ by, total: lines.length, created_at: at, table_hash: hash },
    })
    .execute();
  const rows = lines.map((l) => ({
    ...{ org_id: orgId, import_id: id, line: l.line },
    ...{ input: JSON.stringify(l), state: 'PENDING' as const },
  }));
  for (let i = 0; i < rows.length; i += 500)
    await trx
      .insertInto('flow_import_lines')
      .values(rows.slice(i, i + 500))
      .execute();
}

export const findImport = (trx: Trx, id: string): Promise<ImportRow | undefined> =>
  trx.selectFrom('flow_imports').selectAll().where('id', '=', id).executeTakeFirst();

/** The org's imports, the newest first, from after a place on. */
export function listImports(
  trx: Trx,
  after: { readonly at: string; readonly id: string } | null,
  most: number,
): Promise<ImportRow[]> {
  let rows = trx.selectFrom('flow_imports').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(most);
  if (after !== null) rows = rows.where(sql<boolean>`(created_at, id) < (${after.at}::timestamptz, ${after.id})`);
  return rows.execute();
}

export interface ImportCounts {
  readonly pending: number;
  readonly done: number;
  readonly failed: number;
  readonly stopped: number;
  /** Of those that failed or were stopped. */
  readonly unmade: number;
}

const noLines: ImportCounts = { pending: 0, done: 0, failed: 0, stopped: 0, unmade: 0 };

/** How many lines stand how, by the import's id. */
export async function countLinesOf(trx: Trx, ids: readonly string[]): Promise<(id: string) => ImportCounts> {
  const n = (state: ImportLineRow['state']) => sql<number>`(count(*) filter (where state = ${state}))::int`;
  const rows =
    ids.length === 0
      ? []
      : await trx
          .selectFrom('flow_import_lines')
          .select(['import_id', n('PENDING').as('pending'), n('DONE').as('done')])
          .select([n('FAILED').as('failed'), n('STOPPED').as('stopped')])
          .select(sql<number>`(count(*) filter (where ${isUnmade}))::int`.as('unmade'))
          .where('import_id', 'in', ids)
          .groupBy('import_id')
          .execute();
  const byId = new Map(rows.map(({ import_id: id, ...counts }) => [id, counts]));
  return (id) => byId.get(id) ?? noLines;
}

export const countLines = async (trx: Trx, id: string): Promise<ImportCounts> => (await countLinesOf(trx, [id]))(id);

/** Lines in their order, from after a line on. */
export function listLines(
  trx: Trx,
  id: string,
  { state, after, most }: { state?: ImportLineRow['state'] | undefined; after: number; most: number },
): Promise<ImportLineRow[]> {
  let lines = trx
    .selectFrom('flow_import_lines')
    .selectAll()
    .where('import_id', '=', id)
    .where('line', '>', after)
    .orderBy('line')
    .limit(most);
  if (state) lines = lines.where('state', '=', state);
  return lines.execute();
}

/** What was asked for in the lines that it is over with and that no flow came of, in their order. */
export async function unmadeLines(trx: Trx, id: string): Promise<ImportLine[]> {
  const rows = await trx
    .selectFrom('flow_import_lines')
    .select('input')
    .where('import_id', '=', id)
    .where(isUnmade)
    .orderBy('line')
    .execute();
  return rows.map((r) => r.input);
}

/** What became of a line. */
export async function settleLine(
  trx: Trx,
  id: string,
  line: number,
  outcome: { readonly flowId: string | null; readonly error: string | null },
): Promise<void> {
  await trx
    .updateTable('flow_import_lines')
    .set({ state: outcome.error === null ? 'DONE' : 'FAILED', flow_id: outcome.flowId, error: outcome.error })
    .where('import_id', '=', id)
    .where('line', '=', line)
    .execute();
}

/** The flow of a line that is not done yet: whoever ends the import before that tells of it. */
export async function noteFlow(trx: Trx, id: string, line: number, flowId: string): Promise<void> {
  await trx
    .updateTable('flow_import_lines')
    .set({ flow_id: flowId })
    .where('import_id', '=', id)
    .where('line', '=', line)
    .execute();
}

/** Marks lines as begun, before anything is made of them. Gives those that are still to be made: one may be stopped by now. */
export async function beginLines(trx: Trx, id: string, lines: readonly number[]): Promise<ReadonlySet<number>> {
  // Waits for who is stopping it, and lets them wait.
  await trx.selectFrom('flow_imports').select('id').where('id', '=', id).forShare().execute();
  const begun = await trx
    .updateTable('flow_import_lines')
    .set({ begun: true })
    .where('import_id', '=', id)
    .where('line', 'in', lines)
    .where('state', '=', 'PENDING')
    .returning('line')
    .execute();
  return new Set(begun.map((l) => l.line));
}

/** Leaves out what is not begun. `by`: the name of who wants it. Who stopped it first is kept. */
export async function stopImport(trx: Trx, id: string, by: string, at: Date): Promise<void> {
  await trx
    .updateTable('flow_imports')
    .set({ stopped_at: at, stopped_by: by })
    .where('id', '=', id)
    .where('stopped_at', 'is', null)
    .execute();
  await trx
    .updateTable('flow_import_lines')
    .set({ state: 'STOPPED' })
    .where('import_id', '=', id)
    .where('state', '=', 'PENDING')
    .where('begun', '=', false)
    .execute();
}

/** Why lines are failed that are left: with no flow, and with one that lacks what was to follow. */
export interface WhyFailed {
  readonly notMade: string;
  readonly halfMade: string;
}

/** Ends all that is left as failed, with why. Gives how many lines that were. */
export async function failRest(trx: Trx, id: string, { notMade, halfMade }: WhyFailed): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('flow_import_lines')
    .set({ state: 'FAILED', error: sql`case when flow_id is null then ${notMade}::text else ${halfMade}::text end` })
    .where('import_id', '=', id)
    .where('state', '=', 'PENDING')
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

export async function finishImport(trx: Trx, id: string, at: Date): Promise<void> {
  await trx
    .updateTable('flow_imports')
    .set({ finished_at: at })
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .execute();
}

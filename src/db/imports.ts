/** Imports: many flows from one table, and what became of each line. */
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
}

/** Keeps what is asked for. False when it was asked for before. */
export async function insertImport(trx: Trx, { orgId, id, template, by, at, lines }: NewImport): Promise<boolean> {
  const made = await trx
    .insertInto('flow_imports')
    .values({
      ...{ org_id: orgId, id, template_id: template.id, template_name: template.name },
      ...{ by, total: lines.length, created_at: at },
    })
    .onConflict((on) => on.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!made) return false;
  const rows = lines.map((l) => ({
    ...{ org_id: orgId, import_id: id, line: l.line },
    ...{ input: JSON.stringify(l), state: 'PENDING' as const },
  }));
  for (let i = 0; i < rows.length; i += 500)
    await trx
      .insertInto('flow_import_lines')
      .values(rows.slice(i, i + 500))
      .execute();
  return true;
}

export const findImport = (trx: Trx, id: string): Promise<ImportRow | undefined> =>
  trx.selectFrom('flow_imports').selectAll().where('id', '=', id).executeTakeFirst();

/** The org's imports, the newest first. */
export const listImports = (trx: Trx, most: number): Promise<ImportRow[]> =>
  trx.selectFrom('flow_imports').selectAll().orderBy('created_at', 'desc').limit(most).execute();

export interface ImportCounts {
  readonly pending: number;
  readonly done: number;
  readonly failed: number;
}

export async function countLines(trx: Trx, id: string): Promise<ImportCounts> {
  const n = (state: ImportLineRow['state']) => sql<number>`(count(*) filter (where state = ${state}))::int`;
  return trx
    .selectFrom('flow_import_lines')
    .select([n('PENDING').as('pending'), n('DONE').as('done'), n('FAILED').as('failed')])
    .where('import_id', '=', id)
    .executeTakeFirstOrThrow();
}

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

/** Ends what is not begun, with why. Gives how many lines that were. */
export async function stopImport(trx: Trx, id: string, why: string): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('flow_import_lines')
    .set({ state: 'FAILED', error: why })
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

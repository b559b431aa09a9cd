/** Drafts of templates. Every save counts the template's revision up: who saves names the one they saw, or saves nothing. */
import type { Draft } from '../domain/draft.ts';
import { draftSchema } from '../domain/draft.ts';
import { isName } from '../domain/naming.ts';
import type { Trx } from './database.ts';

/** How many saves of a draft are kept, to put back what was removed. */
const kept = 50;

export interface SavedDraft {
  readonly revision: number;
  readonly draft: Draft;
  readonly savedBy: string;
  readonly savedAt: Date;
}

/** A save of the draft; null when it is not kept, or never was. */
export async function readDraftSave(trx: Trx, id: string, revision: number): Promise<SavedDraft | null> {
  const row = await trx
    .selectFrom('template_drafts')
    .select(['revision', 'definition', 'saved_by', 'saved_at'])
    .where('template_id', '=', id)
    .where('revision', '=', revision)
    .executeTakeFirst();
  if (!row) return null;
  const { saved_by: savedBy, saved_at: savedAt } = row;
  return { revision, draft: draftSchema.parse(row.definition), savedBy, savedAt };
}

interface Save {
  readonly orgId: string;
  readonly id: string;
  /** The revision that was seen. */
  readonly revision: number;
  readonly draft: Draft;
  readonly by: string;
}

/** The new revision; null, and nothing saved, when the template is at another one by now. */
export async function saveDraft(trx: Trx, { orgId, id, revision: seen, draft, by }: Save): Promise<number | null> {
  const revision = seen + 1;
  const taken = await trx
    .updateTable('templates')
    .set({ revision, draft: revision, updated_at: new Date() })
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .where('revision', '=', seen)
    .returning('version')
    .executeTakeFirst();
  if (!taken) return null;
  // What was never published is listed by its draft.
  if (taken.version === 0) {
    const { name, description, category, steps } = draft;
    const head = { name: isName(name) ? name.trim() : 'Untitled', description, category, step_count: steps.length };
    await trx.updateTable('templates').set(head).where('id', '=', id).execute();
  }
  await trx
    .insertInto('template_drafts')
    .values({ org_id: orgId, template_id: id, revision, definition: JSON.stringify(draft), saved_by: by })
    .execute();
  await trx
    .deleteFrom('template_drafts')
    .where('template_id', '=', id)
    .where('revision', '<=', revision - kept)
    .execute();
  return revision;
}

/** Ends the draft, as it was discarded or has become a version. */
export async function endDraft(trx: Trx, id: string): Promise<void> {
  await trx.deleteFrom('template_drafts').where('template_id', '=', id).execute();
  await trx
    .updateTable('templates')
    .set((e) => ({ draft: null, revision: e('revision', '+', 1), updated_at: new Date() }))
    .where('id', '=', id)
    .execute();
}

/** A template that was never published, with its draft. */
export async function insertTemplate(trx: Trx, { orgId, id, draft, by }: Omit<Save, 'revision'>): Promise<void> {
  await trx
    .insertInto('templates')
    .values({ id, org_id: orgId, name: '', description: '', category: '', version: 0, step_count: 0 })
    .execute();
  await saveDraft(trx, { orgId, id, revision: 0, draft, by });
}

/** Shuts it away, or offers it again. */
export const setArchived = (trx: Trx, id: string, at: Date | null): Promise<unknown> =>
  trx.updateTable('templates').set({ archived_at: at }).where('id', '=', id).execute();

/** For good: only of what was never published. */
export const deleteTemplate = (trx: Trx, id: string): Promise<unknown> =>
  trx.deleteFrom('templates').where('id', '=', id).where('version', '=', 0).execute();

/** Holds the template's row until the transaction ends, so that its revision stays. */
export const lockTemplate = (trx: Trx, id: string): Promise<unknown> =>
  trx.selectFrom('templates').select('id').where('id', '=', id).forUpdate().execute();

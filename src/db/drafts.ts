/** What clients have filled in and not sent yet. */
import { sql } from 'kysely';
import type { Answers } from '../domain/flow.ts';
import type { Trx } from './database.ts';

export interface DraftOf {
  readonly orgId: string;
  readonly flowId: string;
  readonly externalId: string;
}

export interface Draft {
  readonly answers: Answers;
  readonly comment: string;
}

/** Whoever reads a draft to write it anew waits for others that do, until its transaction ends: a file comes while one types. */
export const oneDraftAtATime = (trx: Trx, { orgId, externalId }: DraftOf, taskId: string): Promise<unknown> =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`draft ${orgId} ${externalId} ${taskId}`}, 0))`.execute(trx);

export async function saveDraft(trx: Trx, whose: DraftOf, taskId: string, draft: Draft, at: Date): Promise<void> {
  const { answers, comment } = draft;
  const changing = { answers: JSON.stringify(answers), comment, updated_at: at };
  await trx
    .insertInto('form_drafts')
    .values({
      org_id: whose.orgId,
      flow_id: whose.flowId,
      external_id: whose.externalId,
      task_id: taskId,
      ...changing,
    })
    .onConflict((on) => on.columns(['org_id', 'flow_id', 'task_id', 'external_id']).doUpdateSet(changing))
    .execute();
}

/** A client's drafts in their flow, by task. */
export async function draftsOf(trx: Trx, whose: DraftOf): Promise<Map<string, Draft & { savedAt: Date }>> {
  const rows = await trx
    .selectFrom('form_drafts')
    .selectAll()
    .where('flow_id', '=', whose.flowId)
    .where('external_id', '=', whose.externalId)
    .execute();
  return new Map(
    rows.map((r) => [r.task_id, { answers: r.answers, comment: r.comment, savedAt: r.updated_at }] as const),
  );
}

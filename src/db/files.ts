/** What is known of people's files; their bytes are in the file store. */
import type { Selectable } from 'kysely';
import type { Actor } from '../domain/actor.ts';
import type { Flow } from '../domain/flow.ts';
import { fileIdsOf } from '../domain/form.ts';
import type { Trx } from './database.ts';
import type { Files } from './schema.ts';

export type FileRow = Selectable<Files>;

export interface NewFile {
  readonly orgId: string;
  readonly id: string;
  readonly flowId: string;
  readonly taskId: string;
  readonly fieldKey: string;
  readonly storeKey: string;
  readonly name: string;
  readonly by: Actor;
  readonly at: Date;
}

/** Before its first byte comes, so that nothing is ever in the store that no row knows. */
export async function beginFile(trx: Trx, file: NewFile): Promise<void> {
  await trx
    .insertInto('files')
    .values({
      org_id: file.orgId,
      id: file.id,
      flow_id: file.flowId,
      task_id: file.taskId,
      field_key: file.fieldKey,
      store_key: file.storeKey,
      name: file.name,
      uploaded_by: JSON.stringify(file.by),
      uploader_id: file.by.id,
      created_at: file.at,
      state: 'UPLOADING',
    })
    .execute();
}

/** False when its row is gone: its flow or its org was deleted, or its uploader erased, while the bytes came. */
export async function finishFile(
  trx: Trx,
  id: string,
  is: { readonly size: number; readonly mediaType: string; readonly sha256: Buffer },
): Promise<boolean> {
  const done = await trx
    .updateTable('files')
    .set({ state: 'STORED', size: is.size, media_type: is.mediaType, sha256: is.sha256 })
    .where('id', '=', id)
    .executeTakeFirst();
  return done.numUpdatedRows === 1n;
}

export const findFile = (trx: Trx, id: string): Promise<FileRow | undefined> =>
  trx.selectFrom('files').selectAll().where('id', '=', id).where('state', '=', 'STORED').executeTakeFirst();

/** The whole files of a flow, or of one task of it, oldest first. */
export function filesOf(trx: Trx, flowId: string, taskId?: string): Promise<FileRow[]> {
  const all = trx.selectFrom('files').selectAll().where('flow_id', '=', flowId).where('state', '=', 'STORED');
  return (taskId === undefined ? all : all.where('task_id', '=', taskId)).orderBy('created_at').orderBy('id').execute();
}

/** How many files this person has put into this flow that nobody has sent as an answer. */
export async function countUnsent(trx: Trx, flowId: string, uploaderId: string): Promise<number> {
  const { n } = await trx
    .selectFrom('files')
    .select(({ fn }) => fn.countAll<string>().as('n'))
    .where('flow_id', '=', flowId)
    .where('uploader_id', '=', uploaderId)
    .where('kept_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Deletes the rows of files that no flow has taken as an answer, and says how many; the clean-up takes their bytes out of the store. */
export async function dropUnsent(trx: Trx, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const gone = await trx
    .deleteFrom('files')
    .where('id', 'in', [...ids])
    .where('kept_at', 'is', null)
    .executeTakeFirst();
  return Number(gone.numDeletedRows);
}

/** What the flow took as answers stays as long as the flow does. An older projection may say so, however late. */
export async function keepAnsweredFiles(trx: Trx, flow: Flow): Promise<void> {
  for (const task of flow.tasks) {
    const ids = task.fields.flatMap((f) => (f.type === 'file' ? fileIdsOf(task.answers?.[f.key] ?? '') : []));
    if (ids.length > 0) {
      await trx
        .updateTable('files')
        .set({ kept_at: new Date() })
        .where('flow_id', '=', flow.id)
        .where('task_id', '=', task.id)
        .where('id', 'in', ids)
        .where('kept_at', 'is', null)
        .execute();
    }
  }
}

/** Expired credentials go, by a Temporal Schedule. */
import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { sql } from 'kysely';
import type { Database } from '../db/database.ts';
import type { FileStore } from '../platform/files/store.ts';
import { type CleanupActivities, cleanupScheduleId, cleanupWorkflowType } from '../workflows/contract.ts';

const rowsPerBatch = 1_000;

/** Objects taken out of the file store in one batch. */
const bytesPerBatch = 100;

export const makeCleanupActivities = (
  database: Database,
  files: FileStore,
  clock: () => number = Date.now,
): CleanupActivities => ({
  async deleteExpired() {
    const now = new Date(clock());
    const { rows } = await sql<{ n: number }>`
      select delete_expired(${now}, ${rowsPerBatch})
        + delete_old_claims(${now}, ${rowsPerBatch})
        + delete_old_invitations(${now}, ${rowsPerBatch})
        + delete_old_deliveries(${now}, ${rowsPerBatch})
        + delete_old_commands(${now}, ${rowsPerBatch})
        + delete_old_reminder_links(${now}, ${rowsPerBatch})
        + delete_left_over(${now}, ${rowsPerBatch}) as n
    `.execute(database.open);
    return (rows[0]?.n ?? 0) + (await emptyStore(database, files));
  },
});

/** Takes bytes whose row is gone out of the store; gives how many. One that can't be taken out now stops no other. */
async function emptyStore(database: Database, files: FileStore): Promise<number> {
  const { rows } = await sql<{ store_key: string }>`select * from list_file_remains(${bytesPerBatch})`.execute(
    database.open,
  );
  const tried = await Promise.allSettled(rows.map(({ store_key: key }) => files.delete(key).then(() => key)));
  const gone = tried.flatMap((t) => (t.status === 'fulfilled' ? [t.value] : []));
  if (gone.length > 0) await sql`select forget_file_remains(${gone})`.execute(database.open);
  const failed = tried.find((t) => t.status === 'rejected');
  if (failed) throw new Error(`${rows.length - gone.length} files could not be deleted`, { cause: failed.reason });
  return gone.length;
}

/** Makes the schedule, once, however many workers start at the same time. */
export async function ensureCleanupSchedule(client: Client, taskQueue: string): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: cleanupScheduleId,
      spec: { intervals: [{ every: '1 hour' }] },
      action: {
        type: 'startWorkflow',
        workflowType: cleanupWorkflowType,
        workflowId: cleanupScheduleId,
        taskQueue,
        args: [],
      },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 hour' },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

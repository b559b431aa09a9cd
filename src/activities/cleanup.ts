/** Expired credentials go, by a Temporal Schedule. */
import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { sql } from 'kysely';
import type { Database } from '../db/database.ts';
import { type CleanupActivities, cleanupScheduleId, cleanupWorkflowType } from '../workflows/contract.ts';

const rowsPerBatch = 1_000;

export const makeCleanupActivities = (database: Database, clock: () => number = Date.now): CleanupActivities => ({
  async deleteExpired() {
    const { rows } = await sql<{
      n: number;
    }>`select delete_expired(${new Date(clock())}, ${rowsPerBatch})
      + delete_old_invitations(${new Date(clock())}, ${rowsPerBatch}) as n`.execute(database.open);
    return rows[0]?.n ?? 0;
  },
});

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

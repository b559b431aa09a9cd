/** Is a worker there? Temporal knows who polled a task queue lately. */
import type { Client } from '@temporalio/client';

const pollerFreshMs = 90_000;

/** Throws when no worker has polled for workflow tasks in the last 90 seconds. */
export async function needWorker(client: Client, taskQueue: string): Promise<void> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: 1,
  });
  const fresh = (pollers ?? []).some((p) => Number(p.lastAccessTime?.seconds ?? 0) * 1000 > Date.now() - pollerFreshMs);
  if (!fresh) throw new Error(`no worker polls the task queue "${taskQueue}"`);
}

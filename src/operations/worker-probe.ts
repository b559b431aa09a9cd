/** Is a worker there, and does it work? Who polled lately is no answer: Temporal remembers a dead one for minutes. */
import { type Client, isGrpcCancelledError, isGrpcDeadlineError, WorkflowNotFoundError } from '@temporalio/client';
import { aliveQuery, probeWorkflowType } from '../workflows/contract.ts';

/** Throws, with a sentence, when no worker of the task queue answers within `ms`. */
export async function probeWorker(client: Client, taskQueue: string, ms: number): Promise<void> {
  const workflowId = `probe/${taskQueue}`;
  const ask = () => client.workflow.getHandle(workflowId).query<boolean>(aliveQuery);
  const start = () =>
    client.workflow.start(probeWorkflowType, {
      workflowId,
      taskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: 'Answers whether a worker is there',
    });
  try {
    await client.withDeadline(Date.now() + ms, async () => {
      try {
        await ask();
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
        await start();
        await ask();
      }
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    if (!isGrpcDeadlineError(cause) && !isGrpcCancelledError(cause)) throw cause;
    throw new Error(`no worker of the task queue "${taskQueue}" answers`, { cause });
  }
}

/** How an import is begun: as a workflow of its own, which goes on whatever is restarted meanwhile. */
import { type Client, WorkflowIdConflictPolicy } from '@temporalio/client';
import { type ImportRef, importWorkflowId, importWorkflowType } from '../workflows/contract.ts';

export interface ImportTools {
  /** Begins to make an import's flows, or goes on with them. Rejects when Temporal does not take it. */
  readonly start: (ref: ImportRef) => Promise<void>;
}

export const importTools = (client: Client, taskQueue: string): ImportTools => ({
  async start(ref) {
    await client.withDeadline(Date.now() + 5_000, () =>
      client.workflow.start<(ref: ImportRef) => Promise<void>>(importWorkflowType, {
        workflowId: importWorkflowId(ref),
        taskQueue,
        args: [ref],
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        staticSummary: 'Many flows from a table',
      }),
    );
  },
});

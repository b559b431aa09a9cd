/** The workflows beside an org's flows: how each is begun, and how all that an org has are ended and forgotten. */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowNotFoundError,
} from '@temporalio/client';
import {
  type ErasureRef,
  erasureWorkflowId,
  erasureWorkflowType,
  flowWorkflowId,
  handOverWorkflowId,
  handOverWorkflowType,
  type ImportRef,
  importWorkflowId,
  importWorkflowType,
  type OrgRef,
  orgDeletionWorkflowId,
  orgDeletionWorkflowType,
  type WebhookRef,
  webhookSignal,
  webhookWorkflowId,
  webhookWorkflowType,
} from '../workflows/contract.ts';
import { away, grpc, hasCode } from './engine-trouble.ts';

/** Each rejects with what Temporal's client says where it does not take it. */
export interface OrgWorkflows {
  /** Begins to make an import's flows, or goes on with them. */
  startImport(ref: ImportRef): Promise<void>;
  /** Sees to it that a webhook's deliveries are sent. */
  wakeWebhook(ref: WebhookRef): Promise<void>;
  /** Begins to erase a client's data, or goes on with it. */
  erase(ref: ErasureRef): Promise<void>;
  /** Begins to delete an org, or finds that it is under way. */
  deleteOrg(ref: OrgRef): Promise<void>;
  /**
   * Has the tasks of someone who left passed on at once. Where that can't be started now, the schedule that looks for
   * open hand-overs does it a little later, so it is no error.
   */
  passTasksOn(orgId: string, handOverId: string): Promise<void>;
  /** Ends every workflow that runs for an org, its flows without a word to anybody; gives how many there were. */
  endAll(orgId: string): Promise<number>;
  /** Has Temporal forget every workflow of an org that is over. */
  forgetAll(orgId: string): Promise<void>;
  /** Has Temporal forget the runs of a flow that are over, with their histories, before their retention ends. */
  forgetClosedRuns(orgId: string, flowId: string): Promise<void>;
}

/** Workflows whose ids begin with this and the org's. */
const kinds = ['flow', 'import', 'webhook', 'hand-over', 'erasure'];

/** How long Temporal may take to begin one, in milliseconds. */
const beginMs = 5_000;

const orFoundRunning = { workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING } as const;

export function orgWorkflows(client: Client, taskQueue: string): OrgWorkflows {
  const begin = async (work: () => Promise<unknown>): Promise<void> => {
    await client.withDeadline(Date.now() + beginMs, work);
  };
  const forget = async (query: string): Promise<void> => {
    for await (const { workflowId, runId } of client.workflow.list({ query })) {
      try {
        await client.workflowService.deleteWorkflowExecution({
          namespace: client.options.namespace,
          workflowExecution: { workflowId, runId },
        });
      } catch (error) {
        // Gone already; or who may not, waits for the retention.
        if (!hasCode(error, [grpc.notFound, grpc.permissionDenied, grpc.unimplemented])) throw error;
      }
    }
  };
  return {
    startImport: (ref) =>
      begin(() =>
        client.workflow.start<(ref: ImportRef) => Promise<void>>(importWorkflowType, {
          ...{ workflowId: importWorkflowId(ref), taskQueue, args: [ref], ...orFoundRunning },
          staticSummary: 'Many flows from a table',
        }),
      ),
    wakeWebhook: (ref) =>
      begin(() =>
        client.workflow.signalWithStart<(ref: WebhookRef) => Promise<void>>(webhookWorkflowType, {
          ...{ workflowId: webhookWorkflowId(ref), taskQueue, args: [ref], ...orFoundRunning },
          ...{ signal: webhookSignal, staticSummary: 'Deliveries to a webhook' },
        }),
      ),
    erase: (ref) =>
      begin(() =>
        client.workflow.start<(ref: ErasureRef) => Promise<void>>(erasureWorkflowType, {
          ...{ workflowId: erasureWorkflowId(ref), taskQueue, args: [ref], ...orFoundRunning },
          staticSummary: "Erases a client's data",
        }),
      ),
    deleteOrg: (ref) =>
      begin(() =>
        client.workflow.start<(ref: OrgRef) => Promise<void>>(orgDeletionWorkflowType, {
          ...{ workflowId: orgDeletionWorkflowId(ref), taskQueue, args: [ref], ...orFoundRunning },
          staticSummary: 'Deletes an organization',
        }),
      ),
    async passTasksOn(orgId, handOverId) {
      try {
        await begin(() =>
          client.workflow.start<() => Promise<number>>(handOverWorkflowType, {
            ...{ workflowId: handOverWorkflowId(orgId, handOverId), taskQueue, args: [] },
            staticSummary: 'Passes on the tasks of members who left',
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError) && !hasCode(error, away)) throw error;
      }
    },
    async endAll(orgId) {
      let ended = 0;
      for (const kind of kinds) {
        const query = `WorkflowId STARTS_WITH '${kind}/${orgId}/' AND ExecutionStatus = 'Running'`;
        for await (const { workflowId, runId } of client.workflow.list({ query })) {
          ended++;
          try {
            await client.workflow.getHandle(workflowId, runId).terminate('Its organization is deleted');
          } catch (error) {
            if (!(error instanceof WorkflowNotFoundError)) throw error;
          }
        }
      }
      return ended;
    },
    async forgetAll(orgId) {
      for (const kind of kinds)
        await forget(`WorkflowId STARTS_WITH '${kind}/${orgId}/' AND ExecutionStatus != 'Running'`);
    },
    forgetClosedRuns: (orgId, flowId) =>
      forget(`WorkflowId = '${flowWorkflowId(orgId, flowId)}' AND ExecutionStatus != 'Running'`),
  };
}

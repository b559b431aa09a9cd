/** What clients, workflow and activities agree on: names and shapes. No code of any of them. */
import type { MailOrder } from '../domain/flow.ts';
import type { Projection } from '../domain/ledger.ts';
import type { CommandAnswer } from '../domain/view.ts';

export const flowWorkflowType = 'flowWorkflow';

export const flowWorkflowId = (orgId: string, flowId: string): string => `flow/${orgId}/${flowId}`;

/** Signal: an `Envelope`. */
export const commandSignal = 'command';
/** Update: an `Envelope` → `CommandResult`. */
export const commandUpdate = 'commandNow';
/** Query: a command id → `CommandAnswer`. */
export const answerQuery = 'answer';
/** Query: a command id → `CommandResult`. */
export const resultQuery = 'result';
/**
 * Query: the most bytes it may have, or nothing → `Snapshot`; null when it would have more, or more than Temporal takes. Old
 * workers tell it whatever it has.
 */
export const snapshotQuery = 'snapshot';
/** Query: as `snapshot` → `Overview`. */
export const overviewQuery = 'overview';
/** Query: nothing → the flow's version, with all that was signalled before. */
export const versionQuery = 'version';

export interface CommandResult {
  readonly answer: CommandAnswer;
  /** What the read model lacks; null when it has everything, and when that is too much to go along. */
  readonly projection: Projection | null;
}

/** Search attributes an operator filters by in the Temporal Web UI, and their types. */
export const searchAttributes = {
  BooflowOrgId: 'KEYWORD',
  BooflowFlowStatus: 'KEYWORD',
  BooflowFlowName: 'KEYWORD',
  BooflowTemplate: 'KEYWORD',
  BooflowNextDueAt: 'DATETIME',
} as const;

/** What brought an activity about, for traces and logs. `at`: when the flow took the command, in milliseconds. */
export interface Cause {
  readonly trace: string;
  readonly commandId: string;
  readonly at: number;
}

export interface SendMailInput {
  readonly orgId: string;
  readonly flowId: string;
  readonly flowName: string;
  readonly mail: MailOrder;
  readonly cause?: Cause | undefined;
}

export interface FlowActivities {
  /** Writes what changed into the read model. Guarded by version: twice or late does no harm. */
  projectFlow(projection: Projection, cause?: Cause): Promise<void>;
  /**
   * Hands one mail to the mail server, once per key. `nobody`: whom it is for takes no part any more. A mail that the
   * server will never take is a failure of the type `mailRefused` that is not tried again; its message is the server's.
   */
  sendMail(input: SendMailInput): Promise<'sent' | 'sent before' | 'nobody' | 'reminders are off'>;
}

export const mailRefused = 'MailRefused';

/** What a flow's workflow tells its worker in the midst of a task. */
export type FlowSinks = {
  readonly answers: {
    /** What came of a command that was taken just now. */
    tell(orgId: string, answer: CommandAnswer): void;
  };
};

export const importWorkflowType = 'importWorkflow';

export interface ImportRef {
  readonly orgId: string;
  readonly importId: string;
}

export const importWorkflowId = ({ orgId, importId }: ImportRef): string => `import/${orgId}/${importId}`;

export interface ImportActivities {
  /** Makes some of the flows that are left; gives how many lines are left, were settled, and there are in all. */
  importSome(ref: ImportRef): Promise<{ left: number; settled: number; total: number }>;
}

export const webhookWorkflowType = 'webhookWorkflow';

export interface WebhookRef {
  readonly orgId: string;
  readonly webhookId: string;
}

export const webhookWorkflowId = ({ orgId, webhookId }: WebhookRef): string => `webhook/${orgId}/${webhookId}`;

/** Signal: there may be something to deliver. */
export const webhookSignal = 'wake';

export interface WebhookActivities {
  /** Sends what is due. Gives when something is due next, in milliseconds since 1970; null when nothing waits. */
  deliverWebhooks(webhook: WebhookRef): Promise<number | null>;
}

export const cleanupWorkflowType = 'cleanupWorkflow';
export const cleanupScheduleId = 'booflow-cleanup';

export interface CleanupActivities {
  /** Deletes one batch of expired codes, tokens, links and sessions; gives how many rows went. */
  deleteExpired(): Promise<number>;
}

export const handOverWorkflowType = 'handOverWorkflow';
export const handOverScheduleId = 'booflow-hand-overs';
export const handOverWorkflowId = (orgId: string, id: string): string => `hand-over/${orgId}/${id}`;

export interface HandOverActivities {
  /** Passes on some tasks of each member who left; gives how many tasks went, and how many hand-overs are open. */
  passTasksOn(): Promise<{ readonly passed: number; readonly open: number }>;
}

export const erasureWorkflowType = 'erasureWorkflow';

export interface ErasureRef {
  readonly orgId: string;
  readonly erasureId: string;
}

export const erasureWorkflowId = ({ orgId, erasureId }: ErasureRef): string => `erasure/${orgId}/${erasureId}`;

export interface ErasureActivities {
  /** Takes a client out of some flows; gives in how many it was done, and whether anything is left to do. */
  eraseSome(ref: ErasureRef): Promise<{ readonly done: number; readonly open: boolean }>;
}

export const orgDeletionWorkflowType = 'orgDeletionWorkflow';

export interface OrgRef {
  readonly orgId: string;
}

export const orgDeletionWorkflowId = ({ orgId }: OrgRef): string => `delete-org/${orgId}`;

export interface OrgDeletionActivities {
  /** Lets nobody in any more. */
  closeOrg(org: OrgRef): Promise<void>;
  /** Ends the workflows that run for the org; gives how many were found. */
  endWorkflowsOf(org: OrgRef): Promise<number>;
  /** Deletes some of its rows and files; gives whether more may be left. */
  deleteRowsOf(org: OrgRef): Promise<boolean>;
  /** Has Temporal forget the workflows that ended. */
  forgetWorkflowsOf(org: OrgRef): Promise<void>;
}

export const probeWorkflowType = 'probeWorkflow';
/** Query: nothing → true. */
export const aliveQuery = 'alive';

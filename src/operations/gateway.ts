/** The way to flows: one signal and one query a command. Temporal holds a command from the signal on, worker or no worker. */
import {
  type Client,
  isGrpcServiceError,
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Envelope } from '../domain/command.ts';
import type { Flow } from '../domain/flow.ts';
import { type Creation, type Ledger, openLedger } from '../domain/ledger.ts';
import type { CommandAnswer, Snapshot } from '../domain/view.ts';
import { answerQuery, commandSignal, flowWorkflowId, flowWorkflowType, snapshotQuery } from '../workflows/contract.ts';
import { Refusal } from './refusal.ts';

/** What became of a command. `accepted`: stored, not yet applied. `gone`: the flow's workflow has ended or never was. */
export type Sent =
  | { readonly state: 'applied'; readonly answer: CommandAnswer }
  | { readonly state: 'accepted' }
  | { readonly state: 'gone' };

export interface GatewayOptions {
  readonly taskQueue: string;
  /** How long Temporal may take to store a command, in milliseconds. */
  readonly signalMs?: number;
  /** How long a worker may take to answer, in milliseconds. */
  readonly answerMs?: number;
}

const orgKey = defineSearchAttributeKey('BooflowOrgId', SearchAttributeType.KEYWORD);
const statusKey = defineSearchAttributeKey('BooflowFlowStatus', SearchAttributeType.KEYWORD);
const templateKey = defineSearchAttributeKey('BooflowTemplate', SearchAttributeType.KEYWORD);

/** Waits between looks, when the read model is a moment behind the flow. */
const lagWaits = [20, 40, 80, 160, 320, 640];

export class FlowGateway {
  readonly #client: Client;
  readonly #taskQueue: string;
  readonly #signalMs: number;
  readonly #answerMs: number;

  constructor(client: Client, options: GatewayOptions) {
    this.#client = client;
    this.#taskQueue = options.taskQueue;
    this.#signalMs = options.signalMs ?? 5_000;
    this.#answerMs = options.answerMs ?? 4_000;
  }

  /**
   * Starts the flow's workflow. A flow of that id that is there already is found, not made again: the answer then has
   * the outcome of the command that made it, whose fingerprint tells whether that was the same command.
   */
  async create(flow: Flow, by: Pick<Creation, 'commandId' | 'fingerprint'>): Promise<Sent> {
    const workflowId = flowWorkflowId(flow.orgId, flow.id);
    try {
      await this.#within(this.#signalMs, () =>
        this.#client.workflow.start<(ledger: Ledger) => Promise<void>>(flowWorkflowType, {
          workflowId,
          taskQueue: this.#taskQueue,
          args: [openLedger(flow, { ...by, at: flow.createdAt })],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          staticSummary: flow.name,
          staticDetails: `Made from "${flow.template.name}" by ${flow.createdBy.name}, ${flow.tasks.length} tasks.`,
          typedSearchAttributes: [
            { key: orgKey, value: flow.orgId },
            { key: statusKey, value: flow.status },
            { key: templateKey, value: flow.template.name },
          ],
        }),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw unavailable(error, by.commandId);
    }
    return this.#answer(workflowId, by.commandId, true);
  }

  /** What became of a command that was sent before. */
  ask(orgId: string, flowId: string, commandId: string): Promise<Sent> {
    return this.#answer(flowWorkflowId(orgId, flowId), commandId, true);
  }

  /** Sends one command and asks what became of it. The same envelope twice does the thing once. */
  async send(orgId: string, flowId: string, envelope: Envelope): Promise<Sent> {
    const workflowId = flowWorkflowId(orgId, flowId);
    try {
      await this.#within(this.#signalMs, () =>
        this.#client.workflow.getHandle(workflowId).signal(commandSignal, envelope),
      );
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw unavailable(error, envelope.commandId);
      // Ended, or never there. If this very command ended it, the closed workflow still knows the outcome.
      const known = await this.#answer(workflowId, envelope.commandId, false);
      return known.state === 'applied' && known.answer.outcome !== null ? known : { state: 'gone' };
    }
    return this.#answer(workflowId, envelope.commandId, true);
  }

  /** The flow as its workflow has it; null when the workflow is gone or no worker answers in time. */
  async snapshot(orgId: string, flowId: string): Promise<Snapshot | null> {
    return this.#query<Snapshot>(flowWorkflowId(orgId, flowId), snapshotQuery);
  }

  async #answer(workflowId: string, commandId: string, open: boolean): Promise<Sent> {
    const look = () => this.#query<CommandAnswer>(workflowId, answerQuery, commandId);
    let answer = await look();
    for (const wait of lagWaits) {
      if (answer === null || !open) break;
      if (answer.outcome !== null && answer.projected) break;
      await new Promise((resolve) => setTimeout(resolve, wait));
      answer = (await look()) ?? answer;
    }
    if (answer === null || answer.outcome === null) return { state: 'accepted' };
    return { state: 'applied', answer };
  }

  async #query<T>(workflowId: string, name: string, ...args: string[]): Promise<T | null> {
    try {
      return await this.#within(this.#answerMs, () =>
        this.#client.workflow.getHandle(workflowId).query<T, string[]>(name, ...args),
      );
    } catch (error) {
      const silent =
        error instanceof WorkflowNotFoundError ||
        error instanceof QueryNotRegisteredError ||
        error instanceof QueryRejectedError ||
        hasCode(error, [...away, grpc.failedPrecondition]);
      if (silent) return null;
      throw error;
    }
  }

  #within<T>(ms: number, work: () => Promise<T>): Promise<T> {
    return this.#client.withDeadline(Date.now() + ms, work);
  }
}

const grpc = { cancelled: 1, deadlineExceeded: 4, resourceExhausted: 8, failedPrecondition: 9, unavailable: 14 };
/** What a server that is away, starting or overloaded says. */
const away = [grpc.cancelled, grpc.deadlineExceeded, grpc.resourceExhausted, grpc.unavailable];

function hasCode(error: unknown, codes: readonly number[]): boolean {
  const root = rootOf(error);
  return isGrpcServiceError(root) && codes.includes(root.code);
}

const rootOf = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? rootOf(error.cause) : error;

/** Temporal itself did not answer: nobody knows whether it took the command, and the same id settles it. */
function unavailable(error: unknown, commandId: string): unknown {
  if (!hasCode(error, away)) return error;
  return new Refusal(
    'engine_unavailable',
    `Not confirmed: Booflow's flow engine is not answering. Try again in a moment with command id \`${commandId}\`; it will be done once at most.`,
    { commandId },
  );
}

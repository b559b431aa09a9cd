/**
 * The way to flows: a command is a signal, which Temporal holds worker or no worker; the flow takes a command id once. Its
 * answer is told while the flow takes it, else asked for by a query: docs/decisions/0017.
 */
import {
  type Client,
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { CommandRef } from '../db/answers.ts';
import type { Command, Envelope } from '../domain/command.ts';
import { type Flow, isFinal } from '../domain/flow.ts';
import { type Creation, type Ledger, openLedger, type Projection } from '../domain/ledger.ts';
import { limits } from '../domain/limits.ts';
import { type CommandAnswer, type Overview, overviewOf, type Snapshot } from '../domain/view.ts';
import { commands } from '../platform/metrics.ts';
import { inSpan, SpanKind, traceparent, withLogFields } from '../platform/tracing.ts';
import {
  answerQuery,
  type CommandResult,
  commandSignal,
  flowWorkflowId,
  flowWorkflowType,
  overviewQuery,
  resultQuery,
  snapshotQuery,
  versionQuery,
} from '../workflows/contract.ts';
import { away, busy, flowBusy, grpc, hasCode, isFull, isTooLarge, silent, unavailable } from './engine-trouble.ts';
import { Patience } from './patience.ts';
import { Refusal } from './refusal.ts';
import { SharedQuestion } from './shared-question.ts';

/** What became of a command. `accepted`: stored, not yet applied. `gone`: the flow's workflow has ended or never was. */
export type Sent =
  | { readonly state: 'applied'; readonly answer: CommandAnswer }
  | { readonly state: 'accepted' }
  | { readonly state: 'gone' };

/**
 * What a query brought. `silent`: Temporal or every worker is away, or is of a release that does not know the question.
 * `gone`: Temporal knows no such workflow. `too_large`: a worker answered, with more than can be told.
 */
export type Heard<T> =
  | { readonly state: 'answered'; readonly answer: T }
  | { readonly state: 'too_large' }
  | { readonly state: 'silent'; readonly knowsQuestion: boolean }
  | { readonly state: 'gone' };

export interface GatewayOptions {
  readonly taskQueue: string;
  /** Search attributes are never encrypted: where the rest is, they hold nothing that people named. */
  readonly encrypted?: boolean;
  /**
   * Writes into the read model what a command did, before it is answered: whoever sent it then finds it in the lists.
   * Left out, the lists follow when the workflow's own activity has written it.
   */
  readonly writeAhead?: (projection: Projection) => Promise<void>;
  /**
   * Hears the answer to a command that is sent after this; null when it is not told within `ms`. Whoever then looks into the
   * read model waits until that has its effects. Left out, or not told soon, the flow is asked.
   */
  readonly hear?: (command: CommandRef, ms: number) => Promise<CommandAnswer | null>;
  /** What the read model lacks of what was heard. */
  readonly lag?: {
    /** Comes when it has all of the org's flows; false where that takes too long. */
    caughtUp(orgId: string): Promise<boolean>;
    isBehind(orgId: string, flowId: string): boolean;
  };
  /** How long the first answer is expected to be told after, in milliseconds. */
  readonly usualMs?: number;
  /** How long Temporal may take to store a command, in milliseconds. */
  readonly signalMs?: number;
  /** How long a worker may take to answer, and the read model to follow, in milliseconds. */
  readonly answerMs?: number;
}

const orgKey = defineSearchAttributeKey('BooflowOrgId', SearchAttributeType.KEYWORD);
const statusKey = defineSearchAttributeKey('BooflowFlowStatus', SearchAttributeType.KEYWORD);
const nameKey = defineSearchAttributeKey('BooflowFlowName', SearchAttributeType.KEYWORD);
const templateKey = defineSearchAttributeKey('BooflowTemplate', SearchAttributeType.KEYWORD);

/** Waits between looks, when the read model is a moment behind the flow. */
export const lagWaits = [20, 40, 80, 160, 320, 640];

/** When the read model should have what was heard, in milliseconds. */
const followsMs = 400;

/** Does it end somebody's way in? The read model's rows do that, so it is told when they have. */
const endsAccess = ({ outcome }: CommandAnswer, command: Command | null): boolean =>
  outcome?.ok === true &&
  (isFinal(outcome.effects.status) || command?.type === 'revoke_invitation' || command?.type === 'erase');

export class FlowGateway {
  readonly #client: Client;
  readonly #taskQueue: string;
  readonly #encrypted: boolean;
  readonly #writeAhead: GatewayOptions['writeAhead'];
  readonly #hear: GatewayOptions['hear'];
  readonly #lag: GatewayOptions['lag'];
  /** The flows whose read model is looked after. */
  readonly #following = new Set<string>();
  readonly #signalMs: number;
  readonly #patience: Patience;
  readonly #answerMs: number;
  readonly #versions = new SharedQuestion<Heard<number>>();
  readonly #snapshots = new SharedQuestion<Heard<Snapshot>>();
  readonly #overviews = new SharedQuestion<Heard<Overview>>();

  constructor(client: Client, options: GatewayOptions) {
    this.#client = client;
    this.#taskQueue = options.taskQueue;
    this.#encrypted = options.encrypted ?? false;
    this.#writeAhead = options.writeAhead;
    this.#hear = options.hear;
    this.#lag = options.lag;
    this.#patience = new Patience(options.usualMs ?? 30);
    this.#signalMs = options.signalMs ?? 5_000;
    this.#answerMs = options.answerMs ?? 4_000;
  }

  /**
   * Starts the flow's workflow. A flow of that id that is there already is found, not made again: the answer then has
   * the outcome of the command that made it, whose fingerprint tells whether that was the same command.
   */
  create(flow: Flow, by: Pick<Creation, 'commandId' | 'fingerprint'>): Promise<Sent> {
    return this.#start(flow, by, 'REJECT_DUPLICATE');
  }

  /**
   * Starts the workflow of a flow whose workflow was stopped from outside, lost, or is of an older state, from the state
   * that is given. One that runs is terminated in the same moment.
   */
  revive(flow: Flow, by: Pick<Creation, 'commandId' | 'fingerprint'>): Promise<Sent> {
    return this.#start(flow, by, 'ALLOW_DUPLICATE');
  }

  async #start(
    flow: Flow,
    by: Pick<Creation, 'commandId' | 'fingerprint'>,
    workflowIdReusePolicy: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE',
  ): Promise<Sent> {
    const workflowId = flowWorkflowId(flow.orgId, flow.id);
    const ref: CommandRef = { orgId: flow.orgId, flowId: flow.id, commandId: by.commandId };
    const hearing = this.#hear?.(ref, this.#answerMs);
    try {
      await this.#within(this.#signalMs, () =>
        this.#client.workflow.start<(ledger: Ledger) => Promise<void>>(flowWorkflowType, {
          workflowId,
          taskQueue: this.#taskQueue,
          args: [openLedger(flow, { ...by, at: flow.createdAt })],
          workflowIdReusePolicy,
          ...(workflowIdReusePolicy === 'ALLOW_DUPLICATE' && { workflowIdConflictPolicy: 'TERMINATE_EXISTING' }),
          staticSummary: flow.name,
          staticDetails: `Made from "${flow.template.name}" by ${flow.createdBy.name}, ${flow.tasks.length} tasks.`,
          typedSearchAttributes: [
            { key: orgKey, value: flow.orgId },
            { key: statusKey, value: flow.status },
            { key: templateKey, value: this.#encrypted ? flow.template.id : flow.template.name },
            ...(this.#encrypted ? [] : [{ key: nameKey, value: flow.name }]),
          ],
        }),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw unavailable(error, by.commandId);
      // What made it was told long since.
      return this.#settle(workflowId, by.commandId, Date.now() + this.#answerMs);
    }
    return this.#outcome(hearing, ref, Date.now() + this.#answerMs, null);
  }

  /** What became of a command that was sent before. */
  ask(orgId: string, flowId: string, commandId: string): Promise<Sent> {
    return this.#answer(flowWorkflowId(orgId, flowId), commandId);
  }

  /** Sends one command and asks what became of it. The same envelope twice does the thing once. */
  async send(orgId: string, flowId: string, envelope: Envelope): Promise<Sent> {
    const { commandId, command } = envelope;
    const count = (outcome: string): void => commands.inc({ command: command.type, outcome });
    const attributes = { 'booflow.org': orgId, 'booflow.flow': flowId, 'booflow.command': commandId };
    try {
      const sent = await withLogFields({ org: orgId, flow: flowId, command: commandId }, () =>
        inSpan(`command ${command.type}`, attributes, () => this.#send(orgId, flowId, envelope), {
          kind: SpanKind.PRODUCER,
        }),
      );
      const refused = sent.state === 'applied' && sent.answer.outcome?.ok === false;
      count(refused ? 'refused' : sent.state);
      return sent;
    } catch (error) {
      count(error instanceof Refusal && error.code === flowBusy ? 'refused' : 'unknown');
      throw error;
    }
  }

  async #send(orgId: string, flowId: string, given: Envelope): Promise<Sent> {
    const workflowId = flowWorkflowId(orgId, flowId);
    const envelope: Envelope = { ...given, trace: traceparent() };
    const deadline = Date.now() + this.#answerMs;
    const ref: CommandRef = { orgId, flowId, commandId: envelope.commandId };
    const hearing = this.#hear?.(ref, this.#answerMs);
    try {
      await this.#within(this.#signalMs, () =>
        this.#client.workflow.getHandle(workflowId).signal(commandSignal, envelope),
      );
    } catch (error) {
      if (isFull(error)) throw busy(envelope.commandId);
      if (!(error instanceof WorkflowNotFoundError)) throw unavailable(error, envelope.commandId);
      return this.#outcomeOfEnded(workflowId, envelope.commandId);
    }
    return this.#outcome(hearing, ref, deadline, envelope.command);
  }

  /** Of what Temporal has stored: told soon, or asked for. `command`: null where it made the flow. */
  async #outcome(
    hearing: Promise<CommandAnswer | null> | undefined,
    ref: CommandRef,
    deadline: number,
    command: Command | null,
  ): Promise<Sent> {
    const { orgId, flowId, commandId } = ref;
    const told = hearing && (await this.#patience.soon(hearing));
    if (!told) return this.#settle(flowWorkflowId(orgId, flowId), commandId, deadline);
    if (this.#lag?.isBehind(orgId, flowId)) this.#follow(ref);
    const projected = !endsAccess(told, command) || (await this.#hasCaughtUp(orgId));
    return { state: 'applied', answer: { ...told, projected } };
  }

  /** A database that does not say takes nothing back of what is known. */
  async #hasCaughtUp(orgId: string): Promise<boolean> {
    try {
      return (await this.#lag?.caughtUp(orgId)) ?? true;
    } catch {
      return false;
    }
  }

  /** The flow's own activity writes what it did. Where that is away, as its worker may be, it is written ahead. */
  #follow({ orgId, flowId, commandId }: CommandRef): void {
    const workflowId = flowWorkflowId(orgId, flowId);
    if (this.#following.has(workflowId)) return;
    this.#following.add(workflowId);
    const look = async (): Promise<void> => {
      // What is told from here on may be in no answer that is asked for now.
      this.#following.delete(workflowId);
      try {
        if (!this.#lag?.isBehind(orgId, flowId)) return;
        const heard = await this.#query<CommandResult>(this.#answerMs, workflowId, resultQuery, commandId);
        if (heard.state === 'answered') await this.#hasWrittenAhead(heard.answer.projection);
      } catch {
        // Nobody waits for it: the activity writes it, now or when it is back.
      }
    };
    setTimeout(look, followsMs).unref();
  }

  /** Writes ahead what a command did, and waits for the lists only where that can't be done. */
  async #settle(workflowId: string, commandId: string, deadline: number): Promise<Sent> {
    if (this.#writeAhead === undefined) return this.#answer(workflowId, commandId, deadline);
    const heard = await this.#query<CommandResult>(deadline - Date.now(), workflowId, resultQuery, commandId);
    if (heard.state === 'gone') return heard;
    // Nobody is there, or a worker of a release that does not know this question.
    if (heard.state !== 'answered') return this.#answer(workflowId, commandId, deadline);
    const { answer, projection } = heard.answer;
    const isAhead = answer.outcome !== null && !answer.projected && (await this.#hasWrittenAhead(projection));
    return isAhead
      ? { state: 'applied', answer: { ...answer, projected: true } }
      : this.#answer(workflowId, commandId, deadline, answer);
  }

  async #hasWrittenAhead(projection: Projection | null): Promise<boolean> {
    if (projection === null || this.#writeAhead === undefined) return false;
    try {
      await this.#writeAhead(projection);
      return true;
    } catch {
      return false; // the workflow's activity writes it, now or when the database is back
    }
  }

  /**
   * Which version the flow is at, with every command that was acknowledged before. As small as a question can be: those who
   * read a flow are many, and what waits for one workflow task is answered in one message (docs/decisions/0016).
   */
  version(orgId: string, flowId: string): Promise<Heard<number>> {
    const workflowId = flowWorkflowId(orgId, flowId);
    return this.#versions.heard(workflowId, () => this.#query(this.#answerMs, workflowId, versionQuery));
  }

  /** The flow as its workflow has it; null when it is too large for many to ask, the workflow is gone, or no worker answers in time. */
  async told(orgId: string, flowId: string): Promise<Snapshot | null> {
    const workflowId = flowWorkflowId(orgId, flowId);
    const heard = await this.#snapshots.heard(workflowId, () =>
      this.#whole<Snapshot>(workflowId, snapshotQuery, limits.toldBytes),
    );
    return heard.state === 'answered' ? heard.answer : null;
  }

  /** The flow as a whole, as its workflow has it, or why it can't be told. Small for most flows: no text of their tasks is in it. */
  async overview(orgId: string, flowId: string): Promise<Heard<Overview>> {
    const workflowId = flowWorkflowId(orgId, flowId);
    const heard = await this.#overviews.heard(workflowId, () =>
      this.#whole<Overview>(workflowId, overviewQuery, limits.toldBytes),
    );
    if (heard.state !== 'silent' || heard.knowsQuestion) return heard;
    // A worker of a release that does not know this question knows the other.
    const told = await this.told(orgId, flowId);
    return told ? { state: 'answered', answer: overviewOf(told.flow) } : heard;
  }

  /** The flow as its workflow has it, however large; null when the workflow is gone or no worker answers in time. For operators. */
  async snapshot(orgId: string, flowId: string): Promise<Snapshot | null> {
    const heard = await this.look(orgId, flowId);
    return heard.state === 'answered' ? heard.answer : null;
  }

  /** The flow as its workflow has it, however large, or why it can't be told. For operators. */
  look(orgId: string, flowId: string): Promise<Heard<Snapshot>> {
    return this.#whole<Snapshot>(flowWorkflowId(orgId, flowId), snapshotQuery);
  }

  async #whole<T>(workflowId: string, name: string, ...most: number[]): Promise<Heard<T>> {
    const heard = await this.#query<T | null>(this.#answerMs, workflowId, name, ...most);
    if (heard.state !== 'answered') return heard;
    const { answer } = heard;
    return answer === null ? { state: 'too_large' } : { state: 'answered', answer };
  }

  /** Does the flow's workflow run? One that was terminated still answers queries, and takes no command. */
  async isRunning(orgId: string, flowId: string): Promise<boolean> {
    try {
      const handle = this.#client.workflow.getHandle(flowWorkflowId(orgId, flowId));
      const { status } = await this.#within(this.#signalMs, () => handle.describe());
      return status.name === 'RUNNING' || status.name === 'PAUSED';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  /** The ids of an org's flows that Temporal knows, as they come: the newest first, closed ones too while it keeps them. */
  async *known(orgId: string): AsyncGenerator<string> {
    const query = `WorkflowType = '${flowWorkflowType}' AND BooflowOrgId = '${orgId}'`;
    for await (const { workflowId } of this.#client.workflow.list({ query })) {
      const [, , flowId] = workflowId.split('/');
      if (flowId !== undefined) yield flowId;
    }
  }

  /** How many flows run in Temporal, by org. Reads every one of them. */
  async runningByOrg(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    const query = `WorkflowType = '${flowWorkflowType}' AND ExecutionStatus = 'Running'`;
    for await (const { workflowId } of this.#client.workflow.list({ query })) {
      const [, orgId] = workflowId.split('/');
      if (orgId !== undefined) counts.set(orgId, (counts.get(orgId) ?? 0) + 1);
    }
    return counts;
  }

  /** `told`: what is known of it already. */
  async #answer(
    workflowId: string,
    commandId: string,
    deadline = Date.now() + this.#answerMs,
    told?: CommandAnswer,
  ): Promise<Sent> {
    const look = () => this.#query<CommandAnswer>(deadline - Date.now(), workflowId, answerQuery, commandId);
    let heard: Heard<CommandAnswer> = told ? { state: 'answered', answer: told } : await look();
    for (const wait of lagWaits) {
      if (heard.state !== 'answered' || Date.now() + wait >= deadline) break;
      if (heard.answer.outcome !== null && heard.answer.projected) break;
      await new Promise((resolve) => setTimeout(resolve, wait));
      const later = await look();
      // What is known already stays known, whoever went away since.
      if (later.state !== 'answered') break;
      heard = later;
    }
    if (heard.state === 'gone') return { state: 'gone' };
    if (heard.state !== 'answered' || heard.answer.outcome === null) return { state: 'accepted' };
    return { state: 'applied', answer: heard.answer };
  }

  /**
   * Of a workflow that ended, or never was, and takes no command: if this very command ended it, it still knows the
   * outcome. Without a worker nobody can say, and "it changed nothing" would be a guess.
   */
  async #outcomeOfEnded(workflowId: string, commandId: string): Promise<Sent> {
    const heard = await this.#query<CommandAnswer>(this.#answerMs, workflowId, answerQuery, commandId);
    if (heard.state === 'silent') throw silent(commandId);
    const known = heard.state === 'answered' && heard.answer.outcome !== null;
    return known ? { state: 'applied', answer: heard.answer } : { state: 'gone' };
  }

  async #query<T>(ms: number, workflowId: string, name: string, ...args: (string | number)[]): Promise<Heard<T>> {
    try {
      const answer = await this.#within(ms, () =>
        this.#client.workflow.getHandle(workflowId).query<T, (string | number)[]>(name, ...args),
      );
      return { state: 'answered', answer };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { state: 'gone' };
      if (isTooLarge(error)) return { state: 'too_large' };
      const knowsQuestion = !(error instanceof QueryNotRegisteredError);
      const isAway = error instanceof QueryRejectedError || hasCode(error, [...away, grpc.failedPrecondition]);
      if (isAway || !knowsQuestion) return { state: 'silent', knowsQuestion };
      throw error;
    }
  }

  #within<T>(ms: number, work: () => Promise<T>): Promise<T> {
    return this.#client.withDeadline(Date.now() + ms, work);
  }
}

/** Flows on a Temporal server of the test's choice: the product's workflow bundle in a real worker, commands by signal and query. */
import { randomBytes } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection, Worker } from '@temporalio/worker';
import { z } from 'zod';
import { flowSinks, unheard } from '../../src/activities/flow-sinks.ts';
import type { Teller } from '../../src/db/answers.ts';
import type { Actor } from '../../src/domain/actor.ts';
import type { Command, Envelope } from '../../src/domain/command.ts';
import type { Flow, Task } from '../../src/domain/flow.ts';
import type { AnyLedger } from '../../src/domain/older.ts';
import type { CommandAnswer, Snapshot } from '../../src/domain/view.ts';
import { FlowGateway } from '../../src/operations/gateway.ts';
import { connectClient } from '../../src/platform/temporal-connection.ts';
import {
  answerQuery,
  type CommandResult,
  commandSignal,
  commandUpdate,
  type FlowActivities,
  flowWorkflowId,
  flowWorkflowType,
  searchAttributes,
  snapshotQuery,
} from '../../src/workflows/contract.ts';
import { olivia } from '../support/people.ts';
import { draft, steps, type WrittenStep } from '../support/stage.ts';
import { timeSkippingEnvironment } from '../support/temporal.ts';
import '../support/temporal-runtime.ts';

/** Temporal's numbers for the types, as its API has them. */
const attributeTypes = Object.fromEntries(
  Object.entries(searchAttributes).map(([name, type]) => [name, { KEYWORD: 2, DATETIME: 6 }[type]]),
);

export interface Place {
  readonly client: Client;
  readonly connection: NativeConnection;
  readonly namespace: string;
}

/** A server of one's own on which days pass in milliseconds, knowing our search attributes. Tear it down. */
export async function skippingPlace(): Promise<Place & { environment: TestWorkflowEnvironment }> {
  const environment = await timeSkippingEnvironment();
  const { client, nativeConnection: connection } = environment;
  const namespace = client.options.namespace;
  // It can't be asked which ones it has, so `ensureSearchAttributes` is of no use.
  await environment.connection.operatorService.addSearchAttributes({ namespace, searchAttributes: attributeTypes });
  return { environment, client, connection, namespace };
}

/** A place on the server at this address. Close what it holds with `leave`. */
export async function placeAt(address: string, namespace: string): Promise<Place & { leave(): Promise<void> }> {
  const connection = await NativeConnection.connect({ address });
  const client = connectClient({ temporalAddress: address, temporalNamespace: namespace });
  return {
    ...{ client, connection, namespace },
    async leave() {
      await client.connection.close();
      await connection.close();
    },
  };
}

export interface DriverOptions extends Place {
  readonly activities: FlowActivities;
  /** What tells answers; nobody's ear when left out. */
  readonly teller?: Pick<Teller, 'tell'>;
  readonly bundle: { readonly codePath: string };
  /** How many flows a worker holds in memory; with none, each task is a replay. The SDK's own number when left out. */
  readonly maxCachedWorkflows?: number;
}

export class FlowDriver {
  readonly client: Client;
  readonly taskQueue = `test-${randomBytes(6).toString('hex')}`;
  readonly #options: DriverOptions;
  readonly #gateway: FlowGateway;
  #worker: { readonly worker: Worker; readonly done: Promise<void> } | null = null;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.client = options.client;
    this.#gateway = new FlowGateway(options.client, {
      taskQueue: this.taskQueue,
      signalMs: 30_000,
      answerMs: 30_000,
    });
  }

  async startWorker(): Promise<void> {
    const { connection, namespace, bundle, activities, teller, maxCachedWorkflows } = this.#options;
    const worker = await Worker.create({
      ...{ connection, namespace, taskQueue: this.taskQueue, workflowBundle: bundle },
      activities: { ...activities },
      sinks: teller ? flowSinks((orgId, answer) => teller.tell(orgId, answer)) : unheard,
      ...(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows }),
    });
    this.#worker = { worker, done: worker.run() };
  }

  async stopWorker(): Promise<void> {
    const running = this.#worker;
    this.#worker = null;
    running?.worker.shutdown();
    await running?.done;
  }

  /** A new DRAFT flow, made as the product makes it. */
  async create(at: number, ...written: WrittenStep[]): Promise<RunningFlow> {
    const flow = { ...draft(steps(...written), olivia, at), id: `fl_${randomBytes(6).toString('hex')}` };
    await this.#gateway.create(flow, { commandId: 'create', fingerprint: '' });
    return new RunningFlow(this.client, flow);
  }

  /** A flow that goes on from a ledger, as a new run does. */
  async carryOn(ledger: AnyLedger): Promise<RunningFlow> {
    const { flow } = ledger;
    await this.client.workflow.start<(ledger: AnyLedger) => Promise<void>>(flowWorkflowType, {
      workflowId: flowWorkflowId(flow.orgId, flow.id),
      taskQueue: this.taskQueue,
      args: [ledger],
    });
    return new RunningFlow(this.client, flow);
  }
}

/** With a worker that runs as long as the work. */
export async function withDriver(options: DriverOptions, work: (driver: FlowDriver) => Promise<void>): Promise<void> {
  const driver = new FlowDriver(options);
  await driver.startWorker();
  try {
    await work(driver);
  } finally {
    await driver.stopWorker();
  }
}

/** A running flow of two tasks, `a` and `b`. */
export async function started(driver: FlowDriver): Promise<RunningFlow> {
  const flow = await driver.create(Date.now(), { key: 'a' }, { key: 'b' });
  await flow.does(olivia, { type: 'start', startDate: null });
  return flow;
}

const metadata = z.object({ currentDetails: z.string() });

export class RunningFlow {
  readonly id: string;
  readonly orgId: string;
  readonly handle: WorkflowHandle;
  readonly #client: Client;
  #commands = 0;

  constructor(client: Client, { id, orgId }: Pick<Flow, 'id' | 'orgId'>) {
    this.#client = client;
    this.id = id;
    this.orgId = orgId;
    this.handle = client.workflow.getHandle(flowWorkflowId(orgId, id));
  }

  /** Sends anything at all as the command signal. */
  signal(input: unknown): Promise<void> {
    return this.handle.signal(commandSignal, input);
  }

  /** Sends a command and gives its id. */
  async sends(actor: Actor, command: Command, commandId = `c${++this.#commands}`): Promise<string> {
    await this.signal({ commandId, fingerprint: '', actor, command });
    return commandId;
  }

  /** Sends a command that must be applied. */
  async does(actor: Actor, command: Command, commandId?: string): Promise<CommandAnswer> {
    const answer = await this.answer(await this.sends(actor, command, commandId));
    if (!answer.outcome?.ok) throw new Error(`${command.type}: ${answer.outcome?.refusal.message ?? 'not applied'}`);
    return answer;
  }

  /** Sends a command as an update, and gives what the flow says to it. */
  update(actor: Actor, command: Command, commandId = `c${++this.#commands}`): Promise<CommandResult> {
    const args: [Envelope] = [{ commandId, fingerprint: '', actor, command }];
    return this.handle.executeUpdate<CommandResult, [Envelope]>(commandUpdate, { args, updateId: commandId });
  }

  answer(commandId: string): Promise<CommandAnswer> {
    return this.handle.query<CommandAnswer, [string]>(answerQuery, commandId);
  }

  snapshot(): Promise<Snapshot> {
    return this.handle.query<Snapshot>(snapshotQuery);
  }

  async flow(): Promise<Flow> {
    return (await this.snapshot()).flow;
  }

  async task(key: string): Promise<Task> {
    const found = (await this.flow()).tasks.find((t) => t.key === key);
    if (!found) throw new Error(`No task ${key}`);
    return found;
  }

  /** The feed the flow carries, as "Olivia started the flow". */
  async told(): Promise<string[]> {
    return (await this.flow()).feed.map((e) => `${e.by.name} ${e.text}`);
  }

  /** What operators read of it, in Markdown. */
  async currentDetails(): Promise<string> {
    return metadata.parse(await this.handle.query('__temporal_workflow_metadata')).currentDetails;
  }

  /** The id of the run that goes on now, or of the last one. */
  async runId(): Promise<string> {
    return (await this.handle.describe()).runId;
  }

  /** What the history of a run has, by the names of Temporal's events; of the present run unless told. */
  async events(runId?: string): Promise<string[]> {
    const { workflowId } = this.handle;
    const { events } = await this.#client.workflow.getHandle(workflowId, runId).fetchHistory();
    return (events ?? []).map(
      (e) =>
        Object.keys(e)
          .find((k) => k.endsWith('EventAttributes'))
          ?.replace('EventAttributes', '') ?? '',
    );
  }
}

export const countOf = (events: readonly string[], name: string): number => events.filter((e) => e === name).length;

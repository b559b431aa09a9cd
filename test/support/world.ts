/** The whole product in one process, on the shared PostgreSQL and Temporal: its own database, task queue, server and worker. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { FastifyInstance } from 'fastify';
import type { Kysely } from 'kysely';
import { makeCleanupActivities } from '../../src/activities/cleanup.ts';
import { type Deliver, toDevMailbox } from '../../src/activities/deliver.ts';
import { makeErasureActivities } from '../../src/activities/erasure.ts';
import { makeFlowActivities } from '../../src/activities/flow-activities.ts';
import { flowSinks } from '../../src/activities/flow-sinks.ts';
import { makeHandOverActivities } from '../../src/activities/hand-over.ts';
import { makeImportActivities } from '../../src/activities/imports.ts';
import { makeOrgDeletionActivities } from '../../src/activities/org-deletion.ts';
import { makeWebhookActivities } from '../../src/activities/webhooks.ts';
import { type AppOptions, buildApp } from '../../src/app.ts';
import { Teller } from '../../src/db/answers.ts';
import { Database } from '../../src/db/database.ts';
import type { Tables } from '../../src/db/schema.ts';
import { seedFlows } from '../../src/demo/seed.ts';
import { createApiKey } from '../../src/oauth/api-keys.ts';
import type { Authority } from '../../src/oauth/authority.ts';
import type { SignInMail } from '../../src/oauth/sign-in.ts';
import { FlowGateway } from '../../src/operations/gateway.ts';
import { importerOf } from '../../src/operations/import-line.ts';
import { orgWorkflows } from '../../src/operations/org-workflows.ts';
import { diskStore } from '../../src/platform/files/disk.ts';
import type { FileStore } from '../../src/platform/files/store.ts';
import { newId } from '../../src/platform/ids.ts';
import { keyringOf } from '../../src/platform/keyring.ts';
import type { AddressedLetter } from '../../src/platform/letter.ts';
import { createLogger } from '../../src/platform/log.ts';
import { freePort } from '../../src/platform/ports.ts';
import { poster } from '../../src/platform/post.ts';
import { ensureSearchAttributes } from '../../src/platform/search-attributes.ts';
import { connectClient, dataConverterOf, failureConverterPath } from '../../src/platform/temporal-connection.ts';
import { workflowBundle } from '../../src/platform/workflow-bundle.ts';
import { searchAttributes } from '../../src/workflows/contract.ts';
import { demoDatabase } from './database.ts';
import { openPatiently } from './patient-owner.ts';
import { serverSide } from './server-side.ts';
import { sharedTemporal, sharedWorkflows } from './servers.ts';
import './temporal-runtime.ts';

export interface World {
  /** Scheme, host and port; also the issuer. */
  readonly url: string;
  /** Of the role that owns the tables. */
  readonly databaseUrl: string;
  /** host:port */
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly app: FastifyInstance;
  readonly database: Database;
  /** What operations are run with. */
  readonly tools: AppOptions['tools'];
  /** Past row-level security, to look at what really is there once what was told is. */
  readonly owner: Kysely<Tables>;
  readonly client: Client;
  readonly flows: FlowGateway;
  readonly files: FileStore;
  readonly authority: Authority;
  /** Everything the server and the worker logged. */
  readonly logs: string[];
  /** Mails with a link to sign in, in order. */
  readonly signInMails: SignInMail[];
  /** Mails about accounts and memberships, in order. */
  readonly mails: AddressedLetter[];
  readonly sendMail: (mail: AddressedLetter) => void;
  /** Moves the server's clock forward by so many milliseconds. */
  passTime(ms: number): void;
  /** A new API key of this member: `key('olivia@acme.test')` in Acme Agency unless another org's slug is given. */
  key(email: string, orgSlug?: string): Promise<string>;
  /** `held`: as with BOOFLOW_HOLD. */
  startWorker(how?: { readonly held?: boolean }): Promise<void>;
  stopWorker(): Promise<void>;
  stop(): Promise<void>;
}

export interface WorldOptions extends Partial<Pick<AppOptions, 'fetchDocument' | 'limits' | 'signUp' | 'codec'>> {
  /** Encrypt what Temporal stores. */
  readonly payloadKeys?: string;
  /** How mails about flows go out; into the dev mailbox unless said otherwise. */
  readonly deliver?: Deliver;
  /** Seed the demo's flows too, which takes some seconds; its orgs, people and templates are always there. */
  readonly flows?: boolean;
}

/** Of each world its own: the demo's flows, and whatever is made with the same command id, have the same ids in all. */
async function makeNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    const workflowExecutionRetentionPeriod = msToTs('1 day');
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
    await ensureSearchAttributes(connection, namespace, searchAttributes);
  } finally {
    await connection.close();
  }
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { payloadKeys } = options;
  const encrypted = payloadKeys !== undefined;
  const [fresh, temporal, bundle] = await Promise.all([
    demoDatabase(),
    sharedTemporal(),
    encrypted ? workflowBundle(failureConverterPath) : sharedWorkflows(),
  ]);
  const taskQueue = `test-${randomBytes(6).toString('hex')}`;
  const namespace = taskQueue;
  await makeNamespace(temporal.address, namespace);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  // The worker's own.
  const effects = new Database(fresh.url, { max: 10 });
  const tellers = new Database(fresh.url, { max: 1, synced: false });
  const target = { temporalAddress: temporal.address, temporalNamespace: namespace, payloadKeys };
  const dataConverter = dataConverterOf(target);
  const client = connectClient(target);
  const logs: string[] = [];
  const log = createLogger({ env: 'test', logLevel: 'info' }, 'test', (line) => logs.push(line));
  const encryptionKeys = `test:${Buffer.alloc(32, 7).toString('base64')}`;
  const keyring = keyringOf(encryptionKeys);
  const server = serverSide(fresh.url, keyring, (err) => log.error({ err }, 'What was told could not be read'));
  const { database, changes } = server;
  const owner = openPatiently(fresh.url, () => server.caughtUp());
  const flows = new FlowGateway(client, { taskQueue, encrypted, ...server.commands });
  const teller = new Teller(tellers, keyring, (err) => log.error({ err }, 'Answers could not be told'));
  const webhooks = { keyring, anywhere: true };
  const signInMails: SignInMail[] = [];
  const mails: AddressedLetter[] = [];
  // Into the dev mailbox too, where a browser finds it.
  const sendMail = (mail: AddressedLetter): void => {
    mails.push(mail);
    const written = { key: newId('mail'), from: 'Booflow <no-reply@localhost>', ...mail };
    toDevMailbox(written)
      .then((write) => write && database.open.transaction().execute(write))
      .catch((err: unknown) => log.error({ err }, 'A mail was lost'));
  };
  const filesFolder = await mkdtemp(join(tmpdir(), 'booflow-files-'));
  const files = diskStore(filesFolder);
  const workflows = orgWorkflows(client, taskQueue);
  const tools = { database, flows, workflows, files, publicUrl: url, sendMail, webhooks };
  let ahead = 0;
  const clock = (): number => Date.now() + ahead;
  const authority: Authority = { database, clock, publicUrl: url };

  let running: { worker: Worker; done: Promise<void>; connection: NativeConnection } | null = null;
  const activities = {
    ...makeFlowActivities({
      database: effects,
      deliver: options.deliver ?? toDevMailbox,
      publicUrl: url,
      mailFrom: 'Booflow <no-reply@localhost>',
      wakeWebhook: (webhook) => workflows.wakeWebhook(webhook),
    }),
    ...makeImportActivities({ database: effects, importLine: importerOf(tools) }),
    ...makeWebhookActivities({ database: effects, keyring, post: poster({ anywhere: true }), clock }),
    ...makeOrgDeletionActivities({ database: effects, workflows, files }),
    ...makeErasureActivities({ database: effects, flows, workflows, settleMs: 0 }),
    ...makeHandOverActivities({ database: effects, flows, workflows, clock }),
    ...makeCleanupActivities(effects, files, clock),
  };
  const startWorker = async ({ held = false } = {}): Promise<void> => {
    const connection = await NativeConnection.connect({ address: temporal.address });
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      workflowBundle: bundle,
      ...(dataConverter && { dataConverter }),
      ...(!held && { activities }),
      sinks: flowSinks((orgId, answer) => teller.tell(orgId, answer)),
    });
    running = { worker, done: worker.run(), connection };
  };
  const stopWorker = async (): Promise<void> => {
    if (!running) return;
    const { worker, done, connection } = running;
    running = null;
    worker.shutdown();
    await done;
    await connection.close();
  };

  await startWorker();
  if (options.flows)
    await seedFlows({ databaseUrl: fresh.url, temporal: target, taskQueue, publicUrl: url, encryptionKeys });
  const app = await buildApp({
    log,
    publicUrl: url,
    version: '0.0.0',
    dev: true,
    clock,
    trustedProxies: ['loopback'],
    tools,
    signUp: options.signUp ?? 'open',
    readiness: async () => ({ ready: true, parts: {} }),
    subscribe: (orgId, listener) => changes.subscribe(orgId, listener),
    sendSignInMail: (mail) => signInMails.push(mail),
    limits: {
      ...{ signIn: 10_000, token: 10_000, register: 10_000, authorize: 10_000, newLink: 10_000 },
      ...{ api: 100_000, apiAddress: 100_000, mcp: 100_000, mcpAddress: 100_000 },
      ...options.limits,
    },
    ...(options.codec && { codec: options.codec }),
    ...(options.fetchDocument && { fetchDocument: options.fetchDocument }),
  });
  await app.listen({ host: '127.0.0.1', port });

  return {
    ...{ databaseUrl: fresh.url, temporalAddress: temporal.address, namespace, taskQueue },
    ...{
      url,
      app,
      tools,
      database,
      owner,
      client,
      flows,
      files,
      authority,
      logs,
      signInMails,
      mails,
      sendMail,
      startWorker,
      stopWorker,
    },
    passTime(ms) {
      ahead += ms;
    },
    async key(email, orgSlug = 'acme-agency') {
      const member = await owner
        .selectFrom('memberships')
        .innerJoin('users', 'users.id', 'memberships.user_id')
        .innerJoin('orgs', 'orgs.id', 'memberships.org_id')
        .select(['orgs.id as orgId', 'users.id as userId'])
        .where('users.email', '=', email)
        .where('orgs.slug', '=', orgSlug)
        .executeTakeFirstOrThrow();
      return (await database.withOrg(member, (trx) => createApiKey(trx, member, 'test'))).secret;
    },
    async stop() {
      await app.close();
      await stopWorker();
      await client.connection.close();
      for (const each of [server, effects, tellers]) await each.close();
      await owner.destroy();
      await fresh.drop();
      await rm(filesFolder, { recursive: true });
    },
  };
}

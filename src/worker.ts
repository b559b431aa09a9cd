/** The Temporal worker's process: runs the flows' workflows and their effects. Stateless: run as many as you like. */
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { ensureCleanupSchedule, makeCleanupActivities } from './activities/cleanup.ts';
import { toDevMailbox, toMailServer } from './activities/deliver.ts';
import { makeErasureActivities } from './activities/erasure.ts';
import { makeFlowActivities } from './activities/flow-activities.ts';
import { flowSinks } from './activities/flow-sinks.ts';
import { ensureHandOverSchedule, makeHandOverActivities } from './activities/hand-over.ts';
import { makeImportActivities } from './activities/imports.ts';
import { makeOrgDeletionActivities } from './activities/org-deletion.ts';
import { makeWebhookActivities } from './activities/webhooks.ts';
import { Teller } from './db/answers.ts';
import { Database } from './db/database.ts';
import { FlowGateway } from './operations/gateway.ts';
import { importerOf } from './operations/import-line.ts';
import { orgWorkflows } from './operations/org-workflows.ts';
import { loadDotEnv, readConfig } from './platform/config.ts';
import { checkFiles, openFiles } from './platform/files/open.ts';
import { keyringOf, keysOf } from './platform/keyring.ts';
import { createLogger } from './platform/log.ts';
import { measurePool, measureProcess } from './platform/metrics.ts';
import { operatorPort } from './platform/operator-port.ts';
import { freePort } from './platform/ports.ts';
import { poster } from './platform/post.ts';
import { checkReadiness } from './platform/readiness.ts';
import { runProcess } from './platform/run-process.ts';
import { ensureSearchAttributes } from './platform/search-attributes.ts';
import { connectClient, connectionOptions, dataConverterOf } from './platform/temporal-connection.ts';
import { waitForTemporal } from './platform/temporal-server.ts';
import { startTracing } from './platform/tracing.ts';
import { workflowBundle } from './platform/workflow-bundle.ts';
import { searchAttributes } from './workflows/contract.ts';

await runProcess(async () => {
  loadDotEnv();
  const config = readConfig(process.env);
  const log = createLogger(config, 'worker');
  measureProcess();
  const stopTracing = startTracing('booflow-worker', config.otlpEndpoint);
  // Of this machine only; our own port passes it on.
  const sdkPort = config.metricsPort === undefined ? undefined : await freePort();
  Runtime.install({
    ...(sdkPort !== undefined && {
      telemetryOptions: { metrics: { prometheus: { bindAddress: `127.0.0.1:${sdkPort}` } } },
    }),
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      const fields = meta ?? {};
      if (level === 'ERROR') log.error(fields, message);
      else log.warn(fields, message);
    }),
    // runProcess stops the worker; the runtime need not listen too.
    shutdownSignals: [],
  });
  const database = new Database(config.databaseUrl, {
    onIdleError: (err) => log.warn({ err }, 'A database connection was lost'),
  });
  const { smtpUrl, publicUrl, mailFrom } = config;
  const deliver = smtpUrl === undefined ? toDevMailbox : toMailServer(smtpUrl, new URL(publicUrl).hostname);
  await checkFiles(config.files);
  const files = await openFiles(config.files);
  await waitForTemporal(config, 15_000);
  const connection = await NativeConnection.connect(connectionOptions(config));
  const client = connectClient(config);
  await client.withDeadline(Date.now() + 20_000, () =>
    ensureSearchAttributes(client.connection, config.temporalNamespace, searchAttributes),
  );
  const dataConverter = dataConverterOf(config);
  const flows = new FlowGateway(client, { taskQueue: config.taskQueue, encrypted: config.payloadKeys !== undefined });
  const workflows = orgWorkflows(client, config.taskQueue);
  const webhooks = { keyring: keyringOf(keysOf(config)), anywhere: config.env !== 'production' };
  const tools = { database, flows, workflows, publicUrl, webhooks };
  const activities = {
    ...makeFlowActivities({
      ...{ database, deliver, publicUrl, mailFrom },
      wakeWebhook: workflows.wakeWebhook,
    }),
    ...makeWebhookActivities({
      ...{ database, keyring: webhooks.keyring },
      post: poster({ anywhere: webhooks.anywhere }),
    }),
    ...makeHandOverActivities({ database, flows, workflows }),
    ...makeErasureActivities({ database, flows, workflows }),
    ...makeOrgDeletionActivities({ database, workflows, files }),
    ...makeImportActivities({ database, importLine: importerOf(tools) }),
    ...makeCleanupActivities(database, files),
  };
  const tellers = new Database(config.databaseUrl, {
    ...{ max: 1, synced: false },
    onIdleError: (err) => log.warn({ err }, 'The connection that answers are told over was lost'),
  });
  const teller = new Teller(tellers, webhooks.keyring, (err) =>
    log.warn({ err }, 'Answers could not be told; who waits for them asks'),
  );
  const worker = await Worker.create({
    connection,
    ...(dataConverter && { dataConverter }),
    namespace: config.temporalNamespace,
    taskQueue: config.taskQueue,
    workflowBundle: await workflowBundle(dataConverter?.failureConverterPath),
    // Without activities it fetches none: they wait in Temporal.
    ...(!config.hold && { activities }),
    sinks: flowSinks((orgId, answer) => teller.tell(orgId, answer)),
    shutdownGraceTime: '10 seconds',
    // What the flows of a worker that was killed wait for until another takes them; a busy worker takes its own sooner.
    stickyQueueScheduleToStartTimeout: '4 seconds',
  });
  await ensureCleanupSchedule(client, config.taskQueue);
  await ensureHandOverSchedule(client, config.taskQueue);
  const running = worker.run();
  log.info(`Working on the task queue "${config.taskQueue}"`);
  if (config.hold)
    log.warn(
      'BOOFLOW_HOLD is on: flows are told, and nothing is written, mailed or delivered until a worker has it off',
    );
  running.catch((err: unknown) => {
    log.fatal({ err }, 'The worker stopped');
    process.exit(1);
  });
  const closePort = await operatorPort(config, {
    log,
    measure: () => measurePool(database.connections),
    async more() {
      const answer = await fetch(`http://127.0.0.1:${sdkPort}/metrics`, { signal: AbortSignal.timeout(5_000) });
      return answer.text();
    },
    readiness: () =>
      checkReadiness({
        worker: async () => {
          if (worker.getState() !== 'RUNNING') throw new Error(`is ${worker.getState()}`);
        },
        database: () => database.ping(),
        temporal: async () => void (await client.workflowService.getSystemInfo({})),
      }),
  });
  return {
    // Nobody sends work here: the worker fetches it.
    drainMs: 0,
    leave() {
      log.info('Stopping: no new work is taken; what is under way is finished, or handed back');
    },
    async stop() {
      worker.shutdown();
      await running;
      await connection.close();
      await client.connection.close();
      await tellers.close();
      await database.close();
      files.close();
      await closePort();
      await stopTracing();
    },
  };
});

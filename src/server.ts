/** The web server's process. Stateless: run as many as you like. */
import packageJson from '../package.json' with { type: 'json' };
import { toDevMailbox, toMailServer } from './activities/deliver.ts';
import { buildApp } from './app.ts';
import { Answers } from './db/answers.ts';
import { Changes } from './db/changes.ts';
import { Database } from './db/database.ts';
import { Lag } from './db/lag.ts';
import { writeSignInMail } from './oauth/sign-in-mail.ts';
import { FlowGateway } from './operations/gateway.ts';
import { orgWorkflows } from './operations/org-workflows.ts';
import { probeWorker } from './operations/worker-probe.ts';
import { aheadOf } from './operations/write-ahead.ts';
import { loadDotEnv, readConfig } from './platform/config.ts';
import { checkFiles, openFiles } from './platform/files/open.ts';
import { newId } from './platform/ids.ts';
import { keyringOf, keysOf } from './platform/keyring.ts';
import type { AddressedLetter } from './platform/letter.ts';
import { createLogger } from './platform/log.ts';
import { measurePool, measureProcess } from './platform/metrics.ts';
import { operatorPort } from './platform/operator-port.ts';
import { checkReadiness, type Readiness } from './platform/readiness.ts';
import { runProcess } from './platform/run-process.ts';
import { connectClient } from './platform/temporal-connection.ts';
import { startTracing } from './platform/tracing.ts';

await runProcess(async () => {
  loadDotEnv();
  const config = readConfig(process.env);
  const log = createLogger(config, 'server');
  const lag = new Lag();
  const database = new Database(config.databaseUrl, {
    ...{ max: 20, lag },
    onIdleError: (err) => log.warn({ err }, 'A database connection was lost'),
  });
  measureProcess();
  const stopTracing = startTracing('booflow-server', config.otlpEndpoint);
  const keyring = keyringOf(keysOf(config));
  const answers = new Answers(keyring, lag, (err) => log.warn({ err }, 'What was told of a command could not be read'));
  const changes = new Changes(
    config.databaseUrl,
    (err) => log.warn({ err }, 'The connection for news was lost'),
    answers,
  );
  const client = connectClient(config);
  const { smtpUrl, publicUrl, mailFrom } = config;
  const deliver = smtpUrl === undefined ? toDevMailbox : toMailServer(smtpUrl, new URL(publicUrl).hostname);
  const sendMail = (mail: AddressedLetter): void => {
    deliver({ key: newId('mail'), from: mailFrom, ...mail })
      .then((write) => write && database.open.transaction().execute(write))
      .catch((err: unknown) => log.error({ err }, `The mail "${mail.subject}" could not be sent`));
  };
  await checkFiles(config.files);
  const files = await openFiles(config.files);
  let leaving = false;
  const { payloadKeys, codecToken, codecOrigins } = config;
  const readiness = async (): Promise<Readiness> =>
    // At once, however long the other parts would take: who sends work here has to hear of it before it is too late.
    leaving
      ? { ready: false, parts: { server: 'is stopping' } }
      : checkReadiness(
          {
            server: async () => undefined,
            database: () => database.ping(),
            temporal: async () => void (await client.workflowService.getSystemInfo({})),
            worker: () => probeWorker(client, config.taskQueue, 3_500),
          },
          4_000,
        );
  const app = await buildApp({
    log,
    publicUrl,
    version: packageJson.version,
    dev: config.env !== 'production',
    trustedProxies: config.trustedProxies,
    tools: {
      database,
      flows: new FlowGateway(client, {
        taskQueue: config.taskQueue,
        encrypted: config.payloadKeys !== undefined,
        hear: (command, ms) => answers.hear(command, ms),
        lag: database,
        writeAhead: aheadOf(database),
      }),
      workflows: orgWorkflows(client, config.taskQueue),
      files,
      publicUrl,
      sendMail,
      webhooks: { keyring, anywhere: config.env !== 'production' },
    },
    signUp: config.signUp,
    subscribe: (orgId, listener) => changes.subscribe(orgId, listener),
    sendSignInMail: (mail) => sendMail({ to: mail.to, ...writeSignInMail(mail) }),
    codec:
      payloadKeys === undefined || codecToken === undefined
        ? undefined
        : { keyring: keyringOf(payloadKeys), token: codecToken, origins: codecOrigins },
    readiness,
  });
  await app.listen({ host: config.host, port: config.port });
  log.info(`Listening on ${config.host}:${config.port}, reached at ${config.publicUrl}`);
  const closePort = await operatorPort(config, {
    readiness,
    log,
    measure: () => measurePool(database.connections),
  });
  return {
    drainMs: config.drainMs,
    leave() {
      leaving = true;
      log.info('Stopping: no longer ready; requests under way are finished');
    },
    async stop() {
      await app.close();
      await changes.close();
      await database.close();
      files.close();
      await client.connection.close();
      await closePort();
      await stopTracing();
    },
  };
});

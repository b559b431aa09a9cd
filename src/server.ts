/** The web server's process. Stateless: run as many as you like. */
import packageJson from '../package.json' with { type: 'json' };
import { buildApp } from './app.ts';
import { Database } from './db/database.ts';
import { FlowGateway } from './operations/gateway.ts';
import { loadDotEnv, readConfig } from './platform/config.ts';
import { createLogger } from './platform/log.ts';
import { checkReadiness } from './platform/readiness.ts';
import { runProcess } from './platform/run-process.ts';
import { connectClient } from './platform/temporal-connection.ts';
import { needWorker } from './platform/worker-pollers.ts';

await runProcess(async () => {
  loadDotEnv();
  const config = readConfig(process.env);
  const log = createLogger(config, 'server');
  const database = new Database(config.databaseUrl, {
    max: 20,
    onIdleError: (err) => log.warn({ err }, 'A database connection was lost'),
  });
  const client = connectClient(config);
  const app = await buildApp({
    log,
    publicUrl: config.publicUrl,
    version: packageJson.version,
    dev: config.env !== 'production',
    tools: {
      database,
      flows: new FlowGateway(client, { taskQueue: config.taskQueue }),
      publicUrl: config.publicUrl,
    },
    readiness: () =>
      checkReadiness({
        database: () => database.ping(),
        temporal: async () => void (await client.workflowService.getSystemInfo({})),
        worker: () => needWorker(client, config.taskQueue),
      }),
  });
  await app.listen({ host: config.host, port: config.port });
  log.info(`Listening on ${config.host}:${config.port}, reached at ${config.publicUrl}`);
  return async () => {
    await app.close();
    await database.close();
    await client.connection.close();
  };
});

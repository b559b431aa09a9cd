/**
 * The servers all test files share: one PostgreSQL and one Temporal, on free ports, in a folder of their own. Each is
 * started when a test first asks for it, over HTTP since test files run in processes of their own.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/db/migrate.ts';
import { seedOrgs } from '../../src/demo/seed.ts';
import { freePort } from '../../src/platform/ports.ts';
import { startPostgres } from '../../src/platform/postgres.ts';
import type { Running } from '../../src/platform/processes.ts';
import { ensureSearchAttributes } from '../../src/platform/search-attributes.ts';
import { obtainTemporalCli } from '../../src/platform/temporal-cli.ts';
import { startTemporal } from '../../src/platform/temporal-server.ts';
import { workflowBundle } from '../../src/platform/workflow-bundle.ts';
import { searchAttributes } from '../../src/workflows/contract.ts';
import { temporaryFolder } from './folder.ts';
import {
  lowPort,
  obtainTemporalPrograms,
  prepareTemporalDatabases,
  startTemporalOnPostgres,
} from './temporal-on-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Asked for a server by its path, answers where it is. */
    readonly servers: string;
  }
}

/** Migrated once; every test's database is a copy. */
const template = 'booflow_template';
/** The same with the demo's orgs, people and templates. */
const demoTemplate = 'booflow_demo_template';

const report = (line: string): void => console.error(line);

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = temporaryFolder();
  const started: Running[] = [];
  const asked = new Map<string, Promise<object>>();
  let postgres: ReturnType<typeof sharedPostgres> | undefined;
  const thePostgres = () => {
    postgres ??= sharedPostgres(dataDir, started);
    return postgres;
  };
  const onPostgres = process.env.BOOFLOW_TEST_TEMPORAL === 'postgres';
  const starters: Readonly<Record<string, () => Promise<object>>> = {
    '/postgres': thePostgres,
    '/demo': async () => withDemo(await thePostgres()),
    '/temporal': async () =>
      onPostgres ? sharedTemporalOnPostgres(dataDir, started, await thePostgres()) : sharedTemporal(dataDir, started),
    '/workflows': () => sharedWorkflows(dataDir),
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const start = starters[path];
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (!start) return answer(404, { message: `There is no server ${path}` });
    const running = asked.get(path) ?? start();
    asked.set(path, running);
    running.then(
      (where) => answer(200, where),
      (error: unknown) => answer(500, { message: error instanceof Error ? error.message : String(error) }),
    );
  });
  project.provide('servers', await listen(server));
  return async () => {
    server.closeAllConnections();
    server.close();
    await Promise.allSettled(asked.values());
    for (const running of started.reverse()) await running.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}

async function sharedPostgres(dataDir: string, started: Running[]): Promise<{ url: string; template: string }> {
  const postgres = await startPostgres({
    dataDir,
    port: await freePort(),
    report: () => undefined,
    // The folder is thrown away, so it need not survive a power cut.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  });
  started.push(postgres);
  await migrate(await createDatabase(postgres.url, template));
  return { url: postgres.url, template };
}

async function withDemo({ url }: { url: string }): Promise<{ url: string; template: string }> {
  await seedOrgs(await createDatabase(url, demoTemplate, template));
  return { url, template: demoTemplate };
}

/** Gives its address. */
async function createDatabase(serverUrl: string, name: string, from = 'template1'): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(`create database ${name} template ${from}`);
  await client.end();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function sharedTemporal(dataDir: string, started: Running[]): Promise<{ address: string; namespace: string }> {
  const namespace = 'default';
  const temporal = await startTemporal({
    cli: await obtainTemporalCli(report),
    dataDir,
    port: await freePort(),
    namespace,
    report,
  });
  started.push(temporal);
  const connection = await Connection.connect({ address: temporal.address });
  await ensureSearchAttributes(connection, namespace, searchAttributes);
  await connection.close();
  return { address: temporal.address, namespace };
}

/** As production has it, where a run asks for that: `BOOFLOW_TEST_TEMPORAL=postgres`. */
async function sharedTemporalOnPostgres(
  dataDir: string,
  started: Running[],
  postgres: { url: string },
): Promise<{ address: string; namespace: string }> {
  const namespace = 'default';
  const programs = await obtainTemporalPrograms(report);
  await prepareTemporalDatabases(programs.sqlTool, postgres.url);
  const port = await lowPort();
  const temporal = await startTemporalOnPostgres({ programs, postgresUrl: postgres.url, dataDir, port, namespace });
  started.push(temporal);
  return { address: temporal.address, namespace };
}

/** The workflow code, bundled once for all workers of the tests. */
async function sharedWorkflows(dataDir: string): Promise<{ codePath: string }> {
  const bundle = await workflowBundle();
  if ('codePath' in bundle) return bundle;
  const codePath = join(dataDir, 'workflows.js');
  writeFileSync(codePath, bundle.code);
  return { codePath };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given');
  return `http://127.0.0.1:${address.port}`;
}

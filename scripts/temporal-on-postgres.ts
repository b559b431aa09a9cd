/**
 * `npm run temporal-on-postgres -- [--data FOLDER] [--port 7233] [--postgres-port 54329] [--namespace default]`:
 * PostgreSQL and Temporal on it, as a production has them, without containers, until Ctrl-C. Server and worker then run on
 * the addresses it prints; started again on the same folder it goes on with the same flows.
 */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../src/platform/postgres.ts';
import { SetupError } from '../src/platform/setup-error.ts';
import {
  obtainTemporalPrograms,
  prepareTemporalDatabases,
  startTemporalOnPostgres,
} from '../test/support/temporal-on-postgres.ts';

const report = (line: string): void => console.log(`[temporal-on-postgres] ${line}`);

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '.booflow-temporal-on-postgres' },
    port: { type: 'string', default: '7233' },
    'postgres-port': { type: 'string', default: '54329' },
    namespace: { type: 'string', default: 'default' },
  },
});

async function main(): Promise<void> {
  const dataDir = resolve(values.data);
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const programs = await obtainTemporalPrograms(report);
  const postgres = await startPostgres({ dataDir, port: Number(values['postgres-port']), report });
  try {
    report(`PostgreSQL runs on port ${values['postgres-port']}`);
    await prepareTemporalDatabases(programs.sqlTool, postgres.url);
    report('The databases temporal and temporal_visibility have the newest schema');
    const temporal = await startTemporalOnPostgres({
      ...{ programs, dataDir, postgresUrl: postgres.url },
      ...{ port: Number(values.port), namespace: values.namespace },
    });
    const stopped = new Promise<void>((done) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
    });
    report(
      `Temporal runs on ${temporal.address}, namespace "${values.namespace}". For npm start, in another terminal:`,
    );
    report(`  DATABASE_URL=${postgres.url} TEMPORAL_ADDRESS=${temporal.address} npm start`);
    await Promise.race([stopped, temporal.exited, postgres.exited]);
    await temporal.stop();
  } finally {
    await postgres.stop();
    report('Stopped');
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\n${error.message}\n`);
  process.exitCode = 1;
}

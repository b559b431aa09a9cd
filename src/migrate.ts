/** Before the server and the workers of a new release: brings the database to its schema, and ends. */
import { migrate } from './db/migrate.ts';
import { loadDotEnv, readConfig } from './platform/config.ts';
import { waitForPostgres } from './platform/postgres.ts';

loadDotEnv();
try {
  const { databaseUrl } = readConfig(process.env);
  await waitForPostgres(databaseUrl, 60_000);
  await migrate(databaseUrl);
  console.log('The database has the schema of this release.');
} catch (error) {
  console.error(error instanceof Error && 'code' in error ? error.message : error);
  process.exitCode = 1;
}

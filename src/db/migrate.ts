import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

const dir = fileURLToPath(new URL('./migrations', import.meta.url));

/**
 * Brings the database to the newest schema. Safe to run from several processes at once: an advisory lock
 * lets one do the work and the others wait. `databaseUrl` must be of the role that owns the tables.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  await runner({
    databaseUrl,
    dir,
    direction: 'up',
    migrationsTable: 'migrations',
    count: Number.POSITIVE_INFINITY,
    singleTransaction: true,
    advisoryLockMode: 'wait',
    log: () => {},
  });
}

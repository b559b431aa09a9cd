/** A migrated database of one's own, made in a moment as a copy. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { sharedDemo, sharedPostgres } from './servers.ts';

export interface FreshDatabase {
  /** Of the role that owns the tables. */
  readonly url: string;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

export const freshDatabase = async (): Promise<FreshDatabase> => copyOf(await sharedPostgres());

/** With the demo's orgs, people and templates. */
export const demoDatabase = async (): Promise<FreshDatabase> => copyOf(await sharedDemo());

/** Until it is ended, what is to be synced afterwards can't be, as where the disk went away. `url`: of a fresh database. */
export async function withoutSyncs(url: string): Promise<{ end(): Promise<void> }> {
  const sync = 'function pg_logical_emit_message(boolean, text, text, boolean)';
  await run(url, `revoke execute on ${sync} from public`);
  return { end: () => run(url, `grant execute on ${sync} to public`) };
}

async function copyOf({ url: adminUrl, template }: { url: string; template: string }): Promise<FreshDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await run(adminUrl, `create database ${name} template ${template}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(adminUrl, `drop database ${name} with (force)`) };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A role that may do no more than it must: it owns its database, and may create no roles. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/folder.ts';
import { freePort } from '../platform/ports.ts';
import { type RunningPostgres, startPostgres } from '../platform/postgres.ts';
import { Database } from './database.ts';
import { migrate } from './migrate.ts';

let postgres: RunningPostgres;
let admin: pg.Client;
beforeAll(async () => {
  postgres = await startPostgres({ dataDir: temporaryFolder(), port: await freePort(), report: () => undefined });
  admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await postgres.stop();
});

test('is told what one who may must do, and then migrates', async () => {
  const password = randomBytes(12).toString('hex');
  await admin.query(`create role lowly login password '${password}'`);
  await admin.query('create database lowly owner lowly');
  const url = new URL(postgres.url);
  url.username = url.pathname = 'lowly';
  url.password = password;
  const statements = 'create role booflow_app nologin; grant booflow_app to lowly;';
  await expect(migrate(url.href)).rejects.toThrow(statements);
  await admin.query('create role booflow_app nologin');
  await expect(migrate(url.href)).rejects.toThrow('permission denied');
  await admin.query('grant booflow_app to lowly');
  await migrate(url.href);
  const database = new Database(url.href);
  await database.ping();
  await database.close();
});

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/folder.ts';
import { freePort } from './ports.ts';
import { type RunningPostgres, startPostgres } from './postgres.ts';

let dataDir: string;
let port: number;
const started: RunningPostgres[] = [];

const start = async (folder = dataDir): Promise<RunningPostgres> => {
  const postgres = await startPostgres({ dataDir: folder, port, report: () => undefined });
  started.push(postgres);
  return postgres;
};

async function ask(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

beforeAll(async () => {
  dataDir = temporaryFolder();
  port = await freePort();
});

afterAll(async () => {
  for (const postgres of started) await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test('what was committed is there after a kill and after a stop', async () => {
  const first = await start();
  expect(await ask(first.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
  await ask(first.url, 'create table kept (n int); insert into kept values (1)');
  process.kill(first.pid, 'SIGKILL');
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });

  const second = await start();
  expect(await ask(second.url, 'select n from kept')).toEqual([{ n: 1 }]);
  await second.stop();
  expect(await second.exited).toEqual({ code: 0, signal: null });

  const third = await start();
  expect(await ask(third.url, 'select n from kept')).toEqual([{ n: 1 }]);
});

test('one left running on the same folder is stopped first', async () => {
  const orphan = started.at(-1);
  const next = await start();
  expect(await orphan?.exited).toEqual({ code: 0, signal: null });
  expect(await ask(next.url, 'select n from kept')).toEqual([{ n: 1 }]);
});

test('a port that another PostgreSQL has is told, not used', async () => {
  const other = temporaryFolder();
  try {
    await expect(start(other)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `Port ${port} is in use. Stop what uses it, or set BOOFLOW_POSTGRES_PORT to another.`,
    });
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});

test('a damaged folder is told, with what to do and where', async () => {
  await started.at(-1)?.stop();
  const folder = join(dataDir, 'postgres');
  writeFileSync(join(folder, 'global', 'pg_control'), Buffer.alloc(8192, 7));
  await expect(start()).rejects.toMatchObject({
    code: 'DATA_DAMAGED',
    message: expect.stringContaining(`mv ${folder} ${folder}.damaged`),
  });
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  await expect(start()).rejects.toMatchObject({ code: 'DATA_DAMAGED', message: expect.stringContaining('is empty') });
});

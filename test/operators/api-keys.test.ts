/** `npm run cli -- api-key …`, as an operator or a script runs it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAsOwner } from '../../src/db/database.ts';
import { variableNames } from '../../src/platform/config.ts';
import { hashSecret } from '../../src/platform/secrets.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let fresh: FreshDatabase;
let owner: ReturnType<typeof openAsOwner>;

beforeAll(async () => {
  fresh = await freshDatabase();
  owner = openAsOwner(fresh.url);
  await sql`insert into orgs (id, slug, name) values ('org_1', 'acme', 'Acme'), ('org_2', 'other', 'Other')`.execute(
    owner,
  );
  await sql`insert into users (id, email, name) values ('us_1', 'ann@acme.test', 'Ann')`.execute(owner);
  await sql`insert into memberships (org_id, user_id, role) values ('org_1', 'us_1', 'OWNER')`.execute(owner);
}, 120_000);
afterAll(async () => {
  await owner?.destroy();
  await fresh?.drop();
}, 120_000);

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

function run(command: string, args: readonly string[], set: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const unset = Object.fromEntries(variableNames.map((name) => [name, '']));
  const options = { cwd: root, env: { ...process.env, ...unset, DATABASE_URL: fresh.url, ...set } };
  return new Promise((resolve) => {
    execFile(command, args, options, (failure, out, error) =>
      resolve({ code: Number(failure?.code ?? 0), out, error }),
    );
  });
}

const cli = (...args: string[]) => run(process.execPath, ['scripts/run.mjs', 'src/cli.ts', 'api-key', ...args]);

test('a setting that can not be used is told by its name, without a stack', async () => {
  const args = ['scripts/run.mjs', 'src/cli.ts', 'flows', 'list'];
  const { code, out, error } = await run(process.execPath, args, { PORT: 'a door' });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(error).toContain('PORT must be a port number. Example: PORT=3000');
  expect(error).not.toMatch(/\bat .*:\d+/);
}, 60_000);

const forAnn = (name: string) => ['create', '--org', 'acme', '--user', 'Ann@acme.test', '--name', name];
const keys = () => sql<{ id: string; secret_hash: Buffer }>`select id, secret_hash from api_keys`.execute(owner);

test('create prints the key and nothing else, list says what became of it and not the key, revoke ends it', async () => {
  const made = await run('npm', ['run', '-s', 'cli', '--', 'api-key', ...forAnn('A laptop')]);
  expect(made).toMatchObject({ code: 0, error: '', out: expect.stringMatching(/^bflow_sk_[A-Za-z0-9]{32}\n$/) });
  const key = made.out.trim();
  const { rows } = await keys();
  expect(rows.map((r) => r.secret_hash)).toEqual([hashSecret(key)]);
  const id = rows[0]?.id ?? '';

  const listed = await cli('list', '--org', 'acme');
  expect(listed.out).toBe(`${id}  A laptop  …${key.slice(-4)}  ann@acme.test  never used  live\n`);

  expect(await cli('revoke', '--org', 'other', '--id', id)).toMatchObject({ code: 1 });
  expect((await cli('list', '--org', 'acme')).out).toMatch(/live$/m);
  expect(await cli('revoke', '--org', 'acme', '--id', id)).toMatchObject({ code: 0, out: `${id} is revoked.\n` });
  expect((await cli('list', '--org', 'acme')).out).toMatch(/revoked$/m);
}, 120_000);

test('says what it can do when asked, and nothing is wrong with asking', async () => {
  const { error: cutOff } = await run('sh', ['-c', `"${process.execPath}" scripts/run.mjs src/cli.ts --help | true`]);
  expect(cutOff).toBe('');
  for (const args of [['--help'], ['-h'], ['revoke', '--help']]) {
    const { code, out, error } = await cli(...args);
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out).toMatch(/^Usage:\n.*api-key create[\s\S]*flows verify/);
  }
}, 60_000);

test('what can not be done is told in a line, on the error output, and makes no key', async () => {
  const before = (await keys()).rows.length;
  for (const [ended, says] of [
    [
      cli(...forAnn('two\nlines')),
      /^--name has line breaks, control characters, or characters that turn the text around them$/,
    ],
    [cli(...forAnn('x'.repeat(201))), /^--name .*200/],
    [cli(...forAnn(' ')), /^--name is empty$/],
    [
      cli('create', '--org', 'nobody', '--user', 'ann@acme.test', '--name', 'x'),
      /^No organization has the slug "nobody"\.$/,
    ],
    [
      cli('create', '--org', 'other', '--user', 'ann@acme.test', '--name', 'x'),
      /^ann@acme\.test is no member of "other"\.$/,
    ],
    [
      cli('create', '--org', 'acme', '--user', 'ann@acme.test', '--name', 'Two', 'words'),
      /^"words" belongs to nothing\. What has spaces/,
    ],
    [cli('create', '--org', 'acme', '--name', 'x'), /^--user is missing\.\nUsage:/],
    [cli('revoke', '--org', 'acme', '--id', 'key_none'), /^No live API key of "acme" has the id key_none\.$/],
  ] as const) {
    const { code, out, error } = await ended;
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(error.trim()).toMatch(says);
    expect(error).not.toMatch(/\bat .*:\d+/);
  }
  expect((await keys()).rows).toHaveLength(before);
}, 120_000);

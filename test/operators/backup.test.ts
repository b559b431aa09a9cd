/**
 * PostgreSQL and Temporal are restored from backups of different moments, each once the older: what differs is told with
 * what to do, that is done, and the flows go on. The real product, its folders copied while it is stopped.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database, openAsOwner } from '../../src/db/database.ts';
import { publishTemplate } from '../../src/db/templates.ts';
import { olivia } from '../../src/demo/people.ts';
import { readTemplate } from '../../src/domain/read-template.ts';
import { createApiKey } from '../../src/oauth/api-keys.ts';
import { FlowGateway } from '../../src/operations/gateway.ts';
import { variableNames } from '../../src/platform/config.ts';
import { connectClient } from '../../src/platform/temporal-connection.ts';
import { type ask, get, post } from '../api/ask.ts';
import { temporaryFolder } from '../support/folder.ts';
import { makeProduct, type Product } from '../support/product.ts';

const orgId = 'org_demo_acme';
const lateOrg = 'org_late';
const titles = ['One', 'Two', 'Three', 'Four'];
let product: Product;
const backups = temporaryFolder();
let key = '';

type Store = 'postgres' | 'temporal';
type Moment = 'first' | 'second';

beforeAll(async () => {
  product = await makeProduct();
  await product.start();
  key = await withDatabase((database) =>
    database.withOrg({ orgId }, (trx) => createApiKey(trx, { orgId, userId: olivia.id }, 'test')),
  ).then((made) => made.secret);
  await owned((owner) => publishTemplate(owner, 'tp_backup', orgId, template()));

  for (const name of ['Goes on', 'Ends', 'Kept as it was']) await begin(name);
  await complete('Goes on', 'One');
  await product.interrupt();
  backUp('first');

  await product.start();
  await complete('Goes on', 'Two');
  await invite('Goes on', 'late@client.test');
  for (let n = 0; n < 55; n++)
    await post(product.url, key, '/tasks/Three/comments', { flow: 'Goes on', text: `No. ${n}` });
  await done(post(product.url, key, '/flows/Ends/status', { action: 'cancel' }));
  await complete('Kept as it was', 'One');
  await begin('Begun late');
  await complete('Begun late', 'One');
  await makeLateOrg();
  await product.interrupt();
  backUp('second');
}, 600_000);
afterAll(async () => {
  await product.remove();
  rmSync(backups, { recursive: true, force: true });
});

test('PostgreSQL is older than Temporal: rebuild-read-model brings it to where the flows are', async () => {
  restore('postgres', 'first');
  restore('temporal', 'second');
  await product.start();
  const ids = await idsInTemporal();
  const late = await flowId('Begun late', 'temporal');

  const found = await cli('verify');
  expect(found.code).toBe(1);
  expect(found.out).toContain(
    `${late} is not in the read model: \`flows rebuild-read-model\` writes it from its workflow.`,
  );
  expect(found.out).toMatch(/tasks\.1\.status \("COMPLETED" is "READY" there\)/);
  expect(found.out).toContain(': `flows rebuild-read-model` writes what differs anew.');
  expect(found.out).toContain(`${lateOrg}: 1 of its flows run in Temporal, and PostgreSQL does not know the organiz`);

  // Ours, and whichever of the demo's something fell due in between the backups.
  const differing = found.out.match(/`flows rebuild-read-model` writes/g)?.length ?? 0;
  expect(differing).toBeGreaterThanOrEqual(4);
  const mended = await cli('rebuild-read-model');
  expect(mended).toMatchObject({ code: 0, out: expect.stringContaining(`${differing} flows are rebuilt. `) });
  const after = await cli('verify');
  expect(after).toMatchObject({ code: 1, out: expect.stringMatching(/: 1 findings\.\s*$/) });
  await client((c) => c.workflow.getHandle(`flow/${lateOrg}/fl_late`).terminate('its organization is gone'));
  await expect.poll(() => cli('verify'), { timeout: 60_000 }).toMatchObject({ code: 0 });

  expect(await status('Goes on')).toEqual(['COMPLETED', 'COMPLETED', 'READY', 'BLOCKED']);
  expect(await status('Begun late')).toEqual(['COMPLETED', 'READY', 'BLOCKED', 'BLOCKED']);
  expect((await get(product.url, key, '/flows/Ends')).json).toMatchObject({ status: 'CANCELLED' });
  // 55 comments came after the backup, and a flow keeps its newest 50 entries itself.
  const lost = await owned((owner) =>
    owner.selectFrom('feed').select('seq').where('what', '=', 'entry_lost').orderBy('seq').execute(),
  );
  expect(lost.length).toBeGreaterThan(0);
  await complete('Goes on', 'Three');
  await complete('Begun late', 'Two');
  expect(await idsInTemporal()).toEqual(ids.filter((id) => !id.startsWith(`flow/${lateOrg}/`)));
  await expect.poll(() => cli('verify'), { timeout: 60_000 }).toMatchObject({ code: 0 });
  await product.interrupt();
}, 600_000);

test('Temporal is older than PostgreSQL: revive lets flows go on from the read model', async () => {
  restore('postgres', 'second');
  restore('temporal', 'first');
  await product.start();
  const [goesOn, late, kept] = [
    await flowId('Goes on'),
    await flowId('Begun late'),
    await flowId('Kept as it was'),
  ] as const;

  const found = await cli('verify');
  expect(found.code).toBe(1);
  expect(found.out).toContain(
    `${late} has not ended, and Temporal has no workflow of it: \`flows revive\` lets it go on from the read model.`,
  );
  expect(found.out).toMatch(new RegExp(`${goesOn}: its workflow is at version \\d+, and the read model has a newer`));
  expect(found.out).toContain(`\`flows rebuild-read-model --flow ${kept}\` keeps the older instead`);

  // Nothing is given up unless it is asked for by name.
  const unasked = await cli('rebuild-read-model');
  expect(unasked.code).toBe(1);
  const older = Number(/^0 flows are rebuilt, (\d+) could not be\./m.exec(unasked.out)?.[1]);
  expect(older, unasked.out).toBeGreaterThanOrEqual(5);
  expect(await cli('rebuild-read-model', '--org', 'acme-agency', '--flow', kept)).toMatchObject({ code: 0 });
  const revived = await cli('revive');
  expect(revived).toMatchObject({ code: 0, out: expect.stringContaining(`${older - 1} flows are revived. `) });
  await expect.poll(() => cli('verify'), { timeout: 60_000 }).toMatchObject({ code: 0 });

  expect(await status('Goes on')).toEqual(['COMPLETED', 'COMPLETED', 'READY', 'BLOCKED']);
  expect(await status('Begun late')).toEqual(['COMPLETED', 'READY', 'BLOCKED', 'BLOCKED']);
  expect(await status('Kept as it was')).toEqual(['READY', 'BLOCKED', 'BLOCKED', 'BLOCKED']);
  const onEnded = await post(product.url, key, '/flows/Ends/status', { action: 'resume' });
  expect(onEnded).toMatchObject({ status: 409, json: { code: 'flow_final' } });
  for (const title of ['Three', 'Four']) await complete('Goes on', title);
  await complete('Begun late', 'Two');
  await complete('Kept as it was', 'One');
  expect((await get(product.url, key, '/flows/Goes%20on')).json).toMatchObject({ status: 'COMPLETED' });

  // Who was mailed before is not mailed the same again, and what comes new is mailed.
  const mails = await owned((owner) =>
    owner.selectFrom('mails').select('kind').where('to_address', '=', 'late@client.test').orderBy('sent_at').execute(),
  );
  expect(mails.map((m) => m.kind)).toEqual(['invitation', 'flow_completed']);
  const inbox = await owned((owner) =>
    owner.selectFrom('dev_mails').select('key').where('to_address', '=', 'late@client.test').execute(),
  );
  expect(inbox).toHaveLength(2);
  await expect.poll(() => cli('verify'), { timeout: 60_000 }).toMatchObject({ code: 0 });
}, 600_000);

function template() {
  const steps = titles.map((title, i) => ({
    key: title.toLowerCase(),
    title,
    dependsOn: titles.slice(Math.max(0, i - 1), i).map((t) => t.toLowerCase()),
  }));
  const reading = readTemplate({ name: 'Backup', steps });
  if (!reading.ok) throw new Error(reading.problems.map((p) => p.message).join(' '));
  return reading.template;
}

/** An organization with one flow that the first backup of PostgreSQL does not know. */
async function makeLateOrg(): Promise<void> {
  await owned((owner) => owner.insertInto('orgs').values({ id: lateOrg, slug: 'late', name: 'Late' }).execute());
  await client(async (c) => {
    const flows = new FlowGateway(c, { taskQueue: 'booflow' });
    const like = await flows.snapshot(orgId, await flowId('Begun late'));
    if (!like) throw new Error('No worker answers.');
    await flows.create({ ...like.flow, id: 'fl_late', orgId: lateOrg }, { commandId: 'late', fingerprint: '' });
  });
}

function foldersOf(store: Store): readonly string[] {
  const files = ['temporal.db', 'temporal.db-wal', 'temporal.db-shm'];
  // The folder may be a link to where the account that runs PostgreSQL gets to.
  return store === 'postgres'
    ? [realpathSync(join(product.dataDir, 'postgres'))]
    : files.map((file) => join(product.dataDir, file));
}

const kept = (moment: Moment, path: string): string => join(backups, moment, path.split('/').at(-1) ?? '');

function backUp(moment: Moment): void {
  mkdirSync(join(backups, moment));
  for (const path of [...foldersOf('postgres'), ...foldersOf('temporal')])
    if (existsSync(path)) execFileSync('cp', ['-a', path, kept(moment, path)]);
}

function restore(store: Store, moment: Moment): void {
  for (const path of foldersOf(store)) {
    rmSync(path, { recursive: true, force: true });
    if (existsSync(kept(moment, path))) execFileSync('cp', ['-a', kept(moment, path), path]);
  }
}

async function done(asked: ReturnType<typeof ask>): Promise<void> {
  const { status, text } = await asked;
  expect(status, text).toBeLessThan(300);
}

async function begin(name: string): Promise<void> {
  await done(post(product.url, key, '/flows', { template: 'Backup', name }));
  await done(post(product.url, key, `/flows/${encodeURIComponent(name)}/status`, { action: 'start' }));
}

const complete = (flow: string, task: string): Promise<void> =>
  done(post(product.url, key, `/tasks/${task}/complete`, { flow }));

const invite = (flow: string, email: string): Promise<void> =>
  done(post(product.url, key, `/flows/${encodeURIComponent(flow)}/external-users`, { email, role: 'reviewer' }));

/** Of the tasks, in order; asked of the workflow. */
async function status(flow: string): Promise<unknown> {
  const { json } = await get(product.url, key, `/flows/${encodeURIComponent(flow)}`);
  return Array.isArray(json.tasks) ? json.tasks.map((t: { status?: unknown }) => t.status) : json;
}

async function flowId(name: string, where: 'lists' | 'temporal' = 'lists'): Promise<string> {
  if (where === 'temporal')
    return client(async (c) => {
      for await (const { workflowId } of c.workflow.list({ query: `BooflowFlowName = '${name}'` }))
        if (workflowId.includes(orgId)) return workflowId.split('/')[2] ?? '';
      throw new Error(`Temporal knows no flow "${name}".`);
    });
  const row = await owned((owner) =>
    owner.selectFrom('flows').select('id').where('name', '=', name).executeTakeFirstOrThrow(),
  );
  return row.id;
}

const idsInTemporal = (): Promise<string[]> =>
  client(async (c) => {
    const ids: string[] = [];
    for await (const w of c.workflow.list({ query: `WorkflowType = 'flowWorkflow' AND ExecutionStatus = 'Running'` }))
      ids.push(w.workflowId);
    return ids.sort();
  });

async function client<T>(work: (c: ReturnType<typeof connectClient>) => Promise<T>): Promise<T> {
  const c = connectClient({ temporalAddress: product.temporalAddress, temporalNamespace: 'default' });
  try {
    return await work(c);
  } finally {
    await c.connection.close();
  }
}

async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database(product.databaseUrl, { max: 1 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

async function owned<T>(work: (owner: ReturnType<typeof openAsOwner>) => Promise<T>): Promise<T> {
  const owner = openAsOwner(product.databaseUrl);
  try {
    return await work(owner);
  } finally {
    await owner.destroy();
  }
}

/** `npm run cli -- flows …`, as an operator runs it. */
function cli(...args: string[]): Promise<{ code: number; out: string }> {
  const file = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
  const env = {
    ...process.env,
    ...Object.fromEntries(variableNames.map((name) => [name, ''])),
    DATABASE_URL: product.databaseUrl,
    TEMPORAL_ADDRESS: product.temporalAddress,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), file, 'flows', ...args],
      { env },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), out: stdout + stderr }),
    );
  });
}

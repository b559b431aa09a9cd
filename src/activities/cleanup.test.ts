import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { Worker } from '@temporalio/worker';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../test/support/database.ts';
import { temporaryFolder } from '../../test/support/folder.ts';
import { mia } from '../../test/support/people.ts';
import { sharedTemporal, sharedWorkflows } from '../../test/support/servers.ts';
import { placeAt } from '../../test/workflows/flow-driver.ts';
import { type RealEffects, realEffects } from '../../test/workflows/real-effects.ts';
import { diskStore } from '../platform/files/disk.ts';
import { FileMissing } from '../platform/files/store.ts';
import { cleanupWorkflowType } from '../workflows/contract.ts';
import { makeCleanupActivities } from './cleanup.ts';

const now = Date.UTC(2026, 10, 9, 10);
const hour = 3_600_000;
const day = 24 * hour;
const at = (ms: number): Date => new Date(now + ms);

let fresh: FreshDatabase;
let effects: RealEffects;

beforeAll(async () => {
  fresh = await freshDatabase();
  effects = await realEffects(fresh.url);
});
afterAll(async () => {
  await effects.close();
  await fresh.drop();
});

const files = diskStore(temporaryFolder());
const cleanup = () => makeCleanupActivities(effects.database, files, () => now);
const hash = (): Buffer => randomBytes(32);
const org = { org_id: 'or_acme' };
const link = (expires: number) => ({
  ...org,
  secret_hash: hash(),
  flow_id: 'fl_acme',
  external_id: 'ex_jane',
  created_at: at(-30 * day),
  expires_at: at(expires),
});

it('deletes what is over in each table, and nothing else', async () => {
  const { owner } = effects;
  const user = { user_id: mia.id };
  const grant = (id: string, created: number) => ({
    ...org,
    ...user,
    id,
    client_id: 'app',
    client_name: 'App',
    redirect_host: 'app.test',
    scope: ['flows:read'],
    resource: 'https://flows.acme.test/api/mcp',
    created_at: at(created),
    last_used_at: null,
    revoked_at: null,
  });
  const client = (id: string, created: number, used: number | null) => ({
    id,
    kind: 'registered' as const,
    secret_hash: null,
    name: id,
    redirect_uris: ['https://app.test/back'],
    created_at: at(created),
    fresh_until: null,
    last_used_at: used === null ? null : at(used),
  });
  const session = (id: string, expires: number) => ({
    ...user,
    id,
    secret_hash: hash(),
    current_org: org.org_id,
    by_link: false,
    user_agent: 'test',
    created_at: at(-day),
    last_seen_at: at(-day),
    expires_at: at(expires),
  });
  const code = (expires: number) => ({
    ...org,
    code_hash: hash(),
    grant_id: 'lives',
    redirect_uri: 'https://app.test/back',
    code_challenge: 'x',
    expires_at: at(expires),
    spent_at: null,
  });
  const token = (grant_id: string, expires: number) => ({
    ...org,
    grant_id,
    token_hash: hash(),
    kind: 'access' as const,
    scope: ['flows:read'],
    expires_at: at(expires),
    spent_at: null,
  });
  const signIn = (expires: number) => ({
    ...user,
    secret_hash: hash(),
    next: '/',
    created_at: at(-hour),
    expires_at: at(expires),
  });
  await owner
    .insertInto('sessions')
    .values([session('over', -1), session('lives', 1)])
    .execute();
  await owner
    .insertInto('sign_in_links')
    .values([signIn(-1), signIn(1)])
    .execute();
  await owner
    .insertInto('magic_links')
    .values([link(-1), link(1)])
    .execute();
  await owner
    .insertInto('portal_sessions')
    .values([link(-1), link(1)])
    .execute();
  await owner
    .insertInto('oauth_grants')
    .values([grant('lives', -2 * hour), grant('over', -2 * hour), grant('new', -hour + 1)])
    .execute();
  await owner
    .insertInto('oauth_codes')
    .values([code(-day - 1), code(-day + 1)])
    .execute();
  await owner
    .insertInto('oauth_tokens')
    .values([token('lives', 1), token('lives', -1), token('over', -1)])
    .execute();
  await owner
    .insertInto('oauth_clients')
    .values([
      client('over', -30 * day - 1, null),
      client('new', -30 * day + 1, null),
      client('used', -99 * day, -98 * day),
    ])
    .execute();
  const claim = (key: string, until: number) => ({ ...org, key, attempt: key, until: at(until) });
  await owner
    .insertInto('mails_under_way')
    .values([claim('over', -day - 1), claim('lives', -day + 1)])
    .execute();
  for (const ms of [-day - 1, -day + 1]) {
    await sql`insert into sign_in_failures (email_hash, at) values (${hash()}, ${at(ms)})`.execute(owner);
  }

  // One of each, and of the tokens two.
  expect(await cleanup().deleteExpired()).toBe(11);
  expect(await cleanup().deleteExpired()).toBe(0);
  const left: Record<string, number> = {};
  for (const table of [
    'sessions',
    'sign_in_links',
    'magic_links',
    'portal_sessions',
    'oauth_codes',
    'oauth_tokens',
    'mails_under_way',
    'users',
    'memberships',
  ] as const) {
    left[table] = (await owner.selectFrom(table).selectAll().execute()).length;
  }
  expect(left).toEqual({
    ...{ sessions: 1, sign_in_links: 1, magic_links: 1, portal_sessions: 1 },
    ...{ oauth_codes: 1, oauth_tokens: 1, mails_under_way: 1, users: 4, memberships: 4 },
  });
  const { rows } = await sql`select at from sign_in_failures`.execute(owner);
  expect(rows).toEqual([{ at: at(-day + 1) }]);
  const ids = async (table: 'oauth_grants' | 'oauth_clients'): Promise<string[]> =>
    (await owner.selectFrom(table).select('id').orderBy('id').execute()).map((r) => r.id);
  expect(await ids('oauth_grants')).toEqual(['lives', 'new']);
  expect(await ids('oauth_clients')).toEqual(['new', 'used']);
});

async function manyLinks(count: number): Promise<void> {
  const links = Array.from({ length: count }, () => link(-1));
  await effects.owner.insertInto('magic_links').values(links).execute();
}

it('takes a thousand of a kind at a time', async () => {
  await manyLinks(2_500);
  const gone = [];
  for (let n = 0; n < 4; n++) gone.push(await cleanup().deleteExpired());
  expect(gone).toEqual([1_000, 1_000, 500, 0]);
});

it('goes on batch by batch in its workflow until nothing is left', async () => {
  await manyLinks(2_500);
  const { address, namespace } = await sharedTemporal();
  const { leave, ...place } = await placeAt(address, namespace);
  const taskQueue = `test-${randomBytes(6).toString('hex')}`;
  const worker = await Worker.create({
    ...{ connection: place.connection, namespace, taskQueue, workflowBundle: await sharedWorkflows() },
    activities: { ...cleanup() },
  });
  const total = await worker.runUntil(
    place.client.workflow.execute<() => Promise<number>>(cleanupWorkflowType, {
      taskQueue,
      workflowId: taskQueue,
      args: [],
    }),
  );
  await leave();
  expect(total).toBe(2_500);
});

it('takes files out of the store that nobody sent, and those of a flow that is gone; sent and drafted ones stay', async () => {
  const { owner } = effects;
  const flow = (id: string) => ({
    ...{ ...org, id, name: id, template_id: 'tp', template_name: 'T', template_version: 1, status: 'ACTIVE' as const },
    ...{ percent: 0, done: 0, counting: 1, created_at: at(-9 * day), created_by: '{}', feed_length: 0, version: 1 },
    ...{ updated_at: at(0), time_zone: 'UTC' },
  });
  await owner
    .insertInto('flows')
    .values([flow('fl_lives'), flow('fl_goes')])
    .execute();
  const file = async (id: string, flow_id: string, age: number, kept: boolean) => {
    const store_key = `or_acme/${flow_id}/${id}`;
    await files.put(store_key, Readable.from([id]));
    await owner
      .insertInto('files')
      .values({
        ...{ ...org, id, flow_id, task_id: 'tk_a', field_key: 'logo', store_key, name: 'logo.png' },
        ...{ uploaded_by: '{}', uploader_id: 'ex_jane', created_at: at(-age), state: 'STORED' },
        kept_at: kept ? at(-age) : null,
      })
      .execute();
  };
  await file('fi_sent', 'fl_lives', 9 * day, true);
  await file('fi_drafted', 'fl_lives', 9 * day, false);
  await file('fi_new', 'fl_lives', day - 1, false);
  await file('fi_left', 'fl_lives', day + 1, false);
  await file('fi_with_flow', 'fl_goes', 9 * day, true);
  await owner
    .insertInto('form_drafts')
    .values({
      ...{
        ...org,
        flow_id: 'fl_lives',
        task_id: 'tk_a',
        external_id: 'ex_jane',
        comment: '',
        updated_at: at(-9 * day),
      },
      answers: JSON.stringify({ logo: 'fi_other,fi_drafted' }),
    })
    .execute();
  await owner.deleteFrom('flows').where('id', '=', 'fl_goes').execute();
  while ((await cleanup().deleteExpired()) > 0);
  const left = await owner.selectFrom('files').select('id').orderBy('id').execute();
  expect(left.map((f) => f.id)).toEqual(['fi_drafted', 'fi_new', 'fi_sent']);
  const isThere = (key: string) =>
    files.get(key).then(
      (bytes) => bytes.destroy() && true,
      (error) => (error instanceof FileMissing ? false : error),
    );
  for (const [id, there] of [
    ['fl_lives/fi_sent', true],
    ['fl_lives/fi_drafted', true],
    ['fl_lives/fi_new', true],
    ['fl_lives/fi_left', false],
    ['fl_goes/fi_with_flow', false],
  ] as const)
    expect([id, await isThere(`or_acme/${id}`)]).toEqual([id, there]);
  expect(await owner.selectFrom('file_remains').selectAll().execute()).toEqual([]);
});

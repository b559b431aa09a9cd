/** An org's archive read back and compared with what the database has; and everyone who must not get it. */
import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import yauzl from 'yauzl';
import { z } from 'zod';
import { readFlow } from '../../src/db/read-flow.ts';
import { demoPassword } from '../../src/demo/people.ts';
import { createWebhook } from '../../src/operations/create-webhook.ts';
import { orgArchive } from '../../src/operations/org-archive.ts';
import { olivia } from '../mcp/principals.ts';
import { Person } from '../oauth/person.ts';
import { acme, globex, jane, type Scene, startScene, words } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  await scene.sendBrand(await scene.begin(scene.olivia, 'Harbor & Pine'), 'Harbor & Pine');
  await scene.sendBrand(await scene.begin(scene.gus, 'Secret Launch'), 'Secret Launch');
  const { world } = scene;
  const caller = { ...world.tools, now: Date.now() };
  const made = await createWebhook.run({ ...caller, principal: olivia }, { url: 'http://localhost:9/hook' });
  if (!made.ok) throw new Error(made.text);
});
afterAll(() => scene?.stop());

/** What is in an archive, by name. */
async function unzip(archive: Buffer): Promise<Map<string, Buffer>> {
  const zip = await yauzl.fromBufferPromise(archive);
  const found = new Map<string, Buffer>();
  for await (const entry of zip.eachEntry()) {
    found.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  }
  return found;
}

const linesOf = (file: Buffer | undefined): Record<string, unknown>[] =>
  (file?.toString() ?? '')
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => z.record(z.string(), z.unknown()).parse(JSON.parse(l)));

async function signedIn(email: string): Promise<Person> {
  const person = new Person(scene.world.url);
  expect((await person.signIn(email, demoPassword)).status).toBe(303);
  return person;
}

/** As a browser without JavaScript does it. */
async function exported(email: string): Promise<{ status: number; headers: Headers; bytes: Buffer }> {
  const person = await signedIn(email);
  const { csrf = '' } = (await person.get('/settings/data')).form('/settings/data/export');
  const cookie = [...person.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
  const answer = await fetch(`${scene.world.url}/settings/data/export`, {
    ...{ method: 'POST', headers: { cookie }, body: new URLSearchParams({ csrf }), redirect: 'manual' },
  });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

describe('an owner takes everything along', () => {
  let found: Map<string, Buffer>;
  beforeAll(async () => {
    const { status, headers, bytes } = await exported('olivia@acme.test');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/zip');
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="booflow-acme-agency-\d{4}-\d\d-\d\d\.zip"/,
    );
    found = await unzip(bytes);
  });

  test('as many of each thing as the database has, and the manifest says so', async () => {
    const { owner } = scene.world;
    const of = {
      'members.jsonl': 'memberships',
      'member-invitations.jsonl': 'member_invitations',
      'templates.jsonl': 'templates',
      'template-versions.jsonl': 'template_versions',
      'flows.jsonl': 'flows',
      'feed.jsonl': 'feed',
      'mails.jsonl': 'mails',
      'webhooks.jsonl': 'webhooks',
      'imports.jsonl': 'flow_imports',
      'import-lines.jsonl': 'flow_import_lines',
      'reminders-off.jsonl': 'reminders_off',
      'api-keys.jsonl': 'api_keys',
      'connected-apps.jsonl': 'oauth_grants',
      'organization-events.jsonl': 'org_events',
      'files.jsonl': 'files',
    } as const;
    const there: Record<string, number> = {};
    for (const [file, table] of Object.entries(of)) {
      const { rows } = await sql<{
        n: number;
      }>`select count(*)::int as n from ${sql.table(table)} where org_id = ${acme}`.execute(owner);
      there[file] = rows[0]?.n ?? -1;
    }
    const lines = Object.fromEntries(Object.keys(of).map((file) => [file, linesOf(found.get(file)).length]));
    expect(lines).toEqual(there);
    expect(JSON.parse(found.get('manifest.json')?.toString() ?? '')).toMatchObject({ format: 1, lines, missing: [] });
    expect(lines['flows.jsonl']).toBeGreaterThan(0);
    expect(lines['webhooks.jsonl']).toBe(1);
    expect(lines['files.jsonl']).toBe(1);
  });

  test('each flow is as the read model has it, word for word', async () => {
    const flows = linesOf(found.get('flows.jsonl'));
    for (const { id, tasks, externalUsers } of flows) {
      const is = await scene.world.database.withOrg({ orgId: acme }, (trx) => readFlow(trx, String(id), 0));
      expect(tasks).toMatchObject(
        (is?.flow.tasks ?? []).map(({ title, status, answers, assignee, comments }) => ({
          ...{ title, status, answers, assignee },
          comments: comments.map(({ text, by }) => ({ text, by })),
        })),
      );
      expect(externalUsers).toMatchObject((is?.flow.externals ?? []).map(({ name, email }) => ({ name, email })));
    }
    const all = found.get('flows.jsonl')?.toString();
    for (const text of [jane.name, jane.email, words.answer, words.comment]) expect(all).toContain(text);
  });

  test('files are there with their bytes', () => {
    const [file] = linesOf(found.get('files.jsonl'));
    expect(file).toMatchObject({ name: words.fileName, mediaType: 'image/png' });
    const bytes = found.get(String(file?.path));
    expect(
      createHash('sha256')
        .update(bytes ?? '')
        .digest('hex'),
    ).toBe(file?.sha256);
    expect(found.get('README.md')?.toString()).toContain('Acme Agency');
  });

  test('nothing of another organization, no secret and no hash of one', async () => {
    const all = Buffer.concat([...found.values()]);
    for (const foreign of ['Secret Launch', 'gus@globex.test', 'Globex', globex])
      expect(all.includes(foreign), foreign).toBe(false);
    const { rows: columns } = await sql<{ t: string; c: string }>`
      select table_name as t, column_name as c from information_schema.columns
      where table_schema = current_schema() and (data_type = 'bytea' or column_name ~ 'hash|secret')`.execute(
      scene.world.owner,
    );
    expect(columns.length).toBeGreaterThan(10);
    let looked = 0;
    for (const { t, c } of columns) {
      if (c === 'sha256') continue;
      const { rows } = await sql<{ v: Buffer | string | null }>`select ${sql.ref(c)} as v from ${sql.table(t)}`.execute(
        scene.world.owner,
      );
      for (const { v } of rows) {
        if (v === null || v.length < 16) continue;
        looked++;
        const shapes =
          typeof v === 'string' ? [v] : [v.toString('hex'), v.toString('base64'), v.toString('base64url'), v];
        for (const shape of shapes) expect(all.includes(shape), `${t}.${c}`).toBe(false);
      }
    }
    expect(looked).toBeGreaterThan(5);
    expect(all.includes('bflow_sk_')).toBe(false);
  });
});

describe('nobody else does', () => {
  test.each(['adam@acme.test', 'mia@acme.test'])(
    '%s is no owner: the page offers nothing, the form is refused',
    async (email) => {
      const person = await signedIn(email);
      const page = await person.get('/settings/data');
      expect(page.html).not.toContain('action="/settings/data/export"');
      expect(page.html).toContain('An owner of the organization can export it.');
      // With the proof of a form of theirs.
      const { csrf = '' } = (await person.get('/settings/sessions')).form('/settings/sessions/end');
      const refused = await person.post('/settings/data/export', { csrf });
      expect([refused.status, refused.headers.get('content-type')]).toEqual([422, 'text/html']);
      expect(refused.html).toContain('only an owner of the organization can');
    },
  );

  test('an owner of another organization gets theirs, and a forged form nothing', async () => {
    const gus = await exported('gus@globex.test');
    const theirs = Buffer.concat([...(await unzip(gus.bytes)).values()]);
    expect(theirs.includes('Secret Launch')).toBe(true);
    for (const foreign of ['Harbor & Pine', 'adam@acme.test', acme])
      expect(theirs.includes(foreign), foreign).toBe(false);
    const person = await signedIn('olivia@acme.test');
    expect((await person.post('/settings/data/export', { csrf: 'x' })).status).toBe(403);
    expect((await new Person(scene.world.url).post('/settings/data/export', {})).to?.pathname).toBe('/sign-in');
  });
});

test('memory stays bounded: nothing is read ahead of who reads the archive, and an archive nobody reads ends', async () => {
  const { world } = scene;
  const size = 4 * 1024 * 1024;
  const ids = Array.from({ length: 12 }, (_, i) => `fi_big${i}`);
  const flowId = await scene.idOf('Harbor & Pine');
  for (const id of ids) {
    await world.owner
      .insertInto('files')
      .values({
        ...{ org_id: acme, id, flow_id: flowId, task_id: 'x', field_key: 'x', store_key: `big/${id}`, name: 'big.bin' },
        ...{ uploaded_by: '{}', uploader_id: 'x', created_at: new Date(), state: 'STORED', size, kept_at: new Date() },
      })
      .execute();
  }
  let opened = 0;
  let open = 0;
  let given = 0;
  const chunk = Buffer.alloc(64 * 1024, 1);
  const files = {
    ...world.files,
    get: async (key: string) => {
      if (!key.startsWith('big/')) return world.files.get(key);
      opened++;
      open++;
      const bytes = Readable.from(
        (async function* () {
          for (let n = 0; n < size; n += chunk.length) {
            given += chunk.length;
            yield chunk;
          }
        })(),
        { objectMode: false },
      );
      return bytes.on('close', () => open--);
    },
  };
  const archive = orgArchive({ database: world.database, files, now: Date.now() }, acme);
  const slow = archive.pipe(new PassThrough({ highWaterMark: 1024 }));
  // Reads up to the first large file, and stops there.
  while (opened === 0) {
    slow.read();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect([opened, open]).toEqual([1, 1]);
  expect(given).toBeLessThan(1024 * 1024);
  archive.destroy();
  await expect.poll(() => open).toBe(0);
  expect(opened).toBe(1);
  await world.owner.deleteFrom('files').where('id', 'in', ids).execute();
});

test('bytes that the store has lost are told in the manifest, and the rest is there', async () => {
  const { world } = scene;
  const [file] = await world.owner.selectFrom('files').select(['id', 'store_key']).where('org_id', '=', acme).execute();
  await world.files.delete(file?.store_key ?? '');
  const found = await unzip((await exported('olivia@acme.test')).bytes);
  expect(JSON.parse(found.get('manifest.json')?.toString() ?? '').missing).toEqual([file?.id]);
  expect(linesOf(found.get('flows.jsonl')).length).toBeGreaterThan(0);
});

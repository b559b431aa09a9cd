/** Many flows from one table: what is wrong is told before anything is made, and a worker that dies costs and doubles nothing. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { getImport } from '../../src/operations/get-import.ts';
import { importFlows } from '../../src/operations/import-flows.ts';
import { listImports } from '../../src/operations/list-imports.ts';
import { gus, mia, olivia } from '../mcp/principals.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const caller = (principal = olivia) => ({ ...world.tools, now: Date.now(), principal });
const asked = (csv: string, command_id: string) =>
  importFlows.run(caller(), { template: 'Client Onboarding', csv, command_id });
const progress = async (id: string, input: object = {}) => {
  const result = await getImport.run(caller(), { import: id, ...input });
  if (!result.ok) throw new Error(result.text);
  return result.facts;
};
const finished = (id: string) =>
  vi.waitFor(async () => expect((await progress(id)).finishedAt).not.toBeNull(), { timeout: 120_000, interval: 500 });

const beginner = 'us_ben';
const setRole = (role: 'ADMIN' | 'MEMBER') =>
  world.owner
    .insertInto('memberships')
    .values({ org_id: olivia.orgId, user_id: beginner, role })
    .onConflict((on) => on.columns(['org_id', 'user_id']).doUpdateSet({ role }));

test('a flow for each line, with its client and its start', async () => {
  const csv = [
    '\ufeffName,Client email,Client name,Client role,Start,Start date',
    'Harbor,jane@harbor.test,Jane Alder,client,yes,2026-11-23',
    '"Pine, Oak & Sons",,,,no,',
    'Globe,JOHN@globe.test,,client,,',
  ].join('\r\n');
  const begun = await asked(csv, 'three');
  expect(begun).toMatchObject({ ok: true, facts: { total: 3, template: 'Client Onboarding' } });
  if (!begun.ok) return;
  const { import: id } = begun.facts;
  await finished(id);
  const { done, failed, lines } = await progress(id);
  expect({ done, failed }).toEqual({ done: 3, failed: 0 });
  const flows = await world.owner.selectFrom('flows').select(['id', 'name', 'status', 'start_date']).execute();
  const made = lines.map((l) => flows.find((f) => f.id === l.flowId));
  expect(made.map((f) => [f?.name, f?.status])).toEqual([
    ['Harbor', 'ACTIVE'],
    ['Pine, Oak & Sons', 'DRAFT'],
    ['Globe', 'DRAFT'],
  ]);
  const people = await world.owner.selectFrom('external_users').select(['flow_id', 'email', 'name', 'role']).execute();
  expect(people.filter((p) => lines.some((l) => l.flowId === p.flow_id)).map((p) => [p.email, p.name])).toEqual(
    expect.arrayContaining([
      ['jane@harbor.test', 'Jane Alder'],
      ['john@globe.test', 'John'],
    ]),
  );
  // Asked for once more, with the same command id: the same import, and no flow more.
  expect(await asked(csv, 'three')).toMatchObject({ ok: true, facts: { import: id } });
  await finished(id);
  expect(await world.owner.selectFrom('flows').select('id').execute()).toHaveLength(flows.length);
});

test('a worker that is gone in the middle leaves no flow out and makes none twice', async () => {
  const csv = ['name', ...Array.from({ length: 60 }, (_, n) => `Many ${n}`)].join('\n');
  const begun = await asked(csv, 'many');
  if (!begun.ok) throw new Error(begun.text);
  const { import: id } = begun.facts;
  await vi.waitFor(async () => expect((await progress(id)).done).toBeGreaterThan(5), { timeout: 60_000 });
  await world.stopWorker();
  expect((await progress(id)).pending).toBeGreaterThan(0);
  await world.startWorker();
  await finished(id);
  const { done, failed, lines, nextLine } = await progress(id);
  expect({ done, failed, nextLine }).toEqual({ done: 60, failed: 0, nextLine: null });
  expect(new Set(lines.map((l) => l.flowId)).size).toBe(60);
  // A flow that was made is in the lists a moment later.
  const made = () => world.owner.selectFrom('flows').select(['id', 'name']).where('name', 'like', 'Many %').execute();
  await vi.waitFor(async () => expect((await made()).length).toBeGreaterThanOrEqual(60), { timeout: 30_000 });
  const flows = await made();
  expect(flows).toHaveLength(60);
  expect(new Set(flows.map((f) => f.name)).size).toBe(60);
});

test.each([
  ['lost the role', 'is no owner or admin any more', () => setRole('MEMBER')],
  ['is gone', 'is no longer a member', () => world.owner.deleteFrom('memberships').where('user_id', '=', beginner)],
])('who began it %s: it stops, says so at each line, and ends', async (_, why, lose) => {
  await world.owner
    .insertInto('users')
    .values({ id: beginner, email: 'ben@acme.test', name: 'Ben' })
    .onConflict((on) => on.doNothing())
    .execute();
  await setRole('ADMIN').execute();
  const ben = { ...olivia, userId: beginner, name: 'Ben', email: 'ben@acme.test', role: 'ADMIN' } as const;
  const csv = ['name', ...Array.from({ length: 400 }, (_, n) => `Bens ${n}`)].join('\n');
  const begun = await importFlows.run(caller(ben), { template: 'Client Onboarding', csv });
  if (!begun.ok) throw new Error(begun.text);
  const { import: id } = begun.facts;
  await vi.waitFor(async () => expect((await progress(id)).done).toBeGreaterThan(0), { timeout: 60_000 });
  await lose().execute();
  await finished(id);
  const lines = await world.owner
    .selectFrom('flow_import_lines')
    .select(['state', 'flow_id', 'error'])
    .where('import_id', '=', id)
    .orderBy('line')
    .execute();
  const stopped = lines.filter((l) => l.state === 'FAILED');
  expect(stopped.length).toBeGreaterThan(0);
  // Also the rest of those that were under way at that moment were made whole, or not at all.
  expect(lines.filter((l) => l.state === 'DONE' && l.flow_id === null)).toEqual([]);
  expect(new Set(stopped.map((l) => l.error))).toEqual(
    new Set([`Ben, who began this import, ${why}. Import what is left anew.`]),
  );
  expect(lines.findIndex((l) => l.state === 'FAILED')).toBe(lines.length - stopped.length);
});

test('a line that is refused is told, and the others go on', async () => {
  const most = 1_000;
  await world.owner
    .insertInto('invitations_asked')
    .values({ org_id: olivia.orgId, command_id: 'full', at: new Date(Date.now() - 3_590_000), n: most })
    .execute();
  const begun = await asked('name,client_email\nWithout,\nWaits,late@client.test', 'waits');
  if (!begun.ok) throw new Error(begun.text);
  await vi.waitFor(async () => expect(await progress(begun.facts.import)).toMatchObject({ done: 1, pending: 1 }), {
    timeout: 60_000,
  });
  // The hour's invitations are used up for ten seconds more: it waits for its turn rather than failing.
  await finished(begun.facts.import);
  expect(await progress(begun.facts.import)).toMatchObject({ done: 2, failed: 0 });
});

test('a table that is wrong makes nothing', async () => {
  const before = await world.owner.selectFrom('flow_imports').select('id').execute();
  const refused = await asked('name,start\ngood,yes\nbad,perhaps', 'bad');
  expect(refused).toMatchObject({ ok: false, code: 'bad_input' });
  expect(refused.text).toBe('Not done; nothing was made.\nLine 3: start is "perhaps"; it must be yes or no.');
  expect(await world.owner.selectFrom('flow_imports').select('id').execute()).toEqual(before);
});

test("another org's import is unknown, and a MEMBER may make and see none", async () => {
  const imports = await world.owner.selectFrom('flow_imports').select('id').execute();
  const id = imports[0]?.id ?? '';
  expect(await getImport.run(caller(gus), { import: id })).toMatchObject({ ok: false, code: 'not_found' });
  expect(await listImports.run(caller(gus), {})).toMatchObject({ ok: true, facts: { imports: [] } });
  expect(await listImports.run(caller(), {})).toMatchObject({ ok: true, facts: { imports: expect.any(Array) } });
  const request = { template: 'Client Onboarding', csv: 'name\na' };
  expect(await importFlows.run(caller(mia), request)).toMatchObject({ ok: false, code: 'not_allowed' });
  expect(await getImport.run(caller(mia), { import: id })).toMatchObject({ ok: false, code: 'not_allowed' });
});

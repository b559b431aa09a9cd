/** Many flows from one table: what is wrong is told before anything is made, and a worker that dies costs and doubles nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { getImport } from '../../src/operations/get-import.ts';
import { getImportLeft } from '../../src/operations/get-import-left.ts';
import { importFlows } from '../../src/operations/import-flows.ts';
import { listImports } from '../../src/operations/list-imports.ts';
import { stopImport } from '../../src/operations/stop-import.ts';
import { updateFlowStatus } from '../../src/operations/update-flow-status.ts';
import { idFrom } from '../../src/platform/ids.ts';
import { post } from '../api/ask.ts';
import { gus, mia, olivia } from '../mcp/principals.ts';
import { Person } from '../oauth/person.ts';
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
  const begun = await importFlows.run(caller(ben), { template: 'Client Onboarding', csv, again: true });
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

test('a line whose flow is made and waits for the rest names it when the import ends before that', async () => {
  await setRole('ADMIN').execute();
  await world.owner
    .insertInto('invitations_asked')
    .values({ org_id: olivia.orgId, command_id: 'half', at: new Date(), n: 1_000 })
    .execute();
  const ben = { ...olivia, userId: beginner, name: 'Ben', email: 'ben@acme.test', role: 'ADMIN' } as const;
  const csv = 'name,client_email\nHalf made,late@client.test';
  const begun = await importFlows.run(caller(ben), { template: 'Client Onboarding', csv });
  if (!begun.ok) throw new Error(begun.text);
  const { import: id } = begun.facts;
  const flows = () => world.owner.selectFrom('flows').select('id').where('name', '=', 'Half made').execute();
  await vi.waitFor(async () => expect(await flows()).toHaveLength(1), { timeout: 20_000 });
  await setRole('MEMBER').execute();
  await finished(id);
  const [line] = (await progress(id)).lines;
  const [flow] = await flows();
  expect(line).toMatchObject({ state: 'FAILED', flowId: flow?.id });
  expect(line?.error).toMatch(/no owner or admin any more. The flow is made: invite and start there what is left.$/);
  // Made once more, it would be there twice.
  expect((await progress(id)).unmade).toBe(0);
  expect(await getImportLeft.run(caller(), { import: id })).toMatchObject({ ok: false, code: 'not_found' });
  await world.owner.deleteFrom('invitations_asked').where('command_id', '=', 'half').execute();
}, 60_000);

test('who stops it: what has not begun is left out, what has begun is whole, and it ends at once', async () => {
  const csv = ['name', ...Array.from({ length: 400 }, (_, n) => `Stops ${n}`)].join('\n');
  const begun = await asked(csv, 'stops');
  if (!begun.ok) throw new Error(begun.text);
  const { import: id } = begun.facts;
  await vi.waitFor(async () => expect((await progress(id)).done).toBeGreaterThan(5), { timeout: 60_000 });
  const stop = (principal = olivia, command_id = 'stop-it') =>
    stopImport.run(caller(principal), { import: id, command_id });
  expect(await stop(mia)).toMatchObject({ ok: false, code: 'not_allowed' });
  expect(await stop(gus)).toMatchObject({ ok: false, code: 'not_found' });
  const stopped = await stop();
  if (!stopped.ok) throw new Error(stopped.text);
  expect(stopped.facts.stopped).toBeGreaterThan(300);
  expect(stopped.facts.pending).toBeLessThanOrEqual(5);
  expect(await stop()).toEqual(stopped);
  await finished(id);
  const { done, failed, pending, stoppedBy, stoppedAt, ...facts } = await progress(id);
  expect({ failed, pending, stoppedBy }).toEqual({ failed: 0, pending: 0, stoppedBy: olivia.name });
  expect(facts.stopped).toBe(stopped.facts.stopped);
  expect(done + facts.stopped).toBe(400);
  const left = await progress(id, { state: 'STOPPED' });
  expect(left.lines[0]).toMatchObject({ state: 'STOPPED', flowId: null, error: null });
  // Nothing of what was left out is made later, and nothing that was begun is missing.
  const made = () => world.owner.selectFrom('flows').select('name').where('name', 'like', 'Stops %').execute();
  await vi.waitFor(async () => expect(await made()).toHaveLength(done), { timeout: 30_000 });
  // Of one that is finished nothing is left to stop.
  expect(await stop(olivia, 'stop-again')).toMatchObject({ ok: true, facts: { stopped: facts.stopped, pending: 0 } });
  expect((await progress(id)).stoppedAt).toBe(stoppedAt);
});

test('it is stopped at once also while no worker is up, and then makes nothing', async () => {
  await world.stopWorker();
  const begun = await asked('name\nNever 1\nNever 2', 'never');
  if (!begun.ok) throw new Error(begun.text);
  const { import: id } = begun.facts;
  expect(await stopImport.run(caller(), { import: id })).toMatchObject({ ok: true, facts: { stopped: 2, pending: 0 } });
  expect((await progress(id)).finishedAt).not.toBeNull();
  await world.startWorker();
  const workflow = world.client.workflow.getHandle(`import/${olivia.orgId}/${id}`);
  await workflow.result();
  expect(await world.owner.selectFrom('flows').select('id').where('name', 'like', 'Never %').execute()).toEqual([]);
});

test('what is left of a stopped import is downloaded and imported as it is, and each flow is there once', async () => {
  const odd = ['=1+1 left', '+49 left', '-5% left', '@left', "'=left", 'A, "B" & left;', 'Übrig left'];
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const names = [...Array.from({ length: 60 }, (_, n) => `left ${n}`), ...odd];
  const csv = [
    'start_date,name,client_email,client_role,client_name,start',
    // An apostrophe that belongs to the name stands behind the one that a spreadsheet wants.
    ...names.map((name, n) => `,${cell(name === "'=left" ? `'${name}` : name)},+${n}@left.test,-role,=Jane,no`),
    '2027-01-04,last left,,,,yes',
  ].join('\n');
  const begun = await asked(csv, 'left');
  if (!begun.ok) throw new Error(begun.text);
  const { import: id } = begun.facts;
  await vi.waitFor(async () => expect((await progress(id)).done).toBeGreaterThan(5), { timeout: 60_000 });
  const [adam, mias, guss] = await Promise.all(
    ['adam@acme.test', 'mia@acme.test', 'gus@globex.test'].map(async (email) => {
      const person = new Person(world.url);
      await person.signIn(email);
      return person;
    }),
  );
  const download = async (person?: Person) => {
    const answer = await person?.get(`/flows/imports/${id}/left.csv`);
    return { status: answer?.status, text: answer?.html ?? '', headers: answer?.headers };
  };
  expect(await download(adam)).toMatchObject({ status: 409, text: expect.stringContaining('This import goes on.') });
  await stopImport.run(caller(), { import: id });
  await finished(id);
  const { done, stopped, unmade } = await progress(id);
  expect({ unmade, total: done + unmade }).toEqual({ unmade: stopped, total: names.length + 1 });
  expect(await download(mias)).toMatchObject({ status: 403 });
  expect(await download(guss)).toMatchObject({ status: 404, text: expect.not.stringContaining('left 59') });
  const left = await download(adam);
  expect(left.headers?.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(left.headers?.get('content-disposition')).toContain('filename="Client Onboarding, what is left.csv"');
  expect(left.text).toContain("'-5% left,'+62@left.test,'=Jane,'-role,no,\r\n");

  const rest = await asked(left.text, 'left-again');
  if (!rest.ok) throw new Error(rest.text);
  expect(rest.facts.total).toBe(unmade);
  await finished(rest.facts.import);
  expect(await progress(rest.facts.import)).toMatchObject({ done: unmade, failed: 0, unmade: 0 });
  const flows = () => world.owner.selectFrom('flows').select('name').where('name', 'like', '%left%').execute();
  const wanted = [...names, 'last left'].sort();
  await vi.waitFor(async () => expect((await flows()).map((f) => f.name).sort()).toEqual(wanted), { timeout: 30_000 });
  const people = world.owner.selectFrom('external_users').select(['email', 'name', 'role']);
  expect(await people.where('email', '=', '+62@left.test').execute()).toEqual([
    { email: '+62@left.test', name: '=Jane', role: '-role' },
  ]);
}, 120_000);

test('a table that was stopped before anything of it was made was not imported before', async () => {
  await world.stopWorker();
  const csv = 'name,client_email\nUntouched 1,\nUntouched 2,jane@untouched.test';
  const begun = await asked(csv, 'untouched-1');
  if (!begun.ok) throw new Error(begun.text);
  await stopImport.run(caller(), { import: begun.facts.import });
  const left = await getImportLeft.run(caller(), { import: begun.facts.import });
  expect(left).toMatchObject({ ok: true, facts: { lines: 2 } });
  const again = await asked(csv, 'untouched-2');
  expect(again.ok, again.text).toBe(true);
  // From here on it was, though nothing of it is made yet.
  expect(await asked(csv, 'untouched-3')).toMatchObject({ ok: false, code: 'there_already' });
  await world.startWorker();
});

test('the same table once more is refused until it is wanted', async () => {
  const csv = 'name,client_email\nTwice A,\nTwice B,jane@twice.test';
  const count = async () => (await world.owner.selectFrom('flow_imports').select('id').execute()).length;
  const first = await asked(csv, 'twice-1');
  if (!first.ok) throw new Error(first.text);
  const before = await count();
  // At once, when the lists may not have the flows yet: in another order, and from another program.
  const other = '\ufeffclient_email;name\r\nJane@twice.test;Twice B\r\n;Twice A\r\n';
  const again = await asked(other, 'twice-2');
  expect(again).toMatchObject({
    ok: false,
    code: 'there_already',
    facts: { before: { import: first.facts.import, by: olivia.name }, total: 2 },
  });
  expect(again.text).toContain('send it with `again`: true');
  expect(await count()).toBe(before);
  // The command id is free again, and with the word it is done, once.
  const wanted = () =>
    importFlows.run(caller(), { template: 'Client Onboarding', csv: other, command_id: 'twice-2', again: true });
  const made = await wanted();
  expect(made).toMatchObject({ ok: true, facts: { total: 2 } });
  expect(await wanted()).toEqual(made);
  expect(await count()).toBe(before + 1);
});

test('names that flows have already are told, but for those of cancelled flows', async () => {
  const begun = await asked('name\nThere one\nThere two\nThere gone', 'there-1');
  if (!begun.ok) throw new Error(begun.text);
  await finished(begun.facts.import);
  const { lines } = await progress(begun.facts.import);
  const gone = lines.find((l) => l.name === 'There gone')?.flowId ?? '';
  await updateFlowStatus.run(caller(), { flow: gone, action: 'cancel' });
  const cancelled = () => world.owner.selectFrom('flows').select('status').where('id', '=', gone).execute();
  await vi.waitFor(async () => expect(await cancelled()).toEqual([{ status: 'CANCELLED' }]), { timeout: 30_000 });
  const csv = 'name,client_email\nthere ONE,a@there.test\nThere two,\nThere gone,\nThere new,';
  expect(await asked(csv, 'there-2')).toMatchObject({
    ok: false,
    code: 'there_already',
    facts: { before: null, names: ['there ONE', 'There two'], count: 2, total: 4 },
    text: expect.stringContaining('2 names of 4 are there already: "there ONE", "There two".'),
  });
  // In the table's order, in which whoever mends it finds them.
  const some = await asked(`name\n${[1, 2, 3, 11].map((n) => `Told ${n}`).join('\n')}`, 'there-3');
  if (!some.ok) throw new Error(some.text);
  expect(await asked('name\nTold 3\nTold 1\nTold 2\nTold 0\nTold 11', 'there-4')).toMatchObject({
    facts: { names: ['Told 3', 'Told 1', 'Told 2', 'Told 11'] },
  });
  // Another org's names are nobody's business.
  const theirs = await importFlows.run(caller(gus), { template: 'Client Onboarding', csv: 'name\nThere one' });
  expect(theirs.ok, theirs.text).toBe(true);
});

test('one that Temporal does not take is not there when it is asked for again, and none is kept that nobody makes', async () => {
  const csv = 'name\nStands still';
  const away = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: 'No connection', metadata: {} });
  const start = vi.fn(world.tools.workflows.startImport).mockRejectedValue(away);
  const ask = (command_id?: string) =>
    importFlows.run(
      { ...caller(), workflows: { ...world.tools.workflows, startImport: start } },
      { template: 'Client Onboarding', csv, command_id },
    );
  expect(await ask()).toMatchObject({ ok: false, code: 'engine_unavailable' });
  expect(await ask('still')).toMatchObject({ ok: false, code: 'engine_unavailable' });
  // And one whose server died before it was kept leaves a workflow that ends by itself.
  start.mockImplementationOnce(async (ref) => {
    await world.tools.workflows.startImport(ref);
    throw away;
  });
  expect(await ask('died')).toMatchObject({ ok: false, code: 'engine_unavailable' });
  start.mockImplementation(world.tools.workflows.startImport);
  const begun = await ask();
  if (!begun.ok) throw new Error(begun.text);
  await finished(begun.facts.import);
  expect(await progress(begun.facts.import)).toMatchObject({ done: 1, pending: 0 });
  const died = `import/${olivia.orgId}/${idFrom('im', olivia.orgId, 'died')}`;
  await world.client.workflow.getHandle(died).result();
}, 60_000);

test('its workflow waits for it where that is quicker than the commit', async () => {
  const start: typeof world.tools.workflows.startImport = async (ref) => {
    await world.tools.workflows.startImport(ref);
    // Long enough for the worker to have looked.
    await sleep(700);
  };
  const once = vi.fn(start).mockImplementationOnce(start).mockRejectedValue(new Error('The server died'));
  const begun = await importFlows.run(
    { ...caller(), workflows: { ...world.tools.workflows, startImport: once } },
    { template: 'Client Onboarding', csv: 'name\nQuick' },
  );
  if (!begun.ok) throw new Error(begun.text);
  await finished(begun.facts.import);
  expect(await progress(begun.facts.import)).toMatchObject({ done: 1, pending: 0 });
}, 60_000);

test('two at one moment with the same table make one', async () => {
  const answers = await Promise.all(['both-1', 'both-2'].map((id) => asked('name\nBoth', id)));
  expect(answers.map((a) => (a.ok ? 'made' : a.code)).sort()).toEqual(['made', 'there_already']);
});

test.each(['api', 'web'] as const)('what is made came by the door of who asked: %s', async (through) => {
  const csv = `name,client_email,start\nDoor ${through},door@client.test,yes`;
  const begun = await importFlows.run(caller({ ...olivia, through }), { template: 'Client Onboarding', csv });
  if (!begun.ok) throw new Error(begun.text);
  await finished(begun.facts.import);
  const { lines, ...found } = await progress(begun.facts.import);
  expect(found).toMatchObject({ by: olivia.name, through });
  const doors = async () => {
    const flow = lines[0]?.flowId ?? '';
    const feed = await world.owner.selectFrom('feed').select('by').where('flow_id', '=', flow).execute();
    return feed.filter((f) => f.by.kind === 'member').map((f) => f.by.through);
  };
  // Made, invited, started.
  await vi.waitFor(async () => expect((await doors()).length).toBeGreaterThanOrEqual(3), { timeout: 30_000 });
  expect(new Set(await doors())).toEqual(new Set([through]));
});

test('5,000 ordinary lines are taken, also over REST, and listed in pages', async () => {
  await world.stopWorker();
  const lines = Array.from(
    { length: 5_000 },
    (_, n) =>
      `Client number ${n} & Partners,jane.${n}@client-number-${n}.example.com,Jane Alder-Müller ${n},client reviewer,yes,2027-01-04`,
  );
  const csv = ['name,client_email,client_name,client_role,start,start_date', ...lines].join('\r\n');
  expect(csv.length).toBeGreaterThan(500_000);
  const key = await world.key('olivia@acme.test');
  const answer = await post(world.url, key, '/flow-imports', { template: 'Client Onboarding', csv });
  expect(answer.status, answer.text.slice(0, 500)).toBe(201);
  const { id } = z
    .object({ import: z.string() })
    .transform((a) => ({ id: a.import }))
    .parse(answer.json);
  expect(await progress(id)).toMatchObject({ total: 5_000, pending: 5_000, through: 'api' });
  // So that no worker goes on with them.
  expect(await stopImport.run(caller(), { import: id })).toMatchObject({ ok: true, facts: { stopped: 5_000 } });
  await world.startWorker();
  const all: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await listImports.run(caller(), { limit: 3, ...(cursor && { cursor }) });
    if (!page.ok) throw new Error(page.text);
    all.push(...page.facts.imports.map((i) => i.id));
    cursor = page.facts.nextCursor;
  }
  const rows = await world.owner
    .selectFrom('flow_imports')
    .select('id')
    .where('org_id', '=', olivia.orgId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  expect(all).toEqual(rows.map((r) => r.id));
  expect(all.length).toBeGreaterThan(6);
  expect(await listImports.run(caller(), { cursor: 'nonsense' })).toMatchObject({ ok: false, code: 'bad_cursor' });
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

test('of a line whose flow is made and not started it is not said that nothing changed', async () => {
  await world.stopWorker();
  const begun = await asked('name,start,start_date\nNot started,yes,2031-01-02', 'not-started');
  if (!begun.ok) throw new Error(begun.text);
  const { import: id } = begun.facts;
  await world.owner
    .updateTable('flow_import_lines')
    .set({ input: sql`input || '{"startDate": "0206-12-01"}'` })
    .where('import_id', '=', id)
    .execute();
  await world.startWorker();
  await finished(id);
  const { lines } = await progress(id);
  expect(lines).toMatchObject([
    {
      state: 'FAILED',
      flowId: expect.stringMatching(/^fl_/),
      error: 'start_date must be a day from 1970 to 3000, written YYYY-MM-DD.',
    },
  ]);
});

test('a table that is wrong makes nothing', async () => {
  const before = await world.owner.selectFrom('flow_imports').select('id').execute();
  const refused = await asked('name,start\ngood,yes\nbad,perhaps', 'bad');
  expect(refused).toMatchObject({ ok: false, code: 'bad_input' });
  expect(refused.text).toBe('Not done; nothing was made.\nLine 3: start is "perhaps"; it must be yes or no.');
  expect(await world.owner.selectFrom('flow_imports').select('id').execute()).toEqual(before);
});

test("another org's import is unknown, and a MEMBER may make and see none", async () => {
  const imports = await world.owner
    .selectFrom('flow_imports')
    .select('id')
    .where('org_id', '=', olivia.orgId)
    .execute();
  const id = imports[0]?.id ?? '';
  expect(await getImport.run(caller(gus), { import: id })).toMatchObject({ ok: false, code: 'not_found' });
  const theirs = await listImports.run(caller(gus), { limit: 100 });
  expect(theirs.ok && theirs.facts.imports.filter((i) => imports.some((o) => o.id === i.id))).toEqual([]);
  expect(await listImports.run(caller(), {})).toMatchObject({ ok: true, facts: { imports: expect.any(Array) } });
  const request = { template: 'Client Onboarding', csv: 'name\na' };
  expect(await importFlows.run(caller(mia), request)).toMatchObject({ ok: false, code: 'not_allowed' });
  expect(await getImport.run(caller(mia), { import: id })).toMatchObject({ ok: false, code: 'not_allowed' });
});

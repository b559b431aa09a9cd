/** Operators find what is wrong with the read model, and mend it from the workflows; and act on flows by hand. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FlowsOptions, runFlows } from '../../src/cli/flows.ts';
import { FlowGateway } from '../../src/operations/gateway.ts';
import { rebuildFromWorkflow, verifyFlow } from '../../src/operations/read-model.ts';
import { variableNames } from '../../src/platform/config.ts';
import { flowWorkflowId, flowWorkflowType } from '../../src/workflows/contract.ts';
import type { flowWorkflow } from '../../src/workflows/flow-workflow.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
/** A flow of Acme Agency with comments, clients and a feed. */
let flowId: string;
const orgId = 'org_demo_acme';
const same = { code: 0, said: expect.stringMatching(/^\d+ flows compared: all are the same\.$/) };
const acme = { org: 'acme-agency' };

beforeAll(async () => {
  world = await startWorld({ flows: true });
  const { rows } = await sql<{ flow_id: string }>`
    select c.flow_id from comments c join external_users e on e.flow_id = c.flow_id join flows f on f.id = c.flow_id
    where c.org_id = ${orgId} and f.status = 'ACTIVE' and f.feed_length <= 50 group by 1 order by count(*) desc limit 1`.execute(
    world.owner,
  );
  flowId = rows[0]?.flow_id ?? '';
});
afterAll(() => world.stop());

/** `atRest`: nothing is under way that would be another in a moment, so no flow is looked at twice. */
async function cli(
  verb: string,
  options: FlowsOptions = acme,
  { atRest = false, held = false } = {},
): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const { database, client, tools } = world;
  // As the CLI has it.
  const flows = new FlowGateway(client, { taskQueue: world.taskQueue, answerMs: 15_000 });
  const code = await runFlows(
    {
      ...{ database, client, flows, tools: { ...tools, flows }, dataConverter: undefined },
      ...(atRest && { looks: [] }),
      held,
      orgs: (slug) => {
        const all = world.owner.selectFrom('orgs').select(['id', 'slug']).orderBy('slug');
        return (slug === undefined ? all : all.where('slug', '=', slug)).execute();
      },
      say: (line) => lines.push(line),
    },
    verb,
    options,
  );
  return { code, said: lines.join('\n') };
}

test('the demo is the same in both', async () => {
  expect(flowId).not.toBe('');
  const { code, said } = await cli('verify', {});
  expect(said).toMatch(/^\d+ flows compared: all are the same\.$/);
  expect(code).toBe(0);
});

const damages: readonly { what: string; damage: () => Promise<unknown>; says: RegExp }[] = [
  {
    what: 'a task with another status and title',
    damage: () =>
      sql`update tasks set status = 'SKIPPED', title = 'Spoilt' where flow_id = ${flowId} and position = 0`.execute(
        world.owner,
      ),
    says: /tasks\.0\.title \(".*" is "Spoilt" there\)/,
  },
  {
    what: 'a task of a version that the workflow never had',
    damage: () =>
      sql`update tasks set version = 100000, answers = '{"a":"b"}' where flow_id = ${flowId} and position = 1`.execute(
        world.owner,
      ),
    says: /tasks\.1\.(version|answers)/,
  },
  {
    what: 'a flow of another status',
    damage: () => sql`update flows set status = 'PAUSED' where id = ${flowId}`.execute(world.owner),
    says: /the read model differs in status \("ACTIVE" is "PAUSED" there\)/,
  },
  {
    what: 'a progress that was not counted',
    damage: () => sql`update flows set percent = 99 where id = ${flowId}`.execute(world.owner),
    says: /the read model counts .*"percent":99/,
  },
  {
    what: 'a comment that is lost',
    damage: () => sql`delete from comments where flow_id = ${flowId}`.execute(world.owner),
    says: /comments/,
  },
  {
    what: "another's words in a comment",
    damage: () => sql`update comments set text = 'Never said' where flow_id = ${flowId}`.execute(world.owner),
    says: /"Never said" there/,
  },
  {
    what: 'a client with another address, and one who is not of the flow',
    damage: async () => {
      await sql`insert into external_users select org_id, flow_id, 'ex_ghost', email, name, role, invitation, invited_at, version
        from external_users where flow_id = ${flowId} limit 1`.execute(world.owner);
      await sql`update external_users set email = 'else@where.test' where flow_id = ${flowId}`.execute(world.owner);
    },
    says: /externals\.0/,
  },
  {
    what: 'a task that is not of the flow',
    damage: () =>
      sql`insert into tasks (org_id, flow_id, id, position, key, title, description, type, status, fields, hint, due,
            depends_on, round, version)
          select org_id, flow_id, 'tk_ghost', 99, 'ghost', 'Ghost', '', type, status, fields, hint, due, depends_on, 1, 1
          from tasks where flow_id = ${flowId} and position = 0`.execute(world.owner),
    says: /tk_ghost/,
  },
  {
    what: 'a feed that lacks one entry and has one too many',
    damage: async () => {
      await sql`delete from feed where flow_id = ${flowId} and seq = 2`.execute(world.owner);
      await sql`insert into feed select org_id, flow_id, 90000, at, by, what, task_id, 'Never happened' from feed
        where flow_id = ${flowId} and seq = 1`.execute(world.owner);
    },
    says: /feed/,
  },
  {
    what: 'a flow that is not there at all',
    damage: () => sql`delete from flows where id = ${flowId}`.execute(world.owner),
    says: /is not in the read model/,
  },
  {
    what: 'counts that are no counts',
    damage: () => sql`update flow_counts set n = n + 7 where org_id = ${orgId}`.execute(world.owner),
    says: /flows are counted as/,
  },
];

describe.each(damages)('$what', ({ damage, says }) => {
  test('is found and mended', async () => {
    await damage();
    const found = await cli('verify', acme, { atRest: true });
    expect(found.said).toMatch(says);
    expect(found.said.split('\n').every((line) => !line.includes('fl_') || line.includes(flowId))).toBe(true);
    expect(found.code).toBe(1);
    await cli('rebuild-read-model', acme, { atRest: true });
    expect(await cli('verify', {})).toMatchObject(same);
  }, 120_000);
});

test('a read model that is ahead of the workflow is given up only for a flow that is named', async () => {
  await sql`update flows set version = 100000, status = 'PAUSED' where id = ${flowId}`.execute(world.owner);
  const found = await cli('verify');
  expect(found).toMatchObject({ code: 1, said: expect.stringContaining(`and the read model has a newer one, 100000`) });
  expect(await cli('rebuild-read-model')).toMatchObject({ code: 1 });
  expect(await cli('rebuild-read-model', { ...acme, flow: flowId })).toMatchObject({ code: 0 });
  expect(await cli('verify', {})).toMatchObject(same);
});

test('time that passes for a flow of an older Temporal, before it is revived, takes nothing from the read model', async () => {
  const of = world.owner.selectFrom('tasks').innerJoin('flows', 'flows.id', 'tasks.flow_id');
  const [one] = await of
    .select(['flow_id', 'tasks.id'])
    .where('tasks.status', '=', 'READY')
    .where('assignee_kind', '=', 'member')
    .where('flows.status', '=', 'ACTIVE')
    .where('flows.org_id', '=', orgId)
    .where('flows.id', '<>', flowId)
    .execute();
  const id = one?.flow_id ?? '';
  const older = (await world.flows.snapshot(orgId, id))?.flow;
  if (!older || !one) throw new Error('No flow of the demo has a task that is READY.');
  const actor = { kind: 'system', id: 'system', name: 'Test', through: 'system' } as const;
  const command = { type: 'skip', taskId: one.id, reason: 'Done since' } as const;
  await world.flows.send(orgId, id, { commandId: 'since-the-backup', fingerprint: '', actor, command });
  await expect.poll(() => cli('verify'), { timeout: 30_000 }).toMatchObject(same);
  const read = () => world.owner.selectFrom('flows').selectAll().where('id', '=', id).executeTakeFirst();
  const before = await read();
  await world.stopWorker();
  // As an older Temporal has it: something of it falls due at once.
  const tasks = older.tasks.map((t) =>
    t.status === 'READY' ? { ...t, dueAt: Date.now() - 1_000, notedDueAt: null } : t,
  );
  const ledger = { flow: { ...older, tasks }, outcomes: [], projectedFeed: older.feedLength };
  await world.client.workflow.start<typeof flowWorkflow>(flowWorkflowType, {
    workflowId: flowWorkflowId(orgId, id),
    taskQueue: world.taskQueue,
    args: [{ ...ledger, projectedVersion: older.version }],
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
  });
  await world.startWorker({ held: true });
  const version = async () => (await world.flows.snapshot(orgId, id))?.flow.version ?? 0;
  await expect.poll(version, { timeout: 30_000 }).toBeGreaterThanOrEqual(before?.version ?? 0);
  expect(await read()).toEqual(before);
  const held = { atRest: true, held: true };
  expect((await cli('verify', acme, held)).said).toContain(`${id}: its workflow is at version`);
  expect((await cli('revive', acme, held)).said).toContain('1 flows are revived. ');
  expect((await cli('revive', acme, held)).said).toContain('0 flows are revived. ');
  await world.stopWorker();
  await world.startWorker();
  await expect.poll(() => cli('verify'), { timeout: 30_000 }).toMatchObject(same);
  expect((await world.flows.snapshot(orgId, id))?.flow.tasks.find((t) => t.id === one.id)?.status).toBe('SKIPPED');
  expect((await read())?.done).toBe(before?.done);
}, 120_000);

test('a flow that goes on while it is rebuilt loses nothing', async () => {
  let going = true;
  let rebuilt = 0;
  const rebuilding = (async () => {
    while (going) if (await rebuildFromWorkflow(world, orgId, flowId)) rebuilt++;
  })();
  const { tasks } = (await world.flows.snapshot(orgId, flowId))?.flow ?? { tasks: [] };
  const actor = { kind: 'system', id: 'system', name: 'Test', through: 'system' } as const;
  const commenting = async (who: number): Promise<void> => {
    for (let n = 0; n < 5 || rebuilt < 3; n++) {
      const text = `while it is rebuilt, ${who} ${n}`;
      const command = { type: 'comment', taskId: tasks[0]?.id ?? '', text } as const;
      await world.flows.send(orgId, flowId, { commandId: `rebuilt-${who}-${n}`, fingerprint: '', actor, command });
    }
  };
  await Promise.all([1, 2, 3, 4].map(commenting));
  going = false;
  await rebuilding;
  expect(await cli('verify')).toMatchObject(same);
});

test('a flow whose workflow was terminated is found, and goes on', async () => {
  const other = await world.owner
    .selectFrom('flows')
    .select('id')
    .where('org_id', '=', orgId)
    .where('status', '=', 'ACTIVE')
    .where('id', '<>', flowId)
    .executeTakeFirstOrThrow();
  const handle = world.client.workflow.getHandle(flowWorkflowId(orgId, other.id));
  await handle.terminate('lost');
  const found = await cli('verify');
  expect(found.said).toContain(`${other.id} has not ended, and its workflow was terminated`);
  const before = await world.owner.selectFrom('flows').selectAll().where('id', '=', other.id).executeTakeFirst();
  expect(await cli('revive', { ...acme, flow: other.id })).toMatchObject({ code: 0 });
  expect(await cli('verify')).toMatchObject(same);
  expect(await cli('pause', { ...acme, flow: other.id })).toMatchObject({ code: 0 });
  const after = await world.owner.selectFrom('flows').selectAll().where('id', '=', other.id).executeTakeFirst();
  expect(after).toMatchObject({ status: 'PAUSED', feed_length: (before?.feed_length ?? 0) + 1 });
  await expect(cli('revive', { ...acme, flow: other.id })).rejects.toThrow('was not revived');
});

test('a flow that is over is read as before when Temporal has forgotten it', async () => {
  const over = await world.owner
    .selectFrom('flows')
    .select(['id', 'name'])
    .where('org_id', '=', orgId)
    .where('status', '=', 'COMPLETED')
    .executeTakeFirstOrThrow();
  const shown = (await cli('show', { ...acme, flow: over.id })).said.split('\nWorkflow ')[0] ?? '';
  const handle = world.client.workflow.getHandle(flowWorkflowId(orgId, over.id));
  const { namespace } = world;
  await world.client.workflowService.deleteWorkflowExecution({
    namespace,
    workflowExecution: { workflowId: handle.workflowId },
  });
  await expect
    .poll(
      () =>
        handle.describe().then(
          () => 'there',
          () => 'gone',
        ),
      { timeout: 30_000 },
    )
    .toBe('gone');
  const after = (await cli('show', { ...acme, flow: over.id })).said;
  expect(after).toContain('Temporal does not know it, or has forgotten it.');
  const lines = shown.split('\n');
  expect(lines.filter((line) => !after.includes(line))).toEqual([]);
  expect(await verifyFlow(world, orgId, over.id)).toEqual({ flowId: over.id, state: 'archived' });
  expect(await cli('verify')).toMatchObject(same);
  await expect(cli('cancel', { ...acme, flow: over.id })).rejects.toThrow(/has ended/);
});

test('an operator lists, shows, pauses, resumes and cancels', async () => {
  expect((await cli('list')).said).toMatch(/^\d+ flows/);
  const shown = await cli('show', { ...acme, flow: flowId });
  expect(shown.said).toContain(`Workflow flow/${orgId}/${flowId}: RUNNING`);
  expect((await cli('pause', { ...acme, flow: flowId })).said).toMatch(/ is PAUSED \(\d+%\)\.$/);
  await expect(cli('pause', { ...acme, flow: flowId })).rejects.toThrow(/paused/);
  expect((await cli('resume', { ...acme, flow: flowId })).said).toMatch(/ is ACTIVE \(\d+%\)\.$/);
  expect((await cli('cancel', { ...acme, flow: flowId, reason: 'By hand' })).said).toMatch(/ is CANCELLED \(\d+%\)\.$/);
  const last = await world.owner
    .selectFrom('feed')
    .select(['text', 'by'])
    .where('flow_id', '=', flowId)
    .orderBy('seq', 'desc')
    .executeTakeFirst();
  expect(last).toMatchObject({ by: { name: 'An operator', through: 'system' } });
  await expect(cli('list', { org: 'nobody' })).rejects.toThrow('No organization has the slug "nobody".');
  await expect(cli('pause', acme)).rejects.toThrow('--flow is missing.');
  await expect(cli('verify', { ...acme, flow: 'Any' })).rejects.toThrow('takes no --flow');
});

test('as a process, it says so by its exit code', async () => {
  const run = (...args: string[]): Promise<{ code: number; out: string }> =>
    new Promise((resolve) => {
      const file = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
      const env = {
        ...process.env,
        ...Object.fromEntries(variableNames.map((name) => [name, ''])),
        DATABASE_URL: world.databaseUrl,
        TEMPORAL_ADDRESS: world.temporalAddress,
        TEMPORAL_NAMESPACE: world.namespace,
        BOOFLOW_TASK_QUEUE: world.taskQueue,
      };
      execFile(
        process.execPath,
        ['--import', import.meta.resolve('tsx'), file, ...args],
        { env },
        (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), out: stdout + stderr }),
      );
    });
  await sql`update flows set name = 'Spoilt' where id = ${flowId}`.execute(world.owner);
  const spoilt = await run('flows', 'verify', '--org', 'acme-agency');
  expect(spoilt).toMatchObject({ code: 1 });
  expect(spoilt.out).toContain('is "Spoilt" there');
  expect(await run('flows', 'rebuild-read-model')).toMatchObject({ code: 0 });
  expect(await run('flows', 'verify')).toMatchObject({ code: 0 });
}, 300_000);

describe('histories of a running product', () => {
  const folder = temporaryFolder();
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'one.json');

  test('are recorded, and replay', async () => {
    expect(await cli('record', { ...acme, flow: flowId, file })).toMatchObject({ code: 0 });
    expect(await cli('replay', { file })).toEqual({ code: 0, said: '1 histories: all replay.' });
    const sample = join(folder, 'sample');
    expect((await cli('record', { ...acme, sample: '3', file: sample })).said).toMatch(/of 3 flows are in/);
    expect(await cli('replay', { file: sample })).toEqual({ code: 0, said: '3 histories: all replay.' });
  });

  test('that this code would not have made are named', async () => {
    const history = readFileSync(file, 'utf8');
    writeFileSync(join(folder, 'two.json'), history.replaceAll('"projectFlow"', '"projectOtherwise"'));
    const { code, said } = await cli('replay', { file: folder });
    expect(code).toBe(1);
    expect(said).toMatch(/^two\.json: DeterminismViolationError: .*\n2 histories: 1 do not replay\.$/);
    writeFileSync(join(folder, 'three.json'), 'not JSON');
    await expect(cli('replay', { file: folder })).rejects.toThrow(/three\.json is no history/);
  });
});

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type FreshDatabase, freshDatabase, withoutSyncs } from '../../test/support/database.ts';
import { invitee, jane, mia, olivia } from '../../test/support/people.ts';
import { envelopeOf, momentOf, randomMoves, randomSteps } from '../../test/support/random-flows.ts';
import { assign, comment, complete, draft, monday, steps } from '../../test/support/stage.ts';
import { type RealEffects, realEffects } from '../../test/workflows/real-effects.ts';
import { Changes } from '../db/changes.ts';
import { saveDraft } from '../db/drafts.ts';
import { readFlow } from '../db/read-flow.ts';
import type { Command } from '../domain/command.ts';
import type { Flow } from '../domain/flow.ts';
import {
  applyCommand,
  isProjected,
  type Ledger,
  markProjected,
  openLedger,
  type Projection,
  passTime,
  projectionOf,
} from '../domain/ledger.ts';
import type { Step } from '../domain/template.ts';

let fresh: FreshDatabase;
let effects: RealEffects;
let flows = 0;

beforeAll(async () => {
  fresh = await freshDatabase();
  effects = await realEffects(fresh.url);
});
afterAll(async () => {
  await effects.close();
  await fresh.drop();
});

const open = (from: readonly Step[]): Ledger =>
  openLedger({ ...draft(from), id: `fl_${++flows}` }, { commandId: 'make', fingerprint: '', at: monday });

function after(ledger: Ledger, ...commands: Command[]): Ledger {
  return commands.reduce((before, command, i) => {
    const commandId = `${before.flow.version}-${i}`;
    const next = applyCommand(before, { commandId, fingerprint: '', actor: olivia, command }, monday + i);
    const { outcome } = { outcome: next.outcomes.at(-1) };
    if (!outcome?.ok) throw new Error(`${command.type}: ${outcome?.refusal.message}`);
    return next;
  }, ledger);
}

const read = async (id: string): Promise<Flow | undefined> =>
  (await effects.database.withOrg({ orgId: 'or_acme' }, (trx) => readFlow(trx, id, 100_000)))?.flow;

/** A flow without what the read model does not keep, in the order it gives. */
const asRead = ({ startedBy: _starter, heldComments: _held, ...flow }: Flow): Flow => ({
  ...flow,
  tasks: flow.tasks
    .map(({ assignedAt: _at, remindedAt: _reminded, sentBack: _why, ...t }) => ({ ...t, notedDueAt: null }))
    .toSorted((a, b) => a.position - b.position),
  externals: flow.externals
    .map((e) => ({ ...e, mailRefused: e.mailRefused ?? null }))
    .toSorted((a, b) => a.id.localeCompare(b.id)),
  digestAt: null,
  digests: 0,
  outbox: [],
  mailsOrdered: 0,
});
const sorted = (flow: Flow | undefined): Flow | undefined => flow && asRead(flow);

it('what did not reach the disk is not taken for done, and is written again', async () => {
  const ledger = after(open(steps({ key: 'a' })), { type: 'start', startDate: null });
  const projection = projectionOf(ledger);
  const unsyncable = await withoutSyncs(fresh.url);
  try {
    await expect(effects.activities.projectFlow(projection, undefined)).rejects.toThrow(/permission denied/);
  } finally {
    await unsyncable.end();
  }
  await effects.activities.projectFlow(projection, undefined);
  expect(sorted(await read(ledger.flow.id))).toEqual(sorted(ledger.flow));
});

it('an older one that comes late, of a time that was lost, changes no entry and no comment of the newer, and is no news', async () => {
  const begun = after(open(steps({ key: 'a' })), { type: 'start', startDate: null });
  const { id } = begun.flow;
  const said = (ledger: Ledger, at: number): Ledger =>
    applyCommand(ledger, { commandId: 'said', fingerprint: '', actor: olivia, command: comment('a', 'Hello') }, at);
  const lost = projectionOf(said(begun, monday + 60_000));
  const real = after(said(begun, monday + 70_000), comment('a', 'And more'));
  const changes = new Changes(fresh.url, () => undefined);
  const told: string[] = [];
  changes.subscribe('or_acme', (flowId) => told.push(flowId));
  try {
    // Until it listens.
    await vi.waitFor(async () => {
      await effects.activities.projectFlow(projectionOf(open(steps({ key: 'a' }))), undefined);
      expect(told).not.toEqual([]);
    });
    await effects.activities.projectFlow(projectionOf(real), undefined);
    await effects.activities.projectFlow(projectionOf(real), undefined);
    await effects.activities.projectFlow(lost, undefined);
    const last = open(steps({ key: 'a' }));
    await effects.activities.projectFlow(projectionOf(last), undefined);
    await vi.waitFor(() => expect(told).toContain(last.flow.id));
    expect(told.filter((flowId) => flowId === id)).toEqual([id]);
    expect(sorted(await read(id))).toEqual(sorted(real.flow));
  } finally {
    await changes.close();
  }
});

const tables = ['flows', 'tasks', 'external_users', 'feed', 'comments', 'magic_links', 'flow_counts'] as const;
async function everything(): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const table of tables) {
    const rows = await effects.owner.selectFrom(table).selectAll().execute();
    // When the read model last heard of a flow may move; what it has heard may not.
    all[table] = rows.map((row) => JSON.stringify({ ...row, updated_at: null })).toSorted();
  }
  return all;
}

it('writes a flow as it is; once more, or an older one late, changes no row', async () => {
  const first = open(steps({ key: 'a', due: { days: 1, from: 'start' } }, { key: 'b', dependsOn: ['a'] }));
  const second = after(first, { type: 'invite', people: [invitee(jane)] }, { type: 'start', startDate: null });
  const third = after(second, assign('a', mia), comment('a', 'Almost'), complete('a'));
  const projections = [first, second, third].map(projectionOf);
  for (const projection of projections) await effects.activities.projectFlow(projection);
  expect(sorted(await read(first.flow.id))).toEqual(asRead(third.flow));
  const before = await everything();
  for (const projection of [...projections, ...projections.toReversed()]) {
    await effects.activities.projectFlow(projection);
  }
  expect(await everything()).toEqual(before);
});

it('counts flows by status once each, however often they are projected', async () => {
  const counts = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await effects.owner.selectFrom('flow_counts').selectAll().execute()).map((c) => [c.status, c.n]),
    );
  const before = await counts();
  const ledger = open(steps({ key: 'a' }));
  const running = after(ledger, { type: 'start', startDate: null });
  for (const l of [ledger, ledger, running, ledger, running]) await effects.activities.projectFlow(projectionOf(l));
  const now = await counts();
  expect((now.ACTIVE ?? 0) - (before.ACTIVE ?? 0)).toBe(1);
  expect(now.DRAFT ?? 0).toBe(before.DRAFT ?? 0);
});

it('an older one that comes late ends no link that was sent, and no draft that was begun, since', async () => {
  const began = after(
    open(steps({ key: 'a' }, { key: 'b' })),
    { type: 'invite', people: [invitee(jane)] },
    { type: 'start', startDate: null },
  );
  const ended = after(began, { type: 'revoke_invitation', externalId: jane.id }, complete('a'));
  const anew = after(
    ended,
    { type: 'invite', people: [invitee(jane)] },
    { type: 'reopen', taskId: 'tk_a', reason: 'Once more' },
  );
  const org = { orgId: 'or_acme' };
  const { id: flowId, name: flowName } = began.flow;
  const mail = anew.flow.outbox.find((m) => m.kind === 'invitation' && !ended.flow.outbox.includes(m));
  if (!mail) throw new Error('No mail was ordered');
  const kept = async (): Promise<number[]> => {
    const rows = (table: 'magic_links' | 'portal_sessions' | 'form_drafts') =>
      effects.owner.selectFrom(table).select('external_id').where('flow_id', '=', flowId).execute();
    return (await Promise.all([rows('magic_links'), rows('portal_sessions'), rows('form_drafts')])).map(
      (r) => r.length,
    );
  };
  const come = async (): Promise<void> => {
    await effects.activities.sendMail({ ...org, flowId, flowName, mail });
    const whose = { flowId, externalId: jane.id };
    await effects.database.withOrg(org, async (trx) => {
      const [secret_hash, expires_at] = [Buffer.from(`${flowId}${Math.random()}`), new Date(Date.now() + 60_000)];
      const visit = { org_id: org.orgId, flow_id: flowId, external_id: jane.id, secret_hash, expires_at };
      await trx.insertInto('portal_sessions').values(visit).execute();
      await saveDraft(trx, { ...org, ...whose }, 'tk_a', { answers: {}, comment: 'Half of it' }, new Date());
    });
  };
  await effects.activities.projectFlow(projectionOf(began));
  await come();
  expect(await kept()).toEqual([1, 1, 1]);
  await effects.activities.projectFlow(projectionOf(ended));
  expect(await kept()).toEqual([0, 0, 0]);
  await effects.owner.deleteFrom('mails').where('flow_id', '=', flowId).execute();
  await effects.activities.projectFlow(projectionOf(anew));
  await come();
  await effects.activities.projectFlow(projectionOf(ended));
  expect(await kept()).toEqual([1, 1, 1]);
});

it('an older one that comes late tells an endpoint nothing twice', async () => {
  const begun = after(open(steps({ key: 'a' })), { type: 'start', startDate: null });
  const done = projectionOf(after(begun, complete('a')));
  const secret = effects.keyring.seal(Buffer.from('secret'), 'a test');
  await effects.owner
    .insertInto('webhooks')
    .values({
      ...{ org_id: 'or_acme', id: 'wh_late', url: 'https://acme.test/hook', description: '', events: [] },
      ...{ secret_key_id: secret.keyId, secret: secret.bytes, created_at: new Date(monday), created_by: 'Olivia' },
    })
    .execute();
  try {
    for (const projection of [done, projectionOf(begun), done]) await effects.activities.projectFlow(projection);
    const told = await effects.owner.selectFrom('webhook_deliveries').select('id').execute();
    expect(told).toHaveLength(done.feed.length);
  } finally {
    await effects.owner.deleteFrom('webhooks').execute();
  }
});

it('any history of a flow, its projections out of order, late, twice, some attempts lost, ends as the flow is', async () => {
  const parts = fc.record({
    from: randomSteps(6),
    moves: randomMoves(25),
    /** What becomes of the projection after each move: done and known to be, done but not known, not done, not tried. */
    fates: fc.array(fc.constantFrom('done', 'unknown', 'lost', 'untried'), { minLength: 27, maxLength: 27 }),
    shuffle: fc.infiniteStream(fc.nat(1_000_000)),
  });
  await fc.assert(
    fc.asyncProperty(parts, async ({ from, moves, fates, shuffle }) => {
      let ledger = open(from);
      let feed = [...ledger.flow.feed];
      let now = monday;
      const delivered: Projection[] = [];
      const project = (fate: string | undefined): void => {
        if (fate === undefined || fate === 'untried' || isProjected(ledger)) return;
        const projection = projectionOf(ledger);
        if (fate !== 'lost') delivered.push(projection);
        if (fate === 'done') ledger = markProjected(ledger, projection);
      };
      for (const [n, move] of moves.entries()) {
        now = momentOf(ledger.flow, move, now);
        ledger =
          move.what === 'tick'
            ? passTime(ledger, now)
            : applyCommand(ledger, envelopeOf(ledger.flow, move, now, `c${n}`), now);
        feed = [...feed, ...ledger.flow.feed.filter((e) => e.seq > feed.length)];
        project(fates[n]);
      }
      project('done');
      const order = delivered.map((projection) => ({ projection, at: shuffle.next().value }));
      for (const { projection } of order.toSorted((a, b) => a.at - b.at))
        await effects.activities.projectFlow(projection);
      expect(sorted(await read(ledger.flow.id))).toEqual(asRead({ ...ledger.flow, feed }));
    }),
    { numRuns: 60 },
  );
});

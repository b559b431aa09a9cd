/** All that there is, to prove that something changed none of it. */
import { sql } from 'kysely';
import { expect, vi } from 'vitest';
import type { World } from '../support/world.ts';

/** Rows that a mere look may touch: when a key was used last. */
const tables = [
  ...['orgs', 'users', 'memberships', 'templates', 'template_versions', 'flows', 'flow_counts', 'tasks'],
  ...['external_users', 'feed', 'comments', 'mails', 'dev_mails', 'magic_links', 'portal_sessions'],
  // No drafts: they are kept of what is refused, too.
  'files',
];

/** Every row of the product, and every flow's version as its workflow has it. */
export async function everything(world: World): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const table of tables) {
    const { rows } = await sql`select to_jsonb(t) as row from ${sql.table(table)} t order by to_jsonb(t)::text`.execute(
      world.owner,
    );
    found[table] = rows;
  }
  found.workflows = await versions(world);
  return found;
}

async function versions(world: World): Promise<Record<string, unknown>> {
  const flows = await world.owner.selectFrom('flows').select(['org_id', 'id', 'version', 'status']).execute();
  const open = flows.filter((f) => f.status !== 'COMPLETED' && f.status !== 'CANCELLED');
  const answered = await Promise.all(open.map(async (f) => [f.id, await versionOf(world, f.org_id, f.id)] as const));
  return Object.fromEntries(answered);
}

/** A worker that is busy may need more than one question. */
const versionOf = (world: World, orgId: string, id: string): Promise<number> =>
  vi.waitFor(
    async () => {
      const snapshot = await world.flows.snapshot(orgId, id);
      if (snapshot === null) throw new Error(`The flow ${id} does not answer`);
      return snapshot.flow.version;
    },
    { timeout: 30_000 },
  );

/** Until every flow is told to the read model and its mails are out: only then can "no change" be seen. */
export async function settled(world: World): Promise<void> {
  const flows = await world.owner.selectFrom('flows').select(['org_id', 'id']).execute();
  for (const { org_id, id } of flows) {
    await vi.waitFor(
      async () => {
        const s = await world.flows.snapshot(org_id, id);
        if (s === null) throw new Error(`The flow ${id} does not answer`);
        expect([s.flow.outbox.length, s.flow.version - s.projectedVersion]).toEqual([0, 0]);
      },
      { timeout: 20_000 },
    );
  }
}

/** Does it, and fails unless all is as it was before. */
export async function changesNothing<T>(world: World, act: () => Promise<T>): Promise<T> {
  const before = await everything(world);
  const result = await act();
  const after = await everything(world);
  for (const [part, was] of Object.entries(before)) expect(after[part], `${part} changed`).toEqual(was);
  return result;
}

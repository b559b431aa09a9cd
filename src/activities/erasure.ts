/** A client's data goes from each flow by a command, then from the read model, then from what the org keeps beside. */
import type { Database } from '../db/database.ts';
import { eraseFromFlow, findErasure, finishErasure, noteFirstLook, noteTargets, type Target } from '../db/erasures.ts';
import type { ErasureActivities } from '../workflows/contract.ts';
import { beating } from './beating.ts';
import type { FlowCommands } from './hand-over.ts';

export interface ErasureNeeds {
  readonly database: Database;
  readonly flows: FlowCommands;
  readonly workflows: { forgetClosedRuns(orgId: string, flowId: string): Promise<void> };
  readonly clock?: () => number;
  /** How long lists may lag behind flows, from when a worker is up: an invitation just before shows up within it. */
  readonly settleMs?: number;
}

const flowsPerBatch = 25;
/** So that flows that don't answer are waited for together. */
const flowsAtOnce = 5;
/** Well within the time that the workflow gives it: what is left then is for the next one. */
const beginsMs = 180_000;

export const makeErasureActivities = ({
  database,
  flows,
  workflows,
  clock = Date.now,
  settleMs = 30_000,
}: ErasureNeeds): ErasureActivities => ({
  eraseSome: beating(async ({ orgId, erasureId }) => {
    const org = { orgId };
    const found = await database.withOrg(org, async (trx) => {
      const erasure = await findErasure(trx, erasureId);
      if (erasure?.looked_at === null) await noteFirstLook(trx, erasureId, new Date(clock()));
      return erasure;
    });
    if (!found || found.address === null) return { done: 0, open: false };
    const { address, by, looked_at: lookedAt } = found;
    let done = 0;
    const failures: unknown[] = [];
    // Noted first: once a flow has forgotten them, nobody can tell what else is theirs.
    const targets = await database.withOrg(org, (trx) => noteTargets(trx, erasureId, address));
    const erase = async (target: Target): Promise<void> => {
      try {
        const sent = await flows.send(orgId, target.flowId, {
          commandId: `${erasureId}-${target.flowId}`,
          fingerprint: erasureId,
          actor: by,
          command: { type: 'erase', externalId: target.id },
        });
        if (sent.state === 'accepted') return;
        await workflows.forgetClosedRuns(orgId, target.flowId);
        // The last of all, since it notes that all was done.
        await database.withOrg(org, (trx) => eraseFromFlow(trx, erasureId, target));
        done++;
      } catch (error) {
        // One where it can't be done now stops none of the others.
        failures.push(error);
      }
    };
    const until = performance.now() + beginsMs;
    for (let i = 0; i < targets.length && done < flowsPerBatch && performance.now() < until; i += flowsAtOnce)
      await Promise.all(targets.slice(i, i + flowsAtOnce).map(erase));
    if (failures.length > 0) throw failures[0];
    const settled = lookedAt !== null && clock() - lookedAt.getTime() >= settleMs;
    if (targets.length > done || !settled) return { done, open: true };
    const isDone = await database.withOrg(org, async (trx) => {
      if ((await noteTargets(trx, erasureId, address)).length > 0) return false;
      await finishErasure(trx, erasureId, address, new Date(clock()));
      return true;
    });
    return { done, open: !isDone };
  }),
});

/**
 * What a command did whose answer was not told soon, or whose activity is away, written into the read model by the server
 * that sent it, with the activity's own code. It comes from a workflow task that is stored, so it is never of a state that
 * was not. Webhooks, and whatever the server does not come to, stay with the activity.
 */
import type { Database } from '../db/database.ts';
import { writeProjection } from '../db/projection.ts';
import type { Projection } from '../domain/ledger.ts';

/** How long a statement may wait or take, in milliseconds. The answer can say that lists lag; it should not wait for it long. */
const statementMs = 1_000;

export const aheadOf =
  (database: Database) =>
  (projection: Projection): Promise<void> =>
    database.withOrg({ orgId: projection.flow.orgId }, (trx) => writeProjection(trx, projection), {
      statementMs,
      asTheyAre: true,
      // The disk is not waited for: Temporal has it on one already, and the activity, which always touches the flow's row,
      // ends with everything before it synced. A database that is killed in between is behind until the activity is through.
      synced: false,
    });

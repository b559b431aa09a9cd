/** What is done to delete an organization. Each may run again and goes on where it was. */
import type { Database } from '../db/database.ts';
import { closeOrg, deleteSomeRows, forgetRemains, remainsOf } from '../db/org-deletion.ts';
import type { FileStore } from '../platform/files/store.ts';
import type { OrgDeletionActivities } from '../workflows/contract.ts';
import { beating } from './beating.ts';

export interface OrgDeletionNeeds {
  readonly database: Database;
  readonly files: FileStore;
  readonly workflows: {
    endAll(orgId: string): Promise<number>;
    forgetAll(orgId: string): Promise<void>;
  };
}

const filesAtOnce = 100;

export const makeOrgDeletionActivities = ({ database, files, workflows }: OrgDeletionNeeds): OrgDeletionActivities => ({
  closeOrg: beating((org) => database.withOrg(org, closeOrg)),
  endWorkflowsOf: beating(({ orgId }) => workflows.endAll(orgId)),
  deleteRowsOf: beating(async (org) => {
    if (await database.withOrg(org, (trx) => deleteSomeRows(trx, org.orgId))) return true;
    const keys = await database.withOrg(org, (trx) => remainsOf(trx, filesAtOnce));
    if (keys.length === 0) return false;
    for (const key of keys) await files.delete(key);
    await database.withOrg(org, (trx) => forgetRemains(trx, keys));
    return true;
  }),
  forgetWorkflowsOf: beating(({ orgId }) => workflows.forgetAll(orgId)),
});

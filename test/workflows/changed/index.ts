/** The workflows as a careless change would leave them: one timer more, at the beginning. */
import { sleep } from '@temporalio/workflow';
import type { Ledger } from '../../../src/domain/ledger.ts';
import type { ErasureRef, ImportRef, OrgRef, WebhookRef } from '../../../src/workflows/contract.ts';
import * as released from '../../../src/workflows/index.ts';

export async function flowWorkflow(start: Ledger): Promise<void> {
  await sleep('1 second');
  await released.flowWorkflow(start);
}

export async function importWorkflow(ref: ImportRef): Promise<void> {
  await sleep('1 second');
  await released.importWorkflow(ref);
}

export async function webhookWorkflow(ref: WebhookRef): Promise<void> {
  await sleep('1 second');
  await released.webhookWorkflow(ref);
}

export async function erasureWorkflow(ref: ErasureRef): Promise<number> {
  await sleep('1 second');
  return released.erasureWorkflow(ref);
}

export async function orgDeletionWorkflow(org: OrgRef): Promise<void> {
  await sleep('1 second');
  await released.orgDeletionWorkflow(org);
}

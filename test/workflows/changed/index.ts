/** The flow workflow as a careless change would leave it: one timer more, at its beginning. */
import { sleep } from '@temporalio/workflow';
import type { Ledger } from '../../../src/domain/ledger.ts';
import { flowWorkflow as released } from '../../../src/workflows/flow-workflow.ts';

export async function flowWorkflow(start: Ledger): Promise<void> {
  await sleep('1 second');
  await released(start);
}

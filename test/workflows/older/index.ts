/** The flow's workflow as a release has it that knows neither updates nor the newer questions. */
import { defineQuery, defineUpdate, setHandler } from '@temporalio/workflow';
import type { Ledger } from '../../../src/domain/ledger.ts';
import { commandUpdate, overviewQuery, resultQuery, versionQuery } from '../../../src/workflows/contract.ts';
import * as released from '../../../src/workflows/index.ts';

export async function flowWorkflow(start: Ledger): Promise<void> {
  const run = released.flowWorkflow(start);
  setHandler(defineUpdate(commandUpdate), undefined);
  setHandler(defineQuery(resultQuery), undefined);
  setHandler(defineQuery(overviewQuery), undefined);
  setHandler(defineQuery(versionQuery), undefined);
  await run;
}

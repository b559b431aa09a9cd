/** Temporal for tests about time: a server of one's own, on which days pass in milliseconds. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { obtainTimeSkippingServer } from './time-skipping-server.ts';

/** Time is skipped for the whole server, so each test file takes its own and tears it down (`teardown()`). */
export async function timeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  const path = await obtainTimeSkippingServer((line) => console.error(line));
  return await TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } });
}

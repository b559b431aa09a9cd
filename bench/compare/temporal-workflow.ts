/** The job on Temporal alone: a workflow that waits for one update, and ends with what it brought. */
import { condition, defineUpdate, setHandler } from '@temporalio/workflow';

export interface Result {
  readonly done: boolean;
  readonly answer: string;
}

export const complete = defineUpdate<Result, [string]>('complete');

export async function task(): Promise<Result> {
  let result: Result | null = null;
  setHandler(complete, (answer) => {
    result = { done: true, answer };
    return result;
  });
  await condition(() => result !== null);
  return result ?? { done: false, answer: '' };
}

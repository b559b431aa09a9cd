/** A careful change, for a test: every command waits a moment before it is taken, under a patch. */
import { patched, sleep, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      async handleSignal(input, next) {
        if (patched('a-moment-before-each-command')) await sleep('10 milliseconds');
        await next(input);
      },
    },
  ],
});

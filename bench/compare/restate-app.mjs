/**
 * The job on Restate, as its guide has it: a workflow that waits for a durable promise, and a handler that resolves it and
 * waits for what the workflow makes of it. Runs from the folder its packages are in.
 */
import * as restate from '@restatedev/restate-sdk';

const task = restate.workflow({
  name: 'task',
  handlers: {
    async run(ctx) {
      const answer = await ctx.promise('completed');
      const result = { done: true, answer };
      await ctx.promise('result').resolve(result);
      return result;
    },
    async complete(ctx, answer) {
      await ctx.promise('completed').resolve(answer);
      return ctx.promise('result').get();
    },
  },
});

await restate.serve({ services: [task], port: Number(process.env.PORT) });

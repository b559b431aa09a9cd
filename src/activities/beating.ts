/** An activity that says all the while that its worker lives: when that dies, another goes on at once. */
import { Context } from '@temporalio/activity';

/** Well within the 10 seconds of the workflows' heartbeat timeouts. */
const beatMs = 2_000;

export const beating =
  <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
  async (...args: Args): Promise<Result> => {
    const context = Context.current();
    const beat = setInterval(() => context.heartbeat(), beatMs);
    try {
      return await work(...args);
    } finally {
      clearInterval(beat);
    }
  };

/** How many of a kind a worker does at once: what waits on somebody else's server must leave room for what doesn't. */
import { asyncLocalStorage } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

/** Runs work while fewer than `most` of it are under way; else hands the activity back, to be given out again soon. */
export function placesFor(most: number, busy: string): <T>(work: () => Promise<T>) => Promise<T> {
  let taken = 0;
  return async (work) => {
    if (taken >= most) throw later(busy);
    taken++;
    try {
      return await work();
    } finally {
      taken--;
    }
  };
}

/** Back to Temporal, which gives it out again: later each time, and not all of a moment at the same one. */
export function later(why: string): ApplicationFailure {
  const attempt = asyncLocalStorage.getStore()?.info.attempt ?? 1;
  const wait = 1_000 * Math.min(attempt, 15) * (1 + Math.random());
  return ApplicationFailure.create({ message: `${why}; this is tried again`, nextRetryDelay: Math.round(wait) });
}

/** How many of a kind a worker does at once: what waits on somebody else's server must leave room for what doesn't. */
import { asyncLocalStorage } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

export interface Places {
  readonly most: number;
  /** Of one org, so that those of others always find one; as many as there are unless said otherwise. */
  readonly mostOfOrg?: number;
  /** Said when there is none. */
  readonly busy: string;
}

/** Runs work of an org while there is a place for it; else hands the activity back, to be given out again soon. */
export function placesFor({ most, mostOfOrg = most, busy }: Places) {
  const taken = new Map<string, number>();
  let all = 0;
  return async <T>(orgId: string, work: () => Promise<T>): Promise<T> => {
    const its = taken.get(orgId) ?? 0;
    if (all >= most || its >= mostOfOrg) throw later(busy);
    all++;
    taken.set(orgId, its + 1);
    try {
      return await work();
    } finally {
      all--;
      const left = (taken.get(orgId) ?? 0) - 1;
      if (left > 0) taken.set(orgId, left);
      else taken.delete(orgId);
    }
  };
}

/** Back to Temporal, which gives it out again: later each time, and not all of a moment at the same one. */
export function later(why: string): ApplicationFailure {
  const attempt = asyncLocalStorage.getStore()?.info.attempt ?? 1;
  const wait = 1_000 * Math.min(attempt, 15) * (1 + Math.random());
  return ApplicationFailure.create({ message: `${why}; this is tried again`, nextRetryDelay: Math.round(wait) });
}

/** What a flow's workflow tells its worker in the midst of a task: not waited for, and not told again by a replay. */
import type { InjectedSinks } from '@temporalio/worker';
import type { FlowSinks } from '../workflows/contract.ts';

type Tell = FlowSinks['answers']['tell'];

export const flowSinks = (tell: Tell): InjectedSinks<FlowSinks> => ({
  answers: { tell: { fn: (_workflow, orgId, answer) => tell(orgId, answer), callDuringReplay: false } },
});

/** Of a worker to which nobody listens, such as one that replays histories. */
export const unheard = flowSinks(() => undefined);

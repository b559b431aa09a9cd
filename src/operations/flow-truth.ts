/** One flow, whole: asked of its workflow, or read from the read model with a word on its age. */
import type { Trx } from '../db/database.ts';
import { readFlow } from '../db/read-flow.ts';
import type { Flow } from '../domain/flow.ts';
import type { Snapshot } from '../domain/view.ts';
import type { MemberPrincipal } from '../oauth/principal.ts';
import { findFlow } from './names.ts';
import type { Call, Tools } from './operation.ts';
import { Refusal } from './refusal.ts';
import { count } from './words.ts';

export interface FlowTruth {
  readonly flow: Flow;
  /** Null: as it is now. Else when the read model last heard of it, in milliseconds. */
  readonly asOf: number | null;
}

const feedShown = 50;

/** Throws a Refusal when the org has no flow of this id. */
export const flowTruth = async (tools: Tools, orgId: string, flowId: string): Promise<FlowTruth> =>
  orAsRead(tools, orgId, flowId, await tools.flows.snapshot(orgId, flowId));

const looksLikeId = (ref: string): boolean => /^fl_[0-9a-z]+$/.test(ref);

/**
 * The flow that a member calls by this name or id, with what `look` finds of it in the read model. What looks like an id
 * is asked of its workflow in the meantime: the workflow's own id says whose it is.
 */
export async function namedFlowTruth<T>(
  call: Call<MemberPrincipal>,
  ref: string,
  look: (trx: Trx, flowId: string) => Promise<T>,
): Promise<FlowTruth & { readonly seen: T }> {
  const { database, flows, principal } = call;
  const [{ id, seen }, early] = await Promise.all([
    database.withOrg(principal, async (trx) => {
      const { id } = await findFlow(trx, ref);
      return { id, seen: await look(trx, id) };
    }),
    looksLikeId(ref) ? flows.snapshot(principal.orgId, ref) : null,
  ]);
  const snapshot = id === ref ? early : await flows.snapshot(principal.orgId, id);
  return { ...(await orAsRead(call, principal.orgId, id, snapshot)), seen };
}

async function orAsRead(tools: Tools, orgId: string, flowId: string, told: Snapshot | null): Promise<FlowTruth> {
  if (told) return { flow: told.flow, asOf: null };
  const known = await tools.database.withOrg({ orgId }, (trx) => readFlow(trx, flowId, feedShown));
  if (!known) throw new Refusal('not_found', `No flow has the id ${flowId}. Nothing changed.`);
  return known;
}

/** Said when the answer may be old; a flow that has ended doesn't age. */
export function ageLine(asOf: string | null, status: Flow['status'], now: number): string | null {
  if (asOf === null || status === 'COMPLETED' || status === 'CANCELLED') return null;
  const minutes = Math.round((now - Date.parse(asOf)) / 60_000);
  const age = minutes < 60 ? count(minutes, 'minute') : count(Math.round(minutes / 60), 'hour');
  return `The flow itself is not answering now; this is as of its last change that reached the lists, ${age} ago.`;
}

/** One flow, whole: asked of its workflow, or read from the read model with a word on its age. */
import { readFlow } from '../db/read-flow.ts';
import type { Flow } from '../domain/flow.ts';
import { type Overview, overviewOf } from '../domain/view.ts';
import type { MemberPrincipal } from '../oauth/principal.ts';
import { isId } from '../platform/ids.ts';
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
export async function flowTruth(tools: Tools, orgId: string, flowId: string): Promise<FlowTruth> {
  const told = await tools.flows.snapshot(orgId, flowId);
  return told ? { flow: told.flow, asOf: null } : asRead(tools, orgId, flowId);
}

/**
 * The flow that a member calls by this name or id, as a whole. What looks like an id is asked of its workflow at once: the
 * workflow's own id says whose it is.
 */
export async function namedOverview(
  call: Call<MemberPrincipal>,
  ref: string,
): Promise<Pick<FlowTruth, 'asOf'> & { readonly flow: Overview }> {
  const { database, flows, principal } = call;
  const asked = isId('fl', ref) ? ref : null;
  const byId = asked === null ? null : await flows.overview(principal.orgId, asked);
  if (byId) return { flow: byId, asOf: null };
  const { id } = await database.withOrg(principal, (trx) => findFlow(trx, ref), { reads: true });
  const told = id === asked ? null : await flows.overview(principal.orgId, id);
  if (told) return { flow: told, asOf: null };
  const { flow, asOf } = await asRead(call, principal.orgId, id);
  return { flow: overviewOf(flow), asOf };
}

async function asRead(tools: Tools, orgId: string, flowId: string): Promise<FlowTruth> {
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

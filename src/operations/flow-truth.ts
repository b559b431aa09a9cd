/**
 * One flow, whole: its workflow says which version it is at, and the read model tells that version. What many ask at once is
 * so never more than a number to the workflow: docs/decisions/0016.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Trx } from '../db/database.ts';
import { readFlow, readOverview, readVersion } from '../db/read-flow.ts';
import type { Flow } from '../domain/flow.ts';
import { feedShown, type Overview } from '../domain/view.ts';
import type { MemberPrincipal } from '../oauth/principal.ts';
import { isId } from '../platform/ids.ts';
import { lagWaits } from './gateway.ts';
import { findFlow } from './names.ts';
import type { Call, Tools } from './operation.ts';
import { Refusal } from './refusal.ts';
import { count } from './words.ts';

interface Truth<F> {
  readonly flow: F;
  /** Null: as it is now. Else when the read model last heard of it, in milliseconds. */
  readonly asOf: number | null;
}
export type FlowTruth = Truth<Flow>;

type Doors = Pick<Tools, 'database' | 'flows'>;

/** What the read model has. */
interface Known<F> {
  readonly flow: F;
  readonly version: number;
  readonly asOf: number;
}

interface Ways<F> {
  readonly read: (trx: Trx) => Promise<Known<F> | null>;
  /** Asks the workflow for all of it; null when it does not answer, or with more than many may ask for. */
  readonly ask: () => Promise<F | null>;
}

/** Its feed is left out. Throws a Refusal when the org has no flow of this id. */
export async function flowTruth(tools: Doors, orgId: string, flowId: string): Promise<FlowTruth> {
  const known = await truthOf<Flow>(tools, orgId, flowId, {
    read: async (trx) => {
      const read = await readFlow(trx, flowId, 0);
      return read && { ...read, version: read.flow.version };
    },
    ask: async () => (await tools.flows.told(orgId, flowId))?.flow ?? null,
  });
  if (!known) throw new Refusal('not_found', `No flow has the id ${flowId}. Nothing changed.`);
  return known;
}

/**
 * The flow that a member calls by this name or id, as a whole. What looks like an id is looked for at once: the org is in
 * the workflow's own id, and is all that the database shows.
 */
export async function namedOverview(
  call: Doors & Pick<Call<MemberPrincipal>, 'principal'>,
  ref: string,
): Promise<Truth<Overview>> {
  const { database, principal } = call;
  const asked = isId('fl', ref) ? ref : null;
  const byId = asked === null ? null : await overviewTruth(call, principal.orgId, asked);
  if (byId) return byId;
  const { id } = await database.withOrg(principal, (trx) => findFlow(trx, ref), { reads: true });
  const known = await overviewTruth(call, principal.orgId, id);
  if (!known) throw new Refusal('not_found', `No flow has the id ${id}. Nothing changed.`);
  return known;
}

/** Of most flows so little that the workflow tells it, of which one at a time is under way. Null when neither knows it. */
async function overviewTruth(tools: Doors, orgId: string, flowId: string): Promise<Truth<Overview> | null> {
  const heard = await tools.flows.overview(orgId, flowId);
  if (heard.state === 'answered') return { flow: heard.answer, asOf: null };
  const read = (trx: Trx) => readOverview(trx, flowId, feedShown);
  if (heard.state === 'too_large') return truthOf<Overview>(tools, orgId, flowId, { read, ask: async () => null });
  return tools.database.withOrg({ orgId }, read, { reads: true });
}

/** Null when neither knows it. */
async function truthOf<F>(
  { database, flows }: Doors,
  orgId: string,
  flowId: string,
  { read, ask }: Ways<F>,
): Promise<Truth<F> | null> {
  const look = <T>(work: (trx: Trx) => Promise<T>): Promise<T> =>
    database.withOrg({ orgId }, work, { reads: true, asTheyAre: true });
  // At once: what was read is as true as an answer when it has the version that the answer names.
  const [heard, known] = await Promise.all([flows.version(orgId, flowId), look(read)]);
  if (heard.state === 'answered') {
    const wanted = heard.answer;
    if (known && known.version >= wanted) return { flow: known.flow, asOf: null };
    for (const wait of lagWaits) {
      await sleep(wait);
      if ((await look((trx) => readVersion(trx, flowId))) < wanted) continue;
      const later = await look(read);
      if (later) return { flow: later.flow, asOf: null };
    }
  }
  // The read model is behind; or the worker is of a release that does not know the question.
  const isThere = heard.state === 'answered' || (heard.state === 'silent' && !heard.knowsQuestion);
  const told = isThere ? await ask() : null;
  return told ? { flow: told, asOf: null } : known;
}

/** Said when the answer may be old; a flow that has ended doesn't age. */
export function ageLine(asOf: string | null, status: Flow['status'], now: number): string | null {
  if (asOf === null || status === 'COMPLETED' || status === 'CANCELLED') return null;
  const minutes = Math.round((now - Date.parse(asOf)) / 60_000);
  const age = minutes < 60 ? count(minutes, 'minute') : count(Math.round(minutes / 60), 'hour');
  return `The flow itself is not answering now; this is as of its last change that reached the lists, ${age} ago.`;
}

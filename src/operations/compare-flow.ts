/** A flow as its workflow has it against the same flow in the read model. */
import { isDeepStrictEqual } from 'node:util';
import type { Flow } from '../domain/flow.ts';
import type { Snapshot } from '../domain/view.ts';

/** What differs, a sentence each; empty when the read model has the flow as it is, feed and all. */
export function compareFlow({ flow, projectedVersion }: Snapshot, readModel: Flow): string[] {
  const problems: string[] = [];
  if (projectedVersion !== flow.version)
    problems.push(`the workflow is at version ${flow.version} and holds that the read model has ${projectedVersion}.`);
  for (const where of differences(comparable(flow), comparable(readModel)))
    problems.push(`the read model differs in ${where}.`);
  const newest = readModel.feed.slice(readModel.feed.length - flow.feed.length);
  if (!isDeepStrictEqual(newest, flow.feed))
    problems.push("the read model's newest feed entries are not the workflow's.");
  if (readModel.feed.length !== flow.feedLength || readModel.feed.some((e, i) => e.seq !== i + 1))
    problems.push(`the feed has ${readModel.feed.length} entries, and the workflow wrote ${flow.feedLength}.`);
  return problems;
}

/** A flow without what only its workflow keeps, and without the feed, which is compared by itself. */
const comparable = (flow: Flow) => ({
  ...flow,
  tasks: flow.tasks.map((t) => ({ ...t, notedDueAt: null, assignedAt: null, remindedAt: null, sentBack: null })),
  externals: flow.externals
    .map((e) => ({ ...e, mailRefused: e.mailRefused ?? null }))
    .sort((a, b) => a.id.localeCompare(b.id)),
  feed: [],
  ...{ digestAt: null, digests: 0, outbox: [], mailsOrdered: 0, startedBy: null, heldComments: [] },
});

/** Paths of what differs, the first few, with both values. */
function differences(one: unknown, other: unknown, path = ''): string[] {
  if (isDeepStrictEqual(one, other)) return [];
  if (!isRecord(one) || !isRecord(other)) return [`${path} (${JSON.stringify(one)} is ${JSON.stringify(other)} there)`];
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return keys.flatMap((key) => differences(one[key], other[key], path === '' ? key : `${path}.${key}`)).slice(0, 5);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

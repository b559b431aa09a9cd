/** What can be attached to a conversation as a document: flows and templates, each at an address of its own. */
import { z } from 'zod';
import { getFlow } from './get-flow.ts';
import { getTemplate } from './get-template.ts';
import { listFlows } from './list-flows.ts';
import { listTemplates } from './list-templates.ts';
import type { Caller, Result } from './operation.ts';
import { Refusal } from './refusal.ts';
import { suggestNames } from './suggest-names.ts';
import { count } from './words.ts';

export interface ListedResource {
  readonly uri: string;
  readonly name: string;
  readonly description: string;
}

export interface ResourceKind {
  readonly name: (typeof kinds)[number];
  readonly title: string;
  readonly description: string;
  /** RFC 6570, with the one variable `id`. */
  readonly uriTemplate: string;
}

const kinds = ['flow', 'template'] as const;

export const resourceKinds: readonly ResourceKind[] = [
  {
    name: 'flow',
    title: 'A flow',
    description: 'One flow as it is now: its tasks, who has them, external users, progress, and what happened lately.',
    uriTemplate: 'booflow://flows/{id}',
  },
  {
    name: 'template',
    title: 'A template',
    description: 'One template with its steps, as last published.',
    uriTemplate: 'booflow://templates/{id}',
  },
];

const address = /^booflow:\/\/(flows|templates)\/([\w-]{1,128})$/;

/** The document at this address, as text; null when the caller's org has none there. */
export async function readResource(caller: Caller, uri: string): Promise<Result | null> {
  const [, folder, id = ''] = address.exec(uri) ?? [];
  if (folder === undefined) return null;
  // An address has ids only: what a name happens to fit is not at it.
  return folder === 'flows'
    ? readAt(await getFlow.run(caller, { flow: id }), (f) => f.id === id)
    : readAt(await getTemplate.run(caller, { template: id }), (f) => f.template.id === id);
}

/** Null when nothing is there, or something else. */
function readAt<F extends Record<string, unknown>>(result: Result<F>, isMeant: (facts: F) => boolean): Result | null {
  if (!result.ok) return result.code === 'not_found' || result.code === 'ambiguous' ? null : result;
  return isMeant(result.facts) ? result : null;
}

const flowsPage = 50;
const cursorSchema = z.string().max(400).optional();

/** The org's own templates and its flows, the newest first. Refusals are thrown. */
export async function listResources(
  caller: Caller,
  cursor: unknown,
): Promise<{ readonly resources: ListedResource[]; readonly nextCursor: string | null }> {
  const read = cursorSchema.safeParse(cursor);
  if (!read.success) throw new Refusal('bad_cursor', 'This cursor is not one that this list gave out.');
  const flows = factsOf(
    await listFlows.run(caller, { limit: flowsPage, ...(read.data !== undefined && { cursor: read.data }) }),
  );
  const templates = read.data === undefined ? factsOf(await listTemplates.run(caller, {})).templates : [];
  return {
    resources: [
      ...templates.map((t) => ({
        uri: `booflow://templates/${t.id}`,
        name: t.name,
        description: `A template with ${count(t.steps, 'step')}`,
      })),
      ...flows.flows.map((f) => ({
        uri: `booflow://flows/${f.id}`,
        name: f.name,
        description: `${f.status} flow, ${f.status === 'CANCELLED' ? '' : `${f.progress.percent}%, `}from ${f.template}`,
      })),
    ],
    nextCursor: flows.nextCursor,
  };
}

function factsOf<F>(result: Result<F>): F {
  if (!result.ok) throw new Refusal(result.code, result.text, result.facts);
  return result.facts;
}

/** Ids that fit what was typed so far, for a client that fills in an address. */
export async function completeResource(
  caller: Caller,
  uriTemplate: string,
  part: string,
): Promise<{ readonly ids: string[]; readonly more: boolean }> {
  const kind = resourceKinds.find((k) => k.uriTemplate === uriTemplate);
  if (!kind) return { ids: [], more: false };
  const result = await suggestNames.run(caller, { kind: kind.name, part });
  if (!result.ok) return { ids: [], more: false };
  return { ids: result.facts.suggestions.map((s) => s.id), more: result.facts.more };
}

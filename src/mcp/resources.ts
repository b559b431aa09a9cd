/** Operations' documents, and the views of tools' results, as MCP resources. */
import {
  type ListResourcesResult,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
  type ResourceTemplateType,
} from '@modelcontextprotocol/server';
import type { Caller } from '../operations/operation.ts';
import { Refusal } from '../operations/refusal.ts';
import { listResources, readResource, resourceKinds } from '../operations/resources.ts';
import type { Views } from './views.ts';

/** As a model reads it: the same text that the tool answers. */
const mimeType = 'text/markdown';

export const resourceTemplates: ResourceTemplateType[] = resourceKinds.map((k) => ({ ...k, mimeType }));

/** A page of what the caller's org has, with the views before all else. Throws a `ProtocolError` for a bad cursor. */
export async function resourcesFor(
  caller: Caller,
  views: Views,
  cursor: string | undefined,
): Promise<ListResourcesResult> {
  const { resources, nextCursor } = await orProtocolError(() => listResources(caller, cursor));
  return {
    resources: [...(cursor === undefined ? views.listed : []), ...resources.map((r) => ({ ...r, mimeType }))],
    ...(nextCursor !== null && { nextCursor }),
  };
}

/** One document. What another org has, or nobody, is not found. */
export async function resourceAt(caller: Caller, views: Views, uri: string): Promise<ReadResourceResult> {
  const view = views.read(uri);
  if (view) return { contents: [view] };
  const result = await readResource(caller, uri);
  if (result === null) throw new ResourceNotFoundError(uri.slice(0, 400));
  if (!result.ok) throw new ProtocolError(ProtocolErrorCode.InvalidParams, result.text, { code: result.code });
  return { contents: [{ uri, mimeType, text: result.text }] };
}

async function orProtocolError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, error.message, { code: error.code });
  }
}

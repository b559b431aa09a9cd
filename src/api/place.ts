/** An operation's place in the API: which fields of its input stand in the path, the query, the body, or a header. */
import { z } from 'zod';
import type { Operation, RestPlace } from '../operations/operation.ts';

export const apiPath = '/api/v1';

/** The field that `Idempotency-Key` brings. */
export const commandIdField = 'command_id';

export interface Place {
  readonly operation: Operation;
  readonly rest: RestPlace;
  /** Fields in the path, in its order. */
  readonly inPath: readonly string[];
  /** All other fields: of the query for GET and DELETE, of the body else. */
  readonly inRest: readonly string[];
  readonly hasBody: boolean;
  /** JSON Schema (2020-12) of each field of the input. */
  readonly fields: Readonly<Record<string, FieldSchema>>;
  readonly required: readonly string[];
}

export type FieldSchema = z.infer<typeof fieldSchema>;
const fieldSchema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
});
const inputSchema = z.object({
  properties: z.record(z.string(), fieldSchema).default({}),
  required: z.array(z.string()).default([]),
});

/** Without patterns of Unicode properties: not every reader of JSON Schema knows these, and the input is checked anyway. */
const portable = (name: string, value: unknown): unknown =>
  name === 'pattern' && typeof value === 'string' && value.includes('\\p{') ? undefined : value;

/** Throws when an operation says that it is open to REST and its place does not fit its input. */
export function placeOf(operation: Operation): Place {
  const { rest, name } = operation;
  if (rest === null) throw new Error(`${name} is open to REST but names no place: give it \`rest\`.`);
  const { properties, required } = inputSchema.parse(
    JSON.parse(JSON.stringify(z.toJSONSchema(operation.input, { io: 'input' })), portable),
  );
  const inPath = [...rest.path.matchAll(/\{(\w+)\}/g)].flatMap(([, field]) => field ?? []);
  const stranger = inPath.find((field) => !(field in properties));
  if (stranger !== undefined)
    throw new Error(`${name}: the path ${rest.path} has {${stranger}}, which is no field of its input.`);
  const hasBody = rest.method !== 'GET' && rest.method !== 'DELETE';
  if (operation.kind === 'read' && rest.method !== 'GET')
    throw new Error(`${name} only reads, so its method must be GET.`);
  if (operation.kind === 'write' && rest.method === 'GET')
    throw new Error(`${name} writes, so its method can't be GET.`);
  if (operation.kind === 'write' && !(commandIdField in properties))
    throw new Error(`${name} writes, so its input must have ${commandIdField}: trying again must be safe.`);
  return {
    ...{ operation, rest, inPath, hasBody, fields: properties },
    inRest: Object.keys(properties).filter((f) => !inPath.includes(f) && f !== commandIdField),
    required: required.filter((f) => f !== commandIdField),
  };
}

/** All places, each method and path once. */
export function placesOf(operations: readonly Operation[]): Place[] {
  const places = operations.map(placeOf);
  const seen = new Map<string, string>();
  for (const { operation, rest } of places) {
    const at = `${rest.method} ${rest.path.replace(/\{\w+\}/g, '{}')}`;
    const other = seen.get(at);
    if (other !== undefined) throw new Error(`${operation.name} and ${other} are both at ${at}.`);
    seen.set(at, operation.name);
  }
  return places;
}

/** A request that a caller makes. */
export interface Asked {
  readonly method: string;
  /** Below the host, with its query. */
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>> | null;
}

/** The request for this input. Fields of the path must be given. */
export function requestFor(place: Place, input: Readonly<Record<string, unknown>>): Asked {
  const path = place.rest.path.replace(/\{(\w+)\}/g, (_, field: string) => encodeURIComponent(String(input[field])));
  const rest = Object.entries(input).filter(([field]) => place.inRest.includes(field));
  const query = place.hasBody ? '' : rest.map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`).join('&');
  return {
    method: place.rest.method,
    url: `${apiPath}${path}${query === '' ? '' : `?${query}`}`,
    body: place.hasBody ? Object.fromEntries(rest) : null,
  };
}

const words = new Map<string, unknown>([
  ['true', true],
  ['false', false],
]);

/** A text of the query as the field's kind; what can't be read stays text, which the input's own schema refuses. */
export function readText(schema: FieldSchema | undefined, text: unknown): unknown {
  if (typeof text !== 'string') return text;
  const kinds = [schema?.type ?? []].flat();
  if (kinds.includes('boolean')) return words.get(text) ?? text;
  if ((kinds.includes('integer') || kinds.includes('number')) && /^-?\d{1,15}(\.\d{1,6})?$/.test(text))
    return Number(text);
  return text;
}

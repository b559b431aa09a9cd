/** JSON Schema for people: a field in a sentence, an answer as a type. */
import { z } from 'zod';

interface Schema {
  readonly type?: string | readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly items?: Schema | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
  readonly format?: string | undefined;
  readonly default?: unknown;
  readonly maxLength?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    description: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    anyOf: z.array(schema).optional(),
    oneOf: z.array(schema).optional(),
    items: schema.optional(),
    properties: z.record(z.string(), schema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), schema]).optional(),
    format: z.string().optional(),
    default: z.unknown().optional(),
    maxLength: z.number().optional(),
    maxItems: z.number().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
  }),
);

const eitherOf = ({ anyOf, oneOf }: Schema): readonly Schema[] => anyOf ?? oneOf ?? [];
const typesOf = ({ type }: Schema): readonly string[] => [type ?? []].flat();

/**
 * What a field takes: "text, 200 characters at most", "one of APPROVE, REJECT", "whole number, 1 to 100; 25 unless said".
 * Names stand between backticks. Takes a JSON Schema.
 */
export function kindOf(given: unknown): string {
  const field = schema.parse(given);
  // An empty text or list is what it is left out for.
  const usual = typeof field.default === 'object' || field.default === '' ? undefined : field.default;
  return kind(field) + (usual === undefined ? '' : `; ${String(usual)} unless said`);
}

function kind(field: Schema): string {
  if (field.enum) return `one of ${field.enum.join(', ')}`;
  if (field.const !== undefined) return String(field.const);
  const either = eitherOf(field);
  if (either.length > 0) return [...new Set(either.map(kind))].join(' or ');
  return typesOf(field)
    .map((type) => kindNamed(type, field))
    .join(' or ');
}

function kindNamed(type: string, field: Schema): string {
  switch (type) {
    case 'string':
      return textKinds[field.format ?? ''] ?? `text${most(field.maxLength, 'characters')}`;
    case 'integer':
      return `whole number${rangeOf(field)}`;
    case 'number':
      return `number${rangeOf(field)}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return `list${field.items ? ` (${kind(field.items)})` : ''}${most(field.maxItems, 'entries')}`;
    default: {
      const names = Object.keys(field.properties ?? {});
      const required = field.required ?? [];
      const told = names.map((name) => `\`${name}\`${required.includes(name) ? '' : ' (optional)'}`);
      return told.length > 0 ? `object with ${told.join(', ')}` : 'object';
    }
  }
}

const textKinds: Readonly<Record<string, string>> = {
  email: 'mail address',
  date: 'day, YYYY-MM-DD',
  'date-time': 'moment, as 2026-12-31T12:00:00Z',
  uri: 'web address',
};

const most = (n: number | undefined, what: string): string => (n === undefined ? '' : `, ${n} ${what} at most`);

/** Beyond what a number holds exactly is no bound that anybody set. */
function rangeOf({ minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER }: Schema): string {
  const from = minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const to = maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (from !== undefined && to !== undefined) return `, ${from} to ${to}`;
  if (to !== undefined) return `, ${to} at most`;
  return from === undefined ? '' : `, ${from} at least`;
}

/** An answer as a type of TypeScript, with what its schema says of a field beside it. Takes a JSON Schema. */
export const typeOf = (given: unknown): string => typed(schema.parse(given), '');

function typed(field: Schema, indent: string): string {
  if (field.enum) return field.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (field.const !== undefined) return JSON.stringify(field.const);
  const either = eitherOf(field);
  if (either.length > 0) return [...new Set(either.map((one) => typed(one, indent)))].join(' | ');
  return typesOf(field)
    .map((type) => typeNamed(type, field, indent))
    .join(' | ');
}

const isUnion = (field: Schema): boolean =>
  [field.enum ?? [], eitherOf(field), typesOf(field)].some((parts) => parts.length > 1);

function typeNamed(type: string, field: Schema, indent: string): string {
  switch (type) {
    case 'integer':
      return 'number';
    case 'array': {
      const items = typed(field.items ?? {}, indent) || 'unknown';
      return isUnion(field.items ?? {}) ? `(${items})[]` : `${items}[]`;
    }
    case 'object':
      return objectType(field, indent);
    default:
      return type;
  }
}

function objectType({ properties = {}, required = [], additionalProperties: others }: Schema, indent: string): string {
  const names = Object.entries(properties);
  if (names.length === 0)
    return `Record<string, ${typeof others === 'object' ? typed(others, indent) || 'unknown' : 'unknown'}>`;
  const within = `${indent}  `;
  const lines = names.map(([name, its]) => {
    const told = its.description === undefined ? '' : ` // ${its.description}`;
    return `${within}${name}${required.includes(name) ? '' : '?'}: ${typed(its, within) || 'unknown'};${told}`;
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

/** Operations as MCP tools: what is listed, and what a call does. */
import type { CallToolResult, Tool } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Principal } from '../oauth/principal.ts';
import type { Operation, Tools } from '../operations/operation.ts';
import { operationsOf } from '../operations/registry.ts';
import { viewMeta } from './views.ts';

export const mcpOperations = operationsOf('mcp');
const byName = new Map(mcpOperations.map((o) => [o.name, o]));

export const findTool = (name: string): Operation | undefined => byName.get(name);

const jsonSchema = z.record(z.string(), z.json());

/** Without what only a schema document needs: a model reads each of these. */
function inputSchemaOf(schema: z.ZodObject): Tool['inputSchema'] {
  const {
    $schema: _,
    type: __,
    ...rest
  } = jsonSchema.parse(JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: 'input' }))));
  return { ...rest, type: 'object' };
}

/** The facts' names and kinds, one level deep: definitions are read anew in every conversation, so they stay short. */
function outputSchemaOf(schema: z.ZodObject): NonNullable<Tool['outputSchema']> {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'output' });
  const kinds = Object.entries(properties).map(([name, property]) => [name, kindOf(property)] as const);
  return { type: 'object', properties: Object.fromEntries(kinds) };
}

const kindOf = (property: z.core.JSONSchema._JSONSchema): Record<string, string> =>
  typeof property === 'object' && typeof property.type === 'string' ? { type: property.type } : {};

/** What a client is told of an operation. */
export const toolOf = (o: Operation): Tool => ({
  name: o.name,
  title: o.title,
  description: o.description,
  inputSchema: inputSchemaOf(o.input),
  outputSchema: outputSchemaOf(o.output),
  annotations: {
    readOnlyHint: o.kind === 'read',
    ...(o.kind === 'write' && { destructiveHint: o.destructive, idempotentHint: false }),
    openWorldHint: o.openWorld,
  },
  ...(o.view !== null && { _meta: viewMeta(o.view) }),
});

const everyTool = mcpOperations.map(toolOf);
const publicTools = mcpOperations.filter((o) => o.access === 'public').map(toolOf);

/** Without credentials only what is public is offered. */
export const toolsFor = (principal: Principal | null): Tool[] => (principal === null ? publicTools : everyTool);

/** The key of a request's `_meta` under which a client may give a command its id. */
export const commandIdMeta = 'booflow.com/commandId';
const commandIdSchema = z.string().min(1).max(128).optional();

export interface ToolCall {
  readonly name: string;
  readonly arguments?: unknown;
  readonly meta?: Record<string, unknown> | undefined;
}

/** Runs the tool. Refusals are results marked as errors, with a stable code; only faults of ours are thrown. */
export async function callTool(tools: Tools, principal: Principal | null, call: ToolCall): Promise<CallToolResult> {
  const operation = findTool(call.name);
  if (!operation)
    return refusal(
      'unknown_tool',
      `There is no tool called ${JSON.stringify(call.name.slice(0, 100))}. \`tools/list\` shows them.`,
    );
  const commandId = commandIdSchema.safeParse(call.meta?.[commandIdMeta]);
  if (!commandId.success)
    return refusal('bad_input', `_meta["${commandIdMeta}"] must be a text of 1 to 128 letters. Nothing changed.`);
  const result = await operation.run({ ...tools, principal, commandId: commandId.data }, call.arguments ?? {});
  return {
    content: [{ type: 'text', text: result.text }],
    structuredContent: result.facts,
    ...(!result.ok && { isError: true }),
  };
}

export const refusal = (code: string, text: string): CallToolResult => ({
  content: [{ type: 'text', text }],
  structuredContent: { code },
  isError: true,
});

/** When we are at fault: what happened is in the log, and nobody else's to read. */
export const failure: CallToolResult = refusal(
  'internal',
  'Booflow failed to answer. Nothing is known to have changed; try again.',
);

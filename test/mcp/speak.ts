/** Speaking to `/api/mcp` in tests: as a client of the SDKs, or with raw requests. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';

const resultSchema = z.object({
  isError: z.boolean().default(false),
  content: z.tuple([z.object({ type: z.literal('text'), text: z.string() })]),
  structuredContent: z.record(z.string(), z.unknown()),
});

/** What a tool answered. */
export interface Answer {
  readonly text: string;
  readonly facts: Record<string, unknown>;
  readonly isError: boolean;
  /** Of a refusal; '' when it is none. */
  readonly code: string;
}

export function answerOf(result: unknown): Answer {
  const { isError, content, structuredContent: facts } = resultSchema.parse(result);
  return { text: content[0].text, facts, isError, code: isError ? z.string().parse(facts.code) : '' };
}

export interface Speaker {
  readonly client: Client;
  call(tool: string, args?: Record<string, unknown>, meta?: Record<string, unknown>): Promise<Answer>;
  close(): Promise<void>;
}

/** A v2 client that is signed in with this key, or not at all. */
export async function speak(url: string, key: string | null, path = '/api/mcp'): Promise<Speaker> {
  const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(path, url), { requestInit: { headers } }));
  return {
    client,
    async call(tool, args = {}, meta) {
      return answerOf(await client.callTool({ name: tool, arguments: args, ...(meta && { _meta: meta }) }));
    },
    close: () => client.close(),
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of the JSON, or of the only event of a stream. */
  readonly json: unknown;
}

/** One request as it is: `body` is sent untouched when it is a string, as JSON when it is not. */
export async function raw(
  url: string,
  options: { key?: string | null; path?: string; method?: string; headers?: Record<string, string>; body?: unknown },
): Promise<RawAnswer> {
  const { key = null, path = '/api/mcp', method = 'POST', headers = {}, body } = options;
  const answer = await fetch(new URL(path, url), {
    method,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' || body instanceof Blob ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: jsonIn(text) };
}

function jsonIn(text: string): unknown {
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
  return data.trim().startsWith('{') || data.trim().startsWith('[') ? JSON.parse(data) : null;
}

/** A `tools/call` as JSON-RPC. */
export const toolCall = (name: string, args: unknown = {}, more: Record<string, unknown> = {}) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: args, ...more },
});

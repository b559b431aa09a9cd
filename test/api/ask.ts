/** Asking the REST API in tests. */
import { z } from 'zod';
import type { Asked } from '../../src/api/place.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of a JSON body; {} when there is none. */
  readonly json: Record<string, unknown>;
}

const objectSchema = z.record(z.string(), z.unknown());

/** `asked` as a request with this key; a body that is text or a blob goes as it is. */
export async function ask(
  url: string,
  key: string | null,
  asked: Omit<Asked, 'body'> & { readonly body?: unknown },
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer> {
  const { method, body = null } = asked;
  const answer = await fetch(url + asked.url, {
    method,
    headers: {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(body !== null && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== null && { body: typeof body === 'string' || body instanceof Blob ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = text !== '' && /json/.test(answer.headers.get('content-type') ?? '');
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: isJson ? objectSchema.parse(JSON.parse(text)) : {},
  };
}

export const get = (url: string, key: string | null, path: string, headers: Readonly<Record<string, string>> = {}) =>
  ask(url, key, { method: 'GET', url: `/api/v1${path}` }, headers);

export const post = (
  url: string,
  key: string | null,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
) => ask(url, key, { method: 'POST', url: `/api/v1${path}`, body }, headers);

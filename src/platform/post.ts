/** A POST to an address that others chose: to the public internet only, briefly, following nothing. */
import { lookup as systemLookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { ClosedAddress, isClosedLiteral, publicOnly } from './public-address.ts';

/** What came of it: a status, or why there is none. Nothing is thrown. */
export type Posted =
  | { readonly status: number; readonly error: null; readonly answer: string }
  | { readonly status: null; readonly error: string; readonly answer: '' };

export type Post = (url: string, headers: Readonly<Record<string, string>>, body: string) => Promise<Posted>;

const limits = { ms: 15_000, answerBytes: 1_024 };

/** `anywhere`: this machine and its network too, and plain http, for development. `lookup` and `ca` are for tests. */
export function poster(options: { anywhere: boolean; lookup?: LookupFunction; ca?: string }): Post {
  const lookup = options.lookup ?? (options.anywhere ? undefined : publicOnly(systemLookup));
  return (url, headers, body) => {
    const failed = (error: string): Posted => ({ status: null, error, answer: '' });
    const secure = url.startsWith('https:');
    if (!secure && !options.anywhere) return Promise.resolve(failed('its address is not https'));
    if (!options.anywhere && isClosedLiteral(url))
      return Promise.resolve(failed('its host is not on the public internet'));
    return new Promise((resolve) => {
      const signal = AbortSignal.timeout(limits.ms);
      const lost = (error: Error) => {
        if (error instanceof ClosedAddress) return resolve(failed(`its host ${error.message}`));
        if (signal.aborted) return resolve(failed(`it did not answer in ${limits.ms / 1_000} s`));
        return resolve(failed(`it could not be reached (${'code' in error ? String(error.code) : error.name})`));
      };
      const asking = { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) } };
      const asked = (secure ? httpsRequest : httpRequest)(
        url,
        { ...asking, ...(lookup && { lookup }), signal, ...(options.ca && { ca: options.ca }), agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          const done = () =>
            resolve({
              status: response.statusCode ?? 0,
              error: null,
              answer: Buffer.concat(chunks).toString('utf8').slice(0, limits.answerBytes),
            });
          response.on('error', lost);
          response.on('end', done);
          response.on('data', (chunk: Buffer) => {
            size += chunk.length;
            chunks.push(chunk);
            if (size < limits.answerBytes) return;
            done();
            response.destroy();
          });
        },
      );
      asked.on('error', lost);
      asked.end(body);
    });
  };
}

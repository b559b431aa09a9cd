/** Fetching a client's metadata document: from public addresses only, briefly, and not much of it. */
import { lookup as systemLookup } from 'node:dns';
import { request } from 'node:https';
import type { LookupFunction } from 'node:net';
import { ClosedAddress, isClosedLiteral, publicOnly } from '../platform/public-address.ts';

/** The document can't be used; the message completes "this app can't be used: ". */
export class DocumentError extends Error {
  readonly code = 'client_document';
}

export interface FetchedDocument {
  readonly text: string;
  readonly freshForMs: number;
}
export type FetchDocument = (url: string) => Promise<FetchedDocument>;

const limits = { bytes: 32 * 1024, ms: 5_000, freshLeast: 60_000, freshMost: 86_400_000 };

/** `lookup` and `ca` are for tests, which have no public internet. */
export function documentFetcher(options: { lookup?: LookupFunction; ca?: string } = {}): FetchDocument {
  const lookup = options.lookup ?? publicOnly(systemLookup);
  return (url) => {
    if (isClosedLiteral(url)) return Promise.reject(new DocumentError('its host is not on the public internet'));
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(limits.ms);
      const lost = (error: Error) =>
        reject(
          error instanceof ClosedAddress
            ? new DocumentError(`its host ${error.message}`)
            : new DocumentError(
                signal.aborted ? 'its metadata document took too long' : 'its metadata document can not be reached',
              ),
        );
      const asked = request(
        url,
        { lookup, ca: options.ca, signal, headers: { accept: 'application/json', 'user-agent': 'Booflow' } },
        (response) => {
          const fail = (why: string) => {
            response.destroy();
            reject(new DocumentError(why));
          };
          if (response.statusCode !== 200) return fail(`its metadata document answers ${response.statusCode}`);
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > limits.bytes) fail(`its metadata document is larger than ${limits.bytes} bytes`);
            else chunks.push(chunk);
          });
          response.on('error', lost);
          response.on('end', () =>
            resolve({
              text: Buffer.concat(chunks).toString('utf8'),
              freshForMs: freshFor(response.headers['cache-control']),
            }),
          );
          return undefined;
        },
      );
      asked.on('error', lost);
      asked.end();
    });
  };
}

function freshFor(cacheControl: string | undefined): number {
  const seconds = /max-age=(\d{1,9})/.exec(cacheControl ?? '')?.[1];
  const ms = seconds === undefined ? 3_600_000 : Number(seconds) * 1000;
  return Math.min(Math.max(ms, limits.freshLeast), limits.freshMost);
}

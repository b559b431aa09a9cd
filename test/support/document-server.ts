/** An https server on this machine that stands for an app's site, and a fetcher that finds it under its own name. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { LookupFunction } from 'node:net';
import { documentFetcher, type FetchDocument } from '../../src/oauth/client-document.ts';

const read = (name: string): string => readFileSync(new URL(`./tls/${name}`, import.meta.url), 'utf8');
/** The certificate of `*.client.test`. */
export const ca = read('cert.pem');

/** Every name is on this machine. */
const here: LookupFunction = (_hostname, options, done) =>
  options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);

export interface DocumentServer {
  /** `https://app.client.test:PORT`. */
  readonly origin: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  readonly fetchDocument: FetchDocument;
  stop(): Promise<void>;
}

export async function startDocumentServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<DocumentServer> {
  const asked: string[] = [];
  const server = createServer({ key: read('key.pem'), cert: ca }, (request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given');
  return {
    origin: `https://app.client.test:${address.port}`,
    asked,
    fetchDocument: documentFetcher({ lookup: here, ca }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

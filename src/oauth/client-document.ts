/** Fetching a client's metadata document: from public addresses only, briefly, and not much of it. */
import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import { request } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

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

/** Everything that is not the public internet (RFC 6890 and its registries). */
const closed = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  closed.addSubnet(net, bits, 'ipv4');
}
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
const closed6 = new BlockList();
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  closed6.addSubnet(net, bits, 'ipv6');
}

/** Is this an address of the public internet? Mapped and translated IPv4 in IPv6 is not. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !closed.check(address, 'ipv4');
    case 6:
      return global6.check(address, 'ipv6') && !closed6.check(address, 'ipv6');
    default:
      return false;
  }
}

/** `node:dns`'s lookup, or one that answers like it. */
type Resolve = (
  hostname: string,
  options: LookupOptions,
  done: (error: NodeJS.ErrnoException | null, found: string | LookupAddress[]) => void,
) => void;

/** The address that was checked is the one that is connected to, so a name can't change in between. */
export function publicOnly(resolve: Resolve): LookupFunction {
  return (hostname, options, done) => {
    const wanted: LookupOptions = { ...options, all: true };
    resolve(hostname, wanted, (error, found) => {
      const addresses = Array.isArray(found) ? found : [];
      const first = addresses[0];
      if (error || !first) return done(error ?? new DocumentError('its host has no address'), '', 4);
      if (!addresses.every((a) => isPublicAddress(a.address))) {
        return done(new DocumentError('its host is not on the public internet'), '', 4);
      }
      if (options.all) return done(null, addresses);
      return done(null, first.address, first.family);
    });
  };
}

/** `lookup` and `ca` are for tests, which have no public internet. */
export function documentFetcher(options: { lookup?: LookupFunction; ca?: string } = {}): FetchDocument {
  const lookup = options.lookup ?? publicOnly(systemLookup);
  return (url) => {
    const { hostname } = new URL(url);
    const literal = hostname.replace(/^\[|\]$/g, '');
    // A literal address is connected to without a look-up.
    if (isIP(literal) !== 0 && !isPublicAddress(literal)) {
      return Promise.reject(new DocumentError('its host is not on the public internet'));
    }
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(limits.ms);
      const lost = (error: Error) =>
        reject(
          error instanceof DocumentError
            ? error
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

/** Connections that lead to the public internet and nowhere else: against requests forged through this server (SSRF). */
import type { LookupAddress, LookupOptions } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** The host is not on the public internet, or has no address. The message reads on after "its host". */
export class ClosedAddress extends Error {
  readonly code = 'closed_address';
}

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
      if (error || !first) return done(error ?? new ClosedAddress('has no address'), '', 4);
      if (!addresses.every((a) => isPublicAddress(a.address))) {
        return done(new ClosedAddress('is not on the public internet'), '', 4);
      }
      if (options.all) return done(null, addresses);
      return done(null, first.address, first.family);
    });
  };
}

/** Is this URL's host a literal address that is closed? Such a one is connected to without a look-up. */
export function isClosedLiteral(url: string): boolean {
  const literal = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return isIP(literal) !== 0 && !isPublicAddress(literal);
}

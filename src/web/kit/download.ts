/** A file on its way to a person: always saved, never shown in place, and nothing in it runs here. */

import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

export interface Served {
  readonly name: string;
  /** In bytes; undefined while nobody knows. */
  readonly size?: number;
  readonly servedAs: string;
  readonly bytes: Readable;
}

export function sendFile(reply: FastifyReply, { name, size, servedAs, bytes }: Served): FastifyReply {
  // RFC 6266 §4.3: the plain name for those who know no other, the whole one beside it.
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const whole = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  if (size !== undefined) reply.header('content-length', size);
  return reply
    .header('content-type', servedAs)
    .header('content-disposition', `attachment; filename="${ascii}"; filename*=UTF-8''${whole}`)
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "default-src 'none'; sandbox; frame-ancestors 'none'")
    .header('cross-origin-resource-policy', 'same-origin')
    .header('cache-control', 'private, no-store')
    .send(bytes);
}

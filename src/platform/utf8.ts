import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';

/** The text of a JSON body, which is UTF-8 (RFC 8259 §8.1); null where it is not. Decoded all the same it would be another text. */
export const utf8Of = (body: Buffer): string | null => (isUtf8(body) ? body.toString('utf8') : null);

/** Is the body told to be in another encoding, or packed? */
export const isEncoded = ({
  'content-type': type = '',
  'content-encoding': packed = 'identity',
}: IncomingHttpHeaders) =>
  packed.toLowerCase() !== 'identity' || !/^utf-?8$/i.test(/;\s*charset="?([^\s";]+)/i.exec(type)?.[1] ?? 'utf-8');

/** Ids: short, typed by prefix, safe in URLs. */
import { createHash, randomUUID } from 'node:crypto';

const letters = '0123456789abcdefghjkmnpqrstvwxyz';

/** An id that is the same for the same parts: 16 letters of base 32, 80 bits of SHA-256. */
export function idFrom(prefix: string, ...parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
  let id = '';
  for (let i = 0; i < 16; i++) id += letters[(hash[i] ?? 0) % 32];
  return `${prefix}_${id}`;
}

/** Can it be nothing but an id of this kind? No name that people give looks like that. */
export const isId = (prefix: string, text: string): boolean =>
  text.startsWith(`${prefix}_`) && /^[0-9a-z]{16}$/.test(text.slice(prefix.length + 1));

export const newId = (prefix: string): string => idFrom(prefix, randomUUID());

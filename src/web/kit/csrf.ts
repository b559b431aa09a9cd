/** A form's proof that it was ours: made from the session's secret, which no other site can read. */
import { createHash, timingSafeEqual } from 'node:crypto';

export const csrfToken = (sessionSecret: string): string =>
  createHash('sha256').update(`csrf ${sessionSecret}`).digest('base64url');

export function isCsrfToken(sessionSecret: string, given: unknown): boolean {
  if (typeof given !== 'string') return false;
  const wanted = Buffer.from(csrfToken(sessionSecret));
  const got = Buffer.from(given);
  return wanted.length === got.length && timingSafeEqual(wanted, got);
}

/** People to invite, from what a caller wrote. */
import { domainToASCII } from 'node:url';
import { z } from 'zod';
import type { Invitee } from '../domain/command.ts';
import { limits } from '../domain/limits.ts';
import { idFrom } from '../platform/ids.ts';
import { plain } from './words.ts';

const emailSchema = z.email().max(limits.email);

/**
 * The address in lower case, its domain as mail servers write it ("bücher.example" is "xn--bcher-kva.example", RFC 5891),
 * or null when it is none. Before the @ only ASCII is taken, since not every mail server takes more (RFC 6531), and no
 * quotes.
 */
export function addressOf(text: string): string | null {
  const written = text.trim().toLowerCase();
  const at = written.lastIndexOf('@') + 1;
  const domain = written.slice(at);
  const ascii = /^[\p{L}\p{M}\p{N}.-]+$/u.test(domain) ? domainToASCII(domain) : domain;
  const parsed = emailSchema.safeParse(written.slice(0, at) + ascii);
  return parsed.success ? parsed.data : null;
}

/** The id comes from flow and address, so that inviting again finds the same person. */
export const invitee = (flowId: string, email: string, name = '', role = ''): Invitee => ({
  externalId: idFrom('ex', flowId, email),
  email,
  // A name is one line, whoever wrote it.
  name: plain(name) === '' ? nameFrom(email) : plain(name),
  role: plain(role),
});

/** "jane.alder@example.com" → "Jane Alder". */
function nameFrom(email: string): string {
  const words = (email.split('@')[0] ?? email).split(/[._+-]+/).filter((w) => w !== '');
  return words.map((w) => w.charAt(0).toUpperCase() + w.slice(1)).join(' ') || email;
}

/** People to invite, from what a caller wrote. */
import { z } from 'zod';
import type { Invitee } from '../domain/command.ts';
import { limits } from '../domain/limits.ts';
import { idFrom } from '../platform/ids.ts';
import { plain } from './words.ts';

const emailSchema = z.email().max(limits.email);

/** The address in lower case, or null when it is none. */
export function addressOf(text: string): string | null {
  const parsed = emailSchema.safeParse(text.trim().toLowerCase());
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

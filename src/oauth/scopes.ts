/** What may be asked for, and what it lets an app do. */
import { type Scope, scopes } from './principal.ts';

/** Asked for by clients that want a refresh token; every grant has one, so it changes nothing. */
export const offlineAccess = 'offline_access';

export const scopeWords: Record<Scope, string> = {
  'flows:read': 'See flows, tasks, templates and members',
  'flows:write': 'Create and move flows, do and assign tasks, invite clients, change templates',
};

/** The scopes a request asks for (RFC 6749 §3.3), of those it may: all when it names none, null when it names another. */
export function readScopes(text: string | undefined, open: readonly Scope[] = scopes): Scope[] | null {
  const asked = (text ?? '').split(' ').filter((s) => s !== '' && s !== offlineAccess);
  if (asked.length === 0) return [...open];
  const known = open.filter((s) => asked.includes(s));
  return asked.every((s) => known.some((k) => k === s)) ? known : null;
}

/** What may be asked for, and what it lets an app do. */
import { type Scope, scopes } from './principal.ts';

/** Asked for by clients that want a refresh token; every grant has one, so it changes nothing. */
export const offlineAccess = 'offline_access';

export const scopeWords: Record<Scope, string> = {
  'flows:read': 'See flows, tasks, templates and members',
  'flows:write': 'Create and move flows, do and assign tasks, invite clients',
};

/** The scopes a request asks for (RFC 6749 §3.3): all of them when it names none, null when it names an unknown one. */
export function readScopes(text: string | undefined): Scope[] | null {
  const asked = (text ?? '').split(' ').filter((s) => s !== '' && s !== offlineAccess);
  if (asked.length === 0) return [...scopes];
  const known = scopes.filter((s) => asked.includes(s));
  return asked.every((s) => known.some((k) => k === s)) ? known : null;
}

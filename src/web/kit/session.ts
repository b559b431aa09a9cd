/** The session cookie, and the one thing every form must bring along. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Authority, lifetimes } from '../../oauth/authority.ts';
import { switchOrg } from '../../oauth/credentials.ts';
import { readSession, type Session } from '../../oauth/session.ts';
import { randomText } from '../../platform/secrets.ts';
import { isCsrfToken } from './csrf.ts';

const isPublic = ({ publicUrl }: Authority): boolean => publicUrl.startsWith('https:');
/** With https the name itself says that no subdomain and no plain page can have set it. */
const cookieName = (authority: Authority, name: string): string => (isPublic(authority) ? `__Host-${name}` : name);

const options = (authority: Authority) =>
  ({ path: '/', httpOnly: true, sameSite: 'lax', secure: isPublic(authority) }) as const;

export async function sessionOf(authority: Authority, request: FastifyRequest): Promise<Session | null> {
  const secret = request.cookies[cookieName(authority, 'booflow_session')];
  return secret === undefined ? null : readSession(authority, secret);
}

export const setSession = (authority: Authority, reply: FastifyReply, secret: string): FastifyReply =>
  reply.setCookie(cookieName(authority, 'booflow_session'), secret, {
    ...options(authority),
    maxAge: lifetimes.session / 1000,
  });

export const clearSession = (authority: Authority, reply: FastifyReply): FastifyReply =>
  reply.clearCookie(cookieName(authority, 'booflow_session'), options(authority));

const visitorShape = /^[A-Za-z0-9]{32}$/;

/** For forms before anyone is signed in: a secret of the browser's own, made when it has none. */
export function visitorSecret(authority: Authority, request: FastifyRequest, reply: FastifyReply): string {
  const name = cookieName(authority, 'booflow_visitor');
  const known = request.cookies[name];
  if (known !== undefined && visitorShape.test(known)) return known;
  const secret = randomText(32);
  reply.setCookie(name, secret, options(authority));
  return secret;
}

/** Does the browser say that a page of ours sends this? */
export const isFromOurPage = (publicUrl: string, { headers }: FastifyRequest): boolean =>
  headers.origin === new URL(publicUrl).origin;

/**
 * Was this form ours, and sent from our own page? One that was kept while nobody was signed in is bound to the browser
 * instead, and taken only where the browser says where it comes from.
 */
export function isOurForm(authority: Authority, request: FastifyRequest, secret: string, token: unknown): boolean {
  const ours = isFromOurPage(authority.publicUrl, request);
  if (request.headers.origin !== undefined && !ours) return false;
  if (isCsrfToken(secret, token)) return true;
  const visitor = request.cookies[cookieName(authority, 'booflow_visitor')];
  return ours && visitor !== undefined && visitorShape.test(visitor) && isCsrfToken(visitor, token);
}

/**
 * The session as the page of a form had it. In another tab its person may have gone over to another organization since;
 * what they send is meant for the one that they saw, which is looked at again from here on. Null: they are in it no more.
 */
export async function asOnItsPage(
  authority: Authority,
  session: Session,
  { of_org: id }: Readonly<Record<string, string | undefined>>,
): Promise<Session | null> {
  if (id === undefined || id === session.org?.id) return session;
  const org = session.orgs.find((o) => o.id === id);
  if (!org || !(await switchOrg(authority, session, id))) return null;
  return { ...session, org };
}

/** A path of ours to go to, or `otherwise`: never another site, however it is written. */
export function safeNext({ publicUrl }: Authority, next: unknown, otherwise: string): string {
  if (typeof next !== 'string' || next.length > 8_000 || !/^\/(?![/\\])/.test(next)) return otherwise;
  if (!URL.canParse(next, publicUrl)) return otherwise;
  const url = new URL(next, publicUrl);
  const path = url.pathname + url.search;
  // `/.//evil.test` is a path of ours that reads as another host once its dot is resolved.
  return url.origin === new URL(publicUrl).origin && !path.startsWith('//') ? path : otherwise;
}

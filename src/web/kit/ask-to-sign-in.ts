/** What whoever is not signed in is answered where they must be. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authority } from '../../oauth/authority.ts';
import { keptOf } from './kept.tsx';
import { safeNext, visitorSecret } from './session.ts';
import { sendTrouble, signedOut } from './trouble.tsx';

/** A page leads on to signing in and back. A form stays, with what was typed, and can be sent once one is signed in. */
export async function askToSignIn(
  authority: Authority,
  request: FastifyRequest,
  reply: FastifyReply,
  otherwise: string,
): Promise<FastifyReply> {
  const { referer = '' } = request.headers;
  const from = URL.canParse(referer) ? new URL(referer) : null;
  const next =
    request.method === 'GET' ? request.url : safeNext(authority, from && from.pathname + from.search, otherwise);
  const kept = await keptOf(request, authority.publicUrl, visitorSecret(authority, request, reply));
  if (kept) return sendTrouble(reply, signedOut(next), kept);
  return reply.redirect(`/sign-in?${new URLSearchParams({ next })}`, 303);
}

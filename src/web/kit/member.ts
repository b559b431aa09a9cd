/** Routes that only a signed-in member of an org gets to. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Authority } from '../../oauth/authority.ts';
import type { MemberPrincipal } from '../../oauth/principal.ts';
import { memberIn, type Session } from '../../oauth/session.ts';
import type { Caller, Tools } from '../../operations/operation.ts';
import { isOurForm, sessionOf } from './session.ts';
import { sendTrouble, troubles } from './trouble.tsx';

export interface Visit {
  readonly session: Session;
  readonly principal: MemberPrincipal;
  readonly tools: Tools;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

/** What an operation is run with: the member, and the command id of the form when it has one. */
export const callerOf = ({ tools, principal }: Visit, fields: Readonly<Record<string, string>> = {}): Caller => ({
  ...tools,
  principal,
  commandId: fields.command_id,
});

/** In each form, so that pressing a button twice does the thing once. */
export const newCommandId = (): string => `web-${randomUUID()}`;

const words = z.record(z.string().max(200), z.string().max(20_000)).catch({});
const fieldsSchema = z.record(z.string().max(200), z.string().max(20_000));

export interface MemberRoutes {
  page(url: string, show: (visit: Visit, reply: FastifyReply) => Promise<FastifyReply>): void;
  form(
    url: string,
    act: (visit: Visit, fields: Readonly<Record<string, string>>, reply: FastifyReply) => Promise<FastifyReply>,
  ): void;
}

export function memberRoutes(app: FastifyInstance, authority: Authority, tools: () => Tools): MemberRoutes {
  const visitOf = async (request: FastifyRequest): Promise<Visit | null> => {
    const session = await sessionOf(authority, request);
    if (!session?.org) return null;
    const principal = memberIn(session, session.org);
    return {
      session,
      principal,
      tools: tools(),
      params: words.parse(request.params),
      query: words.parse(request.query),
    };
  };
  const toSignIn = (request: FastifyRequest, reply: FastifyReply) => {
    const next = request.method === 'GET' ? request.url : '/flows';
    return reply.redirect(`/sign-in?${new URLSearchParams({ next })}`, 303);
  };
  return {
    page(url, show) {
      app.get(url, async (request, reply) => {
        const visit = await visitOf(request);
        reply.header('cache-control', 'no-store');
        return visit ? show(visit, reply) : toSignIn(request, reply);
      });
    },
    form(url, act) {
      app.post(url, async (request, reply) => {
        const visit = await visitOf(request);
        if (!visit) return toSignIn(request, reply);
        const fields = fieldsSchema.safeParse(request.body ?? {});
        if (!fields.success) return sendTrouble(reply, troubles.tooLong);
        if (!isOurForm(authority, request, visit.session.secret, fields.data.csrf))
          return sendTrouble(reply, troubles.stale);
        return act(visit, fields.data, reply);
      });
    },
  };
}

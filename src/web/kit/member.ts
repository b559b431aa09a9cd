/** Routes that only a signed-in member of an org gets to. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Authority } from '../../oauth/authority.ts';
import type { MemberPrincipal } from '../../oauth/principal.ts';
import { memberIn, type Session } from '../../oauth/session.ts';
import type { Caller, Tools, Upload } from '../../operations/operation.ts';
import { askToSignIn } from './ask-to-sign-in.ts';
import { type Fields, readBody } from './body.ts';
import { keptOf } from './kept.tsx';
import { noOrgPage } from './no-org.tsx';
import { asOnItsPage, isOurForm, sessionOf } from './session.ts';
import { PageTrouble, sendTrouble, type Trouble, troubles } from './trouble.tsx';
import { whoMayHelp } from './who-may.ts';

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

export const sentBefore = 'This page was sent before, with something else in it. If you want this too, send it again.';

/**
 * What to tell of a form that was refused, and the command id to send it again with: a page that somebody came back to
 * and filled in anew was sent before, with something else.
 */
export const toSendAgain = (
  refused: { readonly code: string; readonly text: string },
  commandId: string = newCommandId(),
): { readonly problem: string; readonly commandId: string } =>
  refused.code === 'command_id_reused'
    ? { problem: sentBefore, commandId: newCommandId() }
    : { problem: refused.text, commandId };

const words = z.record(z.string().max(200), z.string().max(20_000)).catch({});
const fieldsSchema = (letters: number) => z.record(z.string().max(200), z.string().max(letters));
const usualFields = fieldsSchema(20_000);

export interface MemberRoutes {
  page(url: string, show: (visit: Visit, reply: FastifyReply) => Promise<FastifyReply>): void;
  form(
    url: string,
    act: (visit: Visit, fields: Readonly<Record<string, string>>, reply: FastifyReply) => Promise<FastifyReply>,
    most?: FormLimits,
  ): void;
  /** On an app that takes files. */
  readonly fileForm: FileForm;
}

/** A form that may bring files: `take` gets each as it comes, `act` what came of them beside the fields. */
type FileForm = <T>(
  url: string,
  take: (visit: Visit, name: string, upload: Upload) => Promise<T>,
  act: (visit: Visit, fields: Fields, reply: FastifyReply, taken: readonly T[]) => Promise<FastifyReply>,
) => void;

/** Where a form may send more than usual. */
export interface FormLimits {
  readonly bytes: number;
  /** Of one field. */
  readonly letters: number;
}

export function memberRoutes(app: FastifyInstance, authority: Authority, tools: () => Tools): MemberRoutes {
  const visitOf = async (request: FastifyRequest): Promise<Visit | Session | null> => {
    const session = await sessionOf(authority, request);
    if (!session?.org) return session;
    const principal = memberIn(session, session.org);
    return {
      session,
      principal,
      tools: tools(),
      params: words.parse(request.params),
      query: words.parse(request.query),
    };
  };
  /** In the organization of the form's page, whatever was looked at in another tab since. */
  const onItsPage = async (visit: Visit, fields: Fields): Promise<Visit> => {
    const session = await asOnItsPage(authority, visit.session, fields);
    if (!session?.org) throw new PageTrouble(troubles.notYours);
    return { ...visit, session, principal: memberIn(session, session.org) };
  };
  /** Who is in no org has nothing to see here, and is told how to come into one. */
  const turnedAway = (request: FastifyRequest, reply: FastifyReply, session: Session | null) => {
    if (session) return reply.code(403).type('text/html').send(noOrgPage(session));
    return askToSignIn(authority, request, reply, '/flows');
  };
  /** With what was typed, in a form that is this session's. */
  const fail = async (request: FastifyRequest, reply: FastifyReply, { session }: Visit, trouble: Trouble) =>
    sendTrouble(reply, trouble, await keptOf(request, authority.publicUrl, session.secret));
  /** A refusal is a page among the others, from which one finds on; an outage is told by the server, as it is to all. */
  const orRefusal = async (
    request: FastifyRequest,
    reply: FastifyReply,
    visit: Visit,
    work: () => Promise<FastifyReply>,
  ): Promise<FastifyReply> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof PageTrouble) || error.trouble.status >= 500) throw error;
      const { session } = visit;
      const trouble =
        error.trouble === troubles.onlyAdmins
          ? await whoMayHelp(error.trouble, session, callerOf(visit))
          : error.trouble;
      const kept = await keptOf(request, authority.publicUrl, session.secret);
      return sendTrouble(reply, trouble, kept, session);
    }
  };
  return {
    page(url, show) {
      app.get(url, async (request, reply) => {
        const visit = await visitOf(request);
        reply.header('cache-control', 'no-store');
        if (!visit || !('principal' in visit)) return turnedAway(request, reply, visit);
        return orRefusal(request, reply, visit, () => show(visit, reply));
      });
    },
    form(url, act, most) {
      const schema = most ? fieldsSchema(most.letters) : usualFields;
      app.post(url, { ...(most && { bodyLimit: most.bytes }) }, async (request, reply) => {
        const visit = await visitOf(request);
        if (!visit || !('principal' in visit)) return turnedAway(request, reply, visit);
        const fields = schema.safeParse(request.body ?? {});
        if (!fields.success) return fail(request, reply, visit, troubles.tooLong);
        if (!isOurForm(authority, request, visit.session.secret, fields.data.csrf))
          return fail(request, reply, visit, troubles.stale);
        return orRefusal(request, reply, visit, async () =>
          act(await onItsPage(visit, fields.data), fields.data, reply),
        );
      });
    },
    fileForm(url, take, act) {
      app.post(url, async (request, reply) => {
        const visit = await visitOf(request);
        if (!visit || !('principal' in visit)) return turnedAway(request, reply, visit);
        const isOurs = (fields: Fields) => isOurForm(authority, request, visit.session.secret, fields.csrf);
        const taken: Awaited<ReturnType<typeof take>>[] = [];
        // The proof comes first in the form, so nothing is taken without it.
        const fields = await readBody(request, async (name, upload, before) => {
          if (isOurs(before)) taken.push(await take(await onItsPage(visit, before), name, upload));
        });
        if (fields === null) return fail(request, reply, visit, troubles.tooLong);
        if (!isOurs(fields)) return fail(request, reply, visit, troubles.stale);
        return act(await onItsPage(visit, fields), fields, reply, taken);
      });
    },
  };
}

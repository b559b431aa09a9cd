/** `GET /live`: server-sent events that say which flow of the org has changed. What changed, the page asks for itself. */
import type { FastifyInstance } from 'fastify';
import type { Authority } from '../oauth/authority.ts';
import { liveStreams } from '../platform/metrics.ts';
import { sessionOf } from './kit/session.ts';

export interface LiveOptions {
  readonly authority: Authority;
  /** Calls back for each change in this org until the function that is given back is called. */
  readonly subscribe: (orgId: string, listener: (flowId: string) => void) => () => void;
  /** Streams that one person may have open at a time. */
  readonly most: number;
}

const beatMs = 25_000;

/** What the database tells in place of a flow's id when somebody's part in the org changed, or somebody signed out. */
const membersChanged = 'members';

export async function liveRoutes(app: FastifyInstance, { authority, subscribe, most }: LiveOptions): Promise<void> {
  const open = new Set<() => void>();
  const byPerson = new Map<string, number>();
  app.addHook('preClose', async () => {
    for (const close of open) close();
  });

  app.get('/live', async (request, reply) => {
    const session = await sessionOf(authority, request);
    if (!session?.org) return reply.code(401).type('text/plain').send('Sign in first.');
    const orgId = session.org.id;
    const person = session.userId;
    const has = byPerson.get(person) ?? 0;
    if (has >= most)
      return reply
        .code(429)
        .header('retry-after', '60')
        .type('text/plain')
        .send(`You have ${most} pages open that get news, the most there can be. Close some, then load this one anew.`);
    byPerson.set(person, has + 1);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    raw.write('retry: 2000\n\n');
    /** Who has signed out, or is no member any more, hears no more. */
    const lookAgain = async (): Promise<void> => {
      const now = await sessionOf(authority, request).catch(() => session);
      if (now?.orgs.some((o) => o.id === orgId)) raw.write(': still here\n\n');
      else close();
    };
    const stop = subscribe(orgId, (news) => {
      if (news === membersChanged) void lookAgain();
      else raw.write(`data: ${news}\n\n`);
    });
    const beat = setInterval(() => void lookAgain(), beatMs);
    const close = (): void => {
      if (!open.has(close)) return;
      clearInterval(beat);
      stop();
      open.delete(close);
      const left = (byPerson.get(person) ?? 1) - 1;
      if (left > 0) byPerson.set(person, left);
      else byPerson.delete(person);
      liveStreams.set(open.size);
      raw.end();
    };
    open.add(close);
    liveStreams.set(open.size);
    request.raw.on('close', close);
    return reply;
  });
}

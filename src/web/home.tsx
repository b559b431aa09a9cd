/** The front door: what this is, and where to go. */
import type { FastifyInstance } from 'fastify';
import type { Authority } from '../oauth/authority.ts';
import { renderPage } from './kit/page.tsx';
import { Solo } from './kit/parts.tsx';
import { sessionOf } from './kit/session.ts';

export interface HomeOptions {
  readonly authority: Authority;
  readonly dev: boolean;
  readonly signUp: 'open' | 'closed';
}

export async function homeRoutes(app: FastifyInstance, { authority, dev, signUp }: HomeOptions): Promise<void> {
  const { publicUrl } = authority;
  const page = renderPage({
    title: 'Booflow',
    children: (
      <Solo>
        <h1>Client work that goes on by itself</h1>
        <p>
          Booflow runs onboarding, approvals and other client work over days to months, says what waits on whom, and
          loses nothing when a machine does.
        </p>
        <p class="actions">
          <a class="button primary big" href="/sign-in?next=/flows">
            Sign in
          </a>
          {signUp === 'open' && (
            <a class="button big" href="/sign-up">
              Sign up
            </a>
          )}
        </p>
        <h2>From Claude, or any MCP client</h2>
        <p>
          Add this address as a connector: <code>{publicUrl}/api/mcp</code>
        </p>
        <p class="small">
          Look first: <a href="/marketplace">the public templates</a>, also at <code>{publicUrl}/api/mcp/public</code>{' '}
          with no sign-in{dev && ', and '}
          {dev && <a href="/dev/mailbox">the dev mailbox</a>}.
        </p>
      </Solo>
    ),
  });
  app.get('/', async (request, reply) =>
    (await sessionOf(authority, request)) ? reply.redirect('/flows', 303) : reply.type('text/html').send(page),
  );
}

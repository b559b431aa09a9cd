/** The front door: what this is, and where to go. */
import type { FastifyInstance } from 'fastify';
import type { Authority } from '../oauth/authority.ts';
import { renderPage } from './kit/page.tsx';
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
      <main class="narrow stack">
        <h1>Booflow is running</h1>
        <p>
          Add this address as a connector in Claude, or use it from any MCP client with an API key:
          <br />
          <code>{publicUrl}/api/mcp</code>
        </p>
        <p class="small">
          The public templates alone, with no sign-in: <code>{publicUrl}/api/mcp/public</code>
        </p>
        <p class="actions">
          <a class="button primary" href="/sign-in?next=/flows">
            Sign in
          </a>
          {signUp === 'open' && (
            <a class="button" href="/sign-up">
              Sign up
            </a>
          )}
        </p>
        {dev && (
          <p>
            <a class="button" href="/dev/mailbox">
              Open the dev mailbox
            </a>
          </p>
        )}
      </main>
    ),
  });
  app.get('/', async (request, reply) =>
    (await sessionOf(authority, request)) ? reply.redirect('/flows', 303) : reply.type('text/html').send(page),
  );
}

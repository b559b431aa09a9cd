/** The front door: what this is, and where to go. */
import type { FastifyInstance } from 'fastify';
import { renderPage } from './kit/page.tsx';

export interface HomeOptions {
  readonly publicUrl: string;
  readonly dev: boolean;
}

export async function homeRoutes(app: FastifyInstance, { publicUrl, dev }: HomeOptions): Promise<void> {
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
  app.get('/', (_request, reply) => reply.type('text/html').send(page));
}

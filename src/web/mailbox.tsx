/** The dev mailbox: what would have gone to a mail server. Only in development, and only for this machine. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { listDevMails, readDevMail } from '../operations/dev-mails.ts';
import type { Tools } from '../operations/operation.ts';
import { isLoopback } from '../platform/config.ts';
import { renderPage } from './kit/page.tsx';

export async function mailboxRoutes(app: FastifyInstance, { tools }: { readonly tools: () => Tools }): Promise<void> {
  // A tunnel to this server must not open the mailbox to the world.
  app.addHook('onRequest', async (request, reply) => {
    if (!isLoopback(request.hostname)) return reply.code(404).type('text/plain').send('Nothing is here.');
    return undefined;
  });

  app.get('/dev/mailbox', async (_request, reply) => {
    const mails = await listDevMails(tools());
    const page = renderPage({
      title: 'Dev mailbox',
      children: (
        <main class="wide">
          <h1>
            {mails.length === 0 ? 'No mail yet' : `The last ${mails.length === 1 ? 'mail' : `${mails.length} mails`}`}
          </h1>
          <p class="small">What Booflow would have sent. In production this goes to your mail server.</p>
          {mails.length > 0 && (
            <section>
              <ul class="card list">
                {mails.map((m) => (
                  <li>
                    <span>
                      <a href={`/dev/mailbox/${m.id}`}>{m.subject}</a>
                      <span class="small">
                        to {m.to_address}, <time dateTime={m.at.toISOString()}>{m.at.toUTCString()}</time>
                      </span>
                    </span>
                  </li>
                ))}
              </ul>
            </section>
          )}
        </main>
      ),
    });
    return reply.type('text/html').send(page);
  });

  app.get('/dev/mailbox/:id', async (request, reply) => {
    const { id } = z
      .object({
        id: z
          .string()
          .regex(/^\d{1,18}$/)
          .catch('0'),
      })
      .parse(request.params);
    const mail = await readDevMail(tools(), id);
    if (!mail) return reply.code(404).type('text/plain').send('No mail has this number.');
    const page = renderPage({
      title: mail.subject,
      children: (
        <main class="wide">
          <p class="small">
            <a href="/dev/mailbox">All mails</a>
          </p>
          <h1>{mail.subject}</h1>
          <p class="small">
            from {mail.from_address} to {mail.to_address}, {mail.at.toUTCString()}
          </p>
          <div class="card letter">
            {mail.text
              .split(/(https?:\/\/\S+)/)
              .map((part) => (/^https?:/.test(part) ? <a href={part}>{part}</a> : part))}
          </div>
        </main>
      ),
    });
    return reply.type('text/html').send(page);
  });
}

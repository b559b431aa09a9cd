/**
 * Temporal's Web UI and CLI show what is encrypted by asking here: Temporal's remote codec protocol
 * (https://docs.temporal.io/production-deployment/data-encryption#codec-server-setup). For who knows the operators'
 * token: the CLI sends it; a browser gets a cookie for it at the page here, which the Web UI's requests then carry.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Keyring } from '../platform/keyring.ts';
import { EncryptionCodec } from '../platform/payload-codec.ts';
import { hashSecret } from '../platform/secrets.ts';
import { fieldText } from './kit/form.ts';
import { renderPage } from './kit/page.tsx';
import { Notice, Solo } from './kit/parts.tsx';

export interface CodecOptions {
  readonly keyring: Keyring;
  /** Who knows it may read every flow of every org. */
  readonly token: string;
  /** Where the Web UI is. */
  readonly origins: readonly string[];
  readonly publicUrl: string;
  readonly clock: () => number;
  readonly triesPerMinute: number;
}

const path = '/api/temporal-codec';
const cookieLifeMs = 12 * 3_600_000;
/** A history's page of the largest payloads, and base64 on top. */
const bodyLimit = 32 * 1024 * 1024;

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);
const payloadSchema = z.object({
  metadata: z.record(z.string().max(200), base64).optional(),
  data: base64.optional(),
});
const payloadsSchema = z.object({ payloads: z.array(payloadSchema).max(10_000).default([]) });

export async function codecRoutes(app: FastifyInstance, options: CodecOptions): Promise<void> {
  const { token, origins, publicUrl, clock, triesPerMinute } = options;
  const codec = new EncryptionCodec(options.keyring);
  const isPublic = publicUrl.startsWith('https:');
  const cookieName = 'booflow_codec';
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_request, { ttl }) => ({
      statusCode: 429,
      message: `Too many tries. Wait ${Math.ceil(ttl / 1000)} seconds, then try again.`,
    }),
  });

  const signed = (until: number): string =>
    `${until}.${createHmac('sha256', token).update(`codec ${until}`).digest('base64url')}`;
  const isToken = (given: string): boolean => timingSafeEqual(hashSecret(given), hashSecret(token));
  function isOperator(request: FastifyRequest): boolean {
    const [, bearer] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (bearer !== undefined) return isToken(bearer);
    const cookie = request.cookies[cookieName] ?? '';
    const until = Number(cookie.split('.')[0]);
    return until > clock() && timingSafeEqual(hashSecret(cookie), hashSecret(signed(until)));
  }

  /** Of a page of another origin, only the Web UI's may ask, and so may only it bring the cookie along. */
  function allowOrigin(request: FastifyRequest, reply: FastifyReply): boolean {
    const { origin } = request.headers;
    if (origin === undefined || origin === publicUrl) return true;
    if (!origins.includes(origin)) return false;
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'cross-origin-resource-policy': 'cross-origin',
      vary: 'Origin',
    });
    return true;
  }
  const refuse = (reply: FastifyReply, status: number, text: string) =>
    reply.code(status).type('text/plain').send(text);

  for (const [name, work] of [
    ['decode', codec.decode.bind(codec)],
    ['encode', codec.encode.bind(codec)],
  ] as const) {
    const url = `${path}/${name}`;
    app.options(url, (request, reply) => {
      if (!allowOrigin(request, reply)) return refuse(reply, 403, 'This origin may not ask here.');
      return reply
        .code(204)
        .headers({
          'access-control-allow-methods': 'POST, OPTIONS',
          'access-control-allow-headers': 'Authorization, Content-Type, X-Namespace',
          'access-control-max-age': '600',
        })
        .send();
    });
    // Asked before the body is read: it may be large.
    const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
      if (!allowOrigin(request, reply)) return refuse(reply, 403, 'This origin may not ask here.');
      if (isOperator(request)) return;
      return refuse(reply, 401, `Operators only: send the token as a Bearer token, or sign in at ${publicUrl}${path}`);
    };
    app.post(url, { bodyLimit, onRequest }, async (request, reply) => {
      const read = payloadsSchema.safeParse(request.body);
      if (!read.success) return refuse(reply, 400, 'These are no payloads.');
      const payloads = read.data.payloads.map(({ metadata = {}, data }) => ({
        metadata: Object.fromEntries(
          Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value, 'base64')]),
        ),
        data: Buffer.from(data ?? '', 'base64'),
      }));
      const done = await work(payloads);
      return {
        payloads: done.map(({ metadata, data }) => ({
          metadata: Object.fromEntries(
            Object.entries(metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
          ),
          data: Buffer.from(data ?? '').toString('base64'),
        })),
      };
    });
  }

  const show = (reply: FastifyReply, status: number, text: string | null, bad = false) =>
    reply.code(status).type('text/html').send(page(text, bad));
  app.get(path, (request, reply) =>
    show(reply, 200, isOperator(request) ? 'This browser may read flows in the Temporal Web UI.' : null),
  );
  const limited = { config: { rateLimit: { max: triesPerMinute, timeWindow: '1 minute' } } };
  app.post(path, limited, (request, reply) => {
    const { origin } = request.headers;
    if (origin !== undefined && origin !== publicUrl) return refuse(reply, 403, 'This form was sent from elsewhere.');
    const form = z.object({ token: fieldText(500) }).safeParse(request.body);
    if (!form.success || !isToken(form.data.token.trim()))
      return show(reply, 401, "This is not the operators' token. Nothing changed.", true);
    const until = clock() + cookieLifeMs;
    reply.setCookie(cookieName, signed(until), {
      ...{ path, httpOnly: true, maxAge: cookieLifeMs / 1000, secure: isPublic },
      // The Web UI's requests come from another site; without https no browser takes such a cookie.
      sameSite: isPublic ? 'none' : 'lax',
    });
    return reply.redirect(path, 303);
  });
}

const page = (text: string | null, bad: boolean): string =>
  renderPage({
    title: 'Reading flows in Temporal',
    children: (
      <Solo>
        <h1>Reading flows in Temporal</h1>
        <Notice text={text} bad={bad} />
        <p>
          Temporal stores flows encrypted. With the operators' token, this browser may read them in Temporal's Web UI
          for 12 hours.
        </p>
        <form method="post" action={path} class="stack">
          <div class="field">
            <label for="token">Operators' token</label>
            <input id="token" name="token" type="password" autocomplete="off" required maxLength={500} />
          </div>
          <button type="submit" class="button primary big">
            Allow this browser
          </button>
        </form>
      </Solo>
    ),
  });

/** Forms for people who are not signed in, or may not be: each bound to the browser it was shown in, and rate limited. */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';

/** Registers the limit; gives the options of a route that is limited. `most`: requests of one address in a minute. */
export async function limitTries(app: FastifyInstance, most: number) {
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_request, { ttl }) => ({
      statusCode: 429,
      message: `Too many tries. Wait ${Math.ceil(ttl / 1000)} seconds, then try again.`,
    }),
  });
  // Once the form is read, so that the page that says so can keep what was typed.
  return { config: { rateLimit: { max: most, timeWindow: '1 minute', hook: 'preHandler' } } } as const;
}

export const stale = 'This page was open for long. Please try once more.';

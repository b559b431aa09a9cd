/** `/api/v1`: every operation that is open to REST, at its place, for API keys and access tokens. */
import { createHash } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { authenticate, bearerToken } from '../oauth/authenticate.ts';
import type { Authority } from '../oauth/authority.ts';
import type { MemberPrincipal } from '../oauth/principal.ts';
import { type Operation, type RestPlace, type Result, signInFirst, type Tools } from '../operations/operation.ts';
import { operationsOf } from '../operations/registry.ts';
import { isDatabaseAway } from '../platform/outage.ts';
import { deepest, isShallow } from '../platform/shallow.ts';
import { isEncoded, utf8Of } from '../platform/utf8.ts';
import { openApiOf } from './openapi.ts';
import { apiPath, type Place, placesOf, readText } from './place.ts';
import { type ProblemCode, problemOf, referencePath, sendProblem } from './problem.ts';
import { referencePage, referenceStyle } from './reference.tsx';

export interface ApiOptions {
  readonly tools: () => Tools;
  readonly authority: Authority;
  readonly version: string;
  /** Requests that a credential, or without one an address, may make in a minute. */
  readonly limits: { readonly credential: number; readonly address: number };
  /** All that are open to REST, unless a test brings its own. */
  readonly operations?: readonly Operation[];
}

/** Bytes of a request at most: more than any input takes. */
export const bodyLimit = 1024 * 1024;

const keyPattern = /^[\x21-\x7e]{1,128}$/;
const allMethods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls the API; null without a token. */
    caller: MemberPrincipal | null;
  }
  interface FastifyContextConfig {
    /** Who has no token is told so before anything else is looked at. */
    needsCaller?: boolean;
  }
}

export async function apiRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const { publicUrl } = options.authority;
  const places = placesOf(options.operations ?? operationsOf('rest'));
  const document = JSON.stringify(openApiOf(places, { publicUrl, version: options.version }));
  const reference = referencePage(places, publicUrl);
  await app.register(async (pages) => {
    pages.get(referencePath, (_request, reply) => reply.type('text/html; charset=utf-8').send(reference));
    pages.get(`${referencePath}.css`, (_request, reply) =>
      reply.header('cache-control', 'public, max-age=3600').type('text/css; charset=utf-8').send(referenceStyle),
    );
  });
  await app.register(
    async (api) => {
      await guard(api, options);
      api.get('/openapi.json', (_request, reply) =>
        reply.headers(openToAll).header('cache-control', 'public, max-age=300').type('application/json').send(document),
      );
      for (const place of places) addPlace(api, place, options);
      refuseOtherMethods(api, places, publicUrl);
      api.setNotFoundHandler((request, reply) =>
        sendProblem(
          reply,
          problemOf(
            publicUrl,
            'not_found',
            `Nothing is at ${request.url.slice(0, 200)}. ${publicUrl}${referencePath} lists what there is.`,
          ),
        ),
      );
    },
    { prefix: apiPath },
  );
}

/** What anyone may read, pages of other origins may read too; the rest is for scripts and servers (decision 0005). */
const openToAll = { 'access-control-allow-origin': '*' };

/** Who calls, how often, how much; and faults as problem details. */
async function guard(api: FastifyInstance, { authority, limits }: ApiOptions): Promise<void> {
  const { publicUrl } = authority;
  api.removeAllContentTypeParsers();
  api.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer', bodyLimit }, (_request, body, done) =>
    done(null, body),
  );
  api.decorateRequest('caller', null);
  api.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status === 413)
      return sendProblem(
        reply,
        problemOf(publicUrl, 'too_large', `The request is larger than ${bodyLimit} bytes. Send less at once.`),
      );
    if (status === 415) return sendProblem(reply, problemOf(publicUrl, 'not_json', sendJson));
    if (status < 500)
      return sendProblem(reply, problemOf(publicUrl, 'bad_input', `This request can't be read: ${error.message}`));
    if (isDatabaseAway(error)) {
      request.log.warn({ err: error }, 'The database is away');
      return sendProblem(
        reply,
        problemOf(
          publicUrl,
          'database_unavailable',
          "Booflow's database is not answering. Nothing changed; try again in a moment.",
        ),
      );
    }
    request.log.error({ err: error }, 'An API request failed');
    return sendProblem(
      reply,
      problemOf(publicUrl, 'internal', 'Booflow failed to answer. Nothing is known to have changed; try again.'),
    );
  });
  await api.register(rateLimit, { global: false });
  const counted = api.createRateLimit({
    timeWindow: '1 minute',
    max: ({ caller }: FastifyRequest) => (caller === null ? limits.address : limits.credential),
    keyGenerator: ({ caller, ip, headers }: FastifyRequest) =>
      caller === null ? `address ${ip}` : `credential ${hashOf(bearerToken(headers.authorization) ?? '')}`,
  });
  // Also where nothing is: a token that is none counts for the address it comes from, wherever it is tried.
  api.addHook('onRequest', async (request, reply) => {
    reply.header('vary', 'Authorization');
    const { authorization } = request.headers;
    const token = bearerToken(authorization);
    request.caller = token === null ? null : await authenticate(authority, token, 'api');
    const limit = await counted(request);
    if (!limit.isAllowed) {
      const { max, remaining, ttlInSeconds: seconds } = limit;
      reply.headers({ 'ratelimit-limit': max, 'ratelimit-remaining': remaining, 'ratelimit-reset': seconds });
      if (limit.isExceeded) {
        reply.header('retry-after', Math.max(1, seconds));
        const why = `Too many requests. Try again in ${Math.max(1, seconds)} seconds. Nothing changed.`;
        return sendProblem(reply, problemOf(publicUrl, 'rate_limited', why));
      }
    }
    if (request.caller !== null) return;
    if (authorization !== undefined) {
      challenge(reply, publicUrl, 'invalid_token');
      return sendProblem(reply, problemOf(publicUrl, 'invalid_token', 'This token is unknown, expired or revoked.'));
    }
    if (!request.routeOptions.config.needsCaller) return;
    challenge(reply, publicUrl, null);
    return sendProblem(reply, problemOf(publicUrl, 'unauthenticated', signInFirst));
  });
}

const sendJson = 'Send the body as application/json, in UTF-8 and not packed.';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** RFC 6750 §3, RFC 9728 §5.1. */
function challenge(reply: FastifyReply, publicUrl: string, error: string | null, scope?: string): void {
  const parts = [
    error !== null && `error="${error}"`,
    scope !== undefined && `scope="${scope}"`,
    `resource_metadata="${publicUrl}/.well-known/oauth-protected-resource/api/mcp"`,
  ].filter((p) => p !== false);
  reply.header('www-authenticate', `Bearer ${parts.join(', ')}`);
}

const fastifyPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

function addPlace(api: FastifyInstance, place: Place, { tools, authority }: ApiOptions): void {
  const { publicUrl } = authority;
  const { operation, rest } = place;
  api.route({
    method: rest.method,
    url: fastifyPath(rest.path),
    config: { needsCaller: operation.access !== 'public' },
    async handler(request, reply) {
      if (operation.access === 'public') reply.headers(openToAll);
      if (rest.deprecated) deprecate(reply, rest.deprecated);
      const read = readInput(place, request);
      if (!read.ok)
        return sendProblem(reply, problemOf(publicUrl, read.code, `Not done: ${read.why} Nothing changed.`));
      const { input, commandId } = read;
      const result = await operation.run({ ...tools(), principal: request.caller, commandId }, input);
      // What the text says of itself, which is not sent.
      if (result.ok && result.mayLag) reply.header('lists-may-lag', 'true');
      return result.ok
        ? sendFacts(place, request, reply, result.facts)
        : sendRefusal(operation, reply, publicUrl, result);
    },
  });
}

type ReadInput =
  | { readonly ok: true; readonly input: Record<string, unknown>; readonly commandId: string | undefined }
  | { readonly ok: false; readonly code: ProblemCode; readonly why: string };

/** The operation's input from path, query and body, as the caller gave it: the operation checks it. */
function readInput(place: Place, request: FastifyRequest): ReadInput {
  const key = request.headers['idempotency-key'];
  if (key !== undefined && (typeof key !== 'string' || !keyPattern.test(key)))
    return { ok: false, code: 'bad_input', why: 'an Idempotency-Key is 1 to 128 visible ASCII characters.' };
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
  if (place.operation.kind === 'write' && (ifMatch !== undefined || ifNoneMatch !== undefined))
    return {
      ok: false,
      code: 'precondition_failed',
      why: 'writes compare no ETags (RFC 9110 §13.1). Leave If-Match and If-None-Match out: a command is refused by how the flow stands, and a draft by its `revision`.',
    };
  const body = readBody(request);
  if (!body.ok) return body;
  const query = recordOf(request.query);
  const [given, elsewhere, into] = place.hasBody ? [body.fields, query, 'body'] : [query, body.fields, 'query'];
  const stray = Object.keys(given).find((f) => !place.inRest.includes(f)) ?? Object.keys(elsewhere)[0];
  if (stray !== undefined) {
    const where = place.inPath.includes(stray)
      ? 'stands in the path'
      : place.inRest.includes(stray)
        ? `belongs into the ${into}`
        : 'is not known here';
    return { ok: false, code: 'bad_input', why: `${JSON.stringify(stray.slice(0, 100))} ${where}.` };
  }
  const rest = place.hasBody
    ? given
    : Object.fromEntries(Object.entries(given).map(([f, text]) => [f, readText(place.fields[f], text)]));
  const path = Object.fromEntries(
    Object.entries(recordOf(request.params)).map(([f, text]) => [f, readText(place.fields[f], text)]),
  );
  return {
    ok: true,
    input: { ...rest, ...path },
    commandId: place.operation.kind === 'write' ? key : undefined,
  };
}

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

type ReadBody =
  | { readonly ok: true; readonly fields: Record<string, unknown> }
  | { readonly ok: false; readonly code: ProblemCode; readonly why: string };

function readBody({ body: bytes, headers }: FastifyRequest): ReadBody {
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return { ok: true, fields: {} };
  if (isEncoded(headers)) return { ok: false, code: 'not_json', why: `the body is encoded. ${sendJson}` };
  const text = utf8Of(bytes);
  if (text === null) return { ok: false, code: 'bad_json', why: 'the body is not in UTF-8.' };
  if (text.trim() === '') return { ok: true, fields: {} };
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      return { ok: false, code: 'bad_input', why: 'the body must be a JSON object.' };
    if (!isShallow(body))
      return { ok: false, code: 'bad_input', why: `the body is nested deeper than ${deepest} levels.` };
    return { ok: true, fields: { ...body } };
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, code: 'bad_json', why: 'the body is no JSON.' };
    throw error;
  }
}

function sendFacts(
  place: Place,
  request: FastifyRequest,
  reply: FastifyReply,
  facts: Record<string, unknown>,
): FastifyReply {
  const { operation, rest } = place;
  const text = JSON.stringify(facts);
  if (operation.kind === 'read') {
    const etag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
    reply.headers({
      etag,
      'cache-control': operation.access === 'public' ? 'public, max-age=60' : 'private, no-cache',
    });
    const links = pageLinks(request.url, facts);
    if (links.length > 0) reply.header('link', [reply.getHeader('link') ?? [], links].flat().join(', '));
    if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
    reply.type('application/json; charset=utf-8');
    return reply.send(text);
  }
  reply.type('application/json; charset=utf-8');
  // Stored, and done as soon as a worker answers (RFC 9110 §15.3.3).
  if (facts.state === 'accepted') return reply.code(202).send(text);
  if (rest.location === undefined) return reply.send(text);
  return reply
    .code(201)
    .header('location', apiPath + locationOf(rest.location, facts))
    .send(text);
}

/** `/flows/{flow.id}` with the facts' values. */
const locationOf = (template: string, facts: Record<string, unknown>): string =>
  template.replace(/\{([\w.]+)\}/g, (_, path: string) =>
    encodeURIComponent(String(path.split('.').reduce<unknown>((value, field) => recordOf(value)[field], facts))),
  );

/** RFC 9110 §13.1.2: weak comparison. */
const matches = (header = '', etag: string): boolean =>
  header.split(',').some((t) => t.trim() === '*' || t.trim().replace(/^W\//, '') === etag.slice(2));

/** The pages beside this one (RFC 8288). */
function pageLinks(url: string, facts: Record<string, unknown>): string[] {
  const at = (cursor: string): string => {
    const there = new URL(url, 'http://localhost');
    there.searchParams.set('cursor', cursor);
    return there.pathname + there.search;
  };
  const links: string[] = [];
  if (typeof facts.nextCursor === 'string') links.push(`<${at(facts.nextCursor)}>; rel="next"`);
  if (typeof facts.prevCursor === 'string') links.push(`<${at(facts.prevCursor)}>; rel="prev"`);
  return links;
}

function sendRefusal(
  operation: Operation,
  reply: FastifyReply,
  publicUrl: string,
  { code, text, facts }: Extract<Result, { ok: false }>,
): FastifyReply {
  if (code === 'insufficient_scope')
    challenge(reply, publicUrl, code, typeof facts.scope === 'string' ? facts.scope : undefined);
  if (operation.kind === 'read') reply.header('cache-control', 'no-store');
  if (typeof facts.retryAfter === 'number') reply.header('retry-after', facts.retryAfter);
  return sendProblem(reply, problemOf(publicUrl, code, text, facts));
}

/** RFC 9745 §2 and RFC 8594 §3, with where to read on. */
function deprecate(reply: FastifyReply, { since, sunset, instead }: NonNullable<RestPlace['deprecated']>): void {
  reply.headers({
    deprecation: `@${Math.floor(since.getTime() / 1000)}`,
    sunset: sunset.toUTCString(),
    link: `<${instead}>; rel="deprecation"`,
  });
}

/** A known path with another method: 405, and which ones there are (RFC 9110 §15.5.6). */
function refuseOtherMethods(api: FastifyInstance, places: readonly Place[], publicUrl: string): void {
  const taken = new Map<string, { url: string; methods: Set<HTTPMethods> }>();
  const take = (path: string, method: HTTPMethods): void => {
    const url = fastifyPath(path);
    const known = taken.get(url.replace(/:\w+/g, ':')) ?? { url, methods: new Set() };
    known.methods.add(method);
    if (method === 'GET') known.methods.add('HEAD');
    taken.set(url.replace(/:\w+/g, ':'), known);
  };
  take('/openapi.json', 'GET');
  for (const { rest } of places) take(rest.path, rest.method);
  for (const { url, methods } of taken.values()) {
    const others = allMethods.filter((m) => !methods.has(m));
    const allow = [...methods].join(', ');
    api.route({
      method: [...others],
      url,
      bodyLimit,
      // Whatever its body is, it is not read.
      preParsing: async (_request, reply) =>
        sendProblem(
          reply.header('allow', allow),
          problemOf(publicUrl, 'method_not_allowed', `Only ${allow} can be asked here.`),
        ),
      handler: () => undefined,
    });
  }
}

/** The authorization server's endpoints for machines: discovery, registration, tokens, revocation. */
import rateLimit from '@fastify/rate-limit';
import OAuth2Server from '@node-oauth/oauth2-server';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { findCode, findToken, revokeGrant } from '../db/oauth.ts';
import { isDatabaseAway } from '../platform/outage.ts';
import { hashSecret } from '../platform/secrets.ts';
import { type Authority, lifetimes, resourceOf } from './authority.ts';
import { isOurResource } from './authorize.ts';
import { DocumentError, type FetchDocument } from './client-document.ts';
import { findClient, isClientSecret, registerClient, registrationSchema } from './clients.ts';
import { grantsModel } from './grants-model.ts';
import { scopes } from './principal.ts';
import { offlineAccess, readScopes } from './scopes.ts';

export interface OAuthRoutesOptions {
  readonly authority: Authority;
  readonly fetchDocument: FetchDocument;
  /** Requests an address may make in a minute. */
  readonly limits: { readonly token: number; readonly register: number };
}

const grants = ['authorization_code', 'refresh_token'];
const parameters = z.record(z.string().max(100), z.string().max(4_000));
const bodyLimit = 16 * 1024;

export async function oauthRoutes(app: FastifyInstance, { authority, fetchDocument, limits }: OAuthRoutesOptions) {
  const { publicUrl, database, clock } = authority;
  const server = new OAuth2Server({ model: grantsModel(authority, fetchDocument) });

  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_request, { statusCode, ttl }) => ({
      statusCode,
      message: `Too many requests. Try again in ${Math.ceil(ttl / 1000)} seconds.`,
    }),
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status === 429) return refuse(reply, status, 'slow_down', error.message);
    if (status < 500) return refuse(reply, status, 'invalid_request', error.message);
    if (isDatabaseAway(error)) {
      request.log.warn({ err: error }, 'The database is away');
      reply.header('retry-after', '1');
      return refuse(
        reply,
        503,
        'temporarily_unavailable',
        "Booflow's database is not answering. Try again in a moment.",
      );
    }
    request.log.error({ err: error }, 'An OAuth request failed');
    return refuse(reply, 500, 'server_error', 'Booflow failed to answer. Try again.');
  });

  // Machines of any origin may read these and use these; nothing here acts on a cookie.
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'access-control-allow-origin': '*', 'cache-control': 'no-store' });
    if (request.method !== 'OPTIONS') return;
    return reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, POST, OPTIONS',
        'access-control-allow-headers': 'Authorization, Content-Type, Mcp-Protocol-Version',
        'access-control-max-age': '600',
      })
      .send();
  });
  const preflight = () => undefined;
  const metadataPaths = (name: string) => [`/.well-known/${name}`, `/.well-known/${name}/api/mcp`];

  /** RFC 8414 §2. Also at the path-suffixed form that clients ask for when they take the endpoint for the issuer. */
  const serverMetadata = {
    issuer: publicUrl,
    authorization_endpoint: `${publicUrl}/oauth/authorize`,
    token_endpoint: `${publicUrl}/oauth/token`,
    registration_endpoint: `${publicUrl}/oauth/register`,
    revocation_endpoint: `${publicUrl}/oauth/revoke`,
    scopes_supported: [...scopes, offlineAccess],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: grants,
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
    revocation_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
    service_documentation: `${publicUrl}/`,
  };
  /** RFC 9728 §2. */
  const resourceMetadata = {
    resource: resourceOf(authority),
    authorization_servers: [publicUrl],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
    resource_name: 'Booflow',
  };
  for (const [name, document] of [
    ['oauth-authorization-server', serverMetadata],
    ['oauth-protected-resource', resourceMetadata],
  ] as const) {
    for (const url of metadataPaths(name)) {
      app.get(url, (_request, reply) => reply.header('cache-control', 'public, max-age=300').send(document));
      app.options(url, preflight);
    }
  }
  for (const url of ['/oauth/token', '/oauth/register', '/oauth/revoke']) app.options(url, preflight);

  const limited = (max: number) => ({ bodyLimit, config: { rateLimit: { max, timeWindow: '1 minute' } } });

  /** RFC 7591 §3. */
  app.post('/oauth/register', limited(limits.register), async (request, reply) => {
    const asked = registrationSchema.safeParse(request.body);
    if (!asked.success) {
      const issue = asked.error.issues[0];
      const where = issue?.path.join('.') ?? '';
      const error = where.startsWith('redirect_uris') ? 'invalid_redirect_uri' : 'invalid_client_metadata';
      return refuse(reply, 400, error, `${where || 'the metadata'} ${issue?.message ?? 'does not fit'}`);
    }
    const { client, secret, createdAt } = await registerClient(authority, asked.data);
    return reply.code(201).send({
      client_id: client.id,
      client_id_issued_at: Math.floor(createdAt / 1000),
      ...(secret !== null && { client_secret: secret, client_secret_expires_at: 0 }),
      client_name: client.name,
      redirect_uris: client.redirectUris,
      grant_types: grants,
      response_types: ['code'],
      token_endpoint_auth_method: asked.data.token_endpoint_auth_method,
      scope: scopes.join(' '),
    });
  });

  /** RFC 6749 §4.1.3 and §6, RFC 7636 §4.5, RFC 8707 §2.2. */
  app.post('/oauth/token', limited(limits.token), async (request, reply) => {
    const read = parameters.safeParse(request.body);
    if (!read.success) return refuse(reply, 400, 'invalid_request', 'Send each parameter once, as a form.');
    const body = read.data;
    if (body.resource !== undefined && !isOurResource(authority, body.resource)) {
      return refuse(reply, 400, 'invalid_target', `Tokens are only given for ${resourceOf(authority)}.`);
    }
    if (body.grant_type === undefined) return refuse(reply, 400, 'invalid_request', 'grant_type is missing.');
    if (!grants.includes(body.grant_type)) {
      return refuse(reply, 400, 'unsupported_grant_type', `Only ${grants.join(' and ')} are served.`);
    }
    // Said before the refresh token is spent, so that asking for too much costs nothing.
    if (body.refresh_token !== undefined && body.scope !== undefined) {
      const found = await findToken(database.open, hashSecret(body.refresh_token));
      const granted = scopes.filter((s) => found?.scope.includes(s));
      const asked = readScopes(body.scope, found ? granted : scopes);
      if (asked === null) return refuse(reply, 400, 'invalid_scope', 'This is more than was allowed.');
      body.scope = asked.join(' ');
    }
    if (body.grant_type === 'authorization_code' && body.code !== undefined) {
      const code = await findCode(database.open, hashSecret(body.code));
      // Said before the code is spent, so that whoever lacks the right address can't use it up.
      if (code && !code.spent && body.redirect_uri !== undefined && body.redirect_uri !== code.redirect_uri) {
        return refuse(reply, 400, 'invalid_grant', 'redirect_uri is not the one the code was asked for with.');
      }
      // OAuth 2.1 §4.1.3: it need not be sent again; the library wants it.
      if (code) body.redirect_uri ??= code.redirect_uri;
    }
    const asked = new OAuth2Server.Request({ method: 'POST', headers: headersOf(request), query: {}, body });
    const answered = new OAuth2Server.Response({});
    try {
      await server.token(asked, answered, {
        requireClientAuthentication: { authorization_code: false, refresh_token: false },
        alwaysIssueNewRefreshToken: true,
        accessTokenLifetime: lifetimes.access / 1000,
        refreshTokenLifetime: lifetimes.refresh / 1000,
      });
      return reply.code(200).headers({ 'cache-control': 'no-store', pragma: 'no-cache' }).send(answered.body);
    } catch (error) {
      if (!(error instanceof OAuth2Server.OAuthError)) throw error;
      if (error.name === 'server_error') {
        const inner = 'inner' in error ? error.inner : error;
        if (inner instanceof DocumentError) return invalidClient(request, reply);
        throw inner;
      }
      if (error.name === 'invalid_client') return invalidClient(request, reply);
      return refuse(reply, error.code, error.name, error.message);
    }
  });

  /** RFC 7009 §2. A token that is unknown, or another client's, is answered like one that was revoked. */
  app.post('/oauth/revoke', limited(limits.token), async (request, reply) => {
    const read = parameters.safeParse(request.body);
    if (!read.success || read.data.token === undefined) {
      return refuse(reply, 400, 'invalid_request', 'The parameter token is missing.');
    }
    const { id, secret } = credentialsOf(request, read.data);
    const client = id === undefined ? null : await findClient(authority, fetchDocument, id).catch(noDocument);
    if (!client || !isClientSecret(client, secret)) return invalidClient(request, reply);
    const found = await findToken(database.open, hashSecret(read.data.token));
    if (found && found.client_id === client.id) {
      await database.withOrg({ orgId: found.org_id }, (trx) => revokeGrant(trx, found.grant_id, new Date(clock())));
    }
    return reply.code(200).send({});
  });
}

const noDocument = (error: unknown): null => {
  if (error instanceof DocumentError) return null;
  throw error;
};

const headersOf = (request: FastifyRequest): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );

/** Who the client says it is: by HTTP Basic (RFC 6749 §2.3.1), else in the form. */
function credentialsOf(request: FastifyRequest, body: Record<string, string>): { id?: string; secret?: string } {
  const basic = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (basic === undefined) return { id: body.client_id, secret: body.client_secret };
  const [id = '', ...secret] = Buffer.from(basic, 'base64').toString('utf8').split(':');
  return { id: decode(id), secret: decode(secret.join(':')) };
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
};

/** RFC 6749 §5.2: 401, at which a client registers anew. */
function invalidClient(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.headers.authorization !== undefined) reply.header('www-authenticate', 'Basic realm="Booflow"');
  return refuse(reply, 401, 'invalid_client', 'The client is unknown, or did not prove who it is. Register it again.');
}

const refuse = (reply: FastifyReply, status: number, error: string, description: string): FastifyReply =>
  reply.code(status).send({ error, error_description: description });

/**
 * Authorization, case by case, by the dated revisions of the MCP specification. Each row names the section it comes
 * from, and runs for every revision from the one that brought it on. Black box: HTTP only.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorld, type World } from '../support/world.ts';
import { App, acme, callTool, claudeCallback, globex, pkce, postForm, postJson, statusOf, tokensOf } from './app.ts';
import { Person } from './person.ts';

const revisions = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;
type Revision = (typeof revisions)[number];

let world: World;
let olivia: Person;

beforeAll(async () => {
  world = await startWorld();
  olivia = new Person(world.url);
  await olivia.signIn('olivia@acme.test');
});
afterAll(() => world?.stop());

const json = async (path: string) => {
  const answer = await fetch(new URL(path, world.url));
  return { status: answer.status, headers: answer.headers, body: await answer.json().catch(() => null) };
};

/** One bare tool call as a client of this revision sends it. */
const call = (revision: Revision, token: string | null, name = 'get_org_context', args: object = {}) =>
  revision === '2026-07-28'
    ? callTool(
        world.url,
        token,
        name,
        args,
        { 'mcp-protocol-version': revision, 'mcp-method': 'tools/call', 'mcp-name': name },
        {
          'io.modelcontextprotocol/protocolVersion': revision,
          'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      )
    : callTool(world.url, token, name, args, { 'mcp-protocol-version': revision });

/** Asks with these parameters and gives the error that the app is told. */
async function refusedAt(app: App, changes: Record<string, string | undefined>) {
  const page = await olivia.get(app.authorizePath(changes));
  expect(page.status).toBe(302);
  expect(`${page.to?.origin}${page.to?.pathname}`).toBe(app.redirectUri);
  expect(page.to?.searchParams.get('code')).toBeNull();
  return page.to?.searchParams ?? new URLSearchParams();
}

/** Asks with these parameters and expects a page for the person, and no redirect. */
async function shownAt(app: App, changes: Record<string, string | undefined>): Promise<string> {
  const page = await olivia.get(app.authorizePath(changes));
  expect(page.to).toBeNull();
  expect(page.status).toBe(400);
  return page.html;
}

interface Case {
  readonly since: Revision;
  readonly section: string;
  readonly what: string;
  run(revision: Revision): Promise<void>;
}

const cases: readonly Case[] = [
  {
    since: '2025-03-26',
    section: 'RFC 8414 §3',
    what: 'server metadata at the root: endpoints under the issuer, code only, S256 only',
    async run() {
      const { status, headers, body } = await json('/.well-known/oauth-authorization-server');
      expect(status).toBe(200);
      expect(headers.get('content-type')).toContain('application/json');
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(body).toMatchObject({
        issuer: world.url,
        authorization_endpoint: `${world.url}/oauth/authorize`,
        token_endpoint: `${world.url}/oauth/token`,
        registration_endpoint: `${world.url}/oauth/register`,
        revocation_endpoint: `${world.url}/oauth/revoke`,
        response_types_supported: ['code'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
      });
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 8414 §2',
    what: 'offline_access is advertised by the authorization server',
    async run() {
      const { body } = await json('/.well-known/oauth-authorization-server');
      expect(body.scopes_supported).toEqual(['flows:read', 'flows:write', 'offline_access']);
    },
  },
  {
    since: '2025-06-18',
    section: 'RFC 8414 §3.1',
    what: 'the same server metadata where the path of the resource is inserted',
    async run() {
      const root = await json('/.well-known/oauth-authorization-server');
      const suffixed = await json('/.well-known/oauth-authorization-server/api/mcp');
      expect(suffixed.status).toBe(200);
      expect(suffixed.body).toEqual(root.body);
    },
  },
  {
    since: '2025-06-18',
    section: 'RFC 9728 §3.1',
    what: 'resource metadata at the root and where its path is inserted, naming the endpoint and its server',
    async run() {
      for (const path of ['/.well-known/oauth-protected-resource/api/mcp', '/.well-known/oauth-protected-resource']) {
        const { status, headers, body } = await json(path);
        expect(status).toBe(200);
        expect(headers.get('access-control-allow-origin')).toBe('*');
        expect(body).toMatchObject({
          resource: `${world.url}/api/mcp`,
          authorization_servers: [world.url],
          bearer_methods_supported: ['header'],
        });
      }
    },
  },
  {
    since: '2025-06-18',
    section: 'RFC 9728 §2',
    what: 'offline_access is no scope of the resource',
    async run() {
      const { body } = await json('/.well-known/oauth-protected-resource/api/mcp');
      expect(body.scopes_supported).toEqual(['flows:read', 'flows:write']);
    },
  },
  {
    since: '2025-11-25',
    section: 'OAuth Client ID Metadata Document §5',
    what: 'the server says that it takes metadata documents',
    async run() {
      const { body } = await json('/.well-known/oauth-authorization-server');
      expect(body.client_id_metadata_document_supported).toBe(true);
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6750 §3',
    what: 'no token: 401 with a Bearer challenge and no error code',
    async run(revision) {
      const { status, headers } = await call(revision, null);
      expect(status).toBe(401);
      const challenge = headers.get('www-authenticate') ?? '';
      expect(challenge).toMatch(/^Bearer /);
      expect(challenge).not.toContain('error=');
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6750 §3.1',
    what: 'an unknown token: 401 invalid_token',
    async run(revision) {
      for (const token of [`bflow_at_${'x'.repeat(40)}`, `bflow_sk_${'x'.repeat(32)}`, 'rubbish']) {
        const { status, headers } = await call(revision, token);
        expect(status).toBe(401);
        expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
      }
    },
  },
  {
    since: '2025-06-18',
    section: 'RFC 9728 §5.1',
    what: 'the challenge names the resource metadata, and what it names is there',
    async run(revision) {
      const { headers } = await call(revision, null);
      const where = /resource_metadata="([^"]+)"/.exec(headers.get('www-authenticate') ?? '')?.[1] ?? '';
      expect(where.startsWith(world.url)).toBe(true);
      expect((await json(where)).body.resource).toBe(`${world.url}/api/mcp`);
    },
  },
  {
    since: '2025-11-25',
    section: 'MCP authorization, Protected Resource Metadata Discovery Requirements',
    what: 'the challenge names the scopes, without offline_access',
    async run(revision) {
      const { headers } = await call(revision, null);
      expect(/scope="([^"]*)"/.exec(headers.get('www-authenticate') ?? '')?.[1]).toBe('flows:read flows:write');
    },
  },
  {
    since: '2025-03-26',
    section: 'OAuth 2.1 §5.1.1, MCP authorization, Token Requirements',
    what: 'a token in the query string is no token',
    async run() {
      const app = await App.register(world.url);
      const { access_token } = await app.connect(olivia);
      expect(await statusOf(world.url, access_token)).toBe(200);
      const { status } = await postJson(`${world.url}/api/mcp?access_token=${access_token}`, {
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/list',
      });
      expect(status).toBe(401);
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 7591 §3.2.1',
    what: 'registration of a public client gives an id, no secret, and what is really served',
    async run() {
      const { status, headers, body } = await postJson(`${world.url}/oauth/register`, {
        client_name: 'An app',
        redirect_uris: [claudeCallback],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'none',
        software_id: 'unknown members are let be',
      });
      expect(status).toBe(201);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(body).toMatchObject({
        client_name: 'An app',
        redirect_uris: [claudeCallback],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
      });
      expect(body.client_id).toMatch(/^app_/);
      expect(body).not.toHaveProperty('client_secret');
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 7591 §2',
    what: 'a client that does not say how it authenticates is confidential, and gets a secret',
    async run() {
      const { body } = await postJson(`${world.url}/oauth/register`, { redirect_uris: [claudeCallback] });
      expect(body).toMatchObject({ token_endpoint_auth_method: 'client_secret_basic', client_secret_expires_at: 0 });
      expect(body.client_secret).toMatch(/^bflow_cs_/);
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 7591 §3.2.2',
    what: 'redirect URIs other than https and loopback are refused as invalid_redirect_uri',
    async run() {
      const bad = [
        'http://app.test/cb',
        'javascript:alert(1)',
        'data:text/html,x',
        'cursor://x/cb',
        'https://app.test/cb#fragment',
        'https://user:pw@app.test/cb',
        'https://app.test\\@evil.test/cb',
        'https://app.test/a b',
        '/relative',
        `https://app.test/${'x'.repeat(2_000)}`,
      ];
      for (const uri of bad) {
        const { status, error } = await postJson(`${world.url}/oauth/register`, { redirect_uris: [uri] });
        expect({ uri, status, error }).toEqual({ uri, status: 400, error: 'invalid_redirect_uri' });
      }
      const none = await postJson(`${world.url}/oauth/register`, { redirect_uris: [] });
      expect(none.error).toBe('invalid_redirect_uri');
    },
  },
  {
    since: '2025-03-26',
    section: 'OAuth 2.1 §4.1.1, RFC 7636 §4.4.1',
    what: 'no code_challenge: the app is told invalid_request',
    async run() {
      const app = await App.register(world.url);
      const told = await refusedAt(app, { code_challenge: undefined, code_challenge_method: undefined });
      expect(told.get('error')).toBe('invalid_request');
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 7636 §4.3',
    what: 'plain, and no method (which means plain): the app is told invalid_request',
    async run() {
      const app = await App.register(world.url);
      for (const code_challenge_method of ['plain', undefined, 's256']) {
        expect((await refusedAt(app, { code_challenge_method })).get('error')).toBe('invalid_request');
      }
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 7636 §4.2',
    what: 'a challenge that is no SHA-256 in base64url: invalid_request',
    async run() {
      const app = await App.register(world.url);
      for (const code_challenge of ['short', `${pkce().challenge}=`, 'x'.repeat(128)]) {
        expect((await refusedAt(app, { code_challenge })).get('error')).toBe('invalid_request');
      }
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §3.1.1',
    what: 'response types other than code: unsupported_response_type',
    async run() {
      const app = await App.register(world.url);
      for (const response_type of ['token', 'code token', undefined]) {
        expect((await refusedAt(app, { response_type })).get('error')).toBe('unsupported_response_type');
      }
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §3.3',
    what: 'an unknown scope: invalid_scope; none at all, or offline_access: all scopes',
    async run() {
      const app = await App.register(world.url);
      expect((await refusedAt(app, { scope: 'flows:read admin' })).get('error')).toBe('invalid_scope');
      for (const scope of [undefined, 'offline_access', 'flows:read flows:write offline_access']) {
        expect((await app.connect(olivia, acme, { scope })).scope).toBe('flows:read flows:write');
      }
      expect((await app.connect(olivia, acme, { scope: 'flows:read offline_access' })).scope).toBe('flows:read');
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §4.1.2.1',
    what: 'an unknown client, a missing one, or a parameter sent twice is shown to the person and not redirected',
    async run() {
      const app = await App.register(world.url);
      await shownAt(app, { client_id: 'app_unknown' });
      await shownAt(app, { client_id: undefined });
      const twice = await olivia.get(`${app.authorizePath()}&state=other`);
      expect(twice.status).toBe(400);
      expect(twice.to).toBeNull();
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §3.1.2.3, OAuth 2.1 §2.3.1',
    what: 'a redirect_uri that differs by one letter is shown to the person and not redirected',
    async run() {
      const app = await App.register(world.url, { redirect_uris: ['https://app.test/cb?a=b'] });
      for (const redirect_uri of [
        'https://app.test/cb',
        'https://app.test/cb?a=b&c=d',
        'https://app.test/CB?a=b',
        'https://app.test:8443/cb?a=b',
        'https://app.test:443/cb?a=b',
        'https://app.test/cb/?a=b',
        'http://app.test/cb?a=b',
      ]) {
        await shownAt(app, { redirect_uri });
      }
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §3.1.2',
    what: 'what the redirect_uri had in its query stays',
    async run() {
      const app = await App.register(world.url, { redirect_uris: ['https://app.test/cb?a=b'] });
      const { to } = await app.allow(olivia);
      expect(to.searchParams.get('a')).toBe('b');
      expect(to.searchParams.get('state')).toBe('st4te');
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 8252 §7.3',
    what: 'a loopback redirect_uri may have any port, and nothing else may differ',
    async run() {
      const app = await App.register(world.url, { redirect_uris: ['http://127.0.0.1/cb', 'http://localhost:3118/cb'] });
      for (const redirect_uri of ['http://127.0.0.1:49152/cb', 'http://127.0.0.1/cb', 'http://localhost:5/cb']) {
        const code = await app.allow(olivia, acme, { redirect_uri });
        expect(`${code.to.origin}${code.to.pathname}`).toBe(redirect_uri);
        expect((await app.exchange(code, { redirect_uri })).status).toBe(200);
      }
      for (const redirect_uri of [
        'http://127.0.0.1:49152/other',
        'https://127.0.0.1:49152/cb',
        'http://[::1]:49152/cb',
        'http://127.0.0.2:49152/cb',
        'http://127.0.0.1.evil.test:49152/cb',
      ]) {
        await shownAt(app, { redirect_uri });
      }
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §4.1.2',
    what: 'state comes back as it was sent, with the code and with errors',
    async run() {
      const app = await App.register(world.url);
      const state = "a b&c=d+e%2F~'";
      expect((await app.allow(olivia, acme, { state })).to.searchParams.get('state')).toBe(state);
      expect((await refusedAt(app, { state, code_challenge_method: 'plain' })).get('state')).toBe(state);
      expect((await app.allow(olivia, acme, { state: undefined })).to.searchParams.has('state')).toBe(false);
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §4.1.2.1',
    what: 'Deny: the app is told access_denied',
    async run() {
      const app = await App.register(world.url);
      const { to } = await app.decide(olivia, await olivia.get(app.authorizePath()), acme, 'deny');
      expect(to?.searchParams.get('error')).toBe('access_denied');
      expect(to?.searchParams.get('state')).toBe('st4te');
    },
  },
  {
    since: '2025-11-25',
    section: 'RFC 9207 §2',
    what: 'iss comes with the code and with every error, and is the issuer of the metadata',
    async run() {
      const app = await App.register(world.url);
      expect((await app.allow(olivia)).to.searchParams.get('iss')).toBe(world.url);
      const denied = await app.decide(olivia, await olivia.get(app.authorizePath()), acme, 'deny');
      expect(denied.to?.searchParams.get('iss')).toBe(world.url);
      expect((await refusedAt(app, { scope: 'admin' })).get('iss')).toBe(world.url);
      const { body } = await json('/.well-known/oauth-authorization-server');
      expect(body).toMatchObject({ issuer: world.url, authorization_response_iss_parameter_supported: true });
    },
  },
  {
    since: '2025-06-18',
    section: 'RFC 8707 §2.1',
    what: 'another resource at the authorize step: invalid_target',
    async run() {
      const app = await App.register(world.url);
      for (const resource of ['https://other.test/api/mcp', `${world.url}/api/mcp/public`, `${world.url}.evil.test`]) {
        expect((await refusedAt(app, { resource })).get('error')).toBe('invalid_target');
      }
    },
  },
  {
    since: '2025-06-18',
    section: 'RFC 8707 §2.2',
    what: 'another resource at the token endpoint: invalid_target, and the code is still good',
    async run() {
      const app = await App.register(world.url);
      const code = await app.allow(olivia);
      expect((await app.exchange(code, { resource: 'https://other.test' })).error).toBe('invalid_target');
      expect((await app.exchange(code)).status).toBe(200);
    },
  },
  {
    since: '2025-06-18',
    section: 'MCP authorization, canonical server URI',
    what: 'the endpoint with a slash at its end, as a client names it that was given it so, is the same resource',
    async run(revision) {
      const app = await App.register(world.url);
      const resource = `${world.url}/api/mcp/`;
      const { access_token } = tokensOf(await app.exchange(await app.allow(olivia, acme, { resource }), { resource }));
      expect((await call(revision, access_token)).status).toBe(200);
      expect((await refusedAt(app, { resource: `${resource}/` })).get('error')).toBe('invalid_target');
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 8707 §2 (optional before 2025-06-18)',
    what: 'a client that names no resource gets a token for this one',
    async run(revision) {
      const app = await App.register(world.url);
      const code = await app.allow(olivia, acme, { resource: undefined });
      const { access_token } = tokensOf(await app.exchange(code, { resource: undefined }));
      expect((await call(revision, access_token)).status).toBe(200);
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §5.1',
    what: 'tokens: Bearer, an hour, not to be stored; the access token works in the org that was chosen',
    async run(revision) {
      const app = await App.register(world.url);
      const answer = await app.exchange(await app.allow(olivia, globex));
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('pragma')).toBe('no-cache');
      const tokens = tokensOf(answer);
      expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'flows:read flows:write' });
      // Whole seconds left, so a second less than the hour at times.
      expect([3599, 3600]).toContain(tokens.expires_in);
      const { status, text } = await call(revision, tokens.access_token);
      expect(status).toBe(200);
      expect(text).toContain('Globex Studio');
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 7636 §4.6',
    what: 'a verifier that does not match, or none: no tokens, and the code is used up',
    async run() {
      const app = await App.register(world.url);
      for (const code_verifier of [pkce().verifier, undefined, 'short']) {
        const code = await app.allow(olivia);
        const refused = await app.exchange(code, { code_verifier });
        expect(refused.status).toBe(400);
        expect(['invalid_grant', 'invalid_request']).toContain(refused.error);
        expect((await app.exchange(code)).error).toBe('invalid_grant');
      }
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §4.1.3',
    what: 'another redirect_uri at the token endpoint: invalid_grant, and the code is still good',
    async run() {
      const app = await App.register(world.url, { redirect_uris: [claudeCallback, 'https://app.test/cb'] });
      const code = await app.allow(olivia);
      expect((await app.exchange(code, { redirect_uri: 'https://app.test/cb' })).error).toBe('invalid_grant');
      expect((await app.exchange(code)).status).toBe(200);
    },
  },
  {
    since: '2025-11-25',
    section: 'OAuth 2.1 §4.1.3',
    what: 'the redirect_uri need not be sent again',
    async run() {
      const app = await App.register(world.url);
      expect((await app.exchange(await app.allow(olivia), { redirect_uri: undefined })).status).toBe(200);
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §4.1.2, RFC 9700 §2.1.1',
    what: 'a code that is used twice: refused, and what the first use gave is revoked',
    async run() {
      const app = await App.register(world.url);
      const code = await app.allow(olivia);
      const tokens = tokensOf(await app.exchange(code));
      expect((await app.exchange(code)).error).toBe('invalid_grant');
      expect(await statusOf(world.url, tokens.access_token)).toBe(401);
      expect((await app.refresh(tokens.refresh_token)).error).toBe('invalid_grant');
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §4.1.3',
    what: "another client can't use the code, and its trying harms nobody",
    async run() {
      const [app, other] = [await App.register(world.url), await App.register(world.url)];
      const code = await app.allow(olivia);
      expect((await other.exchange(code)).error).toBe('invalid_grant');
      expect((await app.exchange(code)).status).toBe(200);
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §6, OAuth 2.1 §4.3.1',
    what: 'refreshing gives a new pair, and ends the old pair at once',
    async run(revision) {
      const app = await App.register(world.url);
      const first = await app.connect(olivia);
      const second = tokensOf(await app.refresh(first.refresh_token));
      expect(second.refresh_token).not.toBe(first.refresh_token);
      expect((await call(revision, first.access_token)).status).toBe(401);
      expect((await call(revision, second.access_token)).status).toBe(200);
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 9700 §4.14.2',
    what: 'a refresh token that is used twice: refused, and its whole family is revoked',
    async run() {
      const app = await App.register(world.url);
      const first = await app.connect(olivia);
      const second = tokensOf(await app.refresh(first.refresh_token));
      expect((await app.refresh(first.refresh_token)).error).toBe('invalid_grant');
      expect(await statusOf(world.url, second.access_token)).toBe(401);
      expect((await app.refresh(second.refresh_token)).error).toBe('invalid_grant');
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §6',
    what: 'another client can not refresh with it, and its trying spends nothing',
    async run() {
      const [app, other] = [await App.register(world.url), await App.register(world.url)];
      const { refresh_token } = await app.connect(olivia);
      expect((await other.refresh(refresh_token)).error).toBe('invalid_grant');
      expect((await app.refresh(refresh_token)).status).toBe(200);
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §6',
    what: 'a refresh may ask for less, and next time for all that was granted again',
    async run(revision) {
      const app = await App.register(world.url);
      const first = await app.connect(olivia);
      const less = tokensOf(await app.refresh(first.refresh_token, { scope: 'flows:read' }));
      expect(less.scope).toBe('flows:read');
      expect((await call(revision, less.access_token, 'complete_task', { task: 'x' })).status).toBe(403);
      const all = tokensOf(await app.refresh(less.refresh_token, { scope: 'flows:read flows:write offline_access' }));
      expect(all.scope).toBe('flows:read flows:write');
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §6',
    what: 'a refresh that asks for more: invalid_scope, and the refresh token is still good',
    async run() {
      const app = await App.register(world.url);
      const { refresh_token } = await app.connect(olivia, acme, { scope: 'flows:read' });
      expect((await app.refresh(refresh_token, { scope: 'flows:read flows:write' })).error).toBe('invalid_scope');
      expect((await app.refresh(refresh_token, { scope: 'admin' })).error).toBe('invalid_scope');
      expect(tokensOf(await app.refresh(refresh_token)).scope).toBe('flows:read');
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §5.2',
    what: 'an unknown client at the token endpoint: 401 invalid_client, at which a client registers anew',
    async run() {
      const app = await App.register(world.url);
      const { refresh_token } = await app.connect(olivia);
      const unknown = await app.refresh(refresh_token, { client_id: 'app_unknown' });
      expect([unknown.status, unknown.error]).toEqual([401, 'invalid_client']);
      const nobody = await app.refresh(refresh_token, { client_id: undefined });
      expect([nobody.status, nobody.error]).toEqual([401, 'invalid_client']);
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §2.3.1',
    what: 'a confidential client proves itself in the form or by Basic; without or with a wrong secret: 401',
    async run() {
      const app = await App.register(world.url, { token_endpoint_auth_method: 'client_secret_post' });
      const basic = (secret: string) => ({
        authorization: `Basic ${Buffer.from(`${app.id}:${secret}`).toString('base64')}`,
      });
      const inHeader = { client_id: undefined, client_secret: undefined };
      expect((await app.exchange(await app.allow(olivia))).status).toBe(200);
      expect((await app.exchange(await app.allow(olivia), inHeader, basic(app.secret ?? ''))).status).toBe(200);
      const code = await app.allow(olivia);
      for (const client_secret of [undefined, 'bflow_cs_wrong']) {
        const refused = await app.exchange(code, { client_secret });
        expect([refused.status, refused.error]).toEqual([401, 'invalid_client']);
      }
      const wrong = await app.exchange(code, inHeader, basic('bflow_cs_wrong'));
      expect([wrong.status, wrong.error]).toEqual([401, 'invalid_client']);
      expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic /);
      expect((await app.exchange(code)).status).toBe(200);
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 6749 §5.2',
    what: 'other grants, no grant, JSON instead of a form: 400 with a code',
    async run() {
      const app = await App.register(world.url);
      expect((await app.token({ grant_type: 'password', username: 'a', password: 'b' })).error).toBe(
        'unsupported_grant_type',
      );
      expect((await app.token({ grant_type: 'client_credentials' })).error).toBe('unsupported_grant_type');
      expect((await app.token({})).error).toBe('invalid_request');
      const asJson = await postJson(`${world.url}/oauth/token`, { grant_type: 'refresh_token', client_id: app.id });
      expect([asJson.status, asJson.error]).toEqual([400, 'invalid_request']);
      const twice = await fetch(`${world.url}/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams([
          ['grant_type', 'refresh_token'],
          ['grant_type', 'authorization_code'],
        ]),
      });
      expect(twice.status).toBe(400);
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 7009 §2',
    what: 'revoking either token ends both',
    async run() {
      const app = await App.register(world.url);
      for (const which of ['access_token', 'refresh_token'] as const) {
        const tokens = await app.connect(olivia);
        expect((await app.revoke(tokens[which])).status).toBe(200);
        expect(await statusOf(world.url, tokens.access_token)).toBe(401);
        expect((await app.refresh(tokens.refresh_token)).error).toBe('invalid_grant');
      }
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 7009 §2.1 and §2.2',
    what: "another client's token, or an unknown one: answered alike, and nothing happens",
    async run() {
      const [app, other] = [await App.register(world.url), await App.register(world.url)];
      const { access_token } = await app.connect(olivia);
      const foreign = await other.revoke(access_token);
      const unknown = await other.revoke(`bflow_at_${'x'.repeat(40)}`);
      expect([foreign.status, foreign.body]).toEqual([200, {}]);
      expect([unknown.status, unknown.body]).toEqual([200, {}]);
      expect(await statusOf(world.url, access_token)).toBe(200);
      const stranger = await postForm(`${world.url}/oauth/revoke`, { client_id: 'app_unknown', token: access_token });
      expect([stranger.status, stranger.error]).toEqual([401, 'invalid_client']);
    },
  },
  {
    since: '2025-11-25',
    section: 'MCP authorization, Scope Challenge Handling; RFC 6750 §3.1',
    what: 'a write tool without the scope: 403 insufficient_scope, naming all scopes to ask for',
    async run(revision) {
      const app = await App.register(world.url);
      const { access_token } = await app.connect(olivia, acme, { scope: 'flows:read' });
      expect((await call(revision, access_token)).status).toBe(200);
      const { status, headers } = await call(revision, access_token, 'complete_task', { task: 'x' });
      expect(status).toBe(403);
      const challenge = headers.get('www-authenticate') ?? '';
      expect(challenge).toContain('error="insufficient_scope"');
      expect(challenge).toContain('scope="flows:read flows:write"');
      expect(challenge).toContain(`resource_metadata="${world.url}/.well-known/oauth-protected-resource/api/mcp"`);
    },
  },
  {
    since: '2025-03-26',
    section: 'RFC 9111 §5.2',
    what: 'metadata may be kept for minutes; pages and answers with secrets may not be kept',
    async run() {
      const metadata = await json('/.well-known/oauth-authorization-server');
      expect(metadata.headers.get('cache-control')).toMatch(/^public, max-age=\d+$/);
      const app = await App.register(world.url);
      for (const path of [app.authorizePath(), '/settings/api-keys', '/settings/sessions']) {
        const page = await olivia.get(path);
        expect(page.status).toBe(200);
        expect(page.headers.get('cache-control')).toBe('no-store');
      }
    },
  },
  {
    since: '2025-03-26',
    section: 'Fetch, CORS preflight',
    what: 'a client in a browser may read metadata, register and get tokens; cookies are never involved',
    async run() {
      for (const path of [
        '/oauth/token',
        '/oauth/register',
        '/oauth/revoke',
        '/.well-known/oauth-protected-resource',
      ]) {
        const answer = await fetch(new URL(path, world.url), {
          method: 'OPTIONS',
          headers: { origin: 'https://inspector.test', 'access-control-request-method': 'POST' },
        });
        expect(answer.status).toBe(204);
        expect(answer.headers.get('access-control-allow-origin')).toBe('*');
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      }
    },
  },
];

describe.each(revisions)('MCP authorization of %s', (revision) => {
  for (const { section, what, run } of cases.filter((c) => c.since <= revision)) {
    test(`${section}: ${what}`, () => run(revision));
  }
});

/** These move the clock, which all tests of this file share, so they come last. */
describe('as time passes', () => {
  test('RFC 6749 §4.1.2: a code is good for 60 seconds', async () => {
    const app = await App.register(world.url);
    const [early, late] = [await app.allow(olivia), await app.allow(olivia)];
    world.passTime(58_000);
    expect((await app.exchange(early)).status).toBe(200);
    world.passTime(2_000);
    expect((await app.exchange(late)).error).toBe('invalid_grant');
  });

  test('RFC 6749 §5.1: an access token is good for an hour, and can be refreshed after', async () => {
    const app = await App.register(world.url);
    const tokens = await app.connect(olivia);
    world.passTime(3_590_000);
    expect(await statusOf(world.url, tokens.access_token)).toBe(200);
    world.passTime(10_000);
    expect(await statusOf(world.url, tokens.access_token)).toBe(401);
    expect((await app.refresh(tokens.refresh_token)).status).toBe(200);
  });

  test('RFC 9700 §4.14.2: a refresh token that is not used for 30 days is over', async () => {
    const app = await App.register(world.url);
    const { refresh_token } = await app.connect(olivia);
    world.passTime(29 * 86_400_000);
    const next = tokensOf(await app.refresh(refresh_token));
    world.passTime(30 * 86_400_000);
    expect((await app.refresh(next.refresh_token)).error).toBe('invalid_grant');
  });
});

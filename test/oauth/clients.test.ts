/** The SDK clients' own OAuth flows, untouched, with a real browser for the person: from a 401 to a tool's answer. */
import { createServer } from 'node:http';
import {
  type OAuthClientInformationMixed,
  type OAuthClientMetadata,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type OAuthTokens,
  Client as V2Client,
  StreamableHTTPClientTransport as V2Transport,
} from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoPassword } from '../../src/demo/people.ts';
import { launchChromium } from '../support/browser.ts';
import { type DocumentServer, startDocumentServer } from '../support/document-server.ts';
import { startWorld, type World } from '../support/world.ts';
import { postForm, statusOf } from './app.ts';

let world: World;
let browser: Browser;
let site: DocumentServer;
let callback: Callback;

beforeAll(async () => {
  callback = await startCallback();
  site = await startDocumentServer((request, response) => {
    const client_id = `${site.origin}${request.url}`;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ client_id, client_name: 'Document app', redirect_uris: [callback.url] }));
  });
  [world, browser] = await Promise.all([startWorld({ fetchDocument: site.fetchDocument }), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.stop();
  await site?.stop();
  await callback?.stop();
});

interface Callback {
  readonly url: string;
  /** The parameters of the next redirect that comes in. */
  next(): Promise<URLSearchParams>;
  stop(): Promise<void>;
}

/** Where the app on the person's machine waits for the browser. */
async function startCallback(): Promise<Callback> {
  let told: (parameters: URLSearchParams) => void = () => undefined;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    response.end('You can close this page.');
    if (url.pathname === '/callback') told(url.searchParams);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given');
  return {
    url: `http://127.0.0.1:${address.port}/callback`,
    next: () =>
      new Promise((resolve) => {
        told = resolve;
      }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** What an app keeps: everything in memory. */
class Kept implements OAuthClientProvider {
  readonly redirectUrl = callback.url;
  readonly clientMetadata: OAuthClientMetadata = {
    client_name: 'SDK app',
    redirect_uris: [callback.url],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  readonly clientMetadataUrl?: string;
  asksAt: URL | null = null;
  client: OAuthClientInformationMixed | undefined;
  pair: OAuthTokens | undefined;
  #verifier = '';
  #discovered: OAuthDiscoveryState | undefined;

  constructor(clientMetadataUrl: string | undefined) {
    if (clientMetadataUrl !== undefined) this.clientMetadataUrl = clientMetadataUrl;
  }
  state = () => 'a-state';
  clientInformation = () => this.client;
  saveClientInformation(client: OAuthClientInformationMixed) {
    this.client = client;
  }
  tokens = () => this.pair;
  saveTokens(tokens: OAuthTokens) {
    this.pair = tokens;
  }
  redirectToAuthorization(url: URL) {
    this.asksAt = url;
  }
  saveCodeVerifier(verifier: string) {
    this.#verifier = verifier;
  }
  codeVerifier = () => this.#verifier;
  invalidateCredentials(what: string) {
    if (what === 'tokens' || what === 'all') this.pair = undefined;
    if (what === 'client' || what === 'all') this.client = undefined;
  }
  saveDiscoveryState(discovered: OAuthDiscoveryState) {
    this.#discovered = discovered;
  }
  discoveryState = () => this.#discovered;
}

interface Sdk {
  readonly name: string;
  /** Connects and calls a tool; throws the SDK's UnauthorizedError when a person is needed. */
  ask(kept: Kept): Promise<string>;
  finish(kept: Kept, parameters: URLSearchParams): Promise<void>;
}

const context = { name: 'get_org_context', arguments: {} };
const address = () => new URL('/api/mcp', world.url);

const sdks: readonly Sdk[] = [
  {
    name: 'v1 SDK client',
    async ask(kept) {
      const client = new V1Client({ name: 'v1', version: '1.0.0' });
      await client.connect(new V1Transport(address(), { authProvider: kept }));
      const answer = JSON.stringify(await client.callTool(context));
      await client.close();
      return answer;
    },
    finish: (kept, parameters) =>
      new V1Transport(address(), { authProvider: kept }).finishAuth(parameters.get('code') ?? ''),
  },
  {
    name: 'v2 SDK client',
    async ask(kept) {
      const client = new V2Client({ name: 'v2', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
      await client.connect(new V2Transport(address(), { authProvider: kept }));
      const answer = JSON.stringify(await client.callTool(context));
      await client.close();
      return answer;
    },
    finish: (kept, parameters) => new V2Transport(address(), { authProvider: kept }).finishAuth(parameters),
  },
];

/** The person at the browser: signs in, looks at the other org, allows it there. Gives what the app is told. */
async function allowInGlobex(asksAt: URL): Promise<URLSearchParams> {
  const told = callback.next();
  const person = await browser.newContext();
  try {
    const page = await person.newPage();
    await page.goto(asksAt.href);
    await page.getByLabel('Mail address').fill('olivia@acme.test');
    await page.getByLabel('Password').fill(demoPassword);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: /Acme Agency/ }).waitFor();
    await page.getByLabel('Organization').selectOption({ label: 'Globex Studio, admin' });
    await page.getByRole('button', { name: 'Switch' }).click();
    await page.getByRole('heading', { name: /Globex Studio/ }).waitFor();
    await page.getByRole('button', { name: 'Allow' }).click();
    return await told;
  } finally {
    await person.close();
  }
}

describe.each(sdks)('$name', (sdk) => {
  test.each([
    { by: 'dynamic registration', document: false },
    { by: 'a client ID metadata document', document: true },
  ])('connects by $by, refreshes by itself, and is out when its refresh token was stolen', async ({ document }) => {
    const kept = new Kept(document ? `${site.origin}/${sdk.name.slice(0, 2)}.json` : undefined);

    await expect(sdk.ask(kept)).rejects.toThrow(/unauthorized/i);
    const asksAt = kept.asksAt;
    if (asksAt === null) throw new Error('The client did not ask for the person');
    expect(kept.client?.client_id).toMatch(document ? /^https:\/\/app\.client\.test/ : /^app_/);
    expect(asksAt.searchParams.get('resource')).toBe(`${world.url}/api/mcp`);

    const told = await allowInGlobex(asksAt);
    expect(told.get('state')).toBe('a-state');
    expect(told.get('iss')).toBe(world.url);
    await sdk.finish(kept, told);
    expect(await sdk.ask(kept)).toContain('Globex Studio');
    const first = kept.pair;

    world.passTime(61 * 60_000);
    expect(await statusOf(world.url, first?.access_token ?? '')).toBe(401);
    expect(await sdk.ask(kept)).toContain('Globex Studio');
    const second = kept.pair;
    expect(second?.access_token).not.toBe(first?.access_token);
    expect(second?.refresh_token).not.toBe(first?.refresh_token);

    const stolen = await postForm(`${world.url}/oauth/token`, {
      grant_type: 'refresh_token',
      refresh_token: first?.refresh_token,
      client_id: kept.client?.client_id,
    });
    expect([stolen.status, stolen.error]).toEqual([400, 'invalid_grant']);
    kept.asksAt = null;
    await expect(sdk.ask(kept)).rejects.toThrow(/unauthorized/i);
    // The person is asked again, and that is all it takes.
    const again = kept.asksAt;
    if (again === null) throw new Error('The client did not ask for the person again');
    await sdk.finish(kept, await allowInGlobex(again));
    expect(await sdk.ask(kept)).toContain('Globex Studio');
  });
});

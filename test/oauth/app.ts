/** An app that asks for access, request by request, so that each can be sent wrong on purpose. */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Page, Person } from './person.ts';

export const acme = 'org_demo_acme';
export const globex = 'org_demo_globex';

export type Parameters = Readonly<Record<string, string | undefined>>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** The OAuth error's code; '' when it is none. */
  readonly error: string;
}

const answerSchema = z.record(z.string(), z.unknown());
const tokensSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  expires_in: z.number(),
  token_type: z.string(),
  scope: z.string(),
});
export type Tokens = z.infer<typeof tokensSchema>;

export function pkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** Without those that are undefined. */
export const query = (parameters: Parameters): string =>
  new URLSearchParams(Object.entries(parameters).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]]))).toString();

export async function postForm(url: string, fields: Parameters, headers: Record<string, string> = {}): Promise<Answer> {
  const body = new URLSearchParams(query(fields));
  return answerOf(await fetch(url, { method: 'POST', headers, body, redirect: 'manual' }));
}

export async function postJson(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const sent = { 'content-type': 'application/json', ...headers };
  return answerOf(await fetch(url, { method: 'POST', headers: sent, body: JSON.stringify(body), redirect: 'manual' }));
}

async function answerOf(answer: Response): Promise<Answer> {
  const text = await answer.text();
  const json = (answer.headers.get('content-type') ?? '').includes('json');
  const body = json ? answerSchema.parse(JSON.parse(text)) : {};
  return { status: answer.status, headers: answer.headers, text, body, error: z.string().catch('').parse(body.error) };
}

export const claudeCallback = 'https://claude.ai/api/mcp/auth_callback';

const registeredSchema = z.object({ client_id: z.string(), client_secret: z.string().optional() });

/** A code that was given out, and what it takes to exchange it. */
export interface Code {
  readonly code: string;
  readonly verifier: string;
  /** The redirect with the code. */
  readonly to: URL;
}

export class App {
  private constructor(
    readonly url: string,
    readonly id: string,
    readonly secret: string | undefined,
    readonly redirectUri: string,
  ) {}

  /** Registers by RFC 7591; a public app unless said otherwise. */
  static async register(url: string, metadata: Readonly<Record<string, unknown>> = {}): Promise<App> {
    const asked = {
      client_name: 'Claude',
      redirect_uris: [claudeCallback],
      token_endpoint_auth_method: 'none',
      ...metadata,
    };
    const answer = await postJson(`${url}/oauth/register`, asked);
    if (answer.status !== 201) throw new Error(`Not registered: ${answer.status} ${JSON.stringify(answer.body)}`);
    const { client_id, client_secret } = registeredSchema.parse(answer.body);
    return new App(url, client_id, client_secret, z.array(z.string()).parse(asked.redirect_uris)[0] ?? '');
  }

  /** An app whose id is the address of its metadata document. */
  static ofDocument(url: string, id: string, redirectUri: string): App {
    return new App(url, id, undefined, redirectUri);
  }

  get resource(): string {
    return `${this.url}/api/mcp`;
  }

  authorizePath(changes: Parameters = {}): string {
    return `/oauth/authorize?${query({
      response_type: 'code',
      client_id: this.id,
      redirect_uri: this.redirectUri,
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
      state: 'st4te',
      scope: 'flows:read flows:write',
      resource: this.resource,
      ...changes,
    })}`;
  }

  /** The person allows it in this org. */
  async allow(person: Person, org: string = acme, changes: Parameters = {}): Promise<Code> {
    const { verifier, challenge } = pkce();
    const page = await person.get(this.authorizePath({ code_challenge: challenge, ...changes }));
    const { to } = await this.decide(person, page, org);
    const code = to?.searchParams.get('code');
    if (!to || !code) throw new Error(`No code was given: ${to?.href ?? 'no redirect'}`);
    return { code, verifier, to };
  }

  decide(person: Person, page: Page, org: string = acme, decision = 'allow'): Promise<Page> {
    return person.post('/oauth/authorize', { ...page.form('/oauth/authorize'), org, decision });
  }

  exchange(code: Pick<Code, 'code' | 'verifier'>, changes: Parameters = {}, headers = {}): Promise<Answer> {
    return this.token(
      {
        grant_type: 'authorization_code',
        code: code.code,
        code_verifier: code.verifier,
        redirect_uri: this.redirectUri,
        resource: this.resource,
        ...changes,
      },
      headers,
    );
  }

  refresh(refreshToken: string, changes: Parameters = {}): Promise<Answer> {
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...changes });
  }

  /** With `client_id`, and `client_secret` when there is one. */
  token(fields: Parameters, headers: Record<string, string> = {}): Promise<Answer> {
    return postForm(`${this.url}/oauth/token`, { client_id: this.id, client_secret: this.secret, ...fields }, headers);
  }

  revoke(token: string, changes: Parameters = {}): Promise<Answer> {
    return postForm(`${this.url}/oauth/revoke`, {
      client_id: this.id,
      client_secret: this.secret,
      token,
      ...changes,
    });
  }

  /** From asking to tokens. */
  async connect(person: Person, org: string = acme, changes: Parameters = {}): Promise<Tokens> {
    return tokensOf(await this.exchange(await this.allow(person, org, changes)));
  }
}

export function tokensOf(answer: Answer): Tokens {
  if (answer.status !== 200) throw new Error(`No tokens: ${answer.status} ${JSON.stringify(answer.body)}`);
  return tokensSchema.parse(answer.body);
}

/** A tool call as one bare request; 2025-11-25 unless said otherwise. */
export function callTool(
  url: string,
  token: string | null,
  name = 'get_org_context',
  args: object = {},
  headers: Record<string, string> = {},
  meta: object = {},
): Promise<Answer> {
  return postJson(
    `${url}/api/mcp`,
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args, _meta: meta } },
    {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...headers,
    },
  );
}

/** The status a tool call with this token gets: 200 while it is good, 401 when it is not. */
export const statusOf = async (url: string, token: string): Promise<number> => (await callTool(url, token)).status;

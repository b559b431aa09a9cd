/** The authorize step: what an app asks, checked before anyone is asked, and the way back to it. */
import OAuth2Server from '@node-oauth/oauth2-server';
import { type Authority, lifetimes, resourceOf } from './authority.ts';
import { DocumentError, type FetchDocument } from './client-document.ts';
import { findClient, type OAuthClient } from './clients.ts';
import { type Granter, grantsModel } from './grants-model.ts';
import type { Scope } from './principal.ts';
import { matchesRedirectUri } from './redirect-uri.ts';
import { readScopes } from './scopes.ts';

/** A request that may be put before a person. */
export interface AuthorizeRequest {
  readonly client: OAuthClient;
  readonly redirectUri: string;
  readonly scopes: readonly Scope[];
  /** The parameters as given, to send along with the decision. */
  readonly parameters: Readonly<Record<string, string>>;
}

export type AuthorizeReading =
  | { readonly kind: 'ask'; readonly request: AuthorizeRequest }
  /** The app may be told: back to it with the error. */
  | { readonly kind: 'redirect'; readonly to: string }
  /** Nobody can be told but the person (RFC 6749 §4.1.2.1): the app or its address is not known good. */
  | { readonly kind: 'show'; readonly problem: string };

const names = [
  'client_id',
  'redirect_uri',
  'response_type',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
  'resource',
] as const;
type Name = (typeof names)[number];

const mostLetters = 2_000;

export async function readAuthorizeRequest(
  authority: Authority,
  fetchDocument: FetchDocument,
  query: Readonly<Record<string, unknown>>,
): Promise<AuthorizeReading> {
  const given: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = query[name];
    if (value === undefined || value === '') continue;
    // RFC 6749 §3.1: a parameter comes once.
    if (typeof value !== 'string') return show(`The parameter ${name} was sent more than once.`);
    if (value.length > mostLetters) return show(`The parameter ${name} is longer than ${mostLetters} characters.`);
    given[name] = value;
  }
  if (given.client_id === undefined) return show('The app did not say which app it is (client_id is missing).');
  let client: OAuthClient | null;
  try {
    client = await findClient(authority, fetchDocument, given.client_id);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    return show(`This app can't be used: ${error.message}.`);
  }
  if (!client) return show('This app is not registered here. Remove the connection in the app and add it again.');
  const only = client.redirectUris.length === 1 ? client.redirectUris[0] : undefined;
  const redirectUri = given.redirect_uri ?? only;
  if (redirectUri === undefined || !matchesRedirectUri(redirectUri, client.redirectUris)) {
    return show(`${client.name} asks to be answered at an address that it did not register.`);
  }

  const refuse = (error: string, description: string): AuthorizeReading => ({
    kind: 'redirect',
    to: backTo(authority, redirectUri, given.state, { error, error_description: description }),
  });
  if (given.response_type !== 'code') return refuse('unsupported_response_type', 'Only response_type=code is served.');
  if (given.code_challenge === undefined)
    return refuse('invalid_request', 'PKCE is required: code_challenge is missing.');
  // RFC 7636 §4.3: without a method it would be plain.
  if (given.code_challenge_method !== 'S256') return refuse('invalid_request', 'code_challenge_method must be S256.');
  if (!/^[A-Za-z0-9_-]{43}$/.test(given.code_challenge)) {
    return refuse('invalid_request', 'code_challenge is no SHA-256 in base64url.');
  }
  if (given.state !== undefined && !/^[\x20-\x7e]+$/.test(given.state)) {
    return refuse('invalid_request', 'state has characters that are not allowed.');
  }
  const scopes = readScopes(given.scope);
  if (scopes === null) return refuse('invalid_scope', 'Only flows:read and flows:write are known.');
  if (given.resource !== undefined && !isOurResource(authority, given.resource)) {
    return refuse('invalid_target', `Tokens are only given for ${resourceOf(authority)}.`);
  }
  const parameters = { ...given, redirect_uri: redirectUri, scope: scopes.join(' ') };
  return { kind: 'ask', request: { client, redirectUri, scopes, parameters } };
}

/** The MCP endpoint, or this server as a whole as some clients name it, with a slash at the end or without. */
export const isOurResource = (authority: Authority, resource: string): boolean =>
  [resourceOf(authority), authority.publicUrl].includes(resource.replace(/\/$/, ''));

/** Back to the app with the person's "no" (RFC 6749 §4.1.2.1). */
export const denied = (authority: Authority, request: AuthorizeRequest): string =>
  backTo(authority, request.redirectUri, request.parameters.state, {
    error: 'access_denied',
    error_description: 'The person did not allow it.',
  });

/** The person allowed it in this org: makes the grant and its code, and gives where to send the browser. */
export async function allow(
  authority: Authority,
  fetchDocument: FetchDocument,
  request: AuthorizeRequest,
  granter: Granter,
): Promise<string> {
  const server = new OAuth2Server({ model: grantsModel(authority, fetchDocument) });
  const code = await server.authorize(
    new OAuth2Server.Request({ method: 'POST', headers: {}, query: {}, body: { ...request.parameters } }),
    new OAuth2Server.Response({}),
    {
      authenticateHandler: { handle: () => granter },
      authorizationCodeLifetime: lifetimes.code / 1000,
      allowEmptyState: true,
    },
  );
  return backTo(authority, request.redirectUri, request.parameters.state, { code: code.authorizationCode });
}

/** `iss` goes with every answer, errors too (RFC 9207 §2). What the redirect URI had of its own stays. */
function backTo(
  { publicUrl }: Authority,
  redirectUri: string,
  state: string | undefined,
  answer: Readonly<Record<string, string>>,
): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  if (state !== undefined) url.searchParams.set('state', state);
  url.searchParams.set('iss', publicUrl);
  return url.href;
}

const show = (problem: string): AuthorizeReading => ({ kind: 'show', problem });

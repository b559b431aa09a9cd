/** Apps that ask for access: registered here (RFC 7591), or known by the URL of their own metadata document. */
import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { findClientById, saveClient } from '../db/oauth.ts';
import { newId } from '../platform/ids.ts';
import { hashSecret, randomText } from '../platform/secrets.ts';
import type { Authority } from './authority.ts';
import { DocumentError, type FetchDocument } from './client-document.ts';
import { redirectUriProblem } from './redirect-uri.ts';

export interface OAuthClient {
  readonly id: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** Null: a public client. */
  readonly secretHash: Buffer | null;
}

const redirectUris = z
  .array(
    z.string().superRefine((uri, context) => {
      const problem = redirectUriProblem(uri);
      if (problem !== null) context.addIssue({ code: 'custom', message: problem });
    }),
  )
  .min(1)
  .max(10);

/** One line, nothing that draws over the page around it. */
const clientName = z
  .string()
  .max(200)
  .transform((s) =>
    s
      .replace(/[\p{C}\p{Z}]+/gu, ' ')
      .trim()
      .slice(0, 100),
  )
  .pipe(z.string().min(1));

/** What a client may say of itself (RFC 7591 §2). Unknown members are let be, as the RFC has it. */
export const registrationSchema = z.object({
  redirect_uris: redirectUris,
  client_name: clientName.optional(),
  token_endpoint_auth_method: z
    .enum(['none', 'client_secret_basic', 'client_secret_post'])
    .default('client_secret_basic'),
  grant_types: z.array(z.string().max(100)).max(10).default(['authorization_code']),
  response_types: z.array(z.string().max(100)).max(10).default(['code']),
});
export type Registration = z.infer<typeof registrationSchema>;

export interface Registered {
  readonly client: OAuthClient;
  /** Given out here and never again; null for a public client. */
  readonly secret: string | null;
  readonly createdAt: number;
}

export async function registerClient(authority: Authority, asked: Registration): Promise<Registered> {
  const createdAt = authority.clock();
  const secret = asked.token_endpoint_auth_method === 'none' ? null : `bflow_cs_${randomText(40)}`;
  const client: OAuthClient = {
    id: newId('app'),
    name: asked.client_name ?? hostOf(asked.redirect_uris[0] ?? ''),
    redirectUris: asked.redirect_uris,
    secretHash: secret === null ? null : hashSecret(secret),
  };
  await save(authority, client, 'registered', null);
  return { client, secret, createdAt };
}

/** Client ID metadata documents: the id is the https URL the document lies at. */
const documentSchema = z.object({
  client_id: z.string(),
  client_name: clientName,
  redirect_uris: redirectUris,
  token_endpoint_auth_method: z.literal('none').optional(),
});

/** How long a document that was read holds on when it can't be read anew. */
const goodForMs = 86_400_000;

/** The client with this id, its document fetched when it is one; null when there is none that is usable. */
export async function findClient(
  authority: Authority,
  fetchDocument: FetchDocument,
  id: string,
): Promise<OAuthClient | null> {
  if (!/^[\x21-\x7e]{1,2000}$/.test(id)) return null;
  const row = await findClientById(authority.database.open, id);
  const known = row && { id, name: row.name, redirectUris: row.redirect_uris, secretHash: row.secret_hash };
  const staleForMs = authority.clock() - (row?.fresh_until?.getTime() ?? Number.POSITIVE_INFINITY);
  if (known && staleForMs < 0) return known;
  if (!isDocumentId(id)) return null;
  const fetched = await fetchDocument(id).catch((error: unknown) => {
    // A site that is down for a moment does not end what people connected.
    if (error instanceof DocumentError && known && staleForMs < goodForMs) return null;
    throw error;
  });
  if (fetched === null) return known ?? null;
  const { text, freshForMs } = fetched;
  const parsed = documentSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new DocumentError(`its metadata document does not fit: ${firstProblem(parsed.error)}`);
  if (parsed.data.client_id !== id) throw new DocumentError('its metadata document names another client_id');
  const client = { id, name: parsed.data.client_name, redirectUris: parsed.data.redirect_uris, secretHash: null };
  await save(authority, client, 'document', new Date(authority.clock() + freshForMs));
  return client;
}

/** An https URL with a path, no fragment, no user, no dot segments. */
export function isDocumentId(id: string): boolean {
  if (!id.startsWith('https://') || !URL.canParse(id) || id.length > 2_000) return false;
  const url = new URL(id);
  return url.href === id && url.pathname !== '/' && url.hash === '' && url.username === '' && url.password === '';
}

/** Does the client prove who it is? A public one has nothing to prove; its code's PKCE does. */
export function isClientSecret(client: OAuthClient, given: string | undefined): boolean {
  if (client.secretHash === null) return given === undefined || given === '';
  return given !== undefined && timingSafeEqual(client.secretHash, hashSecret(given));
}

export const hostOf = (uri: string): string => (URL.canParse(uri) ? new URL(uri).host : uri);

const firstProblem = (error: z.ZodError): string => {
  const issue = error.issues[0];
  return `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim();
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new DocumentError('its metadata document is no JSON');
    throw error;
  }
}

async function save(
  authority: Authority,
  client: OAuthClient,
  kind: 'registered' | 'document',
  freshUntil: Date | null,
) {
  await saveClient(authority.database.open, {
    id: client.id,
    kind,
    secret_hash: client.secretHash,
    name: client.name,
    redirect_uris: [...client.redirectUris],
    created_at: new Date(authority.clock()),
    fresh_until: freshUntil,
    last_used_at: null,
  });
}

/** How a person proves who they are to the web app: a password, or a link by mail. Both give a session. */
import type { Trx } from '../db/database.ts';
import {
  countSignInFailures,
  countSignInLinks,
  type FoundUser,
  findSignInLink,
  findUserByEmail,
  forgetSignInFailures,
  insertSession,
  insertSignInLink,
  noteSignInFailure,
  takeSignInLink,
} from '../db/sessions.ts';
import { newId } from '../platform/ids.ts';
import { hashSecret, randomText } from '../platform/secrets.ts';
import { type Authority, lifetimes } from './authority.ts';
import { verifyPassword } from './password.ts';

type NotIn =
  | { readonly kind: 'wrong' }
  /** Too many wrong passwords for this address lately. */
  | { readonly kind: 'slow_down' };
export type SignIn = { readonly kind: 'in'; readonly secret: string } | NotIn;

const failures = { most: 10, withinMs: 15 * 60_000 };

/** A hash, so that addresses without an account are not kept in the clear. */
const addressHash = (email: string): Buffer => hashSecret(`sign-in ${email.trim().toLowerCase()}`);

/** Takes as long, and says the same, whether or not the address has an account. */
export async function signInWithPassword(
  authority: Authority,
  email: string,
  password: string,
  userAgent: string,
): Promise<SignIn> {
  const tried = await tryPassword(authority, email, password);
  if (tried.kind !== 'right') return tried;
  return { kind: 'in', secret: await openSession(authority, { userId: tried.user.id, userAgent }) };
}

/** Is it this address's password? Every try is counted, wherever it is made. */
export async function tryPassword(
  { database, clock }: Authority,
  email: string,
  password: string,
): Promise<{ readonly kind: 'right'; readonly user: FoundUser } | NotIn> {
  const hash = addressHash(email);
  const tries = () => countSignInFailures(database.open, hash, new Date(clock() - failures.withinMs));
  if ((await tries()) >= failures.most) return { kind: 'slow_down' };
  // Counted as wrong until it is found right, so that many tries at once don't all come in under the limit.
  await noteSignInFailure(database.open, hash, new Date(clock()));
  if ((await tries()) > failures.most) return { kind: 'slow_down' };
  const user = await findUserByEmail(database.open, email.trim());
  const right = await verifyPassword(password, user?.password_hash ?? null);
  if (!user || !right) return { kind: 'wrong' };
  await forgetSignInFailures(database.open, hash);
  return { kind: 'right', user };
}

interface NewSession {
  readonly userId: string;
  readonly userAgent: string;
  readonly currentOrg?: string | null;
  /** By a link from their mail. */
  readonly byLink?: boolean;
}

/** A new secret for each sign-in, so that one that was planted before is worth nothing. */
export const openSession = (authority: Authority, session: NewSession): Promise<string> =>
  authority.database.withUser(session, (trx) => insertNewSession(trx, authority, session));

export async function insertNewSession(
  trx: Trx,
  { clock }: Authority,
  { userId, userAgent, currentOrg = null, byLink = false }: NewSession,
): Promise<string> {
  const secret = randomText(40);
  const now = new Date(clock());
  await insertSession(trx, {
    ...{ id: newId('ses'), secret_hash: hashSecret(secret), user_id: userId, current_org: currentOrg },
    ...{ user_agent: userAgent.slice(0, 300), created_at: now, last_seen_at: now, by_link: byLink },
    expires_at: new Date(clock() + lifetimes.session),
  });
  return secret;
}

export interface SignInMail {
  readonly to: string;
  readonly name: string;
  readonly link: string;
}

/** Links that one person may be sent while the first of them is good. */
const mostLinks = 5;

/** A link to send; null when the address has no account, or was sent enough of them. `next`: where it leads after signing in, a path of ours. */
export async function makeSignInLink(authority: Authority, email: string, next: string): Promise<SignInMail | null> {
  const { database, clock, publicUrl } = authority;
  const user = await findUserByEmail(database.open, email.trim());
  if (!user) return null;
  const secret = randomText(40);
  const made = await database.withUser({ userId: user.id }, async (trx) => {
    if ((await countSignInLinks(trx, new Date(clock() - lifetimes.signInLink))) >= mostLinks) return false;
    await insertSignInLink(trx, {
      ...{ secret_hash: hashSecret(secret), user_id: user.id, next, created_at: new Date(clock()) },
      expires_at: new Date(clock() + lifetimes.signInLink),
    });
    return true;
  });
  if (!made) return null;
  return { to: user.email, name: user.name, link: `${publicUrl}/sign-in/link/${secret}` };
}

/** Whose account a link opens; uses nothing up. Undefined when it is unknown, used, or too old. */
export const readSignInLink = ({ database, clock }: Authority, secret: string) =>
  findSignInLink(database.open, hashSecret(secret), new Date(clock()));

/** Uses a link up; null when it is unknown, used, or too old. */
export async function signInWithLink(
  authority: Authority,
  secret: string,
  userAgent: string,
): Promise<{ secret: string; next: string } | null> {
  const taken = await takeSignInLink(authority.database.open, hashSecret(secret), new Date(authority.clock()));
  if (!taken) return null;
  const secretOfIt = await openSession(authority, { userId: taken.user_id, userAgent, byLink: true });
  return { secret: secretOfIt, next: taken.next };
}

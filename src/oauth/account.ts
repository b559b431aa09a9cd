/** What a person changes about their own account, which belongs to them and to no organization. */
import { deleteUser, endAllSessions, findAccount, renameUser, replacePassword } from '../db/account.ts';
import {
  countOwners,
  deleteMember,
  findMemberById,
  forgetMember,
  formerMember,
  insertHandOver,
  lockMembers,
} from '../db/members.ts';
import { noteOrgEvent } from '../db/org-events.ts';
import { system } from '../domain/actor.ts';
import { newId } from '../platform/ids.ts';
import type { AddressedLetter } from '../platform/letter.ts';
import { writePasswordChanged } from './account-mail.ts';
import type { Authority } from './authority.ts';
import { hashPassword } from './password.ts';
import type { Session } from './session.ts';
import { insertNewSession, tryPassword } from './sign-in.ts';

/** How long after they came in by a link a person may choose a new password without the old one, in milliseconds. */
export const linkProofMs = 15 * 60_000;

type Known = NonNullable<Awaited<ReturnType<typeof findAccount>>>;

const whoOf = (session: Session) => ({ userId: session.userId, sessionId: session.id });

/** Has this session just been opened by a link, which only the address's mail holds? */
const provedByLink = ({ clock }: Authority, account: Known): boolean =>
  account.by_link && clock() - account.created_at.getTime() < linkProofMs;

/** Must they write the password they have? Not who came by a link from their mail just now, such as to replace a lost one. */
export async function asksForPassword(authority: Authority, session: Session): Promise<boolean> {
  const account = await authority.database.withUser(session, (trx) => findAccount(trx, whoOf(session)));
  return account === undefined || !provedByLink(authority, account);
}

/** The name as they wrote it; checked by whoever calls. */
export const rename = ({ database }: Authority, session: Session, name: string): Promise<void> =>
  database.withUser(session, (trx) => renameUser(trx, session.userId, name));

export type PasswordChange =
  /** Everyone is signed out; `secret` is of the one new session, `mail` is to be sent. */
  | { readonly kind: 'changed'; readonly secret: string; readonly mail: AddressedLetter }
  | { readonly kind: 'wrong' }
  /** Too many wrong passwords for this address lately. */
  | { readonly kind: 'slow_down' };

/** `current` is not looked at when the session was opened by a link just now. `next` is checked by whoever calls. */
export async function changePassword(
  authority: Authority,
  session: Session,
  { current, next, userAgent, device }: Readonly<Record<'current' | 'next' | 'userAgent' | 'device', string>>,
): Promise<PasswordChange> {
  const { database, clock, publicUrl } = authority;
  const account = await database.withUser(session, (trx) => findAccount(trx, whoOf(session)));
  if (!account) return { kind: 'wrong' };
  if (!provedByLink(authority, account)) {
    const tried = await tryPassword(authority, account.email, current);
    if (tried.kind !== 'right') return { kind: tried.kind };
  }
  const after = await hashPassword(next);
  const secret = await database.withUser(session, async (trx) => {
    // What was proved above is proved of this very password, or of this session: a second change at the same moment finds neither.
    if (!(await findAccount(trx, whoOf(session)))) return null;
    if (!(await replacePassword(trx, session.userId, { before: account.password_hash, after }))) return null;
    await endAllSessions(trx, session.userId);
    return insertNewSession(trx, authority, { userId: session.userId, currentOrg: account.current_org, userAgent });
  });
  if (secret === null) return { kind: 'wrong' };
  const { name, email } = account;
  const mail = writePasswordChanged({ to: email, name, device, at: clock(), link: `${publicUrl}/sign-in` });
  return { kind: 'changed', secret, mail };
}

export type Deletion =
  | { readonly kind: 'deleted' | 'wrong' | 'slow_down' }
  /** Names of the organizations that would have no owner. */
  | { readonly kind: 'only_owner'; readonly orgs: readonly string[] };

/**
 * Deletes the account of this session: it leaves every organization, and their open tasks there go to nobody, as when
 * they leave. Cut off in the middle it can be done again.
 */
export async function deleteAccount(authority: Authority, session: Session, current: string): Promise<Deletion> {
  const { database } = authority;
  const account = await database.withUser(session, (trx) => findAccount(trx, whoOf(session)));
  if (!account) return { kind: 'wrong' };
  if (!provedByLink(authority, account)) {
    const tried = await tryPassword(authority, account.email, current);
    if (tried.kind !== 'right') return { kind: tried.kind };
  }
  const needed: string[] = [];
  for (const org of session.orgs) {
    const { userId } = session;
    const owners = await database.withOrg({ orgId: org.id }, async (trx) => {
      const me = await findMemberById(trx, userId);
      return me?.role === 'OWNER' ? countOwners(trx) : null;
    });
    if (owners === 1) needed.push(org.name);
  }
  if (needed.length > 0) return { kind: 'only_owner', orgs: needed };
  for (const org of session.orgs)
    if (!(await leave(authority, session, org.id))) return { kind: 'only_owner', orgs: [org.name] };
  await database.withUser(session, (trx) => deleteUser(trx, session.userId));
  return { kind: 'deleted' };
}

/** False when another owner left meanwhile, and they are the last. */
function leave({ database, clock }: Authority, session: Session, orgId: string): Promise<boolean> {
  const { userId, email, name } = session;
  return database.withOrg({ orgId }, async (trx) => {
    await lockMembers(trx, orgId);
    const me = await findMemberById(trx, userId);
    if (!me) return true;
    if (me.role === 'OWNER' && (await countOwners(trx)) <= 1) return false;
    await deleteMember(trx, userId);
    await insertHandOver(trx, {
      ...{ org_id: orgId, id: newId('ho'), from_user: userId, from_name: formerMember, to_user: null },
      ...{ by: system, created_at: new Date(clock()) },
    });
    const by = { orgId, userId, name: formerMember, through: 'web' };
    await noteOrgEvent(trx, by, clock(), 'member_left', `deleted their account, and was ${me.role}`);
    await forgetMember(trx, { id: userId, email, name });
    return true;
  });
}

/** A new owner: proves their address first, then gets an account and an organization, all at once. */
import type { Trx } from '../db/database.ts';
import { insertMember } from '../db/members.ts';
import { noteOrgEvent } from '../db/org-events.ts';
import { findUserByEmail } from '../db/sessions.ts';
import { countSignUps, findSignUp, hasOrg, insertOrg, insertUser, noteSignUp, takeSignUp } from '../db/sign-ups.ts';
import { idFrom, newId } from '../platform/ids.ts';
import type { AddressedLetter } from '../platform/letter.ts';
import { hashSecret, randomText } from '../platform/secrets.ts';
import { type Authority, lifetimes } from './authority.ts';
import { hashPassword } from './password.ts';
import { openSession } from './sign-in.ts';
import { writeAccountExists, writeSignUp } from './sign-up-mail.ts';
import { slugOf } from './slug.ts';

export interface SignUp {
  readonly email: string;
  readonly name: string;
  readonly orgName: string;
}

/** Links that one address may be sent while the first of them is good. */
const mostLinks = 5;

/**
 * The mail to send; null when the address was sent enough of them. An address that has an account gets a mail that
 * says so: only who reads its mail learns it.
 */
export async function makeSignUpLink(authority: Authority, asked: SignUp): Promise<AddressedLetter | null> {
  const { database, clock, publicUrl } = authority;
  const { name, orgName } = asked;
  const email = asked.email.trim().toLowerCase();
  const since = new Date(clock() - lifetimes.signUp);
  if ((await countSignUps(database.open, email, since)) >= mostLinks) return null;
  const secret = randomText(40);
  await noteSignUp(database.open, {
    ...{ hash: hashSecret(secret), email, name, orgName, at: new Date(clock()) },
    until: new Date(clock() + lifetimes.signUp),
  });
  return (await findUserByEmail(database.open, email))
    ? writeAccountExists({ to: email, orgName, link: `${publicUrl}/sign-in` })
    : writeSignUp({ to: email, name, orgName, link: `${publicUrl}/sign-up/${secret}` });
}

/** What a link leads to; uses nothing up. Undefined when it is unknown, used or too old. */
export const readSignUp = ({ database, clock }: Authority, secret: string) =>
  findSignUp(database.open, hashSecret(secret), new Date(clock()));

export type SignedUp =
  | { readonly kind: 'in'; readonly secret: string; readonly orgId: string }
  | { readonly kind: 'over' }
  /** Somebody made an account with this address meanwhile. */
  | { readonly kind: 'account_exists' };

/** Uses the link up. The password is chosen here, by whoever reads the address's mail, and by nobody before. */
export async function finishSignUp(
  authority: Authority,
  link: string,
  password: string,
  userAgent: string,
): Promise<SignedUp> {
  const { database, clock } = authority;
  const password_hash = await hashPassword(password);
  const [userId, orgId] = [newId('us'), newId('org')];
  const made = await database.withPersonInOrg({ orgId, userId }, async (trx) => {
    const taken = await takeSignUp(trx, hashSecret(link), new Date(clock()));
    if (!taken) return 'over';
    const { email, name, org_name } = taken;
    if (!(await insertUser(trx, { id: userId, email, name, password_hash }))) return 'account_exists';
    await makeOrg(trx, authority, { orgId, userId, name }, org_name);
    return 'made';
  });
  if (made !== 'made') return { kind: made };
  return { kind: 'in', orgId, secret: await openSession(authority, { userId, userAgent }) };
}

/** One more organization for someone who has an account; gives its id. The same page sent twice makes one. */
export async function addOrg(
  authority: Authority,
  who: { readonly userId: string; readonly name: string },
  { name, commandId }: { readonly name: string; readonly commandId: string },
): Promise<string> {
  const orgId = idFrom('org', who.userId, commandId, name);
  await authority.database.withPersonInOrg({ orgId, userId: who.userId }, (trx) =>
    makeOrg(trx, authority, { orgId, userId: who.userId, name: who.name }, name),
  );
  return orgId;
}

/** Tries at a free slug: the plain one, then numbered ones, then one that is surely free. */
const slugTries = 20;

async function makeOrg(
  trx: Trx,
  { clock }: Authority,
  who: { readonly orgId: string; readonly userId: string; readonly name: string },
  name: string,
): Promise<void> {
  const slug = slugOf(name);
  for (let n = 1; ; n++) {
    const ending = n === 1 ? '' : n < slugTries ? `-${n}` : `-${randomText(8).toLowerCase()}`;
    if (await insertOrg(trx, { id: who.orgId, name, slug: slug.slice(0, 63 - ending.length) + ending })) break;
    if (await hasOrg(trx, who.orgId)) return;
  }
  await insertMember(trx, who.orgId, who.userId, 'OWNER');
  await noteOrgEvent(trx, { ...who, through: 'web' }, clock(), 'org_created', `made ${name}`);
}

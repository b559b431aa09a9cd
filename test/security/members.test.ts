/** Attacks on who belongs to an org, on invitations, and on signing up. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adam, demoPassword, gus, mia, olivia } from '../../src/demo/people.ts';
import { authenticate } from '../../src/oauth/authenticate.ts';
import { keysOf, makeKey } from '../../src/oauth/credentials.ts';
import { type MemberPrincipal, type Role, scopes } from '../../src/oauth/principal.ts';
import { changeMemberRole } from '../../src/operations/change-member-role.ts';
import { createWebhook } from '../../src/operations/create-webhook.ts';
import { deleteWebhook } from '../../src/operations/delete-webhook.ts';
import { getMember } from '../../src/operations/get-member.ts';
import { inviteMember } from '../../src/operations/invite-member.ts';
import { leaveOrg } from '../../src/operations/leave-org.ts';
import { listWebhooks } from '../../src/operations/list-webhooks.ts';
import { manageMemberInvitation } from '../../src/operations/manage-member-invitation.ts';
import type { Caller } from '../../src/operations/operation.ts';
import { removeMember } from '../../src/operations/remove-member.ts';
import { rotateWebhookSecret } from '../../src/operations/rotate-webhook-secret.ts';
import { setOrgLogo } from '../../src/operations/set-org-logo.ts';
import { updateOrgSettings } from '../../src/operations/update-org-settings.ts';
import { updateWebhook } from '../../src/operations/update-webhook.ts';
import { App, acme, globex, statusOf } from '../oauth/app.ts';
import { Person } from '../oauth/person.ts';
import { startWorld, type World } from '../support/world.ts';
import { startSecondServer } from './second-server.ts';

let world: World;
let app: App;
const evil = { origin: 'https://evil.test', referer: 'https://evil.test/', 'sec-fetch-site': 'cross-site' };

beforeAll(async () => {
  world = await startWorld();
  app = await App.register(world.url);
});
afterAll(() => world?.stop());

interface Somebody {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}
/** Whoever holds `role` as the request comes in; what the database says is looked at by the operation. */
const as = (who: Somebody, role: Role, orgId = acme): Caller => {
  const { id: userId, name, email } = who;
  const principal: MemberPrincipal = { kind: 'member', orgId, userId, name, email, role, through: 'web', scopes };
  return { ...world.tools, now: world.authority.clock(), principal };
};

let made = 0;
/** A new member of this org, with the demo's password. */
async function newcomer(role: Role, orgId = acme): Promise<Somebody> {
  const n = ++made;
  const who = { id: `us_new_${n}`, name: `New Comer ${n}`, email: `new${n}@acme.test` };
  const { password_hash } = await world.owner
    .selectFrom('users')
    .select('password_hash')
    .where('id', '=', mia.id)
    .executeTakeFirstOrThrow();
  await world.owner
    .insertInto('users')
    .values({ ...who, password_hash })
    .execute();
  await world.owner.insertInto('memberships').values({ org_id: orgId, user_id: who.id, role }).execute();
  return who;
}
/** An org with these owners. */
async function newOrg(owners: number): Promise<{ orgId: string; people: Somebody[] }> {
  const orgId = `org_new_${++made}`;
  await world.owner
    .insertInto('orgs')
    .values({ id: orgId, slug: `new-${made}`, name: `New ${made}` })
    .execute();
  const people: Somebody[] = [];
  for (let i = 0; i < owners; i++) people.push(await newcomer('OWNER', orgId));
  return { orgId, people };
}
const roleOf = async (who: Somebody, orgId = acme): Promise<Role | undefined> =>
  (
    await world.owner
      .selectFrom('memberships')
      .select('role')
      .where('user_id', '=', who.id)
      .where('org_id', '=', orgId)
      .executeTakeFirst()
  )?.role;
const ownersOf = async (orgId: string): Promise<number> =>
  (
    await world.owner
      .selectFrom('memberships')
      .select('user_id')
      .where('org_id', '=', orgId)
      .where('role', '=', 'OWNER')
      .execute()
  ).length;
const signedIn = async (who: Somebody): Promise<Person> => {
  const person = new Person(world.url);
  expect((await person.signIn(who.email)).status).toBe(303);
  return person;
};
const linkTo = (email: string): string => {
  const mail = world.mails.findLast((m) => m.to === email.toLowerCase());
  return new URL(/https?:\S+\/(?:join|sign-up)\/\w+/.exec(mail?.text ?? '')?.[0] ?? 'x:none').pathname;
};
let invited = 0;
async function invitation(role: Role = 'MEMBER', by: Caller = as(olivia, 'OWNER'), email = `inv${++invited}@x.test`) {
  const result = await inviteMember.run(by, { email, role });
  if (!result.ok) throw new Error(result.text);
  return { email, id: result.facts.id, link: linkTo(email) };
}
const pass = 'a lamp under the stairs';

describe('roles', () => {
  test('a MEMBER changes nobody, by operation or by form', async () => {
    const other = await newcomer('MEMBER');
    const caller = as(mia, 'MEMBER');
    const tries = [
      changeMemberRole.run(caller, { member: other.id, role: 'ADMIN' }),
      changeMemberRole.run(caller, { member: 'me', role: 'OWNER' }),
      removeMember.run(caller, { member: other.id, tasks_to: 'nobody' }),
      inviteMember.run(caller, { email: 'friend@x.test', role: 'MEMBER' }),
      updateOrgSettings.run(caller, { name: 'Mine' }),
      setOrgLogo.run(caller, { image_base64: null }),
    ];
    for (const done of await Promise.all(tries)) expect(done).toMatchObject({ ok: false, code: 'not_allowed' });
    const person = await signedIn(mia);
    const { csrf = '' } = (await person.get('/settings/members')).form('/sign-out');
    await person.post(`/settings/members/${other.id}/role`, { csrf, role: 'OWNER' });
    await person.post(`/settings/members/${mia.id}/role`, { csrf, role: 'OWNER' });
    await person.post(`/settings/members/${other.id}/remove`, { csrf, tasks_to: 'nobody' });
    expect([await roleOf(mia), await roleOf(other)]).toEqual(['MEMBER', 'MEMBER']);
  });

  test('an admin promotes neither themselves nor an accomplice to OWNER, and invites none', async () => {
    const accomplice = await newcomer('ADMIN');
    const caller = as(adam, 'ADMIN');
    for (const done of [
      await changeMemberRole.run(caller, { member: 'me', role: 'OWNER' }),
      await changeMemberRole.run(caller, { member: accomplice.id, role: 'OWNER' }),
      await inviteMember.run(caller, { email: 'owner@x.test', role: 'OWNER' }),
      await changeMemberRole.run(caller, { member: olivia.id, role: 'MEMBER' }),
      await removeMember.run(caller, { member: olivia.id, tasks_to: 'nobody' }),
    ])
      expect(done).toMatchObject({ ok: false, code: 'not_allowed' });
    const owners = await invitation('OWNER');
    for (const action of ['resend', 'revoke'])
      expect(await manageMemberInvitation.run(caller, { invitation: owners.id, action })).toMatchObject({ ok: false });
    expect(await roleOf(adam)).toBe('ADMIN');
  });

  test('an admin who was demoted since the request came in is a MEMBER when it is done', async () => {
    const demoted = await newcomer('ADMIN');
    const other = await newcomer('MEMBER');
    const stale = as(demoted, 'ADMIN');
    expect(await changeMemberRole.run(as(olivia, 'OWNER'), { member: demoted.id, role: 'MEMBER' })).toMatchObject({
      ok: true,
    });
    for (const done of [
      await changeMemberRole.run(stale, { member: other.id, role: 'ADMIN' }),
      await changeMemberRole.run(stale, { member: 'me', role: 'ADMIN' }),
      await removeMember.run(stale, { member: other.id, tasks_to: 'nobody' }),
      await inviteMember.run(stale, { email: 'late@x.test', role: 'ADMIN' }),
      await updateOrgSettings.run(stale, { name: 'Mine' }),
    ])
      expect(done).toMatchObject({ ok: false, code: 'not_allowed' });
  });

  test('an app that an owner connected changes no members and no settings, as its consent page said', async () => {
    const other = await newcomer('MEMBER');
    const { access_token } = await app.connect(await signedIn(olivia));
    const key = await world.key(olivia.email);
    const change = async (token: string) => {
      const principal = await authenticate(world.authority, token, 'api');
      const caller = { ...world.tools, now: world.authority.clock(), principal };
      return changeMemberRole.run(caller, { member: other.id, role: 'ADMIN' });
    };
    expect(await change(access_token)).toMatchObject({ ok: false, code: 'not_allowed' });
    expect(await roleOf(other)).toBe('MEMBER');
    expect(await change(key)).toMatchObject({ ok: true });
  });

  test('an app that an owner connected makes and changes no webhook, which would go on after it', async () => {
    const person = await signedIn(olivia);
    const { access_token } = await app.connect(person);
    const key = await world.key(olivia.email);
    const by = async (token: string): Promise<Caller> => {
      const principal = await authenticate(world.authority, token, 'api');
      return { ...world.tools, now: world.authority.clock(), principal };
    };
    const url = 'https://hooks.example.com/booflow';
    const kept = await createWebhook.run(await by(key), { url });
    if (!kept.ok) throw new Error(kept.text);
    const { id: webhook } = kept.facts.webhook;
    const byApp = await by(access_token);
    for (const done of [
      await createWebhook.run(byApp, { url: 'https://evil.test/all' }),
      await updateWebhook.run(byApp, { webhook, url: 'https://evil.test/all' }),
      await rotateWebhookSecret.run(byApp, { webhook }),
      await deleteWebhook.run(byApp, { webhook }),
    ])
      expect(done).toMatchObject({ ok: false, code: 'not_allowed', text: expect.stringContaining('no webhooks') });
    expect(await listWebhooks.run(await by(key), {})).toMatchObject({ facts: { webhooks: [{ id: webhook, url }] } });
    expect(await deleteWebhook.run(await by(key), { webhook })).toMatchObject({ ok: true });
  });

  test('another org’s people are nobody here', async () => {
    for (const done of [
      await getMember.run(as(olivia, 'OWNER'), { member: gus.id }),
      await changeMemberRole.run(as(olivia, 'OWNER'), { member: gus.email, role: 'MEMBER' }),
      await removeMember.run(as(olivia, 'OWNER'), { member: gus.id, tasks_to: 'nobody' }),
      await removeMember.run(as(olivia, 'OWNER'), { member: (await newcomer('MEMBER')).id, tasks_to: gus.id }),
    ])
      expect(done).toMatchObject({ ok: false, code: 'not_found' });
    expect(await roleOf(gus, globex)).toBe('OWNER');
  });
});

describe('the last owner', () => {
  test('is not removed, demoted, and does not leave', async () => {
    const { orgId, people } = await newOrg(1);
    const [owner = olivia] = people;
    const admin = await newcomer('ADMIN', orgId);
    for (const [done, code] of [
      [await changeMemberRole.run(as(owner, 'OWNER', orgId), { member: 'me', role: 'ADMIN' }), 'last_owner'],
      [await leaveOrg.run(as(owner, 'OWNER', orgId), {}), 'last_owner'],
      [await removeMember.run(as(admin, 'ADMIN', orgId), { member: owner.id, tasks_to: 'nobody' }), 'not_allowed'],
    ] as const)
      expect(done).toMatchObject({ ok: false, code });
    expect(await ownersOf(orgId)).toBe(1);
  });

  test.each(['demote each other', 'remove each other', 'demote themselves', 'leave', 'all of it'])(
    'is left when two %s at the same instant',
    async (what) => {
      for (let round = 0; round < 5; round++) {
        const { orgId, people } = await newOrg(2);
        const [a = olivia, b = olivia] = people;
        const [ca, cb] = [as(a, 'OWNER', orgId), as(b, 'OWNER', orgId)];
        const demote = (c: Caller, who: Somebody) => changeMemberRole.run(c, { member: who.id, role: 'MEMBER' });
        const remove = (c: Caller, who: Somebody) => removeMember.run(c, { member: who.id, tasks_to: 'nobody' });
        const tries = {
          'demote each other': () => [demote(ca, b), demote(cb, a)],
          'remove each other': () => [remove(ca, b), remove(cb, a)],
          'demote themselves': () => [demote(ca, a), demote(cb, b)],
          leave: () => [leaveOrg.run(ca, {}), leaveOrg.run(cb, {})],
          'all of it': () => [demote(ca, b), remove(cb, a), leaveOrg.run(ca, {}), demote(cb, b), leaveOrg.run(cb, {})],
        }[what];
        await Promise.all(tries?.() ?? []);
        expect(await ownersOf(orgId)).toBe(1);
      }
    },
  );
});

describe('losing the part', () => {
  test('a removed member loses keys, apps, the org in every session and their invitations at once, and for good', async () => {
    const leaver = await newcomer('ADMIN');
    const person = await signedIn(leaver);
    const tokens = await app.connect(person);
    const key = await world.key(leaver.email);
    const theirs = await invitation('ADMIN', as(leaver, 'ADMIN'));
    expect(await statusOf(world.url, key)).toBe(200);
    const removed = await removeMember.run(as(olivia, 'OWNER'), { member: leaver.id, tasks_to: 'nobody' });
    expect(removed).toMatchObject({ ok: true });
    expect(await statusOf(world.url, key)).toBe(401);
    expect(await statusOf(world.url, tokens.access_token)).toBe(401);
    expect((await person.get('/flows')).html).toContain('You are in no organization');
    expect((await new Person(world.url).get(theirs.link)).html).toContain('was taken back');
    // Somebody who comes back begins anew: nothing old comes to life.
    await world.owner.insertInto('memberships').values({ org_id: acme, user_id: leaver.id, role: 'OWNER' }).execute();
    expect(await statusOf(world.url, key)).toBe(401);
    expect(await statusOf(world.url, tokens.access_token)).toBe(401);
    expect((await app.refresh(tokens.refresh_token)).error).toBe('invalid_grant');
    expect((await new Person(world.url).get(theirs.link)).html).toContain('was taken back');
    await world.owner.deleteFrom('memberships').where('user_id', '=', leaver.id).execute();
  });

  test('a key that was asked for before a removal and made after it is none, also when they come back', async () => {
    const who = await newcomer('MEMBER');
    const { principal } = as(who, 'MEMBER');
    if (principal?.kind !== 'member') throw new Error('No member');
    const membership = { org_id: acme, user_id: who.id, role: 'MEMBER' } as const;
    await world.owner.deleteFrom('memberships').where('user_id', '=', who.id).execute();
    expect(await makeKey(world.authority, principal, 'late', 'c_late')).toBeNull();
    await world.owner.insertInto('memberships').values(membership).execute();
    expect(await keysOf(world.authority, principal)).toEqual([]);
  });

  test('a removed member hears no more news, on pages that are open too', async () => {
    const leaver = await newcomer('MEMBER');
    const person = await signedIn(leaver);
    const cookie = `booflow_session=${person.cookies.get('booflow_session')}`;
    const live = await fetch(`${world.url}/live`, { headers: { cookie } });
    const heard = live.text();
    await removeMember.run(as(olivia, 'OWNER'), { member: leaver.id, tasks_to: 'nobody' });
    // The stream ends, which a beat alone would do much later.
    expect(await Promise.race([heard, new Promise((ended) => setTimeout(() => ended('still open'), 10_000))])).toMatch(
      /^retry/,
    );
    expect((await fetch(`${world.url}/live`, { headers: { cookie } })).status).toBe(401);
  });

  test('a demoted admin loses apps and invitations for good, promoted again or not', async () => {
    const admin = await newcomer('ADMIN');
    const tokens = await app.connect(await signedIn(admin));
    const theirs = await invitation('ADMIN', as(admin, 'ADMIN'));
    for (const role of ['MEMBER', 'ADMIN'])
      expect(await changeMemberRole.run(as(olivia, 'OWNER'), { member: admin.id, role })).toMatchObject({ ok: true });
    expect(await statusOf(world.url, tokens.access_token)).toBe(401);
    expect((await app.refresh(tokens.refresh_token)).error).toBe('invalid_grant');
    expect((await new Person(world.url).get(theirs.link)).html).toContain('was taken back');
  });

  test('a deleted org is nowhere: no session, no invitation, no logo of it', async () => {
    const { orgId, people } = await newOrg(1);
    const [owner = olivia] = people;
    const caller = as(owner, 'OWNER', orgId);
    const guest = await invitation('MEMBER', caller);
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const picture = Buffer.concat([Buffer.from(png, 'base64'), Buffer.from([made])]);
    const logo = await setOrgLogo.run(caller, { image_base64: picture.toString('base64') });
    if (!logo.ok) throw new Error(logo.text);
    const person = await signedIn(owner);
    expect((await fetch(world.url + logo.facts.logo)).status).toBe(200);
    await world.owner.deleteFrom('orgs').where('id', '=', orgId).execute();
    expect((await person.get('/settings/members')).html).toContain('You are in no organization');
    expect((await new Person(world.url).get(guest.link)).status).toBe(404);
    expect((await fetch(world.url + logo.facts.logo)).status).toBe(404);
    expect(await changeMemberRole.run(caller, { member: 'me', role: 'OWNER' })).toMatchObject({ ok: false });
  });
});

describe('invitations', () => {
  test('a scanner that opens the link, in any way, uses nothing up; then it works once', async () => {
    const { link, email } = await invitation();
    for (const method of ['GET', 'HEAD', 'GET']) expect((await fetch(world.url + link, { method })).status).toBe(200);
    const guest = new Person(world.url);
    const form = (await guest.get(link)).form(link);
    expect((await guest.post(link, { ...form, name: 'Guest', password: pass })).to?.pathname).toBe('/flows');
    const again = new Person(world.url);
    const page = await again.get(link);
    expect([page.status, page.html.includes('was accepted')]).toEqual([404, true]);
    const { csrf = '' } = (await again.get('/sign-in')).form('/sign-in');
    expect((await again.post(link, { csrf, name: 'Other', password: pass })).status).toBe(409);
    const people = await world.owner.selectFrom('users').select('name').where('email', '=', email).execute();
    expect(people).toEqual([{ name: 'Guest' }]);
  });

  test('used twice at the same instant it makes one account and one membership', async () => {
    const { link, email } = await invitation();
    const browsers = await Promise.all(
      [1, 2, 3].map(async () => {
        const guest = new Person(world.url);
        return { guest, form: (await guest.get(link)).form(link) };
      }),
    );
    const pages = await Promise.all(
      browsers.map(({ guest, form }) => guest.post(link, { ...form, name: 'Guest', password: pass })),
    );
    expect(pages.map((p) => p.status).sort()).toEqual([303, 409, 409]);
    expect(await world.owner.selectFrom('users').select('id').where('email', '=', email).execute()).toHaveLength(1);
  });

  test.each([
    ['expired', 'has expired', async () => world.passTime(7 * 86_400_000 + 1_000)],
    [
      'revoked',
      'was taken back',
      async (id: string) => {
        await manageMemberInvitation.run(as(olivia, 'OWNER'), { invitation: id, action: 'revoke' });
      },
    ],
    [
      'replaced by a newer one',
      'no longer open',
      async (id: string) => {
        world.passTime(61_000);
        await manageMemberInvitation.run(as(olivia, 'OWNER'), { invitation: id, action: 'resend' });
      },
    ],
  ] satisfies [string, string, (id: string) => Promise<void>][])(
    'one that is %s lets nobody in, however long its page was open',
    async (_what, told, end) => {
      const { link, id, email } = await invitation();
      const guest = new Person(world.url);
      const form = (await guest.get(link)).form(link);
      await end(id);
      const page = await guest.post(link, { ...form, name: 'Guest', password: pass });
      expect([page.status, page.html.includes(told)]).toEqual([409, true]);
      expect(await world.owner.selectFrom('users').select('id').where('email', '=', email).execute()).toEqual([]);
    },
  );

  test('the invited address is what counts: whoever is signed in as another joins nothing by it', async () => {
    const { link } = await invitation('OWNER', as(olivia, 'OWNER'), `Forwarded${++invited}@X.test`);
    const other = await newcomer('MEMBER', globex);
    const person = await signedIn(other);
    const page = await person.get(link);
    expect(page.html).toContain('This invitation is for somebody else');
    const { csrf = '' } = page.form('/sign-out');
    expect((await person.post(link, { csrf, name: 'Me', password: pass })).status).toBe(409);
    expect(await roleOf(other)).toBeUndefined();
  });

  test('an address that has an account gets no second one and no new password by it', async () => {
    const other = await newcomer('MEMBER', globex);
    const { link } = await invitation('MEMBER', as(olivia, 'OWNER'), other.email.toUpperCase());
    const thief = new Person(world.url);
    expect((await thief.get(link)).html).toContain('Sign in first');
    const { csrf = '' } = (await thief.get('/sign-in')).form('/sign-in');
    expect((await thief.post(link, { csrf, name: 'Thief', password: pass })).status).toBe(409);
    expect(thief.cookies.has('booflow_session')).toBe(false);
    expect((await new Person(world.url).signIn(other.email, demoPassword)).status).toBe(303);
    const person = await signedIn(other);
    const form = (await person.get(link)).form(link);
    expect((await person.post(link, form)).to?.pathname).toBe('/flows');
    expect(await roleOf(other)).toBe('MEMBER');
  });

  test('guessed secrets lead nowhere, and the role is not the guest’s to choose', async () => {
    for (const secret of ['x', 'A'.repeat(40), '%00', '..%2fsign-in', 'a'.repeat(5_000)])
      expect([404, 400, 414]).toContain((await new Person(world.url).get(`/join/${secret}`)).status);
    const { link, email } = await invitation();
    const guest = new Person(world.url);
    await guest.post(link, {
      ...(await guest.get(link)).form(link),
      name: 'Guest',
      password: pass,
      role: 'OWNER',
      email: 'boss@x.test',
    });
    const user = await world.owner
      .selectFrom('users')
      .select(['id', 'email', 'name'])
      .where('email', '=', email)
      .executeTakeFirstOrThrow();
    expect(await roleOf(user)).toBe('MEMBER');
  });

  test('the name of an inviter or an org can break no line of a mail', async () => {
    const sneaky = { ...olivia, name: 'Olivia\r\nBcc: all@x.test' };
    const { email } = await invitation('MEMBER', as(sneaky, 'OWNER'));
    const mail = world.mails.findLast((m) => m.to === email);
    expect(mail?.subject).not.toMatch(/[\r\n]/);
    expect(await updateOrgSettings.run(as(olivia, 'OWNER'), { name: 'Acme\r\nBcc: all@x.test' })).toMatchObject({
      ok: false,
    });
  });

  test('an org mails no more than a hundred an hour', async () => {
    const { orgId, people } = await newOrg(1);
    const caller = as(people[0] ?? olivia, 'OWNER', orgId);
    for (let n = 0; n < 100; n++) await invitation('MEMBER', caller);
    expect(await inviteMember.run(caller, { email: 'more@x.test', role: 'MEMBER' })).toMatchObject({
      ok: false,
      code: 'slow_down',
    });
  });
});

describe('signing up', () => {
  const asked = { name: 'Nora Vale', organization: 'Vale' };
  async function signUp(email: string, url = world.url) {
    const visitor = new Person(url);
    const form = (await visitor.get('/sign-up')).form('/sign-up');
    return { visitor, page: await visitor.post('/sign-up', { ...form, ...asked, email }) };
  }

  test('says the same of an address that has an account, of one that has none, and of one in other letters', async () => {
    const pages = [];
    for (const email of ['nobody@x.test', 'olivia@acme.test', 'OLIVIA@ACME.TEST']) {
      const { page } = await signUp(email);
      pages.push([page.status, page.html.replaceAll(email, 'ADDRESS')]);
    }
    expect(pages[1]).toEqual(pages[0]);
    expect(pages[2]).toEqual(pages[0]);
    await expect.poll(() => world.mails.filter((m) => m.to === 'olivia@acme.test').length).toBe(2);
    expect(world.mails.findLast((m) => m.to === 'olivia@acme.test')?.text).not.toContain('/sign-up/');
  });

  test('does not wait for what depends on an account: it answers before the address is looked at', async () => {
    // A server whose database is away can't look at all, and says the same.
    const { Database } = await import('../../src/db/database.ts');
    const away = new Database('postgres://nobody@127.0.0.1:1/none', { max: 1 });
    const server = await startSecondServer({ ...world, tools: { ...world.tools, database: away } });
    try {
      const { page } = await signUp('olivia@acme.test', server.url);
      expect([page.status, page.html.includes('Look into your mail')]).toEqual([200, true]);
    } finally {
      await server.stop();
      await away.close();
    }
  });

  test('nothing is made for an address that is not proved, and a link makes one account', async () => {
    const email = 'proved@x.test';
    await signUp(email);
    await expect.poll(() => world.mails.some((m) => m.to === email)).toBe(true);
    const link = linkTo(email);
    for (const method of ['GET', 'HEAD', 'GET']) expect((await fetch(world.url + link, { method })).status).toBe(200);
    const there = () => world.owner.selectFrom('users').select('id').where('email', '=', email).execute();
    expect(await there()).toEqual([]);
    expect((await new Person(world.url).signIn(email, pass)).status).toBe(422);
    const browsers = await Promise.all(
      [1, 2].map(async () => {
        const guest = new Person(world.url);
        return { guest, form: (await guest.get(link)).form(link) };
      }),
    );
    const pages = await Promise.all(browsers.map(({ guest, form }) => guest.post(link, { ...form, password: pass })));
    expect(pages.map((p) => p.status).sort()).toEqual([303, 404]);
    expect(await there()).toHaveLength(1);
    expect((await new Person(world.url).get(link)).status).toBe(404);
  });

  test('nobody chooses the password of an account before the address’s owner opens the mail', async () => {
    const email = 'victim@x.test';
    const visitor = new Person(world.url);
    const form = (await visitor.get('/sign-up')).form('/sign-up');
    await visitor.post('/sign-up', { ...form, ...asked, email, password: 'the attacker knows it' });
    await expect.poll(() => world.mails.some((m) => m.to === email)).toBe(true);
    const victim = new Person(world.url);
    const link = linkTo(email);
    await victim.post(link, { ...(await victim.get(link)).form(link), password: pass });
    expect((await new Person(world.url).signIn(email, 'the attacker knows it')).status).toBe(422);
    expect((await new Person(world.url).signIn(email, pass)).status).toBe(303);
  });

  test('a link ends after 24 hours, and one address is sent five', async () => {
    const email = 'flooded@x.test';
    for (let n = 0; n < 7; n++) await signUp(email);
    await expect.poll(() => world.mails.filter((m) => m.to === email).length).toBe(5);
    const link = linkTo(email);
    world.passTime(86_400_000 + 1_000);
    expect((await new Person(world.url).get(link)).status).toBe(404);
  });

  test('one address on the net may try a few times, and not at all where it is closed', async () => {
    const limited = await startSecondServer(world, { limits: { signIn: 3 } });
    const closed = await startSecondServer(world, { signUp: 'closed' });
    try {
      const codes = [];
      for (let n = 0; n < 5; n++) codes.push((await signUp(`try${n}@x.test`, limited.url)).page.status);
      expect(codes).toEqual([200, 200, 200, 429, 429]);
      const visitor = new Person(closed.url);
      expect((await visitor.get('/sign-up')).status).toBe(403);
      const { csrf = '' } = (await visitor.get('/sign-in')).form('/sign-in');
      const before = world.mails.length;
      expect((await visitor.post('/sign-up', { csrf, ...asked, email: 'in@x.test' })).status).toBe(403);
      expect(world.mails.length).toBe(before);
      // Whoever is invited comes in all the same.
      const { link } = await invitation();
      const guest = new Person(closed.url);
      const page = await guest.post(link, { ...(await guest.get(link)).form(link), name: 'Guest', password: pass });
      expect(page.to?.pathname).toBe('/flows');
    } finally {
      await limited.stop();
      await closed.stop();
    }
  });

  test('weak passwords are refused, and none is taken from the page', async () => {
    const email = 'weak@x.test';
    await signUp(email);
    await expect.poll(() => world.mails.some((m) => m.to === email)).toBe(true);
    const link = linkTo(email);
    for (const password of ['', 'short', email, 'aaaaaaaaaaaa', 'x'.repeat(513)]) {
      const guest = new Person(world.url);
      const page = await guest.post(link, { ...(await guest.get(link)).form(link), password });
      expect([password.slice(0, 20), page.status]).toEqual([password.slice(0, 20), 422]);
    }
  });
});

describe('forged forms', () => {
  test('none of these does anything without its own page’s proof, or from another site', async () => {
    const other = await newcomer('MEMBER');
    const open = await invitation();
    const victim = await signedIn(olivia);
    const csrf = (await victim.get('/settings/members')).form('/sign-out').csrf ?? '';
    const before = await snapshot();
    const forms: [string, Record<string, string>][] = [
      ['/settings/members/invite', { email: 'planted@x.test', role: 'OWNER' }],
      ['/settings/members/invitations', { invitation: open.id, action: 'revoke' }],
      [`/settings/members/${other.id}/role`, { role: 'OWNER' }],
      [`/settings/members/${other.id}/remove`, { tasks_to: 'nobody' }],
      [`/settings/members/${olivia.id}/leave`, { tasks_to: 'nobody' }],
      ['/settings/organization', { name: 'Planted', time_zone: 'UTC' }],
      ['/settings/organization/colour', { colour: '#000000' }],
      ['/sign-up/organization', { organization: 'Planted' }],
    ];
    for (const [path, fields] of forms)
      for (const [proof, headers] of [
        [{}, {}],
        [{ csrf: 'x' }, {}],
        [{ csrf }, evil],
        [{ csrf }, { origin: 'null' }],
      ] as const)
        expect([path, (await victim.post(path, { ...fields, ...proof }, headers)).status]).toEqual([path, 403]);
    for (const headers of [{}, evil]) {
      const body = new FormData();
      body.append('csrf', headers === evil ? csrf : 'x');
      body.append('image', new Blob([Buffer.from('x')]), 'x.png');
      const cookie = `booflow_session=${victim.cookies.get('booflow_session')}`;
      const answer = await fetch(`${world.url}/settings/organization/logo`, {
        method: 'POST',
        body,
        headers: { cookie, ...headers },
      });
      expect(answer.status).toBe(403);
    }
    const email = 'csrf@x.test';
    const visitor = new Person(world.url);
    const form = (await visitor.get('/sign-up')).form('/sign-up');
    for (const [fields, headers] of [
      [{}, {}],
      [form, evil],
    ] as const)
      expect((await visitor.post('/sign-up', { ...fields, name: 'X', organization: 'X', email }, headers)).status).toBe(
        403,
      );
    for (const headers of [{}, evil]) {
      const guest = new Person(world.url);
      const own = headers === evil ? (await guest.get(open.link)).form(open.link) : {};
      expect((await guest.post(open.link, { ...own, name: 'X', password: pass }, headers)).status).toBe(403);
    }
    expect(await snapshot()).toEqual(before);
  });

  const snapshot = async () => ({
    members: await world.owner
      .selectFrom('memberships')
      .select(['org_id', 'user_id', 'role'])
      .orderBy('org_id')
      .orderBy('user_id')
      .execute(),
    invitations: await world.owner
      .selectFrom('member_invitations')
      .select(['id', 'accepted_at', 'revoked_at'])
      .orderBy('id')
      .execute(),
    orgs: await world.owner
      .selectFrom('orgs')
      .select(['id', 'name', 'time_zone', 'brand_colour', 'logo_hash'])
      .orderBy('id')
      .execute(),
    users: await world.owner.selectFrom('users').select('id').orderBy('id').execute(),
  });
});

test('an app connected as often as one likes stands once, and ends whole', async () => {
  const person = await signedIn(adam);
  const mine = async () =>
    (await person.get('/settings/apps')).html.match(/action="\/settings\/apps\/disconnect"/g)?.length ?? 0;
  const tokens = [await app.connect(person), await app.connect(person), await app.connect(person)];
  const before = await mine();
  const other = await App.register(world.url, { client_name: 'Another app' });
  await other.connect(person);
  expect(await mine()).toBe(before + 1);
  const page = await person.get('/settings/apps');
  const rows = page.html
    .split('<li>')
    .slice(1)
    .filter((row) => row.includes('Adam Reyes') && !row.includes('Another app'));
  expect(rows).toHaveLength(1);
  const id = /name="id" value="([^"]+)"/.exec(rows[0] ?? '')?.[1] ?? '';
  const { csrf = '' } = page.form('/sign-out');
  await person.post('/settings/apps/disconnect', { csrf, id });
  for (const { access_token } of tokens) expect(await statusOf(world.url, access_token)).toBe(401);
  expect(await mine()).toBe(before);
});

/** A person's own account: what it takes to change it, and what someone with a borrowed browser or a copied cookie can't. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoPassword, mia } from '../../src/demo/people.ts';
import { linkProofMs } from '../../src/oauth/account.ts';
import { operations } from '../../src/operations/registry.ts';
import { Person } from '../oauth/person.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ limits: { signIn: 1_000 } });
});
afterAll(() => world?.stop());

const page = '/settings/account';
const better = 'four plain words here';
let made = 0;

/** Somebody new with the demo's password, in Acme unless `alone`. */
async function somebody(alone = false): Promise<{ id: string; email: string; name: string }> {
  const n = ++made;
  const who = { id: `us_acc_${n}`, name: `Somebody ${n}`, email: `somebody${n}@acme.test` };
  const { password_hash } = await world.owner
    .selectFrom('users')
    .select('password_hash')
    .where('id', '=', mia.id)
    .executeTakeFirstOrThrow();
  await world.owner
    .insertInto('users')
    .values({ ...who, password_hash })
    .execute();
  if (!alone)
    await world.owner
      .insertInto('memberships')
      .values({ org_id: 'org_demo_acme', user_id: who.id, role: 'MEMBER' })
      .execute();
  return who;
}
async function signedIn(email: string, password = demoPassword): Promise<Person> {
  const person = new Person(world.url, { 'user-agent': 'Mozilla/5.0 (X11; Linux) Chrome/140.0' });
  expect((await person.signIn(email, password)).to?.pathname).toBe('/settings');
  return person;
}
/** Asks for a link by mail; gives its path. */
async function linkFor(email: string, by: Person): Promise<string> {
  const before = world.signInMails.length;
  const form = (await by.get('/sign-in')).form('/sign-in');
  await by.post('/sign-in/link', { ...form, email });
  await expect.poll(() => world.signInMails.slice(before).some((m) => m.to === email)).toBe(true);
  return new URL(world.signInMails.findLast((m) => m.to === email)?.link ?? '').pathname;
}
async function byLink(email: string): Promise<Person> {
  const person = new Person(world.url);
  const path = await linkFor(email, person);
  const opened = await person.get(path);
  expect((await person.post(path, opened.form(path))).status).toBe(303);
  return person;
}
async function change(person: Person, current: string, password = better) {
  const shown = await person.get(page);
  return person.post(`${page}/password`, { ...shown.form(`${page}/password`), current, password });
}
const isIn = async (person: Person): Promise<boolean> => (await person.get(page)).status === 200;
const cookieOf = (person: Person) => new Map(person.cookies);

describe('a new password', () => {
  test('takes the old one, signs every other browser out, ends links that were mailed, and is told by mail', async () => {
    const who = await somebody();
    const [here, there] = [await signedIn(who.email), await signedIn(who.email)];
    const stolen = new Person(world.url);
    for (const [name, value] of cookieOf(here)) stolen.cookies.set(name, value);
    const link = await linkFor(who.email, new Person(world.url));
    const done = await change(here, demoPassword);
    expect(done.to?.pathname).toBe(page);
    expect((await here.get(`${page}?changed=password`)).html).toContain('Your password is changed.');
    expect(await isIn(there)).toBe(false);
    // The very cookie that was in use before is worth nothing either.
    expect(await isIn(stolen)).toBe(false);
    expect((await new Person(world.url).get(link)).status).toBe(404);
    expect((await new Person(world.url).signIn(who.email, demoPassword)).status).toBe(422);
    await signedIn(who.email, better);
    const mail = world.mails.findLast((m) => m.to === who.email);
    expect(mail?.subject).toBe('Your Booflow password was changed');
    expect(mail?.text).toContain('from Chrome on Linux, and every other browser was signed out');
    expect(mail?.text).not.toContain(better);
    expect(world.logs.join('\n')).not.toContain(better);
  });

  test('is not had with a wrong one: nothing changes, and nobody is signed out or mailed', async () => {
    const who = await somebody();
    const [here, there] = [await signedIn(who.email), await signedIn(who.email)];
    const before = world.mails.length;
    const refused = await change(here, 'not my password');
    expect(refused.status).toBe(422);
    expect(refused.html).toContain('That is not the password you have now');
    expect([await isIn(here), await isIn(there)]).toEqual([true, true]);
    expect(world.mails.length).toBe(before);
    await signedIn(who.email);
  });

  test('is not guessed there: tries count with those of signing in', async () => {
    const who = await somebody();
    const here = await signedIn(who.email);
    for (let n = 0; n < 10; n++) expect((await change(here, `guess ${n}`)).status).toBe(422);
    expect((await change(here, demoPassword)).status).toBe(429);
    expect((await new Person(world.url).signIn(who.email)).status).toBe(429);
  });

  test.each([
    ['too short', 'short'],
    ['the name', 'somebody'],
    ['one letter', 'aaaaaaaaaaaaaa'],
    ['too long', 'x1y2'.repeat(200)],
  ])('is refused when it is %s', async (_, password) => {
    const who = await somebody();
    const here = await signedIn(who.email);
    expect((await change(here, demoPassword, password)).status).toBe(422);
    await signedIn(who.email);
  });

  test('of two at the same moment is one', async () => {
    const who = await somebody();
    const [one, other] = [await signedIn(who.email), await signedIn(who.email)];
    const answers = await Promise.all([
      change(one, demoPassword, 'the first of two new'),
      change(other, demoPassword, 'the second of two new'),
    ]);
    expect(answers.map((a) => a.status).sort()).toEqual([303, 422]);
    expect([await isIn(one), await isIn(other)].sort()).toEqual([false, true]);
  });

  test('needs no old one right after a link from the mail, and needs it again later', async () => {
    const who = await somebody();
    const here = await byLink(who.email);
    const shown = await here.get(page);
    expect(shown.html).not.toContain('name="current"');
    expect(shown.html).toContain('you need not write the old one');
    world.passTime(linkProofMs);
    expect((await here.get(page)).html).toContain('name="current"');
    expect((await change(here, '')).status).toBe(422);
    const again = await byLink(who.email);
    expect((await change(again, '')).status).toBe(303);
    await signedIn(who.email, better);
  });

  test('is not set by another site, or by a session that is over', async () => {
    const who = await somebody();
    const here = await signedIn(who.email);
    const form = (await here.get(page)).form(`${page}/password`);
    const sent = { ...form, current: demoPassword, password: better };
    const evil = { origin: 'https://evil.test' };
    expect((await here.post(`${page}/password`, sent, evil)).status).toBe(403);
    expect((await here.post(`${page}/password`, { ...sent, csrf: '' })).status).toBe(403);
    expect((await here.post(`${page}/name`, { ...form, name: 'Evil', csrf: '' })).status).toBe(403);
    await here.post('/sign-out', (await here.get(page)).form('/sign-out'));
    expect((await here.post(`${page}/password`, sent)).to?.pathname).toBe('/sign-in');
    await signedIn(who.email);
  });
});

describe('a name', () => {
  test('is changed for all who see it', async () => {
    const who = await somebody();
    const here = await signedIn(who.email);
    const form = (await here.get(page)).form(`${page}/name`);
    expect(form.name).toBe(who.name);
    await here.post(`${page}/name`, { ...form, name: '  Ada <b>Lovelace</b>  ' });
    const shown = await here.get(`${page}?changed=name`);
    expect(shown.html).toContain('Ada &lt;b>Lovelace&lt;/b>');
    expect(shown.html).toContain('Your name is changed.');
    expect((await here.get('/settings/members')).html).toContain('Ada &lt;b>Lovelace');
  });

  test.each(['', '   ', 'a\nb', 'x'.repeat(201), '\u202eadmin'])('is not %j', async (name) => {
    const who = await somebody();
    const here = await signedIn(who.email);
    const form = (await here.get(page)).form(`${page}/name`);
    const refused = await here.post(`${page}/name`, { ...form, name });
    expect(refused.status).toBe(422);
    const kept = await world.owner.selectFrom('users').select('name').where('id', '=', who.id).executeTakeFirst();
    expect(kept?.name).toBe(who.name);
  });

  test('is changed by someone who is in no organization too', async () => {
    const who = await somebody(true);
    const here = await signedIn(who.email);
    const form = (await here.get(page)).form(`${page}/name`);
    expect((await here.post(`${page}/name`, { ...form, name: 'Alone' })).status).toBe(303);
    expect((await here.get(page)).html).toContain('value="Alone"');
    expect((await change(here, demoPassword)).status).toBe(303);
  });
});

test('an account is changed in the browser alone: no key and no app can', async () => {
  expect(operations.filter((o) => /password|account/.test(o.name) && o.surfaces.some((s) => s !== 'web'))).toEqual([]);
  const key = await world.key('mia@acme.test');
  for (const path of [page, `${page}/password`, `${page}/name`]) {
    const answer = await fetch(world.url + path, {
      method: path === page ? 'GET' : 'POST',
      redirect: 'manual',
      headers: { authorization: `Bearer ${key}` },
      ...(path !== page && { body: new URLSearchParams({ name: 'Key', current: demoPassword, password: better }) }),
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/sign-in?next=%2Fsettings%2Faccount']);
  }
});

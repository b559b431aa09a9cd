/** Guessing passwords and who has an account, and flooding what anyone may use. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCleanupActivities } from '../../src/activities/cleanup.ts';
import { demoPassword } from '../../src/demo/people.ts';
import { makeSignInLink } from '../../src/oauth/sign-in.ts';
import { App, claudeCallback, postForm, postJson } from '../oauth/app.ts';
import { type Page, Person } from '../oauth/person.ts';
import { startWorld, type World } from '../support/world.ts';
import { startSecondServer } from './second-server.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const tryPassword = async (url: string, email: string, password: string, headers = {}): Promise<Page> => {
  const person = new Person(url, headers);
  const form = (await person.get('/sign-in')).form('/sign-in');
  return person.post('/sign-in', { ...form, email, password });
};
const quarter = 15 * 60_000;

describe('passwords', () => {
  test('after ten wrong ones an address waits 15 minutes, also with the right one', async () => {
    for (let i = 0; i < 10; i++)
      expect((await tryPassword(world.url, 'adam@acme.test', `wrong ${i}`)).status).toBe(422);
    expect((await tryPassword(world.url, 'adam@acme.test', demoPassword)).status).toBe(429);
    expect((await tryPassword(world.url, ' ADAM@acme.test ', demoPassword)).status).toBe(429);
    expect((await tryPassword(world.url, 'mia@acme.test', demoPassword)).status).toBe(303);
    world.passTime(quarter);
    expect((await tryPassword(world.url, 'adam@acme.test', demoPassword)).status).toBe(303);
  });

  test('many at once are not more than one after the other', async () => {
    const tries = await Promise.all(
      Array.from({ length: 30 }, (_, i) => tryPassword(world.url, 'gus@globex.test', `wrong ${i}`)),
    );
    expect(tries.filter((t) => t.status === 422).length).toBeLessThanOrEqual(10);
    expect((await tryPassword(world.url, 'gus@globex.test', demoPassword)).status).toBe(429);
    world.passTime(quarter);
  });

  test('a right one forgets the wrong ones before it', async () => {
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 6; i++) await tryPassword(world.url, 'olivia@acme.test', `wrong ${i}`);
      expect((await tryPassword(world.url, 'olivia@acme.test', demoPassword)).status).toBe(303);
    }
  });

  test('whoever is locked out by somebody else still comes in by mail', async () => {
    for (let i = 0; i < 11; i++) await tryPassword(world.url, 'adam@acme.test', `wrong ${i}`);
    const person = new Person(world.url);
    const form = (await person.get('/sign-in')).form('/sign-in');
    await person.post('/sign-in/link', { ...form, email: 'adam@acme.test' });
    await expect.poll(() => world.signInMails.some((m) => m.to === 'adam@acme.test')).toBe(true);
    const path = new URL(world.signInMails.find((m) => m.to === 'adam@acme.test')?.link ?? '').pathname;
    expect((await person.post(path, (await person.get(path)).form(path))).status).toBe(303);
  });

  test('one address on the net may try a few, over all accounts', async () => {
    const second = await startSecondServer(world, { limits: { signIn: 3 } });
    try {
      for (let i = 0; i < 3; i++) expect((await tryPassword(second.url, `a${i}@b.test`, 'x')).status).toBe(422);
      const page = await tryPassword(second.url, 'mia@acme.test', demoPassword);
      expect(page.status).toBe(429);
      expect(page.html).toContain('Too many tries');
      // Nothing is believed of who is behind it, since no proxy is trusted here.
      const forwarded = { 'x-forwarded-for': '198.51.100.7' };
      expect((await tryPassword(second.url, 'mia@acme.test', demoPassword, forwarded)).status).toBe(429);
    } finally {
      await second.stop();
    }
  });

  test('behind a proxy everyone has a limit of their own, and nobody makes one up', async () => {
    const second = await startSecondServer(world, { limits: { signIn: 2 }, trustedProxies: ['loopback'] });
    const from = (addresses: string) => tryPassword(second.url, 'x@y.test', 'x', { 'x-forwarded-for': addresses });
    try {
      for (let i = 0; i < 2; i++) expect((await from('198.51.100.7')).status).toBe(422);
      expect((await from('198.51.100.7')).status).toBe(429);
      expect((await from('198.51.100.8')).status).toBe(422);
      // The proxy writes the last one; what is before it was sent along by whoever calls.
      for (const made of ['203.0.113.1', '203.0.113.2', '127.0.0.1']) {
        expect((await from(`${made}, 198.51.100.7`)).status).toBe(429);
      }
    } finally {
      await second.stop();
    }
  });
});

describe('who has an account', () => {
  const words = (page: Page): string =>
    page.html.replaceAll(/(name="csrf" value=")[^"]*/g, '$1').replaceAll(/\S+@\S+?test/g, '');

  test('is not told by the words, of a password or of a link', async () => {
    const [known, unknown] = ['mia@acme.test', 'nobody@acme.test'];
    const [a, b] = [await tryPassword(world.url, known, 'wrong'), await tryPassword(world.url, unknown, 'wrong')];
    expect([a.status, words(a)]).toEqual([b.status, words(b)]);
    const link = async (email: string): Promise<Page> => {
      const person = new Person(world.url);
      return person.post('/sign-in/link', { ...(await person.get('/sign-in')).form('/sign-in'), email });
    };
    const [c, d] = [await link(known), await link(unknown)];
    expect([c.status, words(c)]).toEqual([d.status, words(d)]);
  });

  test('is not told by a lock: an address without an account is locked alike', async () => {
    for (let i = 0; i < 10; i++) await tryPassword(world.url, 'nobody@else.test', `wrong ${i}`);
    expect((await tryPassword(world.url, 'nobody@else.test', 'wrong')).status).toBe(429);
  });

  test('is not told by the time a wrong password takes', async () => {
    const took: Record<string, number[]> = {};
    for (let i = 0; i < 9; i++) {
      for (const email of ['mia@acme.test', 'stranger@acme.test']) {
        const person = new Person(world.url);
        const form = (await person.get('/sign-in')).form('/sign-in');
        const begun = performance.now();
        await person.post('/sign-in', { ...form, email, password: 'wrong' });
        took[email] = [...(took[email] ?? []), performance.now() - begun];
      }
    }
    const [known = 0, unknown = 0] = Object.values(took).map((ms) => ms.sort((a, b) => a - b)[4] ?? 0);
    // A missing hash is 50 times the rest of the work; the machine's noise is not.
    expect(known / unknown).toBeGreaterThan(1 / 5);
    expect(known / unknown).toBeLessThan(5);
    world.passTime(quarter);
  });
});

describe('floods', () => {
  test('one person is sent five links in 15 minutes, whoever asks for them', async () => {
    const ask = async () => {
      const person = new Person(world.url);
      const form = (await person.get('/sign-in')).form('/sign-in');
      return person.post('/sign-in/link', { ...form, email: 'gus@globex.test' });
    };
    const sent = () => world.signInMails.filter((m) => m.to === 'gus@globex.test').length;
    for (let i = 0; i < 5; i++) {
      await ask();
      await expect.poll(sent).toBe(i + 1);
    }
    const another = () => makeSignInLink(world.authority, 'gus@globex.test', '/settings');
    expect(await another()).toBeNull();
    expect((await ask()).status).toBe(200);
    world.passTime(quarter);
    expect(await another()).not.toBeNull();
  });

  test('one address on the net may register, ask for tokens and for consent so often, and is told so', async () => {
    const second = await startSecondServer(world, { limits: { register: 3, token: 3, authorize: 3 } });
    try {
      const asked = { redirect_uris: [claudeCallback], token_endpoint_auth_method: 'none' };
      for (let i = 0; i < 3; i++) expect((await postJson(`${second.url}/oauth/register`, asked)).status).toBe(201);
      const refused = await postJson(`${second.url}/oauth/register`, asked);
      expect([refused.status, refused.error]).toEqual([429, 'slow_down']);
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
      for (let i = 0; i < 3; i++) await postForm(`${second.url}/oauth/token`, { grant_type: 'refresh_token' });
      const token = await postForm(`${second.url}/oauth/token`, { grant_type: 'refresh_token' });
      expect([token.status, token.error]).toEqual([429, 'slow_down']);
      const person = new Person(second.url);
      for (let i = 0; i < 3; i++) await person.get('/oauth/authorize?client_id=https://app.test/x');
      expect((await person.get('/oauth/authorize?client_id=https://app.test/x')).status).toBe(429);
    } finally {
      await second.stop();
    }
  });

  test.each([
    ['a body of 20 kB', { redirect_uris: [claudeCallback], client_uri: 'x'.repeat(20_000) }, 413],
    ['eleven redirect URIs', { redirect_uris: Array.from({ length: 11 }, (_, i) => `https://app.test/${i}`) }, 400],
    ['a long name', { redirect_uris: [claudeCallback], client_name: 'x'.repeat(201) }, 400],
    ['a long redirect URI', { redirect_uris: [`https://app.test/${'x'.repeat(2_000)}`] }, 400],
    ['no object', [claudeCallback], 400],
    ['no text where text belongs', { redirect_uris: [{ toString: 'x' }], client_name: 7 }, 400],
  ])('registration refuses %s', async (_what, body, wanted) => {
    const { status } = await postJson(`${world.url}/oauth/register`, body);
    expect(status).toBe(wanted);
  });

  test('apps that registered and never came back are removed', async () => {
    await App.register(world.url);
    expect((await count()).rows).toBeGreaterThan(0);
    world.passTime(31 * 86_400_000);
    await makeCleanupActivities(world.database, world.files, world.authority.clock).deleteExpired();
    expect(await count()).toEqual({ rows: 0 });
  });
  const count = async () => ({ rows: (await world.owner.selectFrom('oauth_clients').select('id').execute()).length });
});

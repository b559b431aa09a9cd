/** Attacks by way of the person's browser: forged forms, frames, planted cookies, other origins, misleading links. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoPassword } from '../../src/demo/people.ts';
import { App, acme, callTool, globex } from '../oauth/app.ts';
import { Person } from '../oauth/person.ts';
import { routesOf } from '../support/routes.ts';
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

const signedIn = async (email = 'olivia@acme.test'): Promise<Person> => {
  const person = new Person(world.url);
  expect((await person.signIn(email)).status).toBe(303);
  return person;
};
const csrfOf = async (person: Person): Promise<string> =>
  (await person.get('/settings/api-keys')).form('/settings/api-keys').csrf ?? '';

describe('forged forms', () => {
  /** No proof, one of another session's, and a right one from another site. */
  async function forgeries(): Promise<readonly (readonly [string, Record<string, string>, Record<string, string>])[]> {
    return [
      ['without the token', {}, {}],
      ['with an empty token', { csrf: '' }, {}],
      ["with another session's token", { csrf: await csrfOf(await signedIn()) }, {}],
      ['from another site', {}, evil],
      ['from a page without an origin', {}, { origin: 'null' }],
    ];
  }
  /** The token too, where the only thing wrong is where the form comes from. */
  const withToken = (headers: Record<string, string>, csrf: string): Record<string, string> =>
    headers.origin ? { csrf } : {};

  test('consent is not given by a forged form', async () => {
    const victim = await signedIn();
    const fields = (await victim.get(app.authorizePath())).form('/oauth/authorize');
    const { csrf = '', ...bare } = fields;
    for (const [what, forged, headers] of await forgeries()) {
      const sent = { ...bare, org: acme, decision: 'allow', ...withToken(headers, csrf), ...forged };
      const page = await victim.post('/oauth/authorize', sent, headers);
      expect([what, page.status, page.to]).toEqual([what, 403, null]);
    }
    const given = await world.owner.selectFrom('oauth_codes').select('code_hash').execute();
    expect(given).toEqual([]);
  });

  test.each([
    '/settings/api-keys',
    '/settings/api-keys/revoke',
    '/settings/apps/disconnect',
    '/settings/sessions/end',
    '/settings/org',
  ])('%s does nothing for a forged form', async (path) => {
    const victim = await signedIn();
    const key = await world.key('olivia@acme.test');
    const { access_token } = await app.connect(await signedIn());
    const rows = await Promise.all([
      world.owner.selectFrom('api_keys').select('id').where('revoked_at', 'is', null).execute(),
      world.owner.selectFrom('oauth_grants').select('id').where('revoked_at', 'is', null).execute(),
      world.owner.selectFrom('sessions').select('id').execute(),
    ]);
    const csrf = await csrfOf(victim);
    const before = await state();
    for (const [what, forged, headers] of await forgeries()) {
      for (const { id } of [...rows.flat(), { id: '' }]) {
        const sent = { id, name: 'planted', org: globex, ...withToken(headers, csrf), ...forged };
        const { status } = await victim.post(path, sent, headers);
        expect([what, status]).toEqual([what, 403]);
      }
    }
    // The forgeries' own session is new; nothing else is.
    const after = await state();
    expect(after.keys).toEqual(before.keys);
    expect(after.grants).toEqual(before.grants);
    for (const s of before.sessions) expect(after.sessions).toContainEqual(s);
    expect((await callTool(world.url, key)).status).toBe(200);
    expect((await callTool(world.url, access_token)).status).toBe(200);
  });

  const state = async () => ({
    keys: await world.owner.selectFrom('api_keys').select(['id', 'revoked_at']).orderBy('id').execute(),
    grants: await world.owner.selectFrom('oauth_grants').select(['id', 'revoked_at']).orderBy('id').execute(),
    sessions: await world.owner.selectFrom('sessions').select(['id', 'current_org']).orderBy('id').execute(),
  });

  /** What takes a POST and does not answer 403 to a forged one, and why. */
  const otherForms: Readonly<Record<string, string>> = {
    '/oauth/token': 'for apps: no cookie counts',
    '/oauth/register': 'for apps: no cookie counts',
    '/oauth/revoke': 'for apps: no cookie counts',
    '/oauth/authorize': 'has an app to ask for; above',
    '/sign-out': 'leads to the front door; below',
    '/sign-up/:secret': 'has a link to be followed; members.test.ts',
    '/settings/organization/logo': 'takes a file; members.test.ts',
    '/reminders/:secret': 'mail programs press it, by the secret in its address (RFC 8058)',
  };

  test('every form there is wants its proof, from a page of ours', async () => {
    const victim = await signedIn();
    const csrf = await csrfOf(victim);
    const paths = routesOf(world.app, 'POST').filter((path) => !/^\/(api|portal)\//.test(path));
    expect(Object.keys(otherForms).filter((path) => !paths.includes(path))).toEqual([]);
    for (const path of paths.filter((path) => !(path in otherForms))) {
      for (const [fields, headers] of [
        [{}, {}],
        [{ csrf }, evil],
      ] as const) {
        const { status } = await victim.post(path.replaceAll(/:\w+/g, 'x'), fields, headers);
        expect([path, fields, status]).toEqual([path, fields, 403]);
      }
    }
  });

  test('nobody is signed out by a forged form', async () => {
    const victim = await signedIn();
    const csrf = await csrfOf(victim);
    for (const [, forged, headers] of await forgeries()) {
      await victim.post('/sign-out', { ...withToken(headers, csrf), ...forged }, headers);
    }
    expect((await victim.get('/settings/api-keys')).status).toBe(200);
    await victim.post('/sign-out', { csrf });
    expect((await victim.get('/settings/api-keys')).to?.pathname).toBe('/sign-in');
  });

  test("nobody is signed in to the attacker's account by a forged form", async () => {
    const account = { email: 'gus@globex.test', password: demoPassword };
    const attacker = new Person(world.url);
    const theirs = (await attacker.get('/sign-in')).form('/sign-in');
    const victim = new Person(world.url);
    const mine = (await victim.get('/sign-in')).form('/sign-in');
    for (const [fields, headers] of [
      [{}, {}],
      [theirs, {}],
      [mine, evil],
      [mine, { origin: 'null' }],
    ] as const) {
      const page = await victim.post('/sign-in', { ...fields, ...account }, headers);
      expect([page.status, page.to]).toEqual([403, null]);
    }
    const fresh = await new Person(world.url).post('/sign-in', { ...theirs, ...account });
    expect(fresh.status).toBe(403);
  });

  test("a link to sign in, as a form of another site, doesn't either", async () => {
    const attacker = new Person(world.url);
    const fields = (await attacker.get('/sign-in')).form('/sign-in');
    await attacker.post('/sign-in/link', { ...fields, email: 'gus@globex.test' });
    await expect.poll(() => world.signInMails.length).toBeGreaterThan(0);
    const path = new URL(world.signInMails.at(-1)?.link ?? '').pathname;
    const victim = new Person(world.url);
    const { csrf = '' } = (await victim.get(path)).form(path);
    expect((await victim.post(path, { csrf }, evil)).status).toBe(403);
    expect((await victim.post(path, fields)).status).toBe(403);
    expect(victim.cookies.has('booflow_session')).toBe(false);
    // It was not used up either.
    expect((await victim.post(path, { csrf })).status).toBe(303);
    expect((await victim.post(path, { csrf })).status).toBe(422);
  });
});

describe('frames', () => {
  test('no page may be shown in one, errors neither', async () => {
    const person = await signedIn();
    const stranger = new Person(world.url);
    for (const page of [
      await person.get(app.authorizePath()),
      await person.get(app.authorizePath({ client_id: 'app_unknown' })),
      await person.get('/settings/api-keys'),
      await person.get('/settings/apps'),
      await person.get('/settings/sessions'),
      await stranger.get('/sign-in'),
      await stranger.get('/sign-in/link/x'),
      await stranger.post('/sign-in', { email: 'a@b.test', password: 'x' }),
      await stranger.get('/'),
      await stranger.get('/portal'),
    ]) {
      expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(page.headers.get('x-frame-options')).toBe('DENY');
    }
  });

  test('no page runs script that is written in it, or sends forms elsewhere', async () => {
    const person = await signedIn();
    const csp = (await person.get('/settings/api-keys')).headers.get('content-security-policy') ?? '';
    expect(csp).toContain("default-src 'none'");
    expect(csp).toContain("form-action 'self';");
    expect(csp).toContain("base-uri 'none'");
    expect(csp).not.toContain('unsafe');
    // The consent page alone lets its form lead to the app, and to no other.
    const consent = (await person.get(app.authorizePath())).headers.get('content-security-policy') ?? '';
    expect(consent).toContain("form-action 'self' https://claude.ai;");
  });
});

describe('planted cookies', () => {
  test('signing in gives a new session, whatever cookie was there', async () => {
    const victim = new Person(world.url);
    victim.cookies.set('booflow_session', 'A'.repeat(40));
    await victim.signIn('olivia@acme.test');
    const secret = victim.cookies.get('booflow_session');
    expect(secret).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(secret).not.toBe('A'.repeat(40));
    const attacker = new Person(world.url);
    attacker.cookies.set('booflow_session', 'A'.repeat(40));
    expect((await attacker.get('/settings/api-keys')).to?.pathname).toBe('/sign-in');
  });

  test("an attacker's live session does not become the victim's", async () => {
    const attacker = await signedIn('gus@globex.test');
    const planted = attacker.cookies.get('booflow_session') ?? '';
    const victim = new Person(world.url);
    const form = (await victim.get('/sign-in')).form('/sign-in');
    victim.cookies.set('booflow_session', planted);
    const page = await victim.post('/sign-in', { ...form, email: 'olivia@acme.test', password: demoPassword });
    expect(page.status).toBe(303);
    expect(victim.cookies.get('booflow_session')).not.toBe(planted);
    expect((await attacker.get('/settings/api-keys')).html).toContain('Gus Lindqvist');
  });

  test('signing out ends the session itself, not only the cookie', async () => {
    const person = await signedIn();
    const copied = new Person(world.url);
    copied.cookies.set('booflow_session', person.cookies.get('booflow_session') ?? '');
    expect((await copied.get('/settings/api-keys')).status).toBe(200);
    await person.post('/sign-out', { csrf: await csrfOf(person) });
    expect((await copied.get('/settings/api-keys')).to?.pathname).toBe('/sign-in');
  });

  test('the session cookie is out of reach of scripts and of other sites; with https of subdomains too', async () => {
    const plain = await fetch(`${world.url}/sign-in`);
    expect(plain.headers.get('set-cookie')).toMatch(/^booflow_visitor=.+; Path=\/; HttpOnly; SameSite=Lax$/);
    const secure = await startSecondServer(world, { publicUrl: 'https://booflow.test' });
    try {
      const visit = await fetch(`${secure.url}/sign-in`);
      expect(visit.headers.get('set-cookie')).toMatch(
        /^__Host-booflow_visitor=.+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      );
      expect(visit.headers.get('strict-transport-security')).toContain('max-age=31536000');
      const person = new Person(secure.url);
      await person.signIn('olivia@acme.test');
      const names = [...person.cookies.keys()];
      expect(names.sort()).toEqual(['__Host-booflow_session', '__Host-booflow_visitor']);
    } finally {
      await secure.stop();
    }
  });
});

describe('misleading links', () => {
  const bad = [
    'https://evil.test/',
    '//evil.test/',
    '/\\evil.test/',
    '\\/evil.test',
    '/\t/evil.test',
    '/\n/evil.test',
    '/.//evil.test',
    '/x/..//evil.test',
    '/%2e//evil.test',
    '/./\\evil.test',
    'javascript:alert(1)',
    'http:evil.test',
    '///evil.test',
    ' //evil.test',
    'settings',
  ];
  test.each(bad)('signing in leads nowhere else by next=%j', async (next) => {
    const person = new Person(world.url);
    const { to } = await person.signIn('olivia@acme.test', demoPassword, next);
    expect(to?.origin).toBe(world.url);
    const again = await person.get(`/sign-in?${new URLSearchParams({ next })}`);
    expect(again.to?.origin).toBe(world.url);
    const { csrf = '' } = (await person.get('/settings/api-keys')).form('/settings/org');
    expect((await person.post('/settings/org', { csrf, org: acme, next })).to?.origin).toBe(world.url);
  });

  test('it leads to a page of ours', async () => {
    const { to } = await new Person(world.url).signIn('olivia@acme.test', demoPassword, '/settings/apps?x=1');
    expect(`${to?.pathname}${to?.search}`).toBe('/settings/apps?x=1');
  });
});

describe('other origins at /api/mcp', () => {
  test.each([
    'https://claude.ai.evil.test',
    'https://evilclaude.ai',
    'https://claude.ai:8443',
    'https://claude.ai:443',
    'https://CLAUDE.AI',
    'http://claude.ai',
    'https://claude.ai/',
    'https://user@claude.ai',
    'https://sub.claude.ai',
    'null',
    'file://',
    'https://localhost.evil.test',
    'https://evil.test#https://claude.ai',
    'http://127.0.0.1.evil.test',
    'chrome-extension://abc',
  ])('%s is refused, with a good key too', async (origin) => {
    const key = await world.key('olivia@acme.test');
    const { status, headers } = await callTool(world.url, key, 'get_org_context', {}, { origin });
    expect(status).toBe(403);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test.each(['https://claude.ai', 'https://api.anthropic.com', 'https://booflow.com', 'http://localhost:6274'])(
    '%s may call, and still needs the key',
    async (origin) => {
      const key = await world.key('olivia@acme.test');
      expect((await callTool(world.url, key, 'get_org_context', {}, { origin })).status).toBe(200);
      expect((await callTool(world.url, null, 'get_org_context', {}, { origin })).status).toBe(401);
    },
  );

  test('a session cookie opens nothing there', async () => {
    const person = await signedIn();
    const cookie = `booflow_session=${person.cookies.get('booflow_session')}`;
    const origin = world.url;
    expect((await callTool(world.url, null, 'get_org_context', {}, { cookie, origin })).status).toBe(401);
  });
});

describe('the dev mailbox', () => {
  const host = 'booflow.tunnel.test';
  test.each<[what: string, headers: Record<string, string>]>([
    ['another name', { host }],
    ['another name, with ours claimed beside it', { host, 'x-forwarded-host': 'localhost' }],
    ['our name, which the tunnel wrote', { host: 'localhost', 'x-forwarded-for': '198.51.101.7' }],
    ['our name, and an address of ours claimed', { host: 'localhost', 'x-forwarded-for': '127.0.0.1, 198.51.101.7' }],
    ['our name, with another beside it', { host: 'localhost', 'x-forwarded-host': host }],
  ])('is shut to who comes through a tunnel by %s', async (_what, headers) => {
    for (const url of ['/dev/mailbox', '/dev/mailbox/1', '/dev/mailbox/1/html']) {
      const { statusCode, body } = await world.app.inject({ url, headers });
      expect({ url, statusCode, body }).toEqual({ url, statusCode: 404, body: 'Nothing is here.' });
    }
  });

  test.each(['localhost', '127.0.0.1:3000', '[::1]:3000'])('is open to this machine as %s', async (host) => {
    expect((await world.app.inject({ url: '/dev/mailbox', headers: { host } })).statusCode).toBe(200);
  });
});

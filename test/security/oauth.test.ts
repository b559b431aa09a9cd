/** Attacks on codes, tokens, redirects and consent. Each defence was taken out once and its test seen red: docs/security-tests.md. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { spendCode, spendRefreshToken } from '../../src/db/oauth.ts';
import { mia } from '../../src/demo/people.ts';
import { hashSecret } from '../../src/platform/secrets.ts';
import {
  App,
  acme,
  callTool,
  claudeCallback,
  globex,
  pkce,
  postForm,
  postJson,
  statusOf,
  tokensOf,
} from '../oauth/app.ts';
import { Person } from '../oauth/person.ts';
import { startWorld, type World } from '../support/world.ts';
import { startSecondServer } from './second-server.ts';

let world: World;
let olivia: Person;
let app: App;

beforeAll(async () => {
  world = await startWorld();
  olivia = new Person(world.url);
  await olivia.signIn('olivia@acme.test');
});
afterAll(() => world?.stop());
beforeEach(async () => {
  app = await App.register(world.url);
});

const signedIn = async (email: string): Promise<Person> => {
  const person = new Person(world.url);
  expect((await person.signIn(email)).status).toBe(303);
  return person;
};

describe('PKCE', () => {
  test.each([
    ['plain', { code_challenge: pkce().verifier, code_challenge_method: 'plain' }],
    ['a challenge without a method', { code_challenge_method: undefined }],
    ['no challenge', { code_challenge: undefined, code_challenge_method: undefined }],
  ])('downgrade to %s gets no consent page and no code', async (_what, changes) => {
    const page = await olivia.get(app.authorizePath(changes));
    expect(page.to?.searchParams.get('error')).toBe('invalid_request');
    const asked = await olivia.get(app.authorizePath());
    const fields = new Map(Object.entries({ ...asked.form('/oauth/authorize'), org: acme, decision: 'allow' }));
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) fields.delete(name);
      else fields.set(name, value);
    }
    const forced = await olivia.post('/oauth/authorize', Object.fromEntries(fields));
    expect(forced.to?.searchParams.get('error')).toBe('invalid_request');
    expect(forced.to?.searchParams.has('code')).toBe(false);
  });

  test('a stolen code is worth nothing without its verifier', async () => {
    const stolen = await app.allow(olivia);
    expect((await app.exchange({ code: stolen.code, verifier: pkce().verifier })).status).toBe(400);
    const another = await app.allow(olivia);
    expect((await app.exchange(another, { code_verifier: undefined })).status).toBe(400);
  });
});

describe('codes', () => {
  test('a code that is replayed gives nothing, and takes away what it gave', async () => {
    const code = await app.allow(olivia);
    const tokens = tokensOf(await app.exchange(code));
    expect((await app.exchange(code)).error).toBe('invalid_grant');
    expect(await statusOf(world.url, tokens.access_token)).toBe(401);
    expect((await app.refresh(tokens.refresh_token)).error).toBe('invalid_grant');
  });

  test('of many uses of a code at once, one at most gives tokens, and they are dead after', async () => {
    const code = await app.allow(olivia);
    const answers = await Promise.all(Array.from({ length: 8 }, () => app.exchange(code)));
    const given = answers.filter((a) => a.status === 200).map(tokensOf);
    expect(given.length).toBeLessThanOrEqual(1);
    for (const { access_token } of given) expect(await statusOf(world.url, access_token)).toBe(401);
  });

  test('of many that spend a code at the same instant one is first', async () => {
    const hash = hashSecret((await app.allow(olivia)).code);
    const spend = () => world.database.withOrg({ orgId: acme }, (trx) => spendCode(trx, hash, new Date()));
    const firsts = await Promise.all(Array.from({ length: 6 }, spend));
    expect(firsts.filter((first) => first).length).toBe(1);
  });

  test('a code that leaked to another app gives it nothing', async () => {
    const thief = await App.register(world.url, { client_name: 'Thief' });
    const code = await app.allow(olivia);
    expect((await thief.exchange(code)).error).toBe('invalid_grant');
  });

  test('a code that was injected into another session of the app fails its verifier', async () => {
    const mallory = await signedIn('gus@globex.test');
    const theirs = await app.allow(mallory, globex);
    const mine = await app.allow(olivia);
    expect((await app.exchange({ code: theirs.code, verifier: mine.verifier })).status).toBe(400);
  });
});

describe('redirect URIs', () => {
  const registered = 'https://app.test/cb';
  test.each([
    ['suffix of the path', 'https://app.test/cb.evil'],
    ['path below', 'https://app.test/cb/evil'],
    ['dots', 'https://app.test/cb/../evil'],
    ['encoded dots', 'https://app.test/cb/%2e%2e/evil'],
    ['encoded letters', 'https://app.test/%63b'],
    ['suffix of the host', 'https://app.test.evil.test/cb'],
    ['prefix of the host', 'https://evil-app.test/cb'],
    ['subdomain', 'https://evil.app.test/cb'],
    ['userinfo', 'https://app.test@evil.test/cb'],
    ['userinfo with the right host', 'https://evil@app.test/cb'],
    ['backslash', 'https://app.test\\@evil.test/cb'],
    ['port', 'https://app.test:8443/cb'],
    ['query', 'https://app.test/cb?next=https://evil.test'],
    ['fragment', 'https://app.test/cb#evil'],
    ['scheme', 'http://app.test/cb'],
    ['script', 'javascript:alert(1)//https://app.test/cb'],
    ['case', 'https://APP.test/cb'],
    ['tab', 'https://app.test\t/cb'],
    ['space at the end', 'https://app.test/cb '],
    ['double slash', '//evil.test/cb'],
    ['loopback that was not registered', 'http://127.0.0.1:1/cb'],
  ])('trick: %s', async (_what, redirect_uri) => {
    const target = await App.register(world.url, { redirect_uris: [registered] });
    for (const changes of [{ redirect_uri }, { redirect_uri, scope: 'none-such' }]) {
      const page = await olivia.get(target.authorizePath(changes));
      expect([page.status, page.to]).toEqual([400, null]);
    }
    const fields = (await olivia.get(target.authorizePath())).form('/oauth/authorize');
    const forced = await olivia.post('/oauth/authorize', { ...fields, redirect_uri, org: acme, decision: 'allow' });
    expect([forced.status, forced.to]).toEqual([400, null]);
  });

  test('two redirect URIs at once are not chosen from', async () => {
    const page = await olivia.get(`${app.authorizePath()}&redirect_uri=https://evil.test/`);
    expect([page.status, page.to]).toEqual([400, null]);
  });

  test('a host that would add a directive to the page that asks is no host', async () => {
    for (const uri of ['https://a;sandbox/cb', 'https://a,b.test/cb', 'https://*/cb', "https://'self'/cb"]) {
      const { status, error } = await postJson(`${world.url}/oauth/register`, { redirect_uris: [uri] });
      expect([uri, status, error]).toEqual([uri, 400, 'invalid_redirect_uri']);
    }
  });
});

describe('mix-up', () => {
  test('every answer says whose it is and brings the state back untouched', async () => {
    const told = [
      (await app.allow(olivia)).to,
      (await app.decide(olivia, await olivia.get(app.authorizePath()), acme, 'deny')).to,
      (await olivia.get(app.authorizePath({ scope: 'none-such' }))).to,
      (await olivia.get(app.authorizePath({ resource: 'https://evil.test' }))).to,
    ];
    for (const to of told) {
      expect(to?.searchParams.getAll('iss')).toEqual([world.url]);
      expect(to?.searchParams.getAll('state')).toEqual(['st4te']);
    }
  });

  test('what a redirect URI has of the answer in its own query is overwritten', async () => {
    const target = await App.register(world.url, {
      redirect_uris: ['https://app.test/cb?code=planted&iss=https://evil.test&state=planted'],
    });
    const { to } = await target.allow(olivia);
    expect(to.searchParams.getAll('iss')).toEqual([world.url]);
    expect(to.searchParams.getAll('state')).toEqual(['st4te']);
    expect(to.searchParams.getAll('code')).not.toContain('planted');
  });

  test('codes and tokens of another server are nothing here, even from the same database', async () => {
    const other = await startSecondServer(world);
    try {
      const visitor = new Person(other.url);
      await visitor.signIn('olivia@acme.test');
      const there = await App.register(other.url);
      const tokens = await there.connect(visitor);
      expect(await statusOf(other.url, tokens.access_token)).toBe(200);
      expect(await statusOf(world.url, tokens.access_token)).toBe(401);
      const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: there.id };
      expect((await postForm(`${world.url}/oauth/token`, refresh)).error).toBe('invalid_grant');
      const code = await there.allow(visitor);
      const exchange = {
        grant_type: 'authorization_code',
        code: code.code,
        code_verifier: code.verifier,
        client_id: there.id,
      };
      expect((await postForm(`${world.url}/oauth/token`, exchange)).error).toBe('invalid_grant');
    } finally {
      await other.stop();
    }
  });
});

describe('refresh tokens', () => {
  test('a stolen one that is used after its owner did ends the family', async () => {
    const first = await app.connect(olivia);
    const second = tokensOf(await app.refresh(first.refresh_token));
    expect((await app.refresh(first.refresh_token)).error).toBe('invalid_grant');
    expect(await statusOf(world.url, second.access_token)).toBe(401);
    expect((await app.refresh(second.refresh_token)).error).toBe('invalid_grant');
  });

  test('of many refreshes at the same instant one at most gives a pair, and the family is dead after', async () => {
    for (let round = 0; round < 5; round++) {
      const { refresh_token } = await app.connect(olivia);
      const answers = await Promise.all(Array.from({ length: 6 }, () => app.refresh(refresh_token)));
      const given = answers.filter((a) => a.status === 200).map(tokensOf);
      expect(given.length).toBeLessThanOrEqual(1);
      for (const { access_token, refresh_token: next } of given) {
        expect(await statusOf(world.url, access_token)).toBe(401);
        expect((await app.refresh(next)).error).toBe('invalid_grant');
      }
    }
  });

  test('of many that spend one at the same instant one is first', async () => {
    const hash = hashSecret((await app.connect(olivia)).refresh_token);
    const { grant_id } = await world.owner
      .selectFrom('oauth_tokens')
      .select('grant_id')
      .where('token_hash', '=', hash)
      .executeTakeFirstOrThrow();
    const spend = () =>
      world.database.withOrg({ orgId: acme }, (trx) => spendRefreshToken(trx, hash, grant_id, new Date()));
    const firsts = await Promise.all(Array.from({ length: 6 }, spend));
    expect(firsts.filter((first) => first).length).toBe(1);
  });

  test('one is not spent where the pair after it could not be kept', async () => {
    const first = await app.connect(olivia);
    // As where PostgreSQL goes away between the two.
    await sql`create function lose() returns trigger language plpgsql
      as $$ begin raise exception 'lost' using errcode = '57P01'; end $$`.execute(world.owner);
    await sql`create trigger lost before insert on oauth_tokens execute function lose()`.execute(world.owner);
    const lost = await app.refresh(first.refresh_token);
    await sql`drop function lose cascade`.execute(world.owner);
    expect([lost.status, lost.error]).toEqual([503, 'temporarily_unavailable']);
    expect(await statusOf(world.url, first.access_token)).toBe(200);
    const { access_token } = tokensOf(await app.refresh(first.refresh_token));
    expect(await statusOf(world.url, access_token)).toBe(200);
    expect((await app.refresh(first.refresh_token)).error).toBe('invalid_grant');
  });

  test('refreshing gives no wider scope than was allowed', async () => {
    const { refresh_token } = await app.connect(olivia, acme, { scope: 'flows:read' });
    expect((await app.refresh(refresh_token, { scope: 'flows:read flows:write' })).error).toBe('invalid_scope');
  });

  test('a refresh token opens nothing as a Bearer, a session secret and a client secret neither', async () => {
    const confidential = await App.register(world.url, { token_endpoint_auth_method: 'client_secret_post' });
    const { refresh_token } = await app.connect(olivia);
    for (const token of [refresh_token, olivia.cookies.get('booflow_session') ?? '', confidential.secret ?? '']) {
      expect(token).not.toBe('');
      expect(await statusOf(world.url, token)).toBe(401);
    }
  });

  test('an access token does not refresh, and an API key does not', async () => {
    const { access_token } = await app.connect(olivia);
    for (const token of [access_token, await world.key('olivia@acme.test')]) {
      expect((await app.refresh(token)).error).toBe('invalid_grant');
    }
  });
});

describe('scopes', () => {
  test('a token to read changes nothing, also in a batch behind a read', async () => {
    const { access_token } = await app.connect(olivia, acme, { scope: 'flows:read' });
    const write = { name: 'create_flow_from_template', arguments: { template: 'Client Onboarding', name: 'Planted' } };
    expect((await callTool(world.url, access_token, write.name, write.arguments)).status).toBe(403);
    const batch = [
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'get_org_context', arguments: {} } },
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: write },
    ];
    const headers = { accept: 'application/json, text/event-stream', authorization: `Bearer ${access_token}` };
    const body = JSON.stringify(batch);
    await fetch(`${world.url}/api/mcp`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
    });
    const { text } = await callTool(world.url, access_token, 'list_flows');
    expect(text).not.toContain('Planted');
  });
});

describe('consent', () => {
  test('is asked for every time, also of an app that was allowed before', async () => {
    await app.connect(olivia);
    const page = await olivia.get(app.authorizePath());
    expect(page.to).toBeNull();
    expect(page.html).toContain('Allow');
  });

  test('a newly registered app with a known name and redirect is asked for too', async () => {
    await app.connect(olivia);
    const twin = await App.register(world.url);
    for (const extra of ['', '&prompt=none', '&decision=allow', `&decision=allow&org=${acme}`]) {
      const page = await olivia.get(twin.authorizePath() + extra);
      expect(page.status).toBe(200);
      expect(page.to).toBeNull();
    }
  });

  test('an app that calls itself something else is shown with where it really leads', async () => {
    const fake = await App.register(world.url, {
      client_name: 'Claude\u202e\u0000 <b>by Anthropic</b>',
      redirect_uris: ['https://evil.test/cb'],
    });
    const { html } = await olivia.get(fake.authorizePath());
    expect(html).toContain('evil.test');
    expect(html).not.toContain('<b>by Anthropic');
    expect(html).not.toContain('\u202e');
  });

  test('a MEMBER can not allow, whatever they send', async () => {
    const member = await signedIn(mia.email);
    const page = await member.get(app.authorizePath());
    expect(page.html).toContain('Olivia Brandt or Adam Reyes');
    expect(page.html).not.toContain('value="allow"');
    const forced = await app.decide(member, page);
    expect([forced.status, forced.to]).toEqual([403, null]);
  });

  test('nobody allows for an org that is not theirs', async () => {
    const adam = await signedIn('adam@acme.test');
    const forced = await app.decide(adam, await adam.get(app.authorizePath()), globex);
    expect(forced.to).toBeNull();
  });

  test('nobody allows without being signed in', async () => {
    const fields = (await olivia.get(app.authorizePath())).form('/oauth/authorize');
    const stranger = await new Person(world.url).post('/oauth/authorize', { ...fields, org: acme, decision: 'allow' });
    expect(stranger.to?.pathname).toBe('/sign-in');
  });
});

describe('methods', () => {
  test('what changes something is done by POST alone', async () => {
    const tokens = await app.connect(olivia);
    const paths = [
      `/oauth/token?grant_type=refresh_token&client_id=${app.id}&refresh_token=${tokens.refresh_token}`,
      `/oauth/revoke?client_id=${app.id}&token=${tokens.access_token}`,
      '/oauth/register?redirect_uris=https://app.test/cb',
      '/settings/api-keys/revoke',
      '/settings/apps/disconnect',
      '/settings/sessions/end',
      '/sign-out',
    ];
    for (const path of paths) {
      const page = await olivia.get(path, { 'x-http-method-override': 'POST' });
      expect([path, page.status]).toEqual([path, 404]);
    }
    expect(await statusOf(world.url, tokens.access_token)).toBe(200);
  });

  test('parameters in the query of a POST do not count', async () => {
    const { refresh_token } = await app.connect(olivia);
    const path = `/oauth/token?grant_type=refresh_token&client_id=${app.id}&refresh_token=${refresh_token}`;
    expect((await postForm(world.url + path, {})).status).toBe(400);
  });
});

describe('losing the right', () => {
  const setRole = (orgId: string, userId: string, role: 'ADMIN' | 'MEMBER') =>
    world.owner
      .updateTable('memberships')
      .set({ role })
      .where('org_id', '=', orgId)
      .where('user_id', '=', userId)
      .execute();

  /** Someone of their own for each test, since they lose everything. */
  async function newcomer(id: string, orgId = acme): Promise<{ person: Person; userId: string; email: string }> {
    const userId = `us_${id}`;
    const email = `${id}@acme.test`;
    const { password_hash } = await world.owner
      .selectFrom('users')
      .select('password_hash')
      .where('email', '=', mia.email)
      .executeTakeFirstOrThrow();
    await world.owner.insertInto('users').values({ id: userId, email, name: id, password_hash }).execute();
    await world.owner.insertInto('memberships').values({ org_id: orgId, user_id: userId, role: 'ADMIN' }).execute();
    return { person: await signedIn(email), userId, email };
  }

  test('demoted to MEMBER: tokens and codes end at once, and come to life no more', async () => {
    const { person, userId } = await newcomer('demoted');
    const tokens = await app.connect(person);
    const code = await app.allow(person);
    await setRole(acme, userId, 'MEMBER');
    expect(await statusOf(world.url, tokens.access_token)).toBe(401);
    expect((await app.exchange(code)).error).toBe('invalid_grant');
    expect((await app.refresh(tokens.refresh_token)).error).toBe('invalid_grant');
    await setRole(acme, userId, 'ADMIN');
    expect((await app.refresh(tokens.refresh_token)).error).toBe('invalid_grant');
  });

  test('removed from the org: tokens, codes, API keys and the org itself are gone at once', async () => {
    const { person, userId, email } = await newcomer('removed');
    const tokens = await app.connect(person);
    const code = await app.allow(person);
    const key = await world.key(email);
    await world.owner.deleteFrom('memberships').where('user_id', '=', userId).execute();
    expect(await statusOf(world.url, tokens.access_token)).toBe(401);
    expect(await statusOf(world.url, key)).toBe(401);
    expect((await app.exchange(code)).error).toBe('invalid_grant');
    expect((await app.refresh(tokens.refresh_token)).error).toBe('invalid_grant');
    const page = await app.decide(person, await person.get(app.authorizePath()));
    expect(page.to).toBeNull();
  });

  test('the account deleted: sessions, tokens and keys are gone at once', async () => {
    const { person, userId, email } = await newcomer('deleted');
    const tokens = await app.connect(person);
    const key = await world.key(email);
    await world.owner.deleteFrom('users').where('id', '=', userId).execute();
    expect(await statusOf(world.url, tokens.access_token)).toBe(401);
    expect(await statusOf(world.url, key)).toBe(401);
    expect((await app.refresh(tokens.refresh_token)).error).toBe('invalid_grant');
    expect((await person.get('/settings/api-keys')).to?.pathname).toBe('/sign-in');
  });

  test('the org deleted: tokens and keys are gone at once, the session stays the person’s', async () => {
    const orgId = 'org_doomed';
    await world.owner.insertInto('orgs').values({ id: orgId, slug: 'doomed', name: 'Doomed', plan: 'FREE' }).execute();
    const { person, email } = await newcomer('orgless', orgId);
    const tokens = await app.connect(person, orgId);
    const key = await world.key(email, 'doomed');
    expect(await statusOf(world.url, tokens.access_token)).toBe(200);
    await world.owner.deleteFrom('orgs').where('id', '=', orgId).execute();
    expect(await statusOf(world.url, tokens.access_token)).toBe(401);
    expect(await statusOf(world.url, key)).toBe(401);
    expect((await app.refresh(tokens.refresh_token)).error).toBe('invalid_grant');
    const page = await person.get('/settings/api-keys');
    expect(page.status).toBe(200);
    expect(page.html).not.toContain('Doomed');
  });

  test('the app disconnected in Settings: its tokens end at once', async () => {
    const tokens = await app.connect(olivia);
    const page = await olivia.get('/settings/apps');
    await olivia.post('/settings/apps/disconnect', page.form('/settings/apps/disconnect'));
    expect(await statusOf(world.url, tokens.access_token)).toBe(401);
    expect((await app.refresh(tokens.refresh_token)).error).toBe('invalid_grant');
  });

  test('a MEMBER disconnects and revokes nothing of others', async () => {
    const tokens = await app.connect(olivia);
    const key = await world.key('olivia@acme.test');
    const grants = await world.owner.selectFrom('oauth_grants').select('id').where('revoked_at', 'is', null).execute();
    const keys = await world.owner.selectFrom('api_keys').select('id').where('revoked_at', 'is', null).execute();
    const member = await signedIn(mia.email);
    const { csrf = '' } = (await member.get('/settings/api-keys')).form('/settings/api-keys');
    for (const { id } of grants) await member.post('/settings/apps/disconnect', { csrf, id });
    for (const { id } of keys) await member.post('/settings/api-keys/revoke', { csrf, id });
    expect(await statusOf(world.url, tokens.access_token)).toBe(200);
    expect(await statusOf(world.url, key)).toBe(200);
  });
});

test('what can not be text for the database is refused, not a fault', async () => {
  const answers = [
    (await olivia.get(app.authorizePath({ client_id: 'app\0' }))).status,
    (await app.token({ grant_type: 'refresh_token', client_id: 'app\0', refresh_token: 'x' })).status,
    (await app.exchange({ code: 'x\0', verifier: pkce().verifier })).status,
    (await postForm(`${world.url}/oauth/revoke`, { client_id: 'app\0', token: 'x' })).status,
    (await postJson(`${world.url}/oauth/register`, { client_name: '\0', redirect_uris: [claudeCallback] })).status,
    (await new Person(world.url).signIn('a\0@acme.test')).status,
    (await olivia.post('/settings/api-keys', { name: 'a\0', csrf: 'x' })).status,
    (await olivia.get(`/sign-in/link/${'x'.repeat(500)}`)).status,
    (await olivia.post(`/sign-in/link/${'x'.repeat(500)}`, { csrf: 'x'.repeat(500) })).status,
  ];
  expect(answers.filter((status) => status >= 500)).toEqual([]);
  expect(answers.slice(0, 5).filter((status) => status < 400)).toEqual([]);
});

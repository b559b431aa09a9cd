/** After everything that gives out secrets was done once: none is in a log, and none in the database in the clear. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { demoPassword } from '../../src/demo/people.ts';
import { App, statusOf, tokensOf } from '../oauth/app.ts';
import { Person } from '../oauth/person.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
const secrets = new Map<string, string>();

beforeAll(async () => {
  world = await startWorld();
  const person = new Person(world.url);
  await person.signIn('olivia@acme.test');
  await new Person(world.url).signIn('olivia@acme.test', 'a-wrong-password');
  secrets.set('password', demoPassword);
  secrets.set('wrong password', 'a-wrong-password');
  secrets.set('session', person.cookies.get('booflow_session') ?? '');
  secrets.set('visitor', person.cookies.get('booflow_visitor') ?? '');

  const visitor = new Person(world.url);
  const form = (await visitor.get('/sign-in')).form('/sign-in');
  await visitor.post('/sign-in/link', { ...form, email: 'adam@acme.test' });
  await vi.waitUntil(() => world.signInMails.length === 1);
  const link = new URL(world.signInMails[0]?.link ?? '').pathname;
  secrets.set('sign-in link', link.split('/').at(-1) ?? '');
  await visitor.get(link);
  secrets.set('sign-in link, not used', await unusedLink());

  const page = await person.get('/settings/api-keys');
  const made = await person.post('/settings/api-keys', { ...page.form('/settings/api-keys'), name: 'laptop' });
  const key = /bflow_sk_[A-Za-z0-9]{32}/.exec(made.html)?.[0] ?? '';
  secrets.set('API key', key);
  secrets.set('form token', page.form('/settings/api-keys').csrf ?? '');

  const app = await App.register(world.url, { token_endpoint_auth_method: 'client_secret_basic' });
  secrets.set('client secret', app.secret ?? '');
  const unused = await app.allow(person);
  secrets.set('code, not used', unused.code);
  const code = await app.allow(person);
  secrets.set('code', code.code);
  secrets.set('verifier', code.verifier);
  const first = tokensOf(await app.exchange(code));
  const second = tokensOf(await app.refresh(first.refresh_token));
  for (const [which, tokens] of [
    ['first', first],
    ['second', second],
  ] as const) {
    secrets.set(`access token, ${which}`, tokens.access_token);
    secrets.set(`refresh token, ${which}`, tokens.refresh_token);
  }
  expect(await statusOf(world.url, second.access_token)).toBe(200);
  expect(await statusOf(world.url, key)).toBe(200);

  // What goes wrong is logged in more words.
  await app.exchange(code);
  await app.refresh(first.refresh_token);
  await app.token({ grant_type: 'nonsense', code: unused.code, code_verifier: unused.verifier });
  await fetch(`${world.url}/api/mcp?access_token=${second.access_token}&code=${unused.code}`, {
    headers: { authorization: `Bearer ${second.access_token}` },
  });
  await fetch(`${world.url}/oauth/token?refresh_token=${second.refresh_token}&client_secret=${app.secret}`);
  await fetch(`${world.url}/settings/api-keys?key=${key}`);
});
afterAll(() => world?.stop());

async function unusedLink(): Promise<string> {
  const visitor = new Person(world.url);
  const form = (await visitor.get('/sign-in')).form('/sign-in');
  await visitor.post('/sign-in/link', { ...form, email: 'mia@acme.test' });
  await vi.waitUntil(() => world.signInMails.length === 2);
  return new URL(world.signInMails[1]?.link ?? '').pathname.split('/').at(-1) ?? '';
}

test('every secret was given out', () => {
  expect([...secrets].filter(([, secret]) => secret.length < 12)).toEqual([]);
});

test('none is in the logs', () => {
  const logs = world.logs.join('');
  expect(logs).toContain('/oauth/token');
  expect(logs).toContain('/sign-in/link/');
  expect([...secrets].filter(([, secret]) => logs.includes(secret)).map(([name]) => name)).toEqual([]);
});

test('none is in any column of any table, as text or as bytes', async () => {
  const { rows: tables } = await sql<{ name: string }>`
    select quote_ident(table_name) as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE'`.execute(world.owner);
  expect(tables.length).toBeGreaterThan(15);
  const found: string[] = [];
  for (const { name } of tables) {
    for (const [what, secret] of secrets) {
      const asBytes = Buffer.from(secret).toString('hex');
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from ${sql.raw(name)} t
        where strpos(t::text, ${secret}) > 0 or strpos(t::text, ${asBytes}) > 0`.execute(world.owner);
      if (rows[0]?.n !== 0) found.push(`${what} in ${name}`);
    }
  }
  expect(found).toEqual([]);
});

test('the check would see one: what is not secret is found the same way', async () => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from users t where strpos(t::text, 'olivia@acme.test') > 0`.execute(world.owner);
  expect(rows[0]?.n).toBe(1);
});

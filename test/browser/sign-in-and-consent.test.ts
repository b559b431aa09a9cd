/** Sign-in, consent and settings in a real browser: by keyboard alone, on a phone, in light and dark. */
import { createHash } from 'node:crypto';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { demoPassword } from '../../src/demo/people.ts';
import { makeSignInLink } from '../../src/oauth/sign-in.ts';
import { App, claudeCallback, globex } from '../oauth/app.ts';
import { launchChromium } from '../support/browser.ts';
import { startWorld, type World } from '../support/world.ts';
import { focused, inspect } from './in-page.ts';

let world: World;
let browser: Browser;
let app: App;
const problems: string[] = [];

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});
beforeEach(async () => {
  app = await App.register(world.url);
});
/** No page breaks its own security policy or throws: browsers tell both as errors. */
afterEach(() => {
  expect(problems.splice(0)).toEqual([]);
});

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
  const page = await context.newPage();
  page.on('console', (m) => m.type() === 'error' && problems.push(`${page.url()}: ${m.text()}`));
  page.on('pageerror', (e) => problems.push(`${page.url()}: ${e.message}`));
  await page.goto(world.url + path);
  return page;
}

async function signIn(page: Page, email = 'olivia@acme.test'): Promise<void> {
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password').fill(demoPassword);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
}

/** Does what sends the browser back to the app, and gives what the app is told. */
async function backAtClaude(page: Page, act: () => Promise<void>): Promise<URLSearchParams> {
  const [request] = await Promise.all([page.waitForRequest((r) => r.url().startsWith(claudeCallback)), act()]);
  return new URL(request.url()).searchParams;
}

describe('by keyboard alone', () => {
  /** Tab until the thing with this name has the focus, which must be seen. */
  async function tabTo(page: Page, name: string): Promise<void> {
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press('Tab');
      const focus = await page.evaluate(focused);
      if (focus.name !== name) continue;
      expect([name, focus.outline]).toEqual([name, 'solid 2px']);
      return;
    }
    throw new Error(`The keyboard does not reach “${name}” on ${page.url()}`);
  }

  test('sign in, switch the org, allow', async () => {
    const page = await open(app.authorizePath());
    await tabTo(page, 'Mail address');
    await page.keyboard.type('olivia@acme.test');
    await tabTo(page, 'Password');
    await page.keyboard.type(demoPassword);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /Acme Agency/ }).waitFor();
    await tabTo(page, 'Organization');
    await page.keyboard.type('Globex');
    await tabTo(page, 'Switch');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /Globex Studio/ }).waitFor();
    await tabTo(page, 'Allow');
    const told = await backAtClaude(page, () => page.keyboard.press('Enter'));
    expect(told.get('code')).toMatch(/^bflow_ac_/);
    const given = await world.owner
      .selectFrom('oauth_grants')
      .select('org_id')
      .where('client_id', '=', app.id)
      .execute();
    expect(given).toEqual([{ org_id: globex }]);
  });

  test('make a key, copy it, revoke it', async () => {
    const page = await open('/sign-in', { permissions: ['clipboard-read', 'clipboard-write'] });
    await signIn(page);
    await page.goto(`${world.url}/settings/api-keys`);
    await tabTo(page, 'Name of a new key, such as “Laptop”');
    await page.keyboard.type('Robot');
    await page.keyboard.press('Enter');
    await page.getByText('shown this once').waitFor();
    await tabTo(page, 'Copy');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const key = await page.evaluate('navigator.clipboard.readText()');
    expect(key).toMatch(/^bflow_sk_[A-Za-z0-9]{32}$/);
    await tabTo(page, 'Revoke Robot…');
    await page.keyboard.press('Enter');
    await page.getByText('Whatever uses this key gets in no more').waitFor();
    await tabTo(page, 'Revoke Robot for good');
    await page.keyboard.press('Enter');
    await page.getByText('The key is revoked').waitFor();
    expect(await page.content()).not.toContain(String(key));
  });
});

test('without JavaScript it works too, and Deny says so to the app', async () => {
  const page = await open(app.authorizePath(), { javaScriptEnabled: false });
  await signIn(page);
  await page.getByLabel('Organization').selectOption(globex);
  await page.getByRole('button', { name: 'Switch' }).click();
  const told = await backAtClaude(page, () => page.getByRole('button', { name: 'Deny' }).click());
  expect(told.get('error')).toBe('access_denied');
});

test('a MEMBER is told who can, and goes back', async () => {
  const page = await open(app.authorizePath());
  await signIn(page, 'mia@acme.test');
  await page.getByRole('heading', { name: 'You can’t connect Claude to Acme Agency' }).waitFor();
  await page.getByText('Ask Olivia Brandt or Adam Reyes').waitFor();
  expect(await page.getByRole('button', { name: 'Allow' }).count()).toBe(0);
  const told = await backAtClaude(page, () => page.getByRole('button', { name: 'Go back to Claude' }).click());
  expect(told.get('error')).toBe('access_denied');
});

describe.each([
  { scheme: 'light', width: 1200, least: 24 },
  { scheme: 'dark', width: 1200, least: 24 },
  { scheme: 'light', width: 360, least: 44 },
] as const)('every page, $scheme, $width px wide', ({ scheme, width, least }) => {
  test('has one heading, a label on every field, targets to hit, contrast, and no sideways scrolling', async () => {
    const options = { colorScheme: scheme, viewport: { width, height: 760 } };
    const check = async (page: Page) => {
      const found = await page.evaluate(inspect, least);
      expect({ url: new URL(page.url()).pathname, ...found }).toEqual({
        url: new URL(page.url()).pathname,
        headings: 1,
        primaries: expect.toSatisfy((n: number) => n <= 1),
        unlabelled: [],
        small: [],
        pale: [],
        sideways: 0,
      });
    };
    const page = await open(app.authorizePath(), options);
    await check(page);
    const mail = await makeSignInLink(world.authority, 'adam@acme.test', '/flows');
    await page.goto(mail?.link ?? '');
    await page.getByText('adam@acme.test').waitFor();
    await check(page);
    await page.goto(world.url + app.authorizePath());
    await signIn(page);
    await check(page);
    await page.goto(`${world.url}/settings/api-keys`);
    await page.getByLabel('Name of a new key').fill('A key with a name that is longer than anybody would give one');
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByText('shown this once').waitFor();
    await check(page);
    await app.exchange(await allowed(page));
    // The app's own address answers nothing here; let the browser come to rest on that.
    await page.waitForURL((url) => url.origin !== world.url).catch(() => undefined);
    await page.waitForLoadState();
    await page.goto(`${world.url}/settings/apps`);
    await page.getByText('One app is connected').or(page.getByText('apps are connected')).waitFor();
    await check(page);
    await page.goto(`${world.url}/settings/sessions`);
    await check(page);
    const member = await open(app.authorizePath(), options);
    await signIn(member, 'mia@acme.test');
    await check(member);
  });
});

/** Allows the app by the page, and gives the code with what it takes to exchange it. */
async function allowed(page: Page): Promise<{ code: string; verifier: string }> {
  const verifier = 'v'.repeat(43);
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  await page.goto(world.url + app.authorizePath({ code_challenge: challenge }));
  const told = await backAtClaude(page, () => page.getByRole('button', { name: 'Allow' }).click());
  return { code: told.get('code') ?? '', verifier };
}

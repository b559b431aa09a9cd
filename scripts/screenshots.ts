/** `npm run screenshots`: pictures of the running product's sign-in, consent and settings, for the guide. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { demoPassword, mia, olivia } from '../src/demo/people.ts';
import { loadDotEnv, readConfig } from '../src/platform/config.ts';
import { App, callTool, claudeCallback, globex, pkce, tokensOf } from '../test/oauth/app.ts';
import { launchChromium } from '../test/support/browser.ts';

loadDotEnv();
const url = readConfig(process.env).publicUrl;
const folder = fileURLToPath(new URL('../docs/images/', import.meta.url));
mkdirSync(folder, { recursive: true });

const answer = await fetch(`${url}/healthz`).catch(() => null);
if (!answer?.ok) {
  console.error(`Booflow is not running at ${url}. Start it in another terminal: npm start`);
  process.exit(1);
}

const claude = await App.register(url, { redirect_uris: [claudeCallback] });
const browser = await launchChromium();

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password').fill(demoPassword);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** All pages once, at this size; nothing that was made stays. */
async function picture(suffix: string, viewport: { width: number; height: number }, colorScheme: 'light' | 'dark') {
  const shots = { path: '', animations: 'disabled', scale: 'css' } as const;
  const person = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
  const page = await person.newPage();
  const shoot = (name: string) => page.screenshot({ ...shots, path: `${folder}${name}${suffix}.png` });

  await page.goto(url + claude.authorizePath());
  await shoot('sign-in');
  await signIn(page, olivia.email);
  await page.getByRole('button', { name: 'Allow' }).waitFor();
  await shoot('consent');
  await page.getByLabel('Organization').selectOption(globex);
  await page.getByRole('button', { name: 'Switch' }).click();
  await page.getByRole('heading', { name: /Globex/ }).waitFor();
  await shoot('consent-org-switch');
  const { verifier, challenge } = pkce();
  await page.goto(url + claude.authorizePath({ code_challenge: challenge }));
  const [back] = await Promise.all([
    page.waitForRequest((r) => r.url().startsWith(claudeCallback)),
    page.getByRole('button', { name: 'Allow' }).click(),
  ]);
  const code = new URL(back.url()).searchParams.get('code') ?? '';
  const { access_token } = tokensOf(await claude.exchange({ code, verifier }));
  await callTool(url, access_token);

  await page.goto(`${url}/settings/api-keys`);
  await page.getByLabel('Name').fill('Laptop');
  await page.getByRole('button', { name: 'Make' }).click();
  await page.getByText('shown this once').waitFor();
  await shoot('api-keys');
  await page.getByRole('button', { name: 'Revoke Laptop' }).first().click();
  await page.goto(`${url}/settings/apps`);
  await shoot('connected-apps');
  await page.getByRole('button', { name: 'Disconnect Claude' }).first().click();
  await person.close();

  const member = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
  const theirs = await member.newPage();
  await theirs.goto(url + claude.authorizePath());
  await signIn(theirs, mia.email);
  await theirs.getByText('Ask').waitFor();
  await theirs.screenshot({ ...shots, path: `${folder}consent-member${suffix}.png` });
  await member.close();
}

try {
  await picture('', { width: 1200, height: 800 }, 'light');
  await picture('-phone', { width: 390, height: 844 }, 'light');
  await picture('-dark', { width: 1200, height: 800 }, 'dark');
} finally {
  await browser.close();
}
console.log(`The pictures are in ${folder}`);

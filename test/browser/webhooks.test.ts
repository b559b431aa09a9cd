/** Webhooks as an owner sets them up in a browser, with and without JavaScript. */
import { createServer, type Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { axeFindings } from '../support/axe.ts';
import { launchChromium } from '../support/browser.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let browser: Browser;
let receiver: Server;
let url: string;
const heard: { headers: Record<string, string>; body: string }[] = [];

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    heard.push({ headers: Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)])), body });
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const address = receiver.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given');
  url = `http://127.0.0.1:${address.port}/hook`;
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await browser.close();
  await world.stop();
});

async function signedIn(email: string, javaScriptEnabled = true): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${world.url}/settings/webhooks`);
  await page.fill('#email', email);
  await page.fill('#password', 'booflow-demo');
  await Promise.all([page.waitForURL('**/settings/webhooks'), page.press('#password', 'Enter')]);
  return page;
}
const press = (page: Page, button: string) =>
  Promise.all([page.waitForNavigation(), page.getByRole('button', { name: button, exact: true }).click()]);

test.each([
  ['with JavaScript', true],
  ['without JavaScript', false],
])('an owner makes one, tries it, reads its log and deletes it, %s', async (_how, javaScript) => {
  const page = await signedIn('olivia@acme.test', javaScript);
  expect(await page.textContent('h1')).toBe('No other product is told yet');
  await page.fill('#url', 'https://user:pw@example.com/');
  await page.fill('#description', 'Our books');
  await press(page, 'Make the webhook');
  expect(await page.textContent('.notice.bad')).toContain('has a user name or password in it');
  expect(await page.inputValue('#description')).toBe('Our books');
  await page.fill('#url', url);
  await press(page, 'Make the webhook');
  const secret = (await page.textContent('#secret')) ?? '';
  expect(secret).toMatch(/^whsec_/);
  if (javaScript) expect(await axeFindings(page)).toEqual([]);

  await page.getByRole('link', { name: 'Our books' }).click();
  expect(await page.content()).not.toContain(secret);
  heard.splice(0);
  await press(page, 'Send a test event');
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(1);
  for (const { body, headers } of heard) expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
  await expect
    .poll(async () => (await page.reload()) && page.locator('ul.list .chip').first().textContent(), { timeout: 20_000 })
    .toBe('delivered 204');
  await press(page, 'Deliver webhook.test again');
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(2);
  if (javaScript) expect(await axeFindings(page)).toEqual([]);
  await press(page, 'Switch off');
  expect(await page.textContent('h1')).toContain('is told nothing: it is off');
  await press(page, 'Delete the webhook and its log');
  expect(await page.textContent('h1')).toBe('No other product is told yet');
  await page.context().close();
});

test('a MEMBER is told who may, and sees none of it', async () => {
  const page = await signedIn('mia@acme.test');
  expect(await page.textContent('h1')).toBe('This is for owners and admins');
  await page.context().close();
});

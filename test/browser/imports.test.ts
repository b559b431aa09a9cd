/** A table of flows, brought in by an admin in a browser without JavaScript. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { axeFindings } from '../support/axe.ts';
import { launchChromium } from '../support/browser.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let browser: Browser;
beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await world.stop();
});

test.each([
  ['with JavaScript', true],
  ['without JavaScript', false],
])('a wrong line is told, and the mended table becomes flows, %s', async (_how, javaScriptEnabled) => {
  const context = await browser.newContext({ javaScriptEnabled, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${world.url}/flows/import`);
  await page.fill('#email', 'adam@acme.test');
  await page.fill('#password', 'booflow-demo');
  await Promise.all([page.waitForURL('**/flows/import'), page.press('#password', 'Enter')]);
  const choose = (csv: string) =>
    page.setInputFiles('#table', { name: 'clients.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  const send = () =>
    Promise.all([page.waitForNavigation(), page.getByRole('button', { name: /make the flows$/ }).click()]);
  await page.selectOption('#template', { label: 'Client Onboarding' });
  await choose('name,start\nHarbor,perhaps');
  await send();
  expect(await page.textContent('main')).toContain('Line 2: start is "perhaps"; it must be yes or no.');
  if (javaScriptEnabled) expect(await axeFindings(page)).toEqual([]);
  await choose('name,start\nHarbor,yes\nPine,no');
  await send();
  await page.waitForURL('**/flows/imports/im_*');
  await expect.poll(() => page.textContent('h1'), { timeout: 60_000 }).toBe('All 2 flows are made');
  if (javaScriptEnabled) expect(await axeFindings(page)).toEqual([]);
  await page.getByRole('link', { name: 'Harbor' }).click();
  expect(await page.textContent('main')).toContain('Active');
  await context.close();
});

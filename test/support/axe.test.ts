import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { axeFindings } from './axe.ts';
import { launchChromium } from './browser.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'">`;
const page = (body: string) =>
  `<!doctype html><html lang="en"><head>${policy}<title>Test</title></head><body><main><h1>Test</h1>${body}</main></body></html>`;

it('finds a field without a label, under a policy that lets no script in', async () => {
  const tab = await browser.newPage();
  await tab.setContent(page('<input>'));
  expect(await axeFindings(tab)).toEqual([expect.stringContaining('label (')]);
});

it('finds nothing where nothing is wrong', async () => {
  const tab = await browser.newPage();
  await tab.setContent(page('<label>Name <input></label>'));
  expect(await axeFindings(tab)).toEqual([]);
});

/** Every page there is, walked: in light and in dark, on a phone, with axe-core, and none heavier than it may be. */
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { axeFindings } from '../support/axe.ts';
import { launchChromium } from '../support/browser.ts';
import { everyPage, type Found, lookAround, type Visitor, visit } from '../support/every-page.ts';
import { routesOf } from '../support/routes.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let browser: Browser;
let found: Found;

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld({ flows: true }), launchChromium()]);
  found = await lookAround(browser, world.url);
});
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

/** What is read by GET and is no page for people, and why. */
const noPages: Readonly<Record<string, string>> = {
  '/healthz': 'for machines',
  '/readyz': 'for machines',
  '/live': 'server-sent events',
  '/api/mcp': 'for MCP clients',
  '/api/mcp/': 'for MCP clients',
  '/api/mcp/public': 'for MCP clients',
  '/api/mcp/public/': 'for MCP clients',
  '/settings': 'leads on to the first of them',
  '/settings/webhooks/:id': 'walked and checked by webhooks.test.ts, which has an endpoint to look at',
  '/settings/webhooks/:id/:act': 'leads back to the webhook',
  '/flows/imports/:id': 'walked by imports.test.ts, which has an import to look at',
  '/flows/imports/:id/left.csv': 'a file',
  '/dev/mailbox/:id/html': 'stands in a frame of its mail',
  '/files/:id': 'a file',
  '/portal/files/:id': 'a file',
  '/brand/colour/:file': 'a style sheet',
  '/brand/logo/:hash': 'an image',
  '/marketplace/:id/template.json': 'a file',
  '/templates/:id/template.json': 'a file',
  '/schemas/template.json': 'a file',
};

const sizes = new Map<string, number>();
/** Bytes of all script and style that the page has loaded, compressed. */
async function weight(page: Page): Promise<number> {
  const loaded = z
    .array(z.string())
    .parse(await page.evaluate("performance.getEntriesByType('resource').map((r) => r.name)"));
  let bytes = 0;
  for (const address of loaded.filter((a) => /\.(js|css)$/.test(new URL(a).pathname))) {
    const known = sizes.get(address) ?? gzipSync(Buffer.from(await (await fetch(address)).arrayBuffer())).length;
    sizes.set(address, known);
    bytes += known;
  }
  return bytes;
}

it('walks every page route the server has', () => {
  const known = new Set([...everyPage.map((p) => p.route), ...Object.keys(noPages)]);
  const pages = routesOf(world.app, 'GET').filter(
    (r) =>
      !r.startsWith('/api/v1/') && !r.includes('*') && !r.startsWith('/.well-known/') && !/\.(css|js|png|svg)$/.test(r),
  );
  expect(pages).toContain('/flows/:id');
  expect(pages.filter((r) => !known.has(r))).toEqual([]);
});

describe.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { viewport: { width: 390, height: 844 }, colorScheme: 'light' }],
] as const)('%s', (_look, options) => {
  it.each(['nobody', 'olivia', 'mia', 'client'] as const)(
    'as %s',
    async (as: Visitor) => {
      const page = await visit(browser, world.url, as, found, options);
      const problems: string[] = [];
      page.on('pageerror', (e) => problems.push(`${page.url()}: ${e.message}`));
      page.on('console', (m) => {
        if (m.type() === 'error' && !m.text().includes('Failed to load resource'))
          problems.push(`${page.url()}: ${m.text()}`);
      });
      for (const known of everyPage.filter((p) => p.as === as)) {
        const say = (problem: string) => problems.push(`${known.name}: ${problem}`);
        const answer = await page.goto(world.url + known.path(found));
        if (answer?.status() !== (known.status ?? 200)) say(`answers ${answer?.status()}`);
        await known.first?.(page);
        for (const finding of await axeFindings(page)) say(finding);
        const wider = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        if (wider !== 0) say(`is ${wider} pixels wider than the window`);
        // Between two facts, a line breaks after the dot and never before it, and one blank is on either side.
        const dotted = /(?:[^\S\u00a0]|^)·.{0,40}/m.exec(await page.locator('body').innerText());
        if (dotted) say(`has a dot that may begin a line: ${dotted[0]}`);
        const bytes = await weight(page);
        if (bytes < 1_000 || bytes > 60_000) say(`loads ${bytes} bytes of script and style`);
        const headings = await page.locator('h1').count();
        if (headings !== 1) say(`has ${headings} first headings`);
      }
      expect(problems).toEqual([]);
      await page.context().close();
    },
    300_000,
  );
});

describe('what cannot be shown', () => {
  const asPage = { headers: { accept: 'text/html' } };
  it('is told on a page to people, and in a line to programs', async () => {
    const page = await fetch(`${world.url}/nowhere`, asPage);
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html']);
    expect(await page.text()).toContain('No page has this address');
    const line = await fetch(`${world.url}/nowhere`);
    expect([line.status, await line.text()]).toEqual([404, 'Nothing is at this address.']);
  });
});

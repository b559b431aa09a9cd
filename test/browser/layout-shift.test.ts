/** Nothing jumps: the layout shift of each main page as Chromium counts it, while it loads and when news comes in. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { speak } from '../mcp/speak.ts';
import { launchChromium } from '../support/browser.ts';
import { everyPage, type Found, lookAround, visit } from '../support/every-page.ts';
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

/** Good is 0.1 and less (web.dev/cls); nothing of ours has a reason to move at all. */
const most = 0.1;

const looks = [
  ['desktop', { viewport: { width: 1280, height: 860 } }],
  ['phone', { viewport: { width: 390, height: 844 } }],
] as const;

const main = ['flows', 'flow', 'tasks', 'templates', 'template', 'template-editor', 'members', 'portal', 'portal-task'];

/** The sum of all shifts since the page began, but those within 500 ms of what a person did. */
async function shift(page: Page): Promise<number> {
  await page.evaluate('document.fonts.ready');
  const total = await page.evaluate(
    () =>
      new Promise((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) {
            if (Reflect.get(entry, 'hadRecentInput') === false) sum += Number(Reflect.get(entry, 'value'));
          }
        }).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => resolve(sum), 400);
      }),
  );
  return z.number().parse(total);
}

describe.each(looks)('%s', (_look, options) => {
  it('the main pages stand still while they load', async () => {
    const shifts: Record<string, number> = {};
    for (const as of ['olivia', 'client'] as const) {
      const page = await visit(browser, world.url, as, found, options);
      for (const known of everyPage.filter((p) => p.as === as && main.includes(p.name))) {
        await page.goto(world.url + known.path(found));
        shifts[known.name] = await shift(page);
      }
      await page.context().close();
    }
    expect(Object.keys(shifts).toSorted()).toEqual(main.toSorted());
    expect(Object.entries(shifts).filter(([, value]) => value > most)).toEqual([]);
  }, 120_000);

  it('news moves nothing', async () => {
    const page = await visit(browser, world.url, 'olivia', found, options);
    const agent = await speak(world.url, await world.key('olivia@acme.test'));
    const path = found.flow('Juniper Dental');
    await page.goto(world.url + path);
    const renewed = page.waitForResponse((r) => r.url() === page.url() && r.request().resourceType() === 'fetch');
    const said = await agent.call('comment_on_task', {
      ...{ flow: 'Juniper Dental', task: 'Audit the current channels', text: 'Half of it is done.' },
    });
    expect(said.isError).toBe(false);
    await (await renewed).finished();
    expect(await shift(page)).toBeLessThanOrEqual(most);
    await agent.close();
    await page.context().close();
  }, 60_000);
});

it('a page that jumps would be told', async () => {
  const page = await browser.newPage();
  await page.goto(`${world.url}/marketplace`);
  await shift(page);
  await page.evaluate(
    "document.body.prepend(document.createElement('p')); document.body.firstChild.style.height = '300px'",
  );
  expect(await shift(page)).toBeGreaterThan(most);
  await page.close();
});

/**
 * `npm run screenshots`: a picture of every page of the running product, for desktop and phone, in light and dark;
 * `npm run screenshots -- NAME …`: of these alone.
 */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadDotEnv, readConfig } from '../src/platform/config.ts';
import { launchChromium } from '../test/support/browser.ts';
import { everyPage, lookAround, type Visitor, visit } from '../test/support/every-page.ts';

loadDotEnv();
const url = readConfig(process.env).publicUrl;
const folder = fileURLToPath(new URL('../docs/images/', import.meta.url));
mkdirSync(folder, { recursive: true });

const wanted = process.argv.slice(2);
const pages = everyPage.filter((p) => wanted.length === 0 || wanted.includes(p.name));
if (pages.length < wanted.length) {
  console.error(`Pages are called: ${everyPage.map((p) => p.name).join(', ')}`);
  process.exit(1);
}

const answer = await fetch(`${url}/healthz`).catch(() => null);
if (!answer?.ok) {
  console.error(`Booflow is not running at ${url}. Start it in another terminal: npm start`);
  process.exit(1);
}

/** Taller pages are cut here: what is below says no more about how they look. */
const tallest = { desktop: 1_500, phone: 1_900 } as const;
const looks = [
  { suffix: '', width: 1280, colorScheme: 'light' },
  { suffix: '-dark', width: 1280, colorScheme: 'dark' },
  { suffix: '-phone', width: 390, colorScheme: 'light' },
  { suffix: '-phone-dark', width: 390, colorScheme: 'dark' },
] as const;
const visitors: readonly Visitor[] = ['nobody', 'olivia', 'mia', 'client'];

const browser = await launchChromium();
try {
  const found = await lookAround(browser, url);
  for (const { suffix, width, colorScheme } of looks) {
    const phone = width === 390;
    const least = phone ? 844 : 800;
    for (const as of visitors) {
      const page = await visit(browser, url, as, found, { viewport: { width, height: least }, colorScheme });
      for (const known of pages.filter((p) => p.as === as)) {
        await page.goto(url + known.path(found));
        await known.first?.(page);
        await page.waitForLoadState('load');
        const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
        // What lies over the page covers the window alone.
        const most = known.first ? least : tallest[phone ? 'phone' : 'desktop'];
        const clip = { x: 0, y: 0, width, height: Math.min(height, most) };
        // As JPEG: there are some 150 of them.
        const path = `${folder}${known.name}${suffix}.jpg`;
        await page.screenshot({ path, type: 'jpeg', quality: 68, fullPage: true, clip, animations: 'disabled' });
      }
      await page.context().close();
    }
  }
} finally {
  await browser.close();
}
console.log(`The pictures are in ${folder}`);

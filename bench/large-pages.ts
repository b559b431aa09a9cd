/**
 * `npm run bench:pages`, beside a running Booflow (`npm start`): a template of 200 steps in the editor and a flow of 200
 * tasks, in a real Chromium. What the server takes to answer, and what the browser takes until it is seen.
 * Median and largest in milliseconds.
 */
import type { Page } from 'playwright-core';
import { loadDotEnv, readConfig } from '../src/platform/config.ts';
import { launchChromium } from '../test/support/browser.ts';
import { visit } from '../test/support/every-page.ts';

loadDotEnv();
const url = readConfig(process.env).publicUrl;
const steps = 200;
const rounds = 12;

/** Five lanes that cross: each step waits for the one before it in its lane, each fifth for a neighbour too. */
const definition = {
  name: `Two hundred steps ${Date.now()}`,
  description: 'For measuring.',
  category: 'Measuring',
  steps: Array.from({ length: steps }, (_, n) => ({
    key: `step-${n}`,
    title: `Step ${n}: prepare and send the papers`,
    type: n % 7 === 3 ? 'FORM' : 'TASK',
    description: 'Both sides have read them.',
    fields:
      n % 7 === 3
        ? [{ key: 'agreed', label: 'What was agreed', type: 'text', help: '', required: true, multiline: false }]
        : [],
    assignee: n % 3 === 0 ? { kind: 'client', role: '' } : { kind: 'starter' },
    due: { from: 'start', days: 1 + n, unit: 'calendar' },
    condition: null,
    dependsOn: [...(n >= 5 ? [`step-${n - 5}`] : []), ...(n >= 6 && n % 5 === 0 ? [`step-${n - 6}`] : [])],
  })),
};

const figures = (took: readonly number[]): string => {
  const sorted = [...took].sort((a, b) => a - b);
  return `${(sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(0)} / ${(sorted.at(-1) ?? 0).toFixed(0)}`;
};
const tell = (what: string, took: readonly number[]): void => console.log(what.padEnd(64), figures(took).padStart(12));

async function times(n: number, work: (round: number) => Promise<number>): Promise<number[]> {
  const took: number[] = [];
  for (let round = 0; round < n; round++) took.push(await work(round));
  return took;
}

/** From asking for the page until its frame is drawn, and of that what the server took. */
async function opened(page: Page, address: string): Promise<{ server: number; seen: number }> {
  await page.goto(address, { waitUntil: 'load' });
  return page.evaluate(async () => {
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    const entry = performance.getEntriesByType('navigation')[0];
    if (!(entry instanceof PerformanceNavigationTiming)) throw new Error('The page was not navigated to.');
    return { server: entry.responseStart - entry.requestStart, seen: performance.now() };
  });
}

async function openings(page: Page, what: string, address: string): Promise<void> {
  const all: { server: number; seen: number }[] = [];
  for (let n = 0; n < rounds; n++) all.push(await opened(page, address));
  tell(
    `${what}: the server answers`,
    all.map((a) => a.server),
  );
  tell(
    `${what}: asked for until drawn`,
    all.map((a) => a.seen),
  );
}

const browser = await launchChromium();
try {
  const page = await visit(browser, url, 'olivia', null, { viewport: { width: 1440, height: 900 } });
  await page.goto(`${url}/templates`);
  await page.locator('textarea[name=file]').fill(JSON.stringify(definition));
  await page.locator('form:has(textarea[name=file]) button').click();
  await page.waitForURL('**/templates/*/edit*');
  const editor = page.url().split('?')[0] ?? '';

  console.log('ms, median / largest'.padEnd(64), '200 steps'.padStart(12));
  await openings(page, 'the editor', editor);

  /** From a press until what it brings stands there, and of that what the server took. */
  const pressed = async (press: () => Promise<void>, seen: string): Promise<{ server: number; seen: number }> => {
    const begun = performance.now();
    const answered = page.waitForResponse((r) => r.request().method() === 'POST');
    await press();
    const answer = await answered;
    const server = answer.request().timing().responseStart;
    await page.waitForFunction(seen);
    return { server, seen: performance.now() - begun };
  };
  const openStep = await Array.from({ length: rounds }).reduce<Promise<{ server: number; seen: number }[]>>(
    async (before, _, n) => {
      const all = await before;
      const step = `step-${(n * 37) % steps}`;
      const is = `document.querySelector('#f-title')?.value.startsWith('Step ${(n * 37) % steps}:')`;
      return [...all, await pressed(() => page.locator(`.step-row[data-open="${step}"]`).click(), is)];
    },
    Promise.resolve([]),
  );
  tell(
    'another step is opened: the server answers',
    openStep.map((a) => a.server),
  );
  tell(
    'another step is opened: pressed until it stands there',
    openStep.map((a) => a.seen),
  );

  const typed = await times(rounds, async (n) => {
    // A letter, until its frame is drawn; the save goes on meanwhile.
    const drawn = page.evaluate(
      () =>
        new Promise<number>((done) => {
          document.addEventListener(
            'keydown',
            () => {
              const begun = performance.now();
              requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
            },
            { once: true, capture: true },
          );
        }),
    );
    await page.locator('#f-title').press(String.fromCharCode(97 + n));
    return drawn;
  });
  tell('a letter is typed: pressed until drawn', typed);

  const saved = await times(rounds, async (n) => {
    const answered = page.waitForResponse((r) => r.request().method() === 'POST');
    await page.locator('#f-title').fill(`Step renamed ${n}`);
    const answer = await answered;
    await answer.finished();
    return answer.request().timing().responseEnd;
  });
  tell('a title is saved, graph and list drawn anew: the server answers', saved);

  const longest = await page.evaluate(
    () =>
      new Promise<number>((done) => {
        let most = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) most = Math.max(most, entry.duration);
        }).observe({ type: 'longtask', buffered: true });
        setTimeout(() => done(most), 300);
      }),
  );
  tell('the longest that the browser was busy at a stretch', [longest]);

  await page.goto(editor);
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.waitForURL('**/templates/*?told=published');
  const template = new URL(page.url()).pathname.split('/')[2] ?? '';
  await page.goto(`${url}/flows/new?template=${template}`);
  await page.getByLabel('Name', { exact: false }).first().fill(`Two hundred tasks ${Date.now()}`);
  await page.locator('main form button[type=submit]').last().click();
  await page.waitForURL(/\/flows\/fl_/);
  const flow = page.url().split('?')[0] ?? '';
  await page.locator('button[name=action][value=start]').first().click();
  await page.waitForLoadState('load');
  await openings(page, 'the page of a flow', flow);
  await openings(page, 'the page of a flow, as a list', `${flow}?view=list`);
} finally {
  await browser.close();
}

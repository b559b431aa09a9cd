/** Every form of every page, sent by a real browser that runs no script: each has its button, and is answered with a page. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoPassword } from '../../src/demo/people.ts';
import { launchChromium } from '../support/browser.ts';
import { everyPage, type Found, lookAround, type Visitor, visit } from '../support/every-page.ts';
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

/** One button of a form, wherever it stands: "olivia POST /flows/…/status action=pause". */
interface Press {
  readonly path: string;
  readonly action: string;
  /** Its name and value; '' for none. */
  readonly name: string;
  readonly value: string;
}

const bare = { javaScriptEnabled: false } as const;

/** `/flows/fl_1234/status` and `/flows/fl_5678/status` are one form. */
const routeOf = (action: string): string =>
  action.replaceAll(/\/(?:[a-z]+_[\w-]+|[A-Za-z0-9]{32}|[0-9a-f-]{36})(?=\/|$)/g, '/…').replace(/\?.*/, '');
/** What a button is for, without ids in its value. */
const wordOf = ({ name, value }: Press): string =>
  name === ''
    ? ''
    : ` ${name}=${/^(org|remove)$/.test(name) || /[:\d]/.test(value) ? value.replace(/:.*/, ':…').replace(/^org_.*/, '…') : value}`;

/** What ends something comes after all that needs it; least of all is left when one has signed out. */
const lateness = (key: string): number =>
  [
    /remove|discard|delete|revoke|disconnect/,
    /archive|decide|complete|skip/,
    /cancel|status/,
    /leave|settings\/org |sessions|sign-out/,
    // After it, nobody comes in by the password that all know.
    /account\/password/,
  ]
    .map((pattern, n) => (pattern.test(key) ? n + 1 : 0))
    .reduce((a, b) => Math.max(a, b), 0);

/** The forms of the page that is open, a line for each button; and what is wrong with them. */
async function formsOf(page: Page): Promise<{ presses: Omit<Press, 'path'>[]; buttonless: string[] }> {
  const here = new URL(page.url());
  // In one go: a question to the browser for each button of each form takes minutes.
  const forms = await page.locator('form[method="post"]').evaluateAll((all) =>
    all.map((form) => ({
      action: form.getAttribute('action'),
      buttons: [...form.querySelectorAll('button[type="submit"]:not(.unseen)')].map((button) => ({
        action: button.getAttribute('formaction'),
        name: button.getAttribute('name') ?? '',
        value: button.getAttribute('value') ?? '',
      })),
    })),
  );
  const presses: Omit<Press, 'path'>[] = [];
  const buttonless: string[] = [];
  for (const { action, buttons } of forms) {
    const to = action ?? here.pathname + here.search;
    if (buttons.length === 0) buttonless.push(to);
    for (const button of buttons) presses.push({ ...button, action: button.action ?? to });
  }
  return { presses, buttonless };
}

/** What is behind a fold is opened as a person does it: by its summary. */
async function unfold(button: Locator): Promise<void> {
  for (const fold of await button.locator('xpath=ancestor::details[not(@open)]').all()) {
    await fold.locator('summary').first().click();
  }
}

let n = 0;
const scan = { name: 'table.csv', mimeType: 'text/csv', buffer: Buffer.from('name\nMade without script\n') };
const logo = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Fills in what is asked, as far as it is empty. */
async function fillIn(form: Locator): Promise<void> {
  const action = await form.getAttribute('action');
  for (const field of await form.locator('input:not([type="hidden"]):not([readonly]), textarea, select').all()) {
    if (!(await field.isVisible()) || !(await field.isEnabled())) continue;
    const type = (await field.getAttribute('type')) ?? '';
    const name = (await field.getAttribute('name')) ?? '';
    if (type === 'file') {
      const accept = (await field.getAttribute('accept')) ?? '';
      await field.setInputFiles(
        /png|image/.test(accept) ? { name: 'logo.png', mimeType: 'image/png', buffer: logo } : scan,
      );
    } else if (type === 'radio' || type === 'checkbox' || type === 'color') {
      if (type === 'radio') await form.locator(`input[type="radio"][name="${name}"]`).first().check();
    } else if (await field.evaluate((f) => f.tagName === 'SELECT')) {
      const options = await field.locator('option').evaluateAll((all) => all.map((o) => o.getAttribute('value') ?? ''));
      const wanted = options.find((o) => o !== '');
      if ((await field.inputValue()) === '' && wanted !== undefined) await field.selectOption(wanted);
    } else if ((await field.inputValue()) === '') {
      const words =
        name === 'email' && action === '/sign-in'
          ? 'olivia@acme.test'
          : type === 'email'
            ? `without-script-${n++}@acme.test`
            : type === 'password'
              ? action === '/sign-in' || name === 'current'
                ? demoPassword
                : 'three plain words here'
              : type === 'date'
                ? '2027-01-15'
                : type === 'url'
                  ? `https://hooks.example.com/${n++}`
                  : name === 'file'
                    ? JSON.stringify({ name: `From a file ${n++}`, steps: [{ key: 'a', title: 'A step' }] })
                    : name === 'email'
                      ? `without-script-${n++}@acme.test`
                      : `Without script ${n++}`;
      await field.fill(words);
    }
  }
}

/** How many buttons there are at least: a walk that finds none would prove nothing. */
const least: Readonly<Record<Visitor, number>> = { nobody: 5, client: 3, mia: 2, olivia: 35 };

it.each(['nobody', 'client', 'mia', 'olivia'] as const)(
  'as %s',
  async (as: Visitor) => {
    const problems: string[] = [];
    const seen = new Map<string, Press[]>();
    let page = await visit(browser, world.url, as, found, bare);
    for (const known of everyPage.filter((p) => p.as === as && p.first === undefined)) {
      const path = known.path(found);
      await page.goto(world.url + path);
      const { presses, buttonless } = await formsOf(page);
      for (const action of buttonless) problems.push(`${path}: the form to ${action} has no button`);
      for (const press of presses) {
        const key = `${routeOf(press.action)}${wordOf({ ...press, path })}`;
        seen.set(key, [...(seen.get(key) ?? []), { ...press, path }]);
      }
    }
    const keys = [...seen.keys()].sort((a, b) => lateness(a) - lateness(b));
    for (const key of keys) {
      const outcome = await pressOne(page, key, seen.get(key) ?? []);
      // What ends or erases something wants its name typed, and says so when it is another one.
      const expected = /(data|account)\/(delete|erase)$/.test(key) ? /^4\d\d / : /^(200|201|303|download)/;
      if (!expected.test(outcome)) problems.push(`${key}: ${outcome}`);
      // Whoever is somebody else by now, or elsewhere, begins anew.
      if (/sign-out|leave|sessions|authorize|settings\/org |^\/sign-in$|^\/portal\/…$/.test(key)) {
        await page.context().close();
        page = await visit(browser, world.url, as, found, bare);
      }
    }
    expect(problems).toEqual([]);
    expect(keys.length).toBeGreaterThanOrEqual(least[as]);
    await page.context().close();
  },
  300_000,
);

function buttonOf(page: Page, { action, name, value }: Omit<Press, 'path'>): Locator {
  const own = name === '' ? 'button[type="submit"]:not([name])' : `button[name="${name}"][value="${value}"]`;
  return page
    .locator(`form[method="post"][action="${action}"] ${own}:not(.unseen), ${own}[formaction="${action}"]`)
    .or(page.locator(`form[method="post"]:not([action]) ${own}`))
    .first();
}

/** Presses the button on the first page that still has it; gives the status and the heading that it led to. */
async function pressOne(page: Page, key: string, places: readonly Press[]): Promise<string> {
  for (const place of places) {
    await page.goto(world.url + place.path);
    let button = buttonOf(page, place);
    if ((await button.count()) === 0) {
      // Another task may lie open by now, with the same forms.
      const { presses } = await formsOf(page);
      const alike = presses.find((p) => `${routeOf(p.action)}${wordOf({ ...p, path: place.path })}` === key);
      if (!alike) continue;
      button = buttonOf(page, alike);
    }
    await unfold(button);
    const form = button.locator('xpath=ancestor::form');
    await fillIn(form);
    const [answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'), button.click()]);
    const type = answer.headers()['content-type'] ?? '';
    if (/zip/.test(type)) return 'download';
    const status = answer.status();
    const to = answer.headers().location;
    if (status === 303 && to !== undefined && new URL(to, world.url).origin !== world.url) return '303 to the app';
    await page.waitForLoadState('domcontentloaded');
    const heading = await page.locator('h1').first().textContent({ timeout: 10_000 });
    if (status !== 303 && !type.startsWith('text/html')) return `${status} is no page but ${type}`;
    const said = await page.locator('.notice.bad, .wrong').allTextContents();
    return `${status} ${heading} ${said.join(' ')}`.trim();
  }
  return 'was nowhere to be pressed any more';
}

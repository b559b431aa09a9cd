/** The dashboard by filters, search, pages and keyboard; and two people at one task in the same moment. */
import { sql } from 'kysely';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '../support/browser.ts';
import { startWorld, type World } from '../support/world.ts';
import { focused } from './in-page.ts';

let world: World;
let browser: Browser;

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld({ flows: true }), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

async function signedIn(email: string, javaScriptEnabled = true): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${world.url}/flows`);
  await page.fill('#email', email);
  await page.fill('#password', 'booflow-demo');
  await Promise.all([page.waitForURL('**/flows'), page.press('#password', 'Enter')]);
  return page;
}
const names = (page: Page) => page.locator('li.flow a.whole').allTextContents();

it('lets one of two win who decide at the same moment, tells the other, and shows both what is so', async () => {
  const [olivia, adam] = await Promise.all([signedIn('olivia@acme.test'), signedIn('adam@acme.test')]);
  for (const page of [olivia, adam]) {
    await page.getByRole('link', { name: 'Northwind', exact: true }).click();
    await page.getByRole('heading', { name: 'Approve launch plan' }).waitFor();
  }
  await adam.fill('textarea[name=comment]', 'The dates are too near.');
  await Promise.all([
    Promise.all([olivia.waitForNavigation(), olivia.getByRole('button', { name: /^Approve/ }).click()]),
    Promise.all([adam.waitForNavigation(), adam.getByRole('button', { name: 'Reject and send back' }).click()]),
  ]);
  const told = await Promise.all([olivia, adam].map((page) => page.getByRole('alert').allTextContents()));
  const [loser] = told.flat();
  expect(told.flat()).toHaveLength(1);
  expect(loser).toMatch(/Nothing changed/);
  expect(loser).not.toMatch(/error|invalid/i);
  const decided = await world.owner
    .selectFrom('feed')
    .innerJoin('flows', 'flows.id', 'feed.flow_id')
    .select('feed.text')
    .where('flows.name', '=', 'Northwind')
    .where(sql<boolean>`feed.text ~ '^(approved|rejected) "Approve launch plan"'`)
    .execute();
  expect(decided).toHaveLength(1);
  // Whoever lost sees the outcome beside what they were told.
  for (const page of [olivia, adam]) expect(await page.textContent('#activity')).toContain(decided[0]?.text);
  await Promise.all([olivia.context().close(), adam.context().close()]);
});

it('finds flows by a view, by whom they wait on, by words, and says when none fits', async () => {
  const page = await signedIn('olivia@acme.test');
  await page.getByRole('link', { name: /^Late/ }).click();
  await page.waitForURL('**overdue=true**');
  expect(await names(page)).toContain('Harbor & Pine');
  expect(await names(page)).not.toContain('Kestrel Energy');
  await page.goto(`${world.url}/flows`);
  await page.selectOption('#waits-on', 'clients');
  await page.waitForURL('**waits_on=clients');
  expect(await names(page)).toContain('Harbor & Pine');
  expect(await names(page)).not.toContain('Juniper Dental');
  await page.goto(`${world.url}/flows`);
  await page.fill('#search', 'jane alder');
  await page.press('#search', 'Enter');
  await page.waitForURL('**search=**');
  expect(await names(page)).toEqual(['Harbor & Pine']);
  await page.fill('#search', 'zebra');
  await page.press('#search', 'Enter');
  await page.getByText('No flow and no client has words that begin like “zebra”').waitFor();
  const answer = await page.goto(`${world.url}/flows?waits_on=Nobody+Known`);
  expect(answer?.status()).toBe(422);
  expect(await page.getByRole('alert').textContent()).toBe('Nobody here is called "Nobody Known".');
  expect(await page.textContent('h1')).toMatch(/you/);
  await page.context().close();
});

it('an address that can’t be read is told as that, and not as something that is gone', async () => {
  const page = await signedIn('olivia@acme.test');
  const lists = ['/flows?status=ACTIVE', '/tasks', '/flows/imports', '/settings/members', '/settings/data/erase'];
  for (const path of lists) {
    const answer = await page.goto(`${world.url}${path}${path.includes('?') ? '&' : '?'}cursor=x`);
    expect([path, answer?.status()]).toEqual([path, 400]);
    expect(await page.textContent('h1')).toBe('This part of the list can’t be found');
    await page.getByRole('link', { name: 'Show the first page' }).click();
    await page.waitForURL(world.url + path);
    expect(await page.textContent('h1')).not.toContain('can’t');
  }
  const statusOf = async (path: string) => (await page.request.get(world.url + path)).status();
  expect(await statusOf(`/flows/${'x'.repeat(300)}`)).toBe(400);
  expect(await statusOf('/flows/fl_none')).toBe(404);
  await page.context().close();
});

it('says where one is in the reader’s own colours, and puts nothing to press on paper', async () => {
  const page = await signedIn('olivia@acme.test');
  await page.emulateMedia({ forcedColors: 'active' });
  await page.goto(`${world.url}/flows?overdue=true`);
  const lines = await page
    .locator('[aria-current]:visible')
    .evaluateAll((marked) => marked.map((e) => getComputedStyle(e).outlineStyle));
  expect(lines).toEqual(['solid', 'solid']);
  await page.emulateMedia({ forcedColors: 'none', media: 'print' });
  await page.getByRole('link', { name: 'Harbor & Pine', exact: true }).click();
  await page.getByRole('heading', { name: 'Why is this waiting?' }).waitFor();
  expect(await page.locator('button:visible, nav.side:visible, textarea:visible').count()).toBe(0);
  await page.context().close();
});

it('reminds whom a task lies with, from the list and only when the button is pressed', async () => {
  const page = await signedIn('olivia@acme.test');
  const row = page.locator('li.flow', { hasText: 'Harbor & Pine' });
  await Promise.all([page.waitForURL('**/flows/fl_*'), row.getByRole('button', { name: 'Remind Jane' }).click()]);
  expect(await page.locator('#activity li').first().textContent()).toMatch(/reminded Jane/);
  await Promise.all([
    page.waitForNavigation(),
    page.getByRole('button', { name: /^Remind Jane.*Sign the contract/ }).click(),
  ]);
  expect(await page.getByRole('alert').textContent()).toMatch(/hour/);
  await page.context().close();
});

it('filters without JavaScript, by the button', async () => {
  const page = await signedIn('mia@acme.test', false);
  await page.fill('#search', 'harb');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.waitForURL('**search=harb**');
  expect(await names(page)).toEqual(['Harbor & Pine']);
  await page.context().close();
});

it('walks pages there and back, with the place in the address', async () => {
  await sql`insert into flows (org_id, id, name, template_id, template_name, template_version, status, percent, done,
      counting, created_at, created_by, feed_length, version, updated_at)
    select org_id, 'fl_bulk' || n, 'Bulk ' || n, template_id, template_name, template_version, 'DRAFT', 0, 0, counting,
      date_trunc('second', now()) - n * interval '1 day', created_by, 1, 1, now()
    from flows, generate_series(100, 160) n where name = 'Kestrel Energy'`.execute(world.owner);
  const page = await signedIn('olivia@acme.test');
  await page.goto(`${world.url}/flows?search=bulk`);
  const first = await names(page);
  expect(first).toHaveLength(25);
  await page.getByRole('link', { name: 'Older' }).click();
  await page.waitForURL('**cursor=**');
  const second = await names(page);
  await page.reload();
  expect(await names(page)).toEqual(second);
  await page.getByRole('link', { name: 'Older' }).click();
  await page.getByRole('link', { name: 'Bulk 160', exact: true }).waitFor();
  expect((await names(page)).length).toBe(11);
  await page.getByRole('link', { name: 'Newer' }).click();
  await page.getByRole('link', { name: second[0] ?? '?', exact: true }).waitFor();
  expect(await names(page)).toEqual(second);
  await page.getByRole('link', { name: 'Newer' }).click();
  await page.getByRole('link', { name: 'Bulk 100', exact: true }).waitFor();
  expect(await names(page)).toEqual(first);
  await page.context().close();
});

it('what floats over the page goes by Escape, back to where it came from, and by a press beside it', async () => {
  const page = await signedIn('olivia@acme.test');
  await page.getByRole('link', { name: 'Harbor & Pine', exact: true }).click();
  await page.waitForURL('**/flows/fl_*');
  for (const name of ['Pause…', 'Cancel flow…', 'Switch the organization']) {
    const summary = page.locator('summary', { hasText: name });
    const floats = page.locator('details[open]').filter({ has: summary });
    await summary.press('Enter');
    expect(await floats.count(), name).toBe(1);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    expect(await floats.count(), name).toBe(0);
    expect(await summary.evaluate((e) => e === document.activeElement), name).toBe(true);
    await summary.click();
    expect(await floats.count(), name).toBe(1);
    await page.locator('h1').click();
    expect(await floats.count(), name).toBe(0);
  }
  await page.context().close();
});

it('is driven by keyboard, and leaves who types alone', async () => {
  const page = await signedIn('olivia@acme.test');
  await page.keyboard.press('Tab');
  expect((await page.evaluate(focused)).name).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  const [first] = await names(page);
  expect((await page.evaluate(focused)).name).toBe(first);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/flows/fl_*');
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await page.waitForURL('**/tasks');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'By keyboard' }).waitFor();
  await page.keyboard.press('n');
  expect(page.url()).toMatch(/\/tasks$/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('f');
  await page.waitForURL('**/flows');
  await page.keyboard.press('/');
  await page.keyboard.type('n?gt/');
  expect(await page.inputValue('#search')).toBe('n?gt/');
  expect(await page.getByRole('dialog').count()).toBe(0);
  await page.keyboard.press('Tab');
  await page.locator('h1').click();
  await page.keyboard.press('n');
  await page.waitForURL('**/flows/new');
  await page.context().close();
});

/** A table of flows, brought in by an admin in a browser: with JavaScript, and without where that says nothing else. */
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTable } from '../../src/operations/import-table.ts';
import { Person } from '../oauth/person.ts';
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

async function signedIn(javaScriptEnabled = true, width = 1280): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled, viewport: { width, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${world.url}/flows/import`);
  await page.fill('#email', 'adam@acme.test');
  await page.fill('#password', 'booflow-demo');
  await Promise.all([page.waitForURL('**/flows/import'), page.press('#password', 'Enter')]);
  return page;
}

async function send(page: Page, table: string | Buffer): Promise<void> {
  await page.selectOption('#template', { label: 'Client Onboarding' });
  await page.setInputFiles('#table', { name: 'clients.csv', mimeType: 'text/csv', buffer: Buffer.from(table) });
  await press(page, /make the flows$/);
}
const press = (page: Page, name: RegExp) =>
  Promise.all([page.waitForNavigation(), page.getByRole('button', { name }).click()]);
const imports = async () => (await world.owner.selectFrom('flow_imports').select('id').execute()).length;
const wider = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

test.each([
  ['with JavaScript', true],
  ['without JavaScript', false],
])('a wrong line is told, and the mended table becomes flows, %s', async (_how, javaScriptEnabled) => {
  const page = await signedIn(javaScriptEnabled);
  await send(page, 'name,start\nHarbor,perhaps');
  expect(await page.textContent('#problems')).toContain('Line 2: start is "perhaps"; it must be yes or no.');
  expect(await page.textContent('#table-problem')).toBe('Choose the mended table.');
  if (javaScriptEnabled) expect(await axeFindings(page)).toEqual([]);
  await send(page, 'name,start\nHarbor,yes\nPine,no');
  // Without JavaScript it is the second time that this table comes.
  if (!javaScriptEnabled) {
    expect(await page.textContent('h1')).toBe('This table was imported before');
    expect(await page.textContent('main')).toContain('Adam');
    const before = await imports();
    await press(page, /^Import all the same$/);
    expect(await imports()).toBe(before + 1);
  }
  await page.waitForURL('**/flows/imports/im_*');
  await expect.poll(() => page.textContent('h1'), { timeout: 60_000 }).toBe('All 2 flows are made');
  if (javaScriptEnabled) expect(await axeFindings(page)).toEqual([]);
  await page.getByRole('link', { name: 'Harbor' }).click();
  expect(await page.textContent('main')).toContain('Active');
  await page.context().close();
});

test('many problems are one summary, which has the focus, and names each line', async () => {
  const page = await signedIn(true, 390);
  await send(page, `name,start\n${Array.from({ length: 30 }, (_, n) => `Elm ${n},perhaps`).join('\n')}`);
  expect(await page.locator('[role=alert]').count()).toBe(1);
  expect(await page.evaluate('document.activeElement.id')).toBe('problems');
  expect(await page.textContent('#problems p')).toBe('Nothing was made. 30 things are to be mended:');
  expect(
    await page
      .locator('#problems li')
      .filter({ hasText: /^Line \d+: / })
      .count(),
  ).toBe(30);
  await page.locator('#problems summary').click();
  expect(await page.getByText('Line 31:').isVisible()).toBe(true);
  expect([await axeFindings(page), await wider(page)]).toEqual([[], 0]);
  await send(page, '');
  expect(await page.textContent('#problems')).toContain('The table is empty. Its first line names the columns');
  await page.getByRole('link', { name: /^The table is empty/ }).click();
  expect(new URL(page.url()).hash).toBe('#table');
  await page.context().close();
});

test('letters that had to be guessed are looked at before anything is made, and a double click makes one import', async () => {
  const page = await signedIn(true, 390);
  const before = await imports();
  await send(
    page,
    Buffer.from('name;client_name;client_email\nM\xfcller & S\xf6hne;J\xf6rg;j@mueller.test\nOak;;', 'latin1'),
  );
  expect(await page.textContent('h1')).toBe('Are these letters right?');
  const list = await page.textContent('main ul');
  for (const text of ['Müller & Söhne', 'Jörg', 'Line 2']) expect(list).toContain(text);
  expect(list).not.toContain('Oak');
  expect(await page.textContent('main')).toContain('Windows-1252');
  expect([await axeFindings(page), await wider(page)]).toEqual([[], 0]);
  expect(await imports()).toBe(before);
  await page.getByRole('button', { name: /^They are right, make 2 flows$/ }).dblclick();
  await page.waitForURL('**/flows/imports/im_*');
  await expect.poll(() => page.textContent('h1'), { timeout: 60_000 }).toBe('All 2 flows are made');
  expect(await page.getByRole('link', { name: 'Müller & Söhne' }).count()).toBe(1);
  expect(await imports()).toBe(before + 1);
  await page.context().close();
});

test('a form that is sent twice at one moment makes one import', async () => {
  const adam = new Person(world.url);
  await adam.signIn('adam@acme.test');
  const { csrf = '', command_id = '' } = (await adam.get('/flows/import')).form('/flows/import');
  const template = 'tp_public_tax-return';
  const table = Buffer.from('name\nPressed twice').toString('base64url');
  const before = await imports();
  const fields = { csrf, command_id, template, table };
  const answers = await Promise.all([1, 2].map(() => adam.post('/flows/import/sure', fields)));
  expect(answers.map((a) => a.status)).toEqual([303, 303]);
  expect(new Set(answers.map((a) => a.to?.href)).size).toBe(1);
  expect(await imports()).toBe(before + 1);
});

test('while it goes on nobody’s place is lost, it is found again, and it can be stopped', async () => {
  const page = await signedIn();
  const names = Array.from({ length: 900 }, (_, n) => `Long ${n}`);
  await send(page, `name\n${names.join('\n')}`);
  await page.waitForURL('**/flows/imports/im_*');
  const address = page.url();
  let loads = 0;
  page.on('load', () => loads++);
  const toCome = page.getByRole('link', { name: /^To come/ });
  const came = await toCome.textContent();
  await toCome.focus();
  await expect.poll(() => toCome.textContent(), { timeout: 30_000 }).not.toBe(came);
  expect(await page.evaluate('document.activeElement.textContent')).toMatch(/^To come/);
  expect(loads).toBe(0);
  expect(await page.textContent('h1')).toMatch(/^\d+ of 900 flows made so far$/);

  await page.goto(`${world.url}/flows/new`);
  await page.getByRole('link', { name: 'imports' }).click();
  await page.waitForURL('**/flows/imports');
  expect(await page.textContent('h1')).toBe('One import is going on');
  expect(await axeFindings(page)).toEqual([]);
  await page.getByRole('link', { name: '900 flows from “Client Onboarding”' }).click();
  await page.waitForURL(address);
  await press(page, /^Stop, and leave out/);
  await expect.poll(() => page.textContent('h1'), { timeout: 30_000 }).toMatch(/^\d+ flows made, \d+ left out$/);
  expect(await page.getByRole('button', { name: /^Stop/ }).count()).toBe(0);
  expect(await page.textContent('main')).toContain('stopped by Adam');
  expect(await axeFindings(page)).toEqual([]);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download what is left' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('Client Onboarding, what is left.csv');
  const left = readTable(await readFile(await download.path(), 'utf8'));
  const told = /(\d+) left out$/.exec((await page.textContent('h1')) ?? '')?.[1];
  expect(left.ok && left.lines.length).toBe(Number(told));
  const href = await page.getByRole('link', { name: 'import it' }).getAttribute('href');
  expect(href).toMatch(/^\/flows\/import\?template=tp_[\w-]+$/);
  await page.getByRole('link', { name: /^Left out/ }).click();
  await page.waitForURL('**?state=STOPPED');
  expect(new Set(await page.locator('#lines .chip').allTextContents())).toEqual(new Set(['left out']));
  await page.getByRole('link', { name: 'More lines' }).click();
  await page.waitForURL(/state=STOPPED&after=/);
  expect(new Set(await page.locator('#lines .chip').allTextContents())).toEqual(new Set(['left out']));
  await page.context().close();
});

test('its end is read out', async () => {
  const page = await signedIn();
  await send(page, 'name\nRead out 1\nRead out 2');
  await page.waitForURL('**/flows/imports/im_*');
  if ((await page.locator('[data-going]').count()) > 0)
    await expect
      .poll(() => page.locator('[role=status]').textContent(), { timeout: 60_000 })
      .toBe('All 2 flows are made');
  expect(await page.textContent('h1')).toBe('All 2 flows are made');
  await page.context().close();
});

test('the table to begin with is one that is taken', async () => {
  const page = await signedIn();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'A table to begin with' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('flows.csv');
  expect(readTable(await readFile(await download.path(), 'utf8'))).toMatchObject({ ok: true, lines: { length: 3 } });
  await page.context().close();
});

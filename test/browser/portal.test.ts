/** The portal in a real browser, on a phone: what a client taps, and what is true afterwards. With JavaScript and without. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { publishTemplate } from '../../src/db/templates.ts';
import { readTemplate } from '../../src/domain/read-template.ts';
import { settled } from '../mcp/everything.ts';
import { type Speaker, speak } from '../mcp/speak.ts';
import { axeFindings } from '../support/axe.ts';
import { launchChromium } from '../support/browser.ts';
import { startWorld, type World } from '../support/world.ts';
import { inspect } from './in-page.ts';

let world: World;
let browser: Browser;
let olivia: Speaker;
const problems: string[] = [];
const phone = { width: 390, height: 844 };

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
  olivia = await speak(world.url, await world.key('olivia@acme.test'));
  const reading = readTemplate({
    name: 'Brand',
    steps: [
      {
        ...{ key: 'brand', title: 'Send us your brand', type: 'FORM', assignee: { kind: 'client' } },
        description: 'What you have is enough; we tidy it up.',
        due: { days: 5, from: 'start' },
        fields: [
          { key: 'why', label: 'Why this brand?', type: 'text', multiline: true, help: 'A sentence or two.' },
          { key: 'tone', label: 'Its tone', type: 'choice', options: ['Warm', 'Plain'] },
          { key: 'since', label: 'In use since', type: 'date', required: false },
          { key: 'logo', label: 'Your logo', type: 'file', accept: ['image', 'pdf'] },
        ],
      },
      { key: 'guide', title: 'Write the guide', dependsOn: ['brand'] },
      {
        ...{ key: 'ok', title: 'Approve the brand guide', type: 'APPROVAL', assignee: { kind: 'client' } },
        dependsOn: ['guide'],
      },
    ],
  });
  if (!reading.ok) throw new Error(JSON.stringify(reading));
  await world.owner.transaction().execute((trx) => publishTemplate(trx, 'tp_brand', 'org_demo_acme', reading.template));
});
afterAll(async () => {
  await browser?.close();
  await olivia?.close();
  await world?.stop();
});
afterEach(() => {
  expect(problems.splice(0)).toEqual([]);
});

const call = async (tool: string, args: Record<string, unknown>): Promise<Record<string, unknown>> => {
  const answer = await olivia.call(tool, args);
  if (answer.isError) throw new Error(`${tool}: ${answer.text}`);
  return answer.facts;
};

/** A started flow with one client, and the link of their mail. */
async function invited(flow: string, email: string, name: string, template = 'Brand'): Promise<string> {
  await call('create_flow_from_template', { template, name: flow });
  await call('invite_external_user', { flow, email, name });
  await call('update_flow_status', { flow, action: 'start' });
  await settled(world);
  const { text } = await world.owner
    .selectFrom('dev_mails')
    .select('text')
    .where('to_address', '=', email)
    .executeTakeFirstOrThrow();
  return /https?:\/\/\S+\/portal\/[A-Za-z0-9]{32}/.exec(text)?.[0] ?? '';
}

async function newPage(javaScriptEnabled = true): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled, viewport: phone, hasTouch: true });
  const page = await context.newPage();
  page.on('console', (m) => {
    // A refusal is answered 422 or 404 on purpose; the browser tells it as an error.
    if (m.type() === 'error' && !/4(22|04)/.test(m.text())) problems.push(m.text());
  });
  page.on('pageerror', (e) => problems.push(e.message));
  return page;
}

const press = (page: Page, name: string | RegExp) =>
  Promise.all([page.waitForNavigation(), page.getByRole('button', { name }).click()]);
const follow = (page: Page, name: string | RegExp) =>
  Promise.all([page.waitForNavigation(), page.getByRole('link', { name }).click()]);

/** Nothing serious by axe-core, by our own rules for a phone, and nothing wider than it. */
async function isGood(page: Page, what: string): Promise<void> {
  expect([what, await axeFindings(page)]).toEqual([what, []]);
  const { headings, primaries, unlabelled, pale, sideways } = await page.evaluate(inspect, 44);
  expect([what, { headings, unlabelled, pale, sideways }]).toEqual([
    what,
    { headings: 1, unlabelled: [], pale: [], sideways: 0 },
  ]);
  expect(primaries).toBeLessThanOrEqual(1);
  const low = await page.evaluate(
    `[...document.querySelectorAll('button:not(.unseen), a, select, input:not([type=hidden]), textarea')]
      .filter((e) => e.getBoundingClientRect().height > 0 && e.getBoundingClientRect().height < 43.5)
      .map((e) => e.outerHTML.slice(0, 100))`,
  );
  expect([what, low]).toEqual([what, []]);
}

const png = {
  name: 'logo.png',
  mimeType: 'image/png',
  buffer: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
};

it('a client opens the link, fills in, goes away and comes back, uploads, sends, comments, asks for changes, approves', async () => {
  const link = await invited('Juniper', 'jane@juniper.test', 'Jane Alder');
  const page = await newPage();
  await page.goto(link);
  expect(await page.textContent('h1')).toBe('Acme Agency invites Jane Alder to Juniper');
  await isGood(page, 'the link');
  await press(page, 'Open as Jane Alder');
  expect(await page.textContent('h1')).toBe('Jane, one thing is waiting for you');
  expect(await page.textContent('.progress')).toContain('0 of 3 done');
  expect(await page.textContent('main')).not.toContain('Write the guide');
  await isGood(page, 'home');
  await follow(page, 'Open: Send us your brand');
  await isGood(page, 'the form');

  // What is typed is kept as one types, and survives a reload and another visit.
  await page.getByLabel('Why this brand?').fill('It is ours since 1920.');
  await page.getByLabel('Its tone').selectOption('Warm');
  await page.getByText('Saved. You can go on later').waitFor();
  await page.reload();
  expect(await page.getByLabel('Why this brand?').inputValue()).toBe('It is ours since 1920.');
  const elsewhere = await newPage();
  await elsewhere.goto(link);
  await press(elsewhere, 'Open as Jane Alder');
  expect(await elsewhere.textContent('.todo')).toContain('You began this');
  await follow(elsewhere, 'Go on: Send us your brand');
  expect(await elsewhere.getByLabel('Its tone').inputValue()).toBe('Warm');

  // A file goes as soon as it is chosen; one that is not wanted is told beside its field.
  const words = { name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from('Only words.') };
  await page.getByLabel('Your logo').setInputFiles(words);
  await page.locator('.field.wrong').getByText('asks for: an image or a PDF').waitFor();
  await page.getByLabel('Your logo').setInputFiles(png);
  await page.locator('.given').getByText('logo.png').waitFor();
  await isGood(page, 'the form with a file');
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.given a').click()]);
  expect(download.suggestedFilename()).toBe('logo.png');

  await page.getByLabel('Write to Acme Agency about this').fill('Is the old logo all right?');
  await press(page, 'Send the comment');
  expect(await page.textContent('.bubble.mine')).toContain('Is the old logo all right?');
  await page.getByLabel('Why this brand?').fill('   ');
  await press(page, 'Send my answers');
  expect(await page.textContent('.field.wrong')).toContain('Please fill this in.');
  await isGood(page, 'a form with something missing');
  await page.getByLabel('Why this brand?').fill('It is ours since 1920.');
  await press(page, 'Send my answers');
  expect(await page.textContent('[role=status]')).toContain('Thank you, that is done.');
  expect(await page.textContent('.progress')).toContain('1 of 3 done');
  const sent = await call('get_task', { flow: 'Juniper', task: 'Send us your brand' });
  expect(sent).toMatchObject({
    ...{ status: 'COMPLETED', doneBy: 'Jane Alder', files: [{ name: 'logo.png', mediaType: 'image/png' }] },
    answers: { why: 'It is ours since 1920.', tone: 'Warm', logo: expect.stringMatching(/^fi_/) },
  });
  await follow(page, /Send us your brand/);
  expect(await page.textContent('.answers')).toContain('logo.png');
  await isGood(page, 'what was sent');

  await call('complete_task', { flow: 'Juniper', task: 'Write the guide' });
  await page.goto(`${world.url}/portal`);
  await follow(page, 'Look and decide: Approve the brand guide');
  await press(page, 'Ask for changes');
  expect(await page.textContent('[role=alert]')).toContain('Please say what should change');
  await page.getByLabel('What should change?').fill('The green is too dark.');
  await isGood(page, 'the approval');
  await press(page, 'Ask for changes');
  expect(await page.textContent('h1')).toBe('Jane, nothing waits for you now');
  const guide = await call('get_task', { flow: 'Juniper', task: 'Write the guide' });
  expect(guide).toMatchObject({ status: 'READY', round: 2 });
  await call('complete_task', { flow: 'Juniper', task: 'Write the guide' });
  await page.goto(`${world.url}/portal`);
  await follow(page, /Approve the brand guide/);
  await press(page, 'Approve');
  expect(await page.textContent('h1')).toContain('Thank you, Jane. That was the last thing');
  await isGood(page, 'the end');
  await settled(world);
  await page.goto(`${world.url}/portal`);
  expect(await page.textContent('h1')).toContain('Thank you, Jane');
});

it('a file stays that came while somebody typed, here or in another tab', async () => {
  const link = await invited('Rowan', 'rosa@rowan.test', 'Rosa Rowan');
  const page = await newPage();
  await page.goto(link);
  await press(page, 'Open as Rosa Rowan');
  await follow(page, 'Open: Send us your brand');
  const other = await page.context().newPage();
  await other.goto(page.url());

  // The file is there, and the page hears of it late.
  await page.route('**/files', async (route) => {
    const response = await route.fetch();
    await Promise.all([page.waitForResponse('**/draft'), page.getByLabel('Why this brand?').fill('Ours')]);
    await route.fulfill({ response });
  });
  await page.getByLabel('Your logo').setInputFiles(png);
  await page.getByText('Uploaded and saved.').waitFor();
  const download = await page.request.get(world.url + (await page.locator('.given a').getAttribute('href')));
  expect(download.status()).toBe(200);

  // A tab from before knows of no file, and takes none away.
  await Promise.all([other.waitForResponse('**/draft'), other.getByLabel('Why this brand?').fill('Ours for long')]);
  await other.getByLabel('Its tone').selectOption('Plain');
  await other.evaluate("document.querySelector('form.work').noValidate = true");
  await press(other, 'Send my answers');
  expect(await other.textContent('[role=status]')).toContain('Thank you, that is done.');
  expect(await call('get_task', { flow: 'Rowan', task: 'Send us your brand' })).toMatchObject({
    ...{ status: 'COMPLETED', files: [{ name: 'logo.png' }] },
    answers: { why: 'Ours for long', tone: 'Plain' },
  });
});

it('what was filled in is kept when the flow is paused meanwhile', async () => {
  const link = await invited('Alder', 'alma@alder.test', 'Alma Alder');
  const page = await newPage();
  await page.goto(link);
  await press(page, 'Open as Alma Alder');
  await follow(page, 'Open: Send us your brand');
  await page.getByLabel('Its tone').selectOption('Plain');
  await page.getByLabel('Your logo').setInputFiles(png);
  await page.getByText('Uploaded and saved.').waitFor();
  await call('update_flow_status', { flow: 'Alder', action: 'pause' });
  await page.getByLabel('Why this brand?').fill('A long text');
  await page.getByText('Saved. You can go on later').waitFor();
  await press(page, 'Send my answers');
  expect(await page.textContent('h1')).toBe('Alma, everything is paused for now');
  expect(await page.textContent('[role=alert]')).toContain('What you filled in is kept');
  await call('update_flow_status', { flow: 'Alder', action: 'resume' });
  await page.goto(`${world.url}/portal`);
  await follow(page, 'Go on: Send us your brand');
  expect(await page.getByLabel('Why this brand?').inputValue()).toBe('A long text');
  await press(page, 'Send my answers');
  expect(await page.textContent('[role=status]')).toContain('Thank you, that is done.');
});

it('a name with no break in it, however long, makes no page wider, for clients and members', async () => {
  const word = 'Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung'.repeat(2);
  const client = { kind: 'client' };
  const reading = readTemplate({
    name: word,
    steps: [
      { key: 'a', title: word, type: 'FORM', assignee: client, fields: [{ key: 'f', label: word, type: 'text' }] },
      { key: 'b', title: `${word}B`, assignee: { kind: 'role', role: word.slice(0, 90) }, dependsOn: ['a'] },
    ],
  });
  if (!reading.ok) throw new Error(JSON.stringify(reading));
  await world.owner.transaction().execute((trx) => publishTemplate(trx, 'tp_long', 'org_demo_acme', reading.template));
  const page = await newPage();
  await page.goto(await invited(word, 'grete@long.test', word, 'tp_long'));
  const sideways = () => page.evaluate('document.documentElement.scrollWidth - innerWidth');
  expect(await sideways()).toBe(0);
  await press(page, /^Open as/);
  expect(await sideways()).toBe(0);
  await follow(page, /^Open: /);
  expect(await sideways()).toBe(0);

  await page.goto(`${world.url}/flows`);
  await page.fill('#email', 'olivia@acme.test');
  await page.fill('#password', 'booflow-demo');
  await Promise.all([page.waitForURL('**/flows'), page.press('#password', 'Enter')]);
  const flow = await page.getByRole('link', { name: word }).getAttribute('href');
  const paths = ['/flows', '/tasks', `${flow}`, '/templates', '/templates/tp_long', '/templates/tp_long/edit?step=b'];
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 844 });
    for (const path of paths) {
      await page.goto(world.url + path);
      expect([width, path, await sideways()]).toEqual([width, path, 0]);
    }
  }
});

it('does all of it without JavaScript', async () => {
  const link = await invited('Larch', 'lars@larch.test', 'Lars Larch');
  const page = await newPage(false);
  await page.goto(link);
  await press(page, 'Open as Lars Larch');
  await follow(page, 'Open: Send us your brand');
  await page.getByLabel('Why this brand?').fill('Half a thought');
  await press(page, 'Save and go on later');
  expect(await page.textContent('[role=status]')).toContain('It is saved');
  await follow(page, 'Go on: Send us your brand');
  expect(await page.getByLabel('Why this brand?').inputValue()).toBe('Half a thought');
  const task = await call('get_task', { flow: 'Larch', task: 'Send us your brand' });
  expect(task).toMatchObject({ status: 'READY', answers: null });
  // What the server finds missing is told beside its field, and what was filled in stays, the file too.
  await page.getByLabel('Why this brand?').fill('   ');
  await page.getByLabel('Its tone').selectOption('Plain');
  await page.getByLabel('Your logo').setInputFiles(png);
  await press(page, 'Send my answers');
  expect(await page.textContent('[role=alert]')).toContain('One thing still needs you');
  expect(await page.textContent('.field.wrong')).toContain('Please fill this in.');
  expect(await page.textContent('.given')).toContain('logo.png');
  expect(await page.getByLabel('Its tone').inputValue()).toBe('Plain');
  await press(page, 'Remove logo.png');
  expect(await page.locator('.given').count()).toBe(0);
  await page.getByLabel('Why this brand?').fill('A whole thought');
  await page.getByLabel('Your logo').setInputFiles(png);
  await press(page, 'Send my answers');
  expect(await page.textContent('[role=status]')).toContain('Thank you, that is done.');
  const done = await call('get_task', { flow: 'Larch', task: 'Send us your brand' });
  expect(done).toMatchObject({ status: 'COMPLETED', answers: { why: 'A whole thought', tone: 'Plain' } });
  await press(page, 'Leave this page on this device');
  expect(await page.textContent('h1')).toBe('You have left on this device');
  await page.goto(`${world.url}/portal`);
  expect(await page.textContent('h1')).toBe('This link is no longer open');
  await page.getByLabel('Your mail address').fill('lars@larch.test');
  await press(page, 'Send me a new link');
  expect(await page.textContent('h1')).toBe('Look into your mail');
});

it('whoever is not in is told what to do', async () => {
  const page = await newPage();
  for (const path of ['/portal', `/portal/${'A'.repeat(32)}`]) {
    await page.goto(world.url + path);
    expect(await page.textContent('h1')).toBe('This link is no longer open');
    await isGood(page, path);
  }
  await press(page, 'Send me a new link');
  expect(await page.textContent('h1')).toBe('Look into your mail');
  await isGood(page, 'a new link is sent');
});

it('a member sees and gives files on the flow’s page, too', async () => {
  await call('create_flow_from_template', { template: 'Brand', name: 'Maple' });
  await call('update_flow_status', { flow: 'Maple', action: 'start' });
  const page = await newPage(false);
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`${world.url}/flows`);
  await page.fill('#email', 'olivia@acme.test');
  await page.fill('#password', 'booflow-demo');
  await Promise.all([page.waitForURL('**/flows'), page.press('#password', 'Enter')]);
  const { id, flow_id } = await world.owner
    .selectFrom('tasks')
    .innerJoin('flows', 'flows.id', 'tasks.flow_id')
    .select(['tasks.id', 'tasks.flow_id'])
    .where('flows.name', '=', 'Maple')
    .where('tasks.key', '=', 'brand')
    .executeTakeFirstOrThrow();
  await page.goto(`${world.url}/flows/${flow_id}?task=${id}`);
  await page.getByLabel('Why this brand?').fill('On the phone');
  await page.getByLabel('Its tone').selectOption('Plain');
  await page.getByLabel('Your logo').setInputFiles(png);
  await press(page, /^Complete/);
  expect(await page.textContent('#task')).toContain('logo.png');
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#task .given a').click()]);
  expect(download.suggestedFilename()).toBe('logo.png');
});

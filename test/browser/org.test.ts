/** An organization's life in a real browser: signed up, given its face, joined by others, and left by them. */
import { Buffer } from 'node:buffer';
import { deflateSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { axeFindings } from '../support/axe.ts';
import { launchChromium } from '../support/browser.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let browser: Browser;
const problems: string[] = [];
/** Where pictures of the pages go, for whoever wants to look at them. */
const pictures = process.env.BOOFLOW_PICTURES;

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});
afterEach(() => {
  expect(problems.splice(0)).toEqual([]);
});

async function someone(javaScriptEnabled = true): Promise<{ page: Page; context: BrowserContext }> {
  const context = await browser.newContext({ javaScriptEnabled, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.on('console', (m) => {
    // What is refused is answered with a status of its own, which the browser tells as an error.
    if (m.type() === 'error' && !/\b(403|404|409|422)\b/.test(m.text())) problems.push(m.text());
  });
  page.on('pageerror', (e) => problems.push(e.message));
  return { page, context };
}

/** Looks at a page as it is: nothing serious for axe, and nothing scrolls sideways on a phone. */
async function look(page: Page, name: string): Promise<void> {
  expect(await axeFindings(page), name).toEqual([]);
  for (const [suffix, width, height, colorScheme] of [
    ['', 1280, 900, 'light'],
    ['-dark', 1280, 900, 'dark'],
    ['-phone', 390, 844, 'light'],
    ['-phone-dark', 390, 844, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate('document.documentElement.scrollWidth'), name + suffix).toBeLessThanOrEqual(width);
    if (pictures) await page.screenshot({ path: `${pictures}/${name}${suffix}.png`, fullPage: true });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
}

const send = (page: Page, button: string | RegExp) =>
  Promise.all([
    page.waitForNavigation(),
    page.getByRole('button', { name: button, exact: typeof button === 'string' }).click(),
  ]);

/** The link in the last mail to this address, once it is there. */
async function linkTo(address: string): Promise<string> {
  await expect.poll(() => world.mails.some((m) => m.to === address)).toBe(true);
  const mail = world.mails.findLast((m) => m.to === address);
  return /https?:\/\/\S+\/(?:sign-up|join)\/\w+/.exec(mail?.text ?? '')?.[0] ?? `no link in ${mail?.text}`;
}

/** A PNG of one colour. */
function png(width: number, height: number): Buffer {
  const crcTable = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const crc = (bytes: Buffer): number => {
    let c = 0xffffffff;
    for (const byte of bytes) c = (crcTable[(c ^ byte) & 0xff] ?? 0) ^ (c >>> 8);
    return (c ^ 0xffffffff) >>> 0;
  };
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x60)]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

it('begins with an address that is proved, gets its face, is joined, and passes on what somebody leaves', async () => {
  const { page: nora } = await someone();
  await nora.goto(`${world.url}/sign-up`);
  await look(nora, 'sign-up');
  await nora.getByLabel('Your name').fill('Nora Vale');
  await nora.getByLabel('Mail address').fill('Nora@Vale.test');
  await nora.getByLabel('Organization').fill('Vale & Partners');
  await send(nora, 'Send me the link');
  await look(nora, 'sign-up-sent');
  // Nothing is there before the address is proved.
  const accounts = () => world.owner.selectFrom('users').select('id').where('email', '=', 'nora@vale.test').execute();
  expect(await accounts()).toEqual([]);
  const link = await linkTo('nora@vale.test');
  // A scanner of mails opens the link first; that uses nothing up.
  for (const method of ['GET', 'HEAD', 'GET']) expect((await fetch(link, { method })).status).toBe(200);
  expect(await accounts()).toEqual([]);
  await nora.goto(link);
  await look(nora, 'sign-up-finish');
  await nora.getByLabel('Choose a password').fill('nora@vale.test');
  await send(nora, 'Make Vale & Partners');
  expect(await nora.textContent('[role=alert]')).toContain('the first that anyone would try');
  await nora.getByLabel('Choose a password').fill('four plain grey horses');
  await Promise.all([nora.waitForURL('**/flows'), nora.getByRole('button', { name: 'Make Vale' }).click()]);
  expect(await nora.textContent('h1')).toBe('Make your first flow');
  await look(nora, 'first-dashboard');
  const org = await world.owner
    .selectFrom('orgs')
    .selectAll()
    .where('name', '=', 'Vale & Partners')
    .executeTakeFirstOrThrow();
  expect(org.slug).toBe('vale-and-partners');
  await nora.goto(link);
  expect(await nora.textContent('h1')).toBe('This link is no longer open');
  await look(nora, 'sign-up-over');

  // Its face.
  await nora.goto(`${world.url}/settings/organization`);
  await nora.getByLabel('Time zone').selectOption('Europe/Berlin');
  await send(nora, 'Save');
  expect(await nora.textContent('h1')).toContain('keeps Berlin time');
  await nora.getByLabel('Colour', { exact: true }).fill('#ffd400');
  await send(nora, 'Use this colour');
  expect(await nora.textContent('[role=status]')).toMatch(
    /So that it can be read, #ffd400 is shown as #\w{6} on light/,
  );
  await nora
    .getByLabel('Logo', { exact: true })
    .setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from('<svg onload=alert(1)>') });
  await send(nora, 'Use this logo');
  expect(await nora.textContent('[role=alert]')).toContain('no PNG, JPEG or WebP');
  await nora
    .getByLabel('Logo', { exact: true })
    .setInputFiles({ name: 'logo.gif', mimeType: 'image/gif', buffer: png(120, 40) });
  await send(nora, 'Use this logo');
  const logo = await nora.locator('.logo-now').getAttribute('src');
  const served = await fetch(world.url + logo);
  expect(served.headers.get('content-type')).toBe('image/png');
  expect(served.headers.get('x-content-type-options')).toBe('nosniff');
  expect(served.headers.get('cache-control')).toContain('immutable');
  await look(nora, 'organization');

  // Somebody joins, in a browser of their own and without JavaScript.
  await nora.goto(`${world.url}/settings/members`);
  await nora.getByLabel('Mail address').fill('Ben@Vale.test');
  await nora.getByLabel('Role').selectOption('ADMIN');
  await send(nora, 'Invite');
  expect(await nora.textContent('h1')).toBe('You work alone in Vale & Partners, one is invited');
  await look(nora, 'members-invited');
  const invitation = await linkTo('ben@vale.test');
  expect(world.mails.at(-1)?.html).toContain(`${world.url}${logo}`);
  await nora.goto(invitation);
  expect(await nora.textContent('h1')).toBe('This invitation is for somebody else');
  await look(nora, 'join-other');
  const { page: ben } = await someone(false);
  await ben.goto(invitation);
  await look(await opened(invitation), 'join');
  await ben.getByLabel('Your name').fill('Ben Ash');
  await ben.getByLabel('Choose a password').fill('a lamp under the stairs');
  await send(ben, 'Make my account and join');
  expect(new URL(ben.url()).pathname).toBe('/flows');
  await ben.goto(invitation);
  expect(await ben.textContent('h1')).toBe('This invitation was accepted');

  // A flow, with tasks that lie with Ben.
  const key = await world.key('nora@vale.test', 'vale-and-partners');
  const template = await world.owner
    .selectFrom('templates')
    .select('id')
    .where('org_id', 'is', null)
    .executeTakeFirstOrThrow();
  await call(key, 'create_flow_from_template', { template: template.id, name: 'Marlow & Sons' });
  const { id: flowId } = await world.owner
    .selectFrom('flows')
    .select('id')
    .where('name', '=', 'Marlow & Sons')
    .where('org_id', '=', org.id)
    .executeTakeFirstOrThrow();
  const tasks = () =>
    world.owner.selectFrom('tasks').selectAll().where('flow_id', '=', flowId).orderBy('position').execute();
  for (const task of (await tasks()).slice(0, 3))
    await call(key, 'assign_task', { flow: flowId, task: task.id, assignee: 'ben@vale.test' });
  const bens = async () => (await tasks()).filter((t) => t.assignee_name === 'Ben Ash').length;
  expect(await bens()).toBe(3);

  // His role is changed, and he goes.
  await nora.goto(`${world.url}/settings/members`);
  await look(nora, 'members');
  await nora.getByRole('link', { name: 'Manage Ben Ash' }).click();
  await nora.waitForURL('**/settings/members/us_*');
  await look(nora, 'member');
  await nora.getByRole('radio', { name: /Member/ }).check();
  await send(nora, 'Change the role');
  expect(await nora.locator('.people > li', { hasText: 'Ben Ash' }).textContent()).toContain('Member');
  await ben.goto(`${world.url}/settings/members`);
  expect(await ben.getByRole('button', { name: 'Invite' }).count()).toBe(0);
  await nora.getByRole('link', { name: 'Manage Ben Ash' }).click();
  await nora.waitForURL('**/settings/members/us_*');
  expect(await nora.textContent('main')).toContain('3 open tasks in 1 flow lie with them');
  await nora.getByLabel('Who takes 3 open tasks?').selectOption({ label: 'Nora Vale (you)' });
  await send(nora, 'Remove Ben Ash');
  expect(await nora.textContent('[role=status]')).toContain('3 open tasks in 1 flow go to Nora Vale');
  await expect.poll(bens, { timeout: 30_000 }).toBe(0);
  expect((await tasks()).filter((t) => t.assignee_name === 'Nora Vale').length).toBeGreaterThanOrEqual(3);
  await nora.goto(`${world.url}/settings/members`);
  expect(await nora.textContent('.feed')).toContain('removed Ben Ash');
  await ben.goto(`${world.url}/flows/${flowId}`);
  expect(await ben.textContent('h1')).toBe('You are in no organization');
  await look(await signedIn('ben@vale.test', 'a lamp under the stairs'), 'no-organization');

  // The last owner stays.
  await nora.getByRole('link', { name: 'Manage Nora Vale' }).click();
  await nora.waitForURL('**/settings/members/us_*');
  expect(await nora.textContent('main')).toContain('You are the only owner');
  await look(nora, 'member-last-owner');
  // Many pages, each looked at four times.
}, 300_000);

it('is switched by who is in several, from every page', async () => {
  const page = await signedIn('olivia@acme.test', 'booflow-demo');
  await page.goto(`${world.url}/tasks`);
  await page.locator('.orgs > summary').click();
  if (pictures) await page.screenshot({ path: `${pictures}/switcher.png` });
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.getByRole('button', { name: /Globex Studio/ }).isVisible()).toBe(true);
  if (pictures) await page.screenshot({ path: `${pictures}/switcher-phone.png` });
  await send(page, /Globex Studio/);
  expect(new URL(page.url()).pathname).toBe('/tasks');
  expect(await page.textContent('.orgs > summary')).toContain('Globex Studio');
});

it('takes no name that can’t be read, and says so beside the field, with what was typed', async () => {
  const page = await signedIn('olivia@acme.test', 'booflow-demo');
  await page.goto(`${world.url}/settings/organization`);
  await page.getByLabel('Name', { exact: true }).fill('Acme \u202EStudio');
  await send(page, 'Save');
  expect(await page.textContent('[role=alert]')).toBe('Nothing changed. Look at the name.');
  expect(await page.textContent('#name-wrong')).toContain('characters that turn the text around them');
  expect(await page.inputValue('#name')).toBe('Acme Studio');
  expect(await page.evaluate('document.activeElement.id')).toBe('name');
  await page.goto(`${world.url}/settings/api-keys`);
  await page.getByLabel(/^Name of a new key/).fill('My \u202Elaptop');
  await send(page, 'Make a key');
  expect(await page.textContent('[role=alert]')).toContain('characters that turn the text around them');
  expect(await page.inputValue('#name')).toBe('My laptop');
});

it('stays what is looked at when it gets another name, though nobody chose it', async () => {
  const page = await signedIn('olivia@acme.test', 'booflow-demo');
  for (const name of ['Zenith Agency', 'Acme Agency']) {
    await page.goto(`${world.url}/settings/organization`);
    await page.getByLabel('Name', { exact: true }).fill(name);
    await send(page, 'Save');
    expect(await page.textContent('.orgs > summary')).toContain(name);
  }
});

it('is the one of its page that a form is for, when another is looked at in another tab', async () => {
  const page = await signedIn('olivia@acme.test', 'booflow-demo');
  const other = await page.context().newPage();
  /** What is on this page while the other tab goes over to Globex. */
  const meanwhile = async (path: string): Promise<void> => {
    await page.goto(world.url + path);
    expect(await page.textContent('.orgs > summary')).toContain('Acme Agency');
    await other.goto(`${world.url}/flows`);
    await other.locator('.orgs > summary').click();
    await send(other, /Globex Studio/);
    expect(await other.textContent('.orgs > summary')).toContain('Globex Studio');
  };
  await meanwhile('/settings/organization');
  await send(page, 'Save');
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Acme Agency');

  await meanwhile('/settings/organization');
  await page.getByLabel('Logo').setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: png(40, 40) });
  await send(page, 'Use this logo');
  expect(await page.textContent('.orgs > summary')).toContain('Acme Agency');

  await meanwhile('/settings/api-keys');
  await page.getByLabel(/^Name of a new key/).fill('Two tabs');
  await send(page, 'Make a key');
  expect(await page.textContent('main')).toContain('A key acts as you in Acme Agency');

  await meanwhile('/flows/import');
  await page.setInputFiles('#table', {
    name: 'flows.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('name\nOf two tabs'),
  });
  await send(page, /make the flows$/);
  await page.waitForURL('**/flows/imports/im_*');

  const orgsWith = async (table: 'api_keys' | 'flow_imports') =>
    (await world.owner.selectFrom(table).select('org_id').execute()).map((row) => row.org_id);
  expect(await orgsWith('api_keys')).not.toContain('org_demo_globex');
  expect(await orgsWith('flow_imports')).not.toContain('org_demo_globex');
  expect(
    await world.owner.selectFrom('orgs').select('name').where('id', '=', 'org_demo_globex').executeTakeFirst(),
  ).toEqual({ name: 'Globex Studio' });
});

it('is refused by a form of one that its person has left', async () => {
  const page = await signedIn('olivia@acme.test', 'booflow-demo');
  for (const path of ['/settings/members', '/settings/api-keys']) {
    await page.goto(world.url + path);
    await page.evaluate(`document.querySelectorAll('[name=of_org]').forEach((field) => { field.value = 'org_left'; })`);
    if (path.endsWith('members')) await page.getByLabel('Mail address').fill('new@acme.test');
    else await page.getByLabel(/^Name of a new key/).fill('Left');
    await send(page, path.endsWith('members') ? 'Invite' : 'Make a key');
    expect(await page.textContent('h1')).toBe('You are in this organization no more');
  }
});

/** Opens it with JavaScript on, to be looked at. */
async function opened(url: string): Promise<Page> {
  const { page } = await someone();
  await page.goto(url);
  return page;
}

async function signedIn(email: string, password: string): Promise<Page> {
  const { page } = await someone();
  await page.goto(`${world.url}/sign-in?next=/flows`);
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await send(page, 'Sign in');
  return page;
}

async function call(key: string, name: string, args: object): Promise<void> {
  const answer = await fetch(`${world.url}/api/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
  });
  expect(await answer.text()).not.toContain('"isError":true');
}

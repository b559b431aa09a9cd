/** From a stranger to a finished flow: what a new owner, a colleague who approves and a client do, all of it in a browser. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '../support/browser.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let browser: Browser;

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const press = (page: Page, name: string) => Promise.all([page.waitForNavigation(), button(page, name).click()]);
const follow = (page: Page, name: string) =>
  Promise.all([page.waitForNavigation(), page.getByRole('link', { name, exact: true }).click()]);

/** Waits for the newest mail with such a link, and gives the link. */
async function linkInMail(path: string): Promise<string> {
  const found = async (): Promise<string | undefined> => {
    const mails = await world.owner.selectFrom('dev_mails').select('text').orderBy('id', 'desc').execute();
    return mails.flatMap((m) => new RegExp(`https?://\\S+${path}/\\S+`).exec(m.text) ?? [])[0];
  };
  await expect.poll(found, { timeout: 20_000 }).toBeDefined();
  return (await found()) ?? '';
}

it('goes from signing up to 100 %, and the dashboard shows it without a reload', async () => {
  const owner = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();

  // A new owner signs up.
  await owner.goto(`${world.url}/sign-up`);
  await owner.getByLabel('Your name').fill('Nora Quist');
  await owner.getByLabel('Mail address').fill('nora@quist.test');
  await owner.getByLabel('Organization').fill('Quist Studio');
  await press(owner, 'Send me the link');
  await owner.goto(await linkInMail('/sign-up'));
  await owner.getByLabel('Choose a password').fill('a few quiet words');
  await press(owner, 'Make Quist Studio');
  expect(await owner.textContent('h1')).toBe('Make your first flow');

  // Copies a public template, edits it, publishes.
  await owner.goto(`${world.url}/marketplace/tp_public_client-onboarding-light`);
  await press(owner, 'Copy to my organization');
  await follow(owner, 'Edit');
  const steps = owner.locator('ol .step-row');
  for (const title of [
    'Open a channel in the chat',
    'Hold the first call',
    'Write a summary',
    'Sign the agreement',
    'Approve the summary',
  ]) {
    await steps.filter({ hasText: title }).click();
    await owner.locator(`#f-title[value="${title}"]`).waitFor();
    await button(owner, 'Remove').click();
    await owner.getByText(`“${title}” is removed.`).waitFor();
  }
  await steps.filter({ hasText: 'Tell us the basics' }).click();
  await owner.locator('#f-title[value="Tell us the basics"]').waitFor();
  await button(owner, 'Add a field').click();
  await owner.locator('#f-fields-3-label').fill('Your logo');
  await owner.locator('#f-fields-3-type').selectOption('file');
  await owner.getByRole('heading', { name: 'Ready to become version 2' }).waitFor();
  await owner.fill('#new-title', 'Check the answers');
  await button(owner, 'Add step').click();
  await owner.locator('#f-title[value="Check the answers"]').waitFor();
  await Promise.all([
    owner.waitForResponse((r) => r.request().method() === 'POST'),
    owner.getByRole('radio', { name: 'Approval' }).check(),
  ]);
  await owner.getByRole('heading', { name: 'Ready to become version 2' }).waitFor();
  await press(owner, 'Publish version 2');

  // Makes a flow of it, invites the client, starts it.
  await owner.goto(`${world.url}/flows/new`);
  await owner.getByRole('link', { name: 'Client onboarding (light)', exact: true }).first().click();
  await owner.getByLabel('Name').fill('Alder & Co');
  await press(owner, 'Make the draft');
  const flow = owner.url();
  await owner.getByText('Invite a client').click();
  await owner.getByLabel('Mail address').fill('jane@alder.test');
  await owner.getByLabel('Name, if you like').fill('Jane Alder');
  await owner.getByLabel('Role, if you like').fill('client');
  await press(owner, 'Invite, mailed at the start');
  await press(owner, 'Start flow and send 1 invitation');
  await press(owner, 'Complete');
  expect(await owner.textContent('h1')).toContain('waits on Jane Alder');

  // The client opens the mail's link, fills in the form, uploads a file, completes.
  const client = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  await client.goto(await linkInMail('/portal'));
  await Promise.all([client.waitForURL('**/portal'), client.locator('main form button').first().click()]);
  const answer = async (goal: string) => {
    await client.goto(`${world.url}/portal`);
    await client.locator('a[href^="/portal/tasks/"]').first().click();
    await client.getByLabel('Who speaks for you day to day?').fill('Jane');
    await client.getByLabel('What should be different in three months?').fill(goal);
    await client.getByLabel('How do we reach you best?').selectOption('Mail');
    const logo = { name: 'logo.txt', mimeType: 'text/plain', buffer: Buffer.from('A logo, drawn in words.') };
    const file = client.locator('input[type=file]').first();
    if (await file.isVisible()) await file.setInputFiles(logo);
    await client.getByText('logo.txt').first().waitFor();
    await press(client, 'Send my answers');
  };
  await answer('More clients');

  // The approver rejects once, then approves; who looks at the dashboard sees it without a reload.
  const approve = async (name: string, comment: string) => {
    await owner.goto(flow);
    await owner.getByRole('link', { name: 'Check the answers' }).first().click();
    await owner.getByRole('heading', { name: 'Check the answers', exact: true }).waitFor();
    await owner.fill('textarea[name=comment]', comment);
    await press(owner, name);
  };
  await owner.goto(flow);
  await owner.getByRole('heading', { name: /waits/ }).waitFor();
  await approve('Reject and send back', 'Which clients do you mean?');
  expect(await owner.textContent('h1')).toContain('waits on Jane Alder');
  await answer('Ten more clients in the north');
  const watching = await owner.context().newPage();
  await watching.goto(`${world.url}/flows`);
  const row = watching.locator('li.flow', { hasText: 'Alder & Co' });
  await row.getByText(/^\d\d%$/).waitFor();
  await approve('Approve', '');
  await row.getByText('100%').waitFor();
  expect(await row.textContent()).toContain('Completed');
}, 300_000);

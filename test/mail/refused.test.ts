/** A client whose mail server wants none of our mail: the flow's page says so, also when one reminds, until a mail is taken. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { toDevMailbox, toMailServer } from '../../src/activities/deliver.ts';
import { demoPassword } from '../../src/demo/people.ts';
import { settled } from '../mcp/everything.ts';
import { axeFindings } from '../support/axe.ts';
import { launchChromium } from '../support/browser.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let server: MailServer;
let browser: Browser;

beforeAll(async () => {
  server = await startMailServer();
  const smtp = toMailServer(server.url, 'flows.acme.test');
  [world, browser] = await Promise.all([
    startWorld({
      async deliver(mail, stop) {
        await smtp(mail, stop);
        return toDevMailbox(mail);
      },
    }),
    launchChromium(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await world?.stop();
  await server?.stop();
});

const press = (page: Page, name: string | RegExp) =>
  Promise.all([page.waitForNavigation(), page.getByRole('button', { name }).first().click()]);
const mailsTo = (address: string): number => server.received.filter((m) => m.to.includes(address)).length;

it('is told on the page, and by the button that reminds', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${world.url}/sign-in?next=/flows/new`);
  await page.fill('#email', 'olivia@acme.test');
  await page.fill('#password', demoPassword);
  await press(page, 'Sign in');
  await page.getByRole('link', { name: 'Offboarding', exact: true }).click();
  await page.fill('#name', 'Refused & Sons');
  await press(page, 'Make the draft');
  await page.getByText('Invite a client').click();
  await page.locator('.invite [name="email"]').fill('gone@refused.test');
  await page.locator('.invite [name="name"]').fill('Gwen Gone');
  await press(page, 'Invite, mailed at the start');
  server.temper = 'refuse';
  await press(page, /^Start flow/);
  await settled(world);
  const flow = page.url().replace(/\?.*/, '');
  await page.goto(flow);
  const clients = page.locator('#clients');
  expect(await clients.innerText()).toContain('mail is refused: 550 no such mailbox');
  expect(await axeFindings(page)).toEqual([]);

  // A task that is ready is given to her, so that there is something to remind her of.
  await page
    .getByText('Reassign', { exact: true })
    .or(page.getByText('Assign', { exact: true }))
    .first()
    .click();
  await page.locator('#assignee').selectOption({ label: 'Gwen Gone, client' });
  await press(page, 'Assign');
  await settled(world);
  await page.goto(flow);
  await press(page, /^Remind Gwen/);
  expect(await page.getByRole('status').first().innerText()).toMatch(
    /^A reminder of “.+” is on its way to Gwen Gone\. Their mail server refused the last mail to gone@refused\.test/,
  );
  await settled(world);
  await page.goto(flow);
  expect(await clients.innerText()).toContain('mail is refused: 550 no such mailbox');
  expect(mailsTo('gone@refused.test')).toBe(0);

  // Her mailbox is there again.
  server.temper = 'accept';
  await press(page, 'Send a new link to Gwen Gone');
  await vi.waitFor(() => expect(mailsTo('gone@refused.test')).toBe(1), { timeout: 20_000 });
  await settled(world);
  await page.goto(flow);
  expect(await clients.innerText()).not.toContain('refused:');
  await page.context().close();
}, 120_000);

/** Webhooks as an owner sets them up in a browser, with and without JavaScript. */
import { createServer, type Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleEvent } from '../../src/api/webhooks-document.ts';
import { queue } from '../../src/db/webhooks.ts';
import { createWebhook } from '../../src/operations/create-webhook.ts';
import type { Result } from '../../src/operations/operation.ts';
import { updateWebhook } from '../../src/operations/update-webhook.ts';
import { olivia } from '../mcp/principals.ts';
import { axeFindings } from '../support/axe.ts';
import { launchChromium } from '../support/browser.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let browser: Browser;
let receiver: Server;
let url: string;
const heard: { headers: Record<string, string>; body: string }[] = [];

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    heard.push({ headers: Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)])), body });
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const address = receiver.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given');
  url = `http://127.0.0.1:${address.port}/hook`;
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await browser.close();
  await world.stop();
});

async function signedIn(email: string, javaScriptEnabled = true): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${world.url}/settings/webhooks`);
  await page.fill('#email', email);
  await page.fill('#password', 'booflow-demo');
  await Promise.all([page.waitForURL('**/settings/webhooks'), page.press('#password', 'Enter')]);
  return page;
}
const press = (page: Page, button: string | RegExp) =>
  Promise.all([page.waitForNavigation(), page.getByRole('button', { name: button, exact: true }).click()]);

test.each([
  ['with JavaScript', true],
  ['without JavaScript', false],
])('an owner makes one, tries it, reads its log and deletes it, %s', async (_how, javaScript) => {
  const page = await signedIn('olivia@acme.test', javaScript);
  expect(await page.textContent('h1')).toBe('No other product is told yet');
  await page.fill('#url', 'https://user:pw@example.com/');
  await page.fill('#description', 'Our books');
  await press(page, 'Make the webhook');
  const summary = page.locator('.notice.bad a');
  expect(await summary.textContent()).toContain('has a user name or password in it');
  expect(await summary.getAttribute('href')).toBe('#url');
  expect(await page.getAttribute('#url', 'aria-invalid')).toBe('true');
  expect(await page.getAttribute('#url', 'aria-describedby')).toContain('url-wrong');
  expect(await page.textContent('#url-wrong')).toMatch(/^The address has a user name or password in it/);
  expect(await page.inputValue('#description')).toBe('Our books');
  await page.fill('#url', url);
  await press(page, 'Make the webhook');
  const secret = (await page.textContent('#secret')) ?? '';
  expect(secret).toMatch(/^whsec_/);
  if (javaScript) expect(await axeFindings(page)).toEqual([]);

  await page.getByRole('link', { name: 'Our books' }).click();
  expect(await page.content()).not.toContain(secret);
  heard.splice(0);
  await press(page, 'Send a test event');
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(1);
  for (const { body, headers } of heard) expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
  await expect
    .poll(async () => (await page.reload()) && page.locator('ul.list .chip').first().textContent(), { timeout: 20_000 })
    .toBe('delivered 204');
  await page.getByText('What was sent').click();
  expect(await page.locator('.told summary').evaluate((e) => getComputedStyle(e).display)).toBe('list-item');
  expect(await page.textContent('.told pre')).toContain('"type": "webhook.test"');
  await press(page, /^Again webhook\.test, /);
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(2);
  if (javaScript) expect(await axeFindings(page)).toEqual([]);
  await press(page, 'Switch off');
  expect(await page.textContent('h1')).toContain('is told nothing: it is off');
  await press(page, 'Delete the webhook and its log');
  expect(await page.textContent('h1')).toBe('No other product is told yet');
  await page.context().close();
});

test('a name that turns the text around it is said to be that, beside its field', async () => {
  const page = await signedIn('olivia@acme.test', false);
  await page.fill('#url', url);
  expect(await page.textContent('label[for=description]')).toBe('What it is for, if you like');
  await page.fill('#description', 'Our \u202Ebooks');
  await press(page, 'Make the webhook');
  expect(await page.textContent('#description-wrong')).toContain('characters that turn the text around them');
  expect(await page.textContent('.notice.bad')).toBe('Nothing changed. Look at “What it is for”.');
  expect(await page.getAttribute('.notice.bad a', 'href')).toBe('#description');
  const [button, field] = await Promise.all(
    [page.getByRole('button', { name: 'Make the webhook' }), page.locator('#url')].map((e) => e.boundingBox()),
  );
  expect(button?.width).toBeLessThan((field?.width ?? 0) / 2);
  await page.context().close();
});

/** One that is set up without a browser, and what the receiver answers to it. */
async function made(description: string, path: string): Promise<string> {
  const { webhook } = need(await createWebhook.run(caller(), { url: url + path, description }));
  return webhook.id;
}
const need = <F>(result: Result<F>): F => {
  if (!result.ok) throw new Error(result.text);
  return result.facts;
};
const caller = () => ({ ...world.tools, now: Date.now(), principal: olivia });

test('a secret is changed once however often the page is loaded, and another time only with what that means', async () => {
  const id = await made('Changed', '');
  const page = await signedIn('olivia@acme.test', false);
  await page.goto(`${world.url}/settings/webhooks/${id}`);
  await press(page, 'Change the secret');
  const secret = await page.textContent('#secret');
  expect(await page.textContent('.made')).toContain('The one before signs too; that ends in 24 h.');
  await page.reload();
  expect(await page.textContent('#secret')).toBe(secret);
  expect(await page.getByRole('button', { name: 'Change the secret', exact: true }).count()).toBe(0);
  await page.getByText('A secret has leaked').click();
  await press(page, 'Change the secret and stop the older ones now');
  expect(await page.textContent('#secret')).not.toBe(secret);
  expect(await page.textContent('.made')).toContain('No older one signs any more.');
  // Opened anew, the address of the button is the page.
  await page.goto(`${world.url}/settings/webhooks/${id}/change`);
  expect(page.url()).toBe(`${world.url}/settings/webhooks/${id}`);
  expect((await page.goto(`${world.url}/settings/webhooks/${id}/else`))?.status()).toBe(404);
  expect(await page.locator('nav.side').count()).toBe(1);
  await page.context().close();
});

test('the log names the flow and the task, what waits is sent now, and an older page is come back to', async () => {
  const id = await made('', '/books');
  const flow = 'fl_3f5h7k9m2p4r6t8v';
  const told = (seq: number): string => {
    const { data } = exampleEvent;
    return JSON.stringify({ ...exampleEvent, data: { ...data, flow: { ...data.flow, id: flow }, seq } });
  };
  await world.database.withOrg(olivia, async (trx) => {
    const at = Date.now();
    const wanted = Array.from({ length: 60 }, (_, n) => ({
      webhook: id,
      event: {
        id: `ev_${flow}_${String(n).padStart(6, '0')}`,
        type: 'task.completed',
        at: at - n * 1_000,
        body: told(n),
      },
    }));
    await queue(trx, olivia.orgId, wanted);
  });
  // As after a first attempt that failed.
  const next_at = new Date(Date.now() + 5 * 60_000 + 5_000);
  await world.owner
    .updateTable('webhook_deliveries')
    .set({ next_at, attempts: 1 })
    .where('webhook_id', '=', id)
    .execute();
  const page = await signedIn('olivia@acme.test', false);
  await page.goto(`${world.url}/settings/webhooks/${id}`);
  expect(await page.textContent('h1')).toBe(`${new URL(url).host}/hook/books is told of what happens`);
  await page.getByRole('link', { name: 'Older' }).click();
  const older = page.url();
  const line = page.locator('.told > li').first();
  expect(await line.textContent()).toContain('next in 5 min');
  expect(await line.getByRole('link', { name: 'Harbor & Pine' }).getAttribute('href')).toBe(`/flows/${flow}`);
  expect(await line.getByRole('link', { name: 'Sign the contract' }).getAttribute('href')).toContain('?task=tk_');
  const names = await page.getByRole('button', { name: /^Send now task\.completed, Harbor & Pine, Sign/ }).count();
  expect(names).toBe(await page.locator('.told > li').count());
  heard.splice(0);
  await Promise.all([page.waitForNavigation(), line.getByRole('button').click()]);
  expect(page.url()).toBe(`${older}&told=again`);
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(1);
  await press(page, 'Send again all that was not taken');
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(60);
  await page.context().close();
});

test('the headline counts who is told, and an endpoint that is off is not failing', async () => {
  await world.owner.deleteFrom('webhooks').execute();
  const [, , off] = [await made('One', ''), await made('Two', ''), await made('Three', '')];
  await world.owner.updateTable('webhooks').set({ failing_since: new Date() }).where('id', '=', off).execute();
  need(await updateWebhook.run(caller(), { webhook: off, enabled: false }));
  const page = await signedIn('olivia@acme.test');
  expect(await page.textContent('h1')).toBe('Two endpoints are told of what happens, one is off');
  expect(await page.textContent('main')).not.toContain('first failed');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByText('All events', { exact: true }).click();
  const heights = await page.locator('.events .check').evaluateAll((rows) => rows.map((r) => r.clientHeight));
  expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
  expect(await axeFindings(page)).toEqual([]);
  await page.context().close();
});

test('a MEMBER is told who may, finds on from there, and is not offered what is for admins', async () => {
  const page = await signedIn('mia@acme.test');
  expect(await page.textContent('h1')).toBe('This is for owners and admins');
  expect(await page.textContent('main')).toContain('Olivia Brandt and Adam Reyes can do it');
  await page.locator('nav.side').getByRole('link', { name: 'Settings' }).click();
  const tabs = await page.getByRole('navigation', { name: 'Settings' }).getByRole('link').allTextContents();
  expect(tabs).not.toContain('Webhooks');
  expect(tabs).not.toContain('Data');
  for (const tab of tabs) {
    await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: tab }).click();
    expect(await page.textContent('h1'), tab).not.toBe('This is for owners and admins');
  }
  await page.context().close();
});

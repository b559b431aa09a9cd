/** The members' pages in a real browser: what a person clicks, and what is true afterwards. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '../support/browser.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let browser: Browser;
const problems: string[] = [];

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld({ flows: true }), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await world.stop();
});
afterEach(() => {
  expect(problems.splice(0)).toEqual([]);
});

async function signedIn(email: string, javaScriptEnabled = true): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.on('console', (m) => {
    // A refusal is answered 422 on purpose; the browser tells it as an error.
    if (m.type() === 'error' && !m.text().includes('422')) problems.push(m.text());
  });
  page.on('pageerror', (e) => problems.push(e.message));
  await page.goto(`${world.url}/flows`);
  await page.fill('#email', email);
  await page.fill('#password', 'booflow-demo');
  await Promise.all([page.waitForURL('**/flows'), page.press('#password', 'Enter')]);
  return page;
}

const send = (page: Page, button: string) =>
  Promise.all([page.waitForNavigation(), page.getByRole('button', { name: button, exact: true }).click()]);

it('makes, starts and moves a flow, with the page saying before what will happen', async () => {
  const page = await signedIn('olivia@acme.test');
  await page.getByRole('link', { name: 'New flow' }).click();
  await page.getByRole('link', { name: 'Client Onboarding', exact: true }).click();
  await page.fill('#name', 'Marlow & Sons');
  await send(page, 'Make the draft');
  expect(await page.textContent('h1')).toBe('Marlow & Sons is ready to start');

  // Back, and sent once more: that is told before a second one is made, and only for the name that it was told of.
  const flows = () => world.owner.selectFrom('flows').select('id').where('name', 'like', 'Marlow%').execute();
  const first = page.url();
  await page.goBack();
  await page.fill('#name', 'marlow & Sons');
  await send(page, 'Make the draft');
  expect(await page.getByRole('alert').textContent()).toContain('Nothing is made yet: a flow is called so already.');
  expect(await page.inputValue('#name')).toBe('marlow & Sons');
  expect(await flows()).toHaveLength(1);
  await page.fill('#name', 'Marlow & Sons');
  await send(page, 'Make another one all the same');
  expect(await flows()).toHaveLength(1);
  await send(page, 'Make another one all the same');
  expect(await page.textContent('h1')).toBe('Marlow & Sons is ready to start');
  expect(page.url()).not.toBe(first);
  expect(await flows()).toHaveLength(2);
  await page.goto(first);
  await page.getByText('Invite a client').click();
  await page.getByLabel('Mail address').fill('jane@marlow.test');
  await page.getByLabel('Role').fill('client');
  await send(page, 'Invite, mailed at the start');
  expect(await page.textContent('#will')).toContain('mails 1 client a link');
  await send(page, 'Start flow and send 1 invitation');
  expect(await page.textContent('.facts')).toContain('Active');
  await page.locator('.graph.sideways').getByText('Send contract draft').click();
  await page.waitForURL('**task=**');
  await send(page, 'Complete');
  expect(await page.textContent('.facts')).toContain('1 of 16');
  expect(await page.textContent('.why')).toContain('Sign the contract');
  await page.getByText('Pause…').click();
  await send(page, 'Pause the flow');
  expect(await page.textContent('.facts')).toContain('Paused');
  await send(page, 'Resume, due dates move along');
  expect(await page.textContent('.facts')).toContain('Active');
  await page.getByText('Cancel flow…').click();
  expect(await page.textContent('.moves [open] .card')).toContain('15 open tasks will be cancelled');
  await send(page, 'Cancel the flow for good');
  expect(await page.textContent('.facts')).toContain('Cancelled');
});

it('fills the roles of a template when a flow is made, and keeps what was chosen when a name is missing', async () => {
  const page = await signedIn('olivia@acme.test');
  await page.goto(`${world.url}/flows/new`);
  await page.getByRole('link', { name: 'Monthly content cycle', exact: true }).click();
  await page.fill('#name', 'Roles filled');
  await page.getByLabel('Who is the strategist?').selectOption({ label: 'Mia Tanaka' });
  await send(page, 'Make the draft');
  const tasks = await world.owner
    .selectFrom('tasks')
    .innerJoin('flows', 'flows.id', 'tasks.flow_id')
    .select(['tasks.assignee_name', 'tasks.hint'])
    .where('flows.name', '=', 'Roles filled')
    .execute();
  const inRole = tasks.filter((t) => t.hint.kind === 'role' && t.hint.role === 'strategist');
  expect(inRole.length).toBeGreaterThan(0);
  for (const t of inRole) expect(t.assignee_name).toBe('Mia Tanaka');
});

it('shows what somebody else did, without a reload, and takes nothing away from who is typing', async () => {
  const page = await signedIn('adam@acme.test');
  const key = await world.key('olivia@acme.test');
  const call = (name: string, args: object) =>
    fetch(`${world.url}/api/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
    });
  const row = page.locator('li.flow', { hasText: 'Northwind' });
  expect(await row.textContent()).toContain('80%');
  await call('approve_task', { flow: 'Northwind', task: 'Approve launch plan', decision: 'approve' });
  await row.filter({ hasText: '86%' }).waitFor();
  await row.getByRole('link', { name: 'Northwind' }).click();
  await page.waitForURL('**/flows/**');
  await page.fill('#text', 'Half a sentence');
  await call('complete_task', { flow: 'Northwind', task: 'Brief the delivery team' });
  await page.getByRole('button', { name: 'Something changed here. Show it' }).waitFor();
  expect(await page.inputValue('#text')).toBe('Half a sentence');
});

it('tells a refusal on the page, and keeps what was typed', async () => {
  const page = await signedIn('olivia@acme.test');
  await page.getByRole('link', { name: 'Lumen Bikes content', exact: true }).click();
  await page.waitForURL('**/flows/**');
  const comment = page.locator('textarea[name=comment]');
  await comment.fill('');
  await send(page, 'Reject and send back');
  expect(await page.textContent('[role=alert]')).toContain('needs a reason');
  await page.getByText('Invite a client').click();
  await page.locator('input[name=email]').fill('ben@example');
  await page.locator('form[action$="/invite"]').evaluate((f) => f.setAttribute('novalidate', ''));
  await send(page, 'Invite and send the link');
  expect(await page.textContent('[role=alert]')).toContain('is no mail address');
  expect(await page.textContent('#invite-wrong')).toContain('is no mail address');
  expect(await page.evaluate('document.activeElement.getAttribute("aria-describedby")')).toBe('invite-wrong');
});

it('works without JavaScript', async () => {
  const page = await signedIn('mia@acme.test', false);
  await page.getByRole('link', { name: 'Juniper Dental', exact: true }).click();
  await page.waitForURL('**/flows/**');
  await page.locator('.graph.sideways').getByText('Draft the brand guide').click();
  await page.waitForURL('**task=**');
  await page.fill('#text', 'On its way.');
  await send(page, 'Comment');
  expect(await page.textContent('#task')).toContain('On its way.');
});

it('offers a MEMBER nothing that only an admin may do', async () => {
  const page = await signedIn('mia@acme.test');
  expect(await page.getByRole('link', { name: 'New flow' }).count()).toBe(0);
  await page.getByText('Harbor & Pine').click();
  await page.waitForURL('**/flows/**');
  for (const name of ['Pause…', 'Cancel flow…', 'Assign', 'Reassign', 'Skip', 'Revoke…', 'Invite a client']) {
    expect(await page.getByText(name, { exact: true }).count(), name).toBe(0);
  }
  expect(await page.textContent('#task')).toContain('can do this task');
});

it("answers another org's flow as one that is not there", async () => {
  const page = await signedIn('gus@globex.test');
  const acme = await world.owner
    .selectFrom('flows')
    .select('id')
    .where('name', '=', 'Juniper Dental')
    .executeTakeFirstOrThrow();
  const answer = await page.request.get(`${world.url}/flows/${acme.id}`);
  expect(answer.status()).toBe(404);
  expect(await answer.text()).not.toContain('Juniper');
});

it('fits a phone and says so at 360 pixels: nothing scrolls sideways but the graph', async () => {
  const page = await signedIn('olivia@acme.test');
  await page.setViewportSize({ width: 360, height: 780 });
  for (const path of ['/flows', '/tasks', '/flows/new']) {
    await page.goto(world.url + path);
    expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(360);
  }
  await page.goto(`${world.url}/flows`);
  await page.getByRole('link', { name: 'Juniper Dental', exact: true }).click();
  await page.waitForURL('**/flows/**');
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
});

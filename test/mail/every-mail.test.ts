/**
 * Every kind of mail, through the real workflow on a server where days pass in milliseconds: seen in the dev mailbox,
 * handed to a real SMTP server, and looked at as Chromium draws it. What they say is in mails.snap.md.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Deliver, toDevMailbox, toMailServer } from '../../src/activities/deliver.ts';
import { makeFlowActivities } from '../../src/activities/flow-activities.ts';
import { dayMs, endOfDay } from '../../src/domain/dates.ts';
import { mailKinds } from '../../src/domain/flow.ts';
import { makeSignInLink } from '../../src/oauth/sign-in.ts';
import { writeSignInMail } from '../../src/oauth/sign-in-mail.ts';
import { axeFindings } from '../support/axe.ts';
import { launchChromium } from '../support/browser.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { adam, invitee, jane, max, mia, olivia } from '../support/people.ts';
import { sharedWorkflows } from '../support/servers.ts';
import { approve, assign, comment, complete, reject } from '../support/stage.ts';
import { startWorld, type World } from '../support/world.ts';
import { FlowDriver, type RunningFlow, skippingPlace } from '../workflows/flow-driver.ts';

const minute = 60_000;
const shared = (key: string, text: string) =>
  ({ type: 'comment', taskId: `tk_${key}`, text, audience: 'client' }) as const;
let world: World;
let server: MailServer;
let place: Awaited<ReturnType<typeof skippingPlace>>;
let driver: FlowDriver;
let browser: Browser;
let flow: RunningFlow;

const now = (): Promise<number> => place.environment.currentTimeMs();
const until = async (moment: number): Promise<void> => place.environment.sleep(Math.max(1, moment - (await now())));
const quiet = () =>
  vi.waitFor(async () => expect((await flow.flow()).outbox).toEqual([]), { timeout: 30_000, interval: 100 });
/**
 * Each mail is out before the next command: the time-skipping server, unlike Temporal, lets a flow hang that calls off a
 * mail which is sent at that moment ("ACTIVITY_UNKNOWN").
 */
const does = async (...done: Parameters<RunningFlow['does']>): Promise<void> => {
  await flow.does(...done);
  await quiet();
};
const mails = () =>
  world.owner
    .selectFrom('mails')
    .innerJoin('dev_mails', 'dev_mails.key', 'mails.key')
    .select(['mails.kind', 'mails.to_address', 'dev_mails.id', 'dev_mails.subject'])
    .select(['dev_mails.text', 'dev_mails.html', 'dev_mails.unsubscribe', 'dev_mails.key'])
    .orderBy('dev_mails.id')
    .execute();
const sent = async (kind: string, to: string): Promise<number> =>
  (await mails()).filter((m) => m.kind === kind && m.to_address.startsWith(to)).length;

beforeAll(async () => {
  // First and alone: its server has five seconds to start.
  place = await skippingPlace();
  [world, server, browser] = await Promise.all([startWorld(), startMailServer(), launchChromium()]);
  const colour = '#7a1f4b';
  const org = { id: 'or_acme', slug: 'acme', name: 'Marlow & Sons', plan: 'FREE', brand_colour: colour };
  await world.owner.insertInto('orgs').values(org).execute();
  for (const { id, name, role } of [olivia, adam, mia, max]) {
    const email = `${name.toLowerCase()}@marlow.test`;
    await world.owner.insertInto('users').values({ id, email, name, password_hash: null }).execute();
    await world.owner.insertInto('memberships').values({ org_id: org.id, user_id: id, role }).execute();
  }
  const smtp = toMailServer(server.url, 'flows.marlow.test');
  const deliver: Deliver = async (mail, stop) => {
    await smtp(mail, stop);
    return toDevMailbox(mail);
  };
  const activities = makeFlowActivities({
    ...{ database: world.database, deliver, publicUrl: world.url },
    mailFrom: 'Booflow <no-reply@marlow.test>',
    wakeWebhook: async () => undefined,
  });
  driver = new FlowDriver({ ...place, bundle: await sharedWorkflows(), activities });
  await driver.startWorker();
  await live();
});
afterAll(async () => {
  await browser.close();
  await driver.stopWorker();
  await place.environment.teardown();
  await server.stop();
  await world.stop();
});

/** A flow's whole life. */
async function live(): Promise<void> {
  flow = await driver.create(
    await now(),
    { key: 'contract', title: 'Sign the contract', assignee: { kind: 'client' }, due: { days: 1, from: 'start' } },
    { key: 'guide', title: 'Draft the brand guide' },
    {
      key: 'approval',
      title: 'Approve the brand guide',
      type: 'APPROVAL',
      assignee: { kind: 'client' },
      dependsOn: ['guide'],
    },
    { key: 'launch', title: 'Launch', dependsOn: ['approval', 'contract'] },
  );
  await does(olivia, { type: 'start', startDate: null });
  await does(olivia, { type: 'invite', people: [invitee(jane)] });
  await does(olivia, assign('guide', mia));
  await does(mia, complete('guide'));
  await does(jane, reject('approval', 'The logo is too small.\nCould the green be warmer?'));
  await does(olivia, shared('contract', 'Clause 4 is the one we talked about.'));
  await does(adam, shared('contract', 'Sign it by Friday if it reads fine.\n\nThank you!'));
  await does(olivia, { type: 'remind', taskId: 'tk_contract' });
  await does(jane, comment('approval', 'Shall I look at the draft before?'));
  const due = endOfDay(await now(), 1);
  await until(due + minute);
  await quiet();
  await until(due + dayMs + 10 * minute);
  await quiet();
}

/** Without what is different each time. */
const masked = (text: string): string =>
  text
    .replaceAll(world.url, 'https://flows.marlow.test')
    .replace(/\/(portal|reminders)\/\w+/g, '/$1/SECRET')
    .replace(/fl_[0-9a-f]+/g, 'fl_acme')
    .replace(/(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ \w{3}( \d{4})?/g, 'DAY')
    .trim();

test('reminders are switched off by a button, not by looking, or by a mail program; they are honoured when they are sent', async () => {
  const link = (await mails()).find((m) => m.kind === 'digest' && m.to_address.startsWith('jane'))?.unsubscribe ?? '';
  expect(link).toMatch(/\/reminders\/\w{40}$/);
  const off = async (): Promise<number> => (await world.owner.selectFrom('reminders_off').selectAll().execute()).length;
  for (const method of ['GET', 'HEAD', 'GET']) expect((await fetch(link, { method })).status).toBe(200);
  expect((await fetch(link, { method: 'POST', body: new URLSearchParams({ other: 'x' }) })).status).toBe(422);
  expect(await off()).toBe(0);

  const oneClick = new FormData();
  oneClick.set('List-Unsubscribe', 'One-Click');
  for (const body of [new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }), oneClick]) {
    await fetch(link, { method: 'POST', body: new URLSearchParams({ action: 'start' }) });
    expect(await off()).toBe(0);
    const answer = await fetch(link, { method: 'POST', body, redirect: 'manual' });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('You get no more reminders');
    expect(await off()).toBe(1);
  }
  const before = { jane: await sent('digest', 'jane'), olivia: await sent('digest', 'olivia') };
  await until((await now()) + dayMs);
  await quiet();
  expect(await sent('digest', 'jane')).toBe(before.jane);
  expect(await sent('digest', 'olivia')).toBe(before.olivia + 1);
  // By hand it still goes out: a person asks, and says who they are.
  const reminders = await sent('reminder', 'jane');
  await does(adam, { type: 'remind', taskId: 'tk_contract' });
  expect(await sent('reminder', 'jane')).toBe(reminders + 1);

  const page = await browser.newPage();
  await page.goto(link);
  expect(await axeFindings(page)).toEqual([]);
  expect(await page.textContent('h1')).toBe('No reminders from Marlow & Sons');
  await page.getByRole('button', { name: 'Remind me again' }).click();
  await page.getByText('Reminders are on again.').waitFor();
  await page.close();
  await until((await now()) + dayMs);
  await quiet();
  expect(await sent('digest', 'jane')).toBe(before.jane + 1);
  for (const bad of ['A'.repeat(40), 'short', '%00']) {
    expect((await fetch(`${world.url}/reminders/${bad}`)).status).toBe(404);
    const post = { method: 'POST', body: new URLSearchParams({ action: 'stop' }) };
    expect((await fetch(`${world.url}/reminders/${bad}`, post)).status).toBe(404);
  }
  expect(await off()).toBe(0);
  expect(world.logs.join('')).not.toContain(link.slice(-40));
});

test('a member stops and starts their reminders under Settings, and nobody else’s', async () => {
  const link = await makeSignInLink(world.authority, 'olivia@marlow.test', '/settings/notifications');
  const page = await browser.newPage();
  await page.goto(link?.link ?? '');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/settings/notifications');
  expect(await page.textContent('h1')).toBe('You are reminded of what is overdue');
  const before = { jane: await sent('digest', 'jane'), olivia: await sent('digest', 'olivia') };
  await page.getByRole('button', { name: 'Stop reminders' }).click();
  await page.getByText('No more reminders. Other mails still come.').waitFor();
  await until((await now()) + dayMs);
  await quiet();
  expect([await sent('digest', 'jane'), await sent('digest', 'olivia')]).toEqual([before.jane + 1, before.olivia]);
  await page.getByRole('button', { name: 'Remind me again' }).click();
  await page.getByText('You are reminded again.').waitFor();
  await until((await now()) + dayMs);
  await quiet();
  expect(await sent('digest', 'olivia')).toBe(before.olivia + 1);
  await page.close();
});

describe('at the end', () => {
  beforeAll(async () => {
    await does(jane, complete('contract'));
    await does(mia, complete('guide'));
    await does(jane, approve('approval'));
    await does(mia, complete('launch'));
    await flow.handle.result();
  });

  test('every kind went out, by SMTP as into the dev mailbox, and says what mails.snap.md says', async () => {
    const all = await mails();
    expect(new Set(all.map((m) => m.kind))).toEqual(new Set(mailKinds));
    expect(server.received).toHaveLength(all.length);
    const told = new Map<string, (typeof all)[number]>();
    for (const m of all) {
      const what = `${m.kind} to ${m.to_address}: ${masked(m.subject)}`;
      if (!told.has(what)) told.set(what, m);
    }
    // Several go out at a time, in any order.
    const text = [...told]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([what, m]) => `## ${what}\n\n${masked(m.text).replace(/^(?=.)/gm, '    ')}\n`)
      .join('\n');
    await expect(`# Mails\n\n${text}`).toMatchFileSnapshot('./mails.snap.md');
  });

  test('only reminders tell mail programs how to stop them, and they do so in one click', async () => {
    for (const { kind, key, unsubscribe } of await mails()) {
      const id = `<${key.replace(/[^A-Za-z0-9]+/g, '.')}@flows.marlow.test>`;
      const data = server.received.find((m) => m.data.includes(id))?.data.replace(/\r\n[ \t]+/g, ' ') ?? '';
      expect(data).toContain('Auto-Submitted: auto-generated');
      const reminder = kind === 'due' || kind === 'digest';
      expect(unsubscribe !== null, kind).toBe(reminder);
      expect(data.includes(`List-Unsubscribe: <${unsubscribe}>`), kind).toBe(reminder);
      expect(data.includes('List-Unsubscribe-Post: List-Unsubscribe=One-Click'), kind).toBe(reminder);
    }
  });

  test('each can be read by everybody: one heading, nothing serious for axe, no wider than a phone, light and dark', async () => {
    const signIn = writeSignInMail({ to: 'a@b.test', name: 'Mia', link: 'https://flows.marlow.test/sign-in/link/x' });
    const kinds = new Map((await mails()).map((m) => [`${m.kind} ${m.to_address}`, m.html]));
    for (const [what, html] of [...kinds, ['sign-in', signIn.html] as const]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await browser.newPage({ viewport: { width: 390, height: 800 }, colorScheme });
        await page.setContent(html);
        expect(await page.locator('h1').count(), what).toBe(1);
        expect(await axeFindings(page), `${what}, ${colorScheme}`).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth'), what).toBeLessThanOrEqual(390);
        await page.close();
      }
    }
  });

  test('the dev mailbox shows them, finds them by address, and lets nothing in them run', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const problems: string[] = [];
    page.on('console', (m) => void (m.type() === 'error' && problems.push(m.text())));
    await page.goto(`${world.url}/dev/mailbox`);
    const all = (await mails()).length;
    expect(await page.locator('.mails li').count()).toBe(all);
    await page.fill('#to', 'JANE@client');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.waitForURL('**to=JANE**');
    expect(await page.locator('.mails li').count()).toBe(
      (await mails()).filter((m) => m.to_address.startsWith('jane')).length,
    );
    await page
      .getByRole('link', { name: /approval is wanted/ })
      .first()
      .click();
    await page.frameLocator('iframe').getByRole('link', { name: 'Decide' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('link', { name: 'Text' }).click();
    expect(await page.textContent('.letter')).toContain('Hello Jane,');
    expect(problems).toEqual([]);
    const [first] = await mails();
    const letter = await fetch(`${world.url}/dev/mailbox/${first?.id}/html`);
    expect(letter.headers.get('content-security-policy')).toMatch(/default-src 'none'.*; sandbox/);
    await page.close();
  });
});

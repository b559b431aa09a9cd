/**
 * A form that failed for no fault of who filled it in: with the database away, Temporal away, the session over, or too
 * many tries, the page that answers keeps every field, says what to do, and sends it again with one button.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/db/database.ts';
import { demoPassword } from '../../src/demo/people.ts';
import { FlowGateway } from '../../src/operations/gateway.ts';
import { connectClient } from '../../src/platform/temporal-connection.ts';
import { settled } from '../mcp/everything.ts';
import { startSecondServer } from '../security/second-server.ts';
import { axeFindings } from '../support/axe.ts';
import { launchChromium } from '../support/browser.ts';
import { type Cable, layCable } from '../support/cable.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let browser: Browser;
/** Where the server with the cables is. */
let url: string;
let cables: Record<'database' | 'Temporal', Cable>;
const ends: (() => Promise<unknown>)[] = [];
/** Of the flow "Harbor & Pine". */
let flow: string;
let form: { id: string; title: string };
let template: string;

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld({ flows: true }), launchChromium()]);
  const postgres = new URL(world.databaseUrl);
  const [host = '', port = ''] = world.temporalAddress.split(':');
  cables = {
    database: await layCable(postgres.hostname, Number(postgres.port)),
    Temporal: await layCable(host, Number(port)),
  };
  postgres.hostname = '127.0.0.1';
  postgres.port = String(cables.database.port);
  const database = new Database(postgres.href, { max: 5 });
  const client = connectClient({
    temporalAddress: `127.0.0.1:${cables.Temporal.port}`,
    temporalNamespace: world.namespace,
  });
  const flows = new FlowGateway(client, { taskQueue: world.taskQueue, signalMs: 3_000, answerMs: 3_000 });
  const server = await startSecondServer(world, { tools: { database, flows }, limits: { signIn: 10_000 } });
  ends.push(
    server.stop,
    () => database.close(),
    async () => client.connection.close(),
  );
  url = server.url;
  const row = (name: string) =>
    world.owner.selectFrom('flows').select('id').where('name', '=', name).executeTakeFirstOrThrow();
  flow = (await row('Harbor & Pine')).id;
  form = await world.owner
    .selectFrom('tasks')
    .select(['id', 'title'])
    .where('flow_id', '=', flow)
    .where('type', '=', 'FORM')
    .where('status', '=', 'READY')
    .executeTakeFirstOrThrow();
  template = (
    await world.owner
      .selectFrom('templates')
      .select('id')
      .where('org_id', '=', 'org_demo_acme')
      .where('name', '=', 'Client Onboarding')
      .executeTakeFirstOrThrow()
  ).id;
});
afterAll(async () => {
  await browser?.close();
  for (const end of ends) await end();
  for (const cable of Object.values(cables ?? {})) cable.remove();
  await world?.stop();
});

async function signIn(context: BrowserContext, email = 'olivia@acme.test'): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}/sign-in?next=/tasks`);
  await fillSignIn(page, email);
  return page;
}
async function fillSignIn(page: Page, email = 'olivia@acme.test'): Promise<void> {
  await page.fill('#email', email);
  await page.fill('#password', demoPassword);
  await Promise.all([page.waitForNavigation(), page.getByRole('button', { name: 'Sign in', exact: true }).click()]);
}
const press = (page: Page, name: string) =>
  Promise.all([page.waitForNavigation(), page.getByRole('button', { name, exact: true }).click()]);

/** What the page shows as typed. */
const shown = (page: Page): Promise<string[]> =>
  page.locator('form.kept textarea').evaluateAll((fields) => fields.map((f) => ('value' in f ? String(f.value) : '')));

interface Form {
  readonly what: string;
  readonly at: () => string;
  /** Fills it in, with `mark` in what is typed; gives what a person would miss. */
  readonly fill: (page: Page, mark: string) => Promise<readonly string[]>;
  readonly button: string;
  /** How often it is done. */
  readonly done: (mark: string) => Promise<number>;
  /** It goes through Temporal. */
  readonly flow?: true;
  /** One of each way that forms are taken is tried from a page of another session. */
  readonly stale?: true;
}

const count = async (rows: Promise<readonly unknown[]>): Promise<number> => (await rows).length;
const long = 'She asked for the blue one.\r\n\r\n“Blue”, as in <b>sea</b> & sky; 100 %.';

const forms: readonly Form[] = [
  {
    what: 'a comment',
    at: () => `/flows/${flow}?task=${form.id}`,
    async fill(page, mark) {
      await page.locator('#text').fill(`${mark} ${long}`);
      return [`${mark} ${long.replaceAll('\r\n', '\n')}`];
    },
    button: 'Comment',
    done: (mark) => count(world.owner.selectFrom('comments').select('id').where('text', 'like', `${mark} %`).execute()),
    flow: true,
    stale: true,
  },
  {
    what: 'an invitation of a client',
    at: () => `/flows/${flow}`,
    async fill(page, mark) {
      await page.getByText('Invite a client').click();
      await page.locator('.invite [name="email"]').fill(`${mark}@client.test`);
      await page.locator('.invite [name="name"]').fill('Ada “the” Last');
      await page.locator('.invite [name="role"]').fill('client reviewer');
      return [`${mark}@client.test`, 'Ada “the” Last', 'client reviewer'];
    },
    button: 'Invite and send the link',
    done: (mark) =>
      count(world.owner.selectFrom('external_users').select('id').where('email', '=', `${mark}@client.test`).execute()),
    flow: true,
  },
  {
    what: 'a new flow',
    at: () => `/flows/new?template=${template}`,
    async fill(page, mark) {
      await page.fill('#name', `Flow ${mark}`);
      return [`Flow ${mark}`];
    },
    button: 'Make the draft',
    done: (mark) => count(world.owner.selectFrom('flows').select('id').where('name', '=', `Flow ${mark}`).execute()),
    flow: true,
  },
  {
    what: 'the open step in the template editor',
    at: () => `/templates/${template}/edit?step=send-contract-draft`,
    async fill(page, mark) {
      await page.fill('#f-title', `Draft ${mark}`);
      await page.fill('#f-description', long);
      return [`Draft ${mark}`, long.replaceAll('\r\n', '\n')];
    },
    button: 'Save draft',
    done: (mark) =>
      count(
        world.owner
          .selectFrom('template_drafts')
          .selectAll()
          .execute()
          .then((rows) => rows.filter((r) => JSON.stringify(r).includes(`Draft ${mark}`)).slice(0, 1)),
      ),
  },
  {
    what: 'an invitation of a member',
    at: () => '/settings/members',
    async fill(page, mark) {
      await page.fill('#email', `${mark}@acme.test`);
      await page.selectOption('#role', 'ADMIN');
      return [`${mark}@acme.test`];
    },
    button: 'Invite',
    done: (mark) =>
      count(
        world.owner
          .selectFrom('member_invitations')
          .selectAll()
          .where('email', '=', `${mark}@acme.test`)
          .where('role', '=', 'ADMIN')
          .execute(),
      ),
  },
  {
    what: "the organization's name",
    at: () => '/settings/organization',
    async fill(page, mark) {
      await page.fill('#name', `Acme ${mark}`);
      return [`Acme ${mark}`];
    },
    button: 'Save',
    done: (mark) => count(world.owner.selectFrom('orgs').select('id').where('name', '=', `Acme ${mark}`).execute()),
  },
  {
    what: 'an API key',
    at: () => '/settings/api-keys',
    async fill(page, mark) {
      await page.fill('#name', `Laptop ${mark}`);
      return [`Laptop ${mark}`];
    },
    button: 'Make a key',
    done: (mark) =>
      count(world.owner.selectFrom('api_keys').select('id').where('name', '=', `Laptop ${mark}`).execute()),
    stale: true,
  },
];

let marks = 0;
const aMark = (): string => `m${Date.now().toString(36)}${marks++}`;

/** Without script: so that nothing but the server's answer keeps anything. */
const bare = { javaScriptEnabled: false, viewport: { width: 1280, height: 900 } } as const;

const away = { database: 'The database is not answering', Temporal: 'The flow engine is not answering' } as const;

describe.each(forms)('$what', ({ at, fill, button, done, stale, flow: throughTemporal }) => {
  const parts = throughTemporal ? (['database', 'Temporal'] as const) : (['database'] as const);
  it.each(parts)('is kept while the %s is away, and done once when it is back', async (part) => {
    const context = await browser.newContext(bare);
    const page = await signIn(context);
    await page.goto(url + at());
    const mark = aMark();
    const typed = await fill(page, mark);
    cables[part].cut();
    try {
      await press(page, button);
      expect(await page.textContent('h1')).toBe(away[part]);
      expect(await shown(page)).toEqual(typed);
      await press(page, 'Send it again');
      expect(await shown(page)).toEqual(typed);
    } finally {
      cables[part].mend();
    }
    expect(await done(mark)).toBe(0);
    await untilDone(page, away[part]);
    await settled(world);
    expect(await done(mark)).toBe(1);
    await context.close();
  });

  it('is kept when the session has ended, and sent after signing in in another tab', async () => {
    const context = await browser.newContext(bare);
    const page = await signIn(context);
    await page.goto(url + at());
    const mark = aMark();
    const typed = await fill(page, mark);
    await world.owner.deleteFrom('sessions').execute();
    await press(page, button);
    expect(await page.textContent('h1')).toBe('You are signed out');
    expect(await shown(page)).toEqual(typed);
    const [tab] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'Sign in', exact: true }).click(),
    ]);
    await tab.waitForLoadState();
    await fillSignIn(tab);
    // Back where they were.
    expect(new URL(tab.url()).pathname + new URL(tab.url()).search).toBe(at());
    await press(page, 'Send it again');
    await settled(world);
    expect([await page.locator('form.kept').count(), await done(mark)]).toEqual([0, 1]);
    await context.close();
  });

  if (stale)
    it('is kept when the page was of another session', async () => {
      const context = await browser.newContext(bare);
      const page = await signIn(context);
      await page.goto(url + at());
      const mark = aMark();
      const typed = await fill(page, mark);
      await context.clearCookies();
      await (await signIn(context)).close();
      await press(page, button);
      expect(await page.textContent('h1')).toBe('This page was open for long');
      expect(await shown(page)).toEqual(typed);
      await press(page, 'Send it again');
      await settled(world);
      expect(await done(mark)).toBe(1);
      await context.close();
    });
});

/** Presses until the part that is back is found again: connections are made anew in their own time. */
async function untilDone(page: Page, title: string): Promise<void> {
  for (let n = 0; n < 20; n++) {
    await press(page, 'Send it again');
    if ((await page.textContent('h1')) !== title) return;
    await page.waitForTimeout(500);
  }
  throw new Error(`Still: ${title}`);
}

describe('a client on a phone', () => {
  /** A page of the portal, open at a task with a form. */
  async function atForm(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    const mails = await world.owner
      .selectFrom('dev_mails')
      .select('text')
      .where('subject', 'like', '%Harbor & Pine%')
      .execute();
    const link = mails.flatMap((m) => /\/portal\/[A-Za-z0-9]{32}/.exec(m.text) ?? [])[0];
    await page.goto(`${url}${link}`);
    await page.locator('main form button').first().click();
    await page.waitForURL('**/portal');
    await page.goto(`${url}/portal/tasks/${form.id}`);
    return page;
  }
  async function fillIn(page: Page): Promise<string[]> {
    const texts = page.locator('form.work textarea, form.work input:is([type="text"], :not([type]))');
    const n = await texts.count();
    const typed: string[] = [];
    for (let i = 0; i < n; i++) {
      const words = `${aMark()} is what we say`;
      await texts.nth(i).fill(words);
      typed.push(words);
    }
    const scan = { name: 'mandate.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 a scan') };
    await page.locator('form.work input[type="file"]').setInputFiles(scan);
    return typed;
  }

  it.each(['database', 'visit'] as const)('loses nothing of a form when the %s is gone', async (what) => {
    const context = await browser.newContext({ ...bare, viewport: { width: 390, height: 844 } });
    const page = await atForm(context);
    const typed = await fillIn(page);
    expect(typed.length).toBeGreaterThan(0);
    if (what === 'database') cables.database.cut();
    else await world.owner.deleteFrom('portal_sessions').execute();
    try {
      await press(page, 'Save and go on later');
    } finally {
      cables.database.mend();
    }
    expect(await page.textContent('h1')).toBe(
      what === 'database' ? 'We can’t reach your page just now' : 'Please open your link again',
    );
    expect(await shown(page)).toEqual(typed);
    // The one thing that a page can't keep.
    expect(await page.locator('form.kept input[type="file"]').getAttribute('name')).toBe('file.mandate');
    expect(await page.locator('form.kept').innerText()).toContain('choose them again');
    if (what === 'visit') {
      // The link of their mail, in another tab.
      await (await atForm(context)).close();
      await press(page, 'Send it again');
    } else await untilDone(page, 'We can’t reach your page just now');
    expect(await page.locator('main').innerText()).toContain('It is saved.');
    await page.goto(`${url}/portal/tasks/${form.id}`);
    const there = await page
      .locator('form.work textarea, form.work input')
      .evaluateAll((fields) => fields.map((f) => ('value' in f ? String(f.value) : '')));
    expect(there).toEqual(expect.arrayContaining(typed));
    await context.close();
  });
});

it('too many tries keep the address, and ask for the password again', async () => {
  const server = await startSecondServer(world, { limits: { signIn: 1 } });
  const context = await browser.newContext(bare);
  const page = await context.newPage();
  await page.goto(`${server.url}/sign-in`);
  await page.fill('#email', 'olivia@acme.test');
  await page.fill('#password', 'mistyped-once');
  await press(page, 'Sign in');
  await page.fill('#password', demoPassword);
  await press(page, 'Sign in');
  expect(await page.textContent('h1')).toBe('That was too often');
  expect(await page.textContent('main')).toMatch(/Wait \d+ seconds/);
  expect(await shown(page)).toEqual(['olivia@acme.test']);
  expect(await page.content()).not.toContain(demoPassword);
  expect(await page.getByLabel('Password').getAttribute('required')).not.toBeNull();
  await context.close();
  await server.stop();
});

it('the page that keeps has no finding of axe, and nobody else can put words on it', async () => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await signIn(context);
  await page.goto(`${url}/flows/${flow}?task=${form.id}`);
  await page.locator('#text').fill(long);
  await world.owner.deleteFrom('sessions').execute();
  await press(page, 'Comment');
  expect(await axeFindings(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  await context.close();
  const path = `${url}/flows/${flow}/tasks/${form.id}/comment`;
  const body = new URLSearchParams({ text: 'Put here by a stranger' });
  const headers = { accept: 'text/html' };
  for (const origin of ['https://evil.test', 'null', undefined]) {
    const answer = await fetch(path, {
      ...{ method: 'POST', body, redirect: 'manual' },
      headers: { ...headers, ...(origin && { origin }) },
    });
    expect([origin, answer.status, (await answer.text()).includes('stranger')]).toEqual([origin, 303, false]);
  }
});

/** Every page that Booflow has, and how one gets there in the demo world: for the check of each, and for its picture. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { demoPassword } from '../../src/demo/people.ts';
import { App, callTool } from '../oauth/app.ts';
import { Person } from '../oauth/person.ts';

export type Visitor = 'nobody' | 'olivia' | 'mia' | 'client';

export interface KnownPage {
  /** The name of its picture. */
  readonly name: string;
  /** As the server knows it. */
  readonly route: string;
  readonly as: Visitor;
  readonly path: (found: Found) => string;
  /** What is done on it before it is looked at. */
  readonly first?: (page: Page) => Promise<void>;
  /** How it answers; 200 unless said otherwise. */
  readonly status?: number;
}

/** Addresses that differ from run to run. */
export interface Found {
  /** A flow of the demo by its name: `/flows/fl_…`. */
  readonly flow: (name: string) => string;
  readonly template: string;
  readonly publicTemplate: string;
  readonly member: string;
  readonly portalTask: string;
  readonly authorize: string;
  readonly mail: string;
  readonly magicLink: string;
}

const flow = (name: string, of: string, query = ''): KnownPage => ({
  name,
  route: '/flows/:id',
  as: 'olivia',
  path: (found) => found.flow(of) + query,
});

export const everyPage: readonly KnownPage[] = [
  { name: 'home', route: '/', as: 'nobody', path: () => '/' },
  { name: 'api-reference', route: '/docs/api', as: 'nobody', path: () => '/docs/api' },
  { name: 'sign-up', route: '/sign-up', as: 'nobody', path: () => '/sign-up' },
  { name: 'sign-up-gone', route: '/sign-up/:secret', as: 'nobody', path: () => '/sign-up/gone', status: 404 },
  { name: 'join-gone', route: '/join/:secret', as: 'nobody', path: () => '/join/gone', status: 404 },
  { name: 'sign-in-gone', route: '/sign-in/link/:secret', as: 'nobody', path: () => '/sign-in/link/gone', status: 404 },
  { name: 'marketplace', route: '/marketplace', as: 'nobody', path: () => '/marketplace' },
  {
    name: 'marketplace-template',
    route: '/marketplace/:id',
    as: 'nobody',
    path: ({ publicTemplate }) => publicTemplate,
  },
  { name: 'templates', route: '/templates', as: 'olivia', path: () => '/templates' },
  { name: 'template', route: '/templates/:id', as: 'olivia', path: ({ template }) => `/templates/${template}` },
  {
    name: 'template-editor',
    route: '/templates/:id/edit',
    as: 'olivia',
    path: ({ template }) => `/templates/${template}/edit?step=sign-contract`,
  },
  { name: 'members', route: '/settings/members', as: 'olivia', path: () => '/settings/members' },
  { name: 'member', route: '/settings/members/:id', as: 'olivia', path: ({ member }) => member },
  { name: 'organization', route: '/settings/organization', as: 'olivia', path: () => '/settings/organization' },
  { name: 'webhooks', route: '/settings/webhooks', as: 'olivia', path: () => '/settings/webhooks' },
  { name: 'data', route: '/settings/data', as: 'olivia', path: () => '/settings/data' },
  { name: 'erase', route: '/settings/data/erase', as: 'olivia', path: () => '/settings/data/erase' },
  { name: 'erase-find', route: '/settings/data/erase', as: 'olivia', path: () => '/settings/data/erase?find=zzz' },
  {
    ...{ name: 'erase-confirm', route: '/settings/data/erase', as: 'olivia' },
    path: () => '/settings/data/erase?email=jane%40harborandpine.test',
  },
  { name: 'account', route: '/settings/account', as: 'olivia', path: () => '/settings/account' },
  { name: 'notifications', route: '/settings/notifications', as: 'olivia', path: () => '/settings/notifications' },
  { name: 'import', route: '/flows/import', as: 'olivia', path: () => '/flows/import' },
  { name: 'imports', route: '/flows/imports', as: 'olivia', path: () => '/flows/imports' },
  { name: 'reminders-gone', route: '/reminders/:secret', as: 'nobody', path: () => '/reminders/gone', status: 404 },
  { name: 'portal-task', route: '/portal/tasks/:id', as: 'client', path: ({ portalTask }) => portalTask },
  { name: 'sign-in', route: '/sign-in', as: 'nobody', path: () => '/sign-in' },
  { name: 'flows', route: '/flows', as: 'olivia', path: () => '/flows' },
  { name: 'flows-late', route: '/flows', as: 'olivia', path: () => '/flows?overdue=true&search=h' },
  { name: 'flows-none', route: '/flows', as: 'olivia', path: () => '/flows?search=zzz' },
  { name: 'flows-member', route: '/flows', as: 'mia', path: () => '/flows' },
  {
    name: 'keys',
    route: '/flows',
    as: 'olivia',
    path: () => '/flows',
    first: async (page) => {
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
  flow('flow', 'Harbor & Pine'),
  flow('flow-list', 'Harbor & Pine', '?view=list'),
  flow('flow-draft', 'Kestrel Energy'),
  flow('flow-paused', 'Osteria Bianca website'),
  flow('flow-completed', 'Brightwater Spa offboarding'),
  flow('flow-cancelled', 'Tessera Tiles'),
  { ...flow('flow-member', 'Juniper Dental'), as: 'mia' },
  { name: 'flow-new', route: '/flows/new', as: 'olivia', path: () => '/flows/new' },
  {
    name: 'flow-new-name',
    route: '/flows/new',
    as: 'olivia',
    path: ({ template }) => `/flows/new?template=${template}`,
  },
  { name: 'only-admins', route: '/flows/new', as: 'mia', path: () => '/flows/new', status: 403 },
  { name: 'tasks', route: '/tasks', as: 'olivia', path: () => '/tasks?show=late' },
  { name: 'tasks-none', route: '/tasks', as: 'olivia', path: () => '/tasks?show=nobody' },
  { name: 'not-found', route: '/nowhere', as: 'olivia', path: () => '/nowhere', status: 404 },
  {
    name: 'api-key-made',
    route: '/settings/api-keys',
    as: 'olivia',
    path: () => '/settings/api-keys',
    first: async (page) => {
      await page.getByLabel(/^Name of a new key/).fill('Laptop');
      await page.getByRole('button', { name: 'Make a key' }).click();
      await page.getByRole('heading', { name: /is made/ }).waitFor();
    },
  },
  { name: 'api-keys', route: '/settings/api-keys', as: 'olivia', path: () => '/settings/api-keys' },
  { name: 'connected-apps', route: '/settings/apps', as: 'olivia', path: () => '/settings/apps' },
  { name: 'sessions', route: '/settings/sessions', as: 'olivia', path: () => '/settings/sessions' },
  { name: 'consent', route: '/oauth/authorize', as: 'olivia', path: ({ authorize }) => authorize },
  { name: 'consent-member', route: '/oauth/authorize', as: 'mia', path: ({ authorize }) => authorize },
  { name: 'portal-link', route: '/portal/:secret', as: 'nobody', path: ({ magicLink }) => magicLink },
  { name: 'portal', route: '/portal', as: 'client', path: () => '/portal' },
  { name: 'portal-left', route: '/portal', as: 'nobody', path: () => '/portal?left' },
  { name: 'portal-closed', route: '/portal', as: 'nobody', path: () => '/portal', status: 404 },
  { name: 'mailbox', route: '/dev/mailbox', as: 'nobody', path: () => '/dev/mailbox' },
  { name: 'mail', route: '/dev/mailbox/:id', as: 'nobody', path: ({ mail }) => mail },
];

const addresses: Partial<Record<Visitor, string>> = { olivia: 'olivia@acme.test', mia: 'mia@acme.test' };

/** A browser's tab in which this visitor is signed in already. */
export async function visit(
  browser: Browser,
  url: string,
  as: Visitor,
  found: Found | null,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  const address = addresses[as];
  if (address) {
    await page.goto(`${url}/sign-in?next=/flows`);
    await page.getByLabel('Mail address').fill(address);
    await page.getByLabel('Password').fill(demoPassword);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL('**/flows');
  }
  if (as === 'client' && found) await openPortal(page, url + found.magicLink);
  return page;
}

/** The link is a page with a button, so that what only fetches it spends nothing. */
async function openPortal(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.locator('main form button').first().click();
  await page.waitForURL('**/portal');
}

/** Looks around in a running Booflow with the demo in it, and connects an app to it. */
export async function lookAround(browser: Browser, url: string): Promise<Found> {
  const page = await visit(browser, url, 'olivia', null);
  const flows = new Map<string, string>();
  for (const row of await page.locator('li.flow a.whole').all()) {
    flows.set((await row.textContent())?.trim() ?? '', (await row.getAttribute('href')) ?? '');
  }
  await page.goto(`${url}/flows/new`);
  const template = await page
    .getByRole('link', { name: 'Client Onboarding', exact: true })
    .first()
    .getAttribute('href');
  await page.goto(`${url}/dev/mailbox`);
  const { mail, magicLink } = await mailWithLink(page, url);
  await page.goto(`${url}/settings/members`);
  const member = await page.locator('a[href^="/settings/members/"]').first().getAttribute('href');
  await page.goto(`${url}/marketplace`);
  const publicTemplate = await page.locator('main a[href^="/marketplace/"]').first().getAttribute('href');
  await openPortal(page, url + magicLink);
  const portalTask = await page.locator('a[href^="/portal/tasks/"]').first().getAttribute('href');
  const app = await App.register(url);
  const olivia = new Person(url);
  await olivia.signIn('olivia@acme.test');
  const { access_token } = await app.connect(olivia);
  await callTool(url, access_token);
  await page.context().close();
  if (!template || !member || !publicTemplate || !portalTask)
    throw new Error('The demo is not there: seed its flows first.');
  return {
    flow(name) {
      const href = flows.get(name);
      if (!href) throw new Error(`No flow of the demo is called ${name}`);
      return href;
    },
    template: new URL(template, url).searchParams.get('template') ?? '',
    authorize: app.authorizePath(),
    ...{ mail, magicLink, member, publicTemplate, portalTask },
  };
}

/** Members get mails about a flow too, and which came last is chance: looks for one that leads into the portal. */
async function mailWithLink(page: Page, url: string): Promise<{ mail: string; magicLink: string }> {
  const mails = page.locator('a[href^="/dev/mailbox/"]', { hasText: 'Harbor & Pine' });
  for (const mail of await mails.evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''))) {
    await page.goto(`${url}${mail}?view=text`);
    const magicLink = /\/portal\/[\w-]+/.exec((await page.textContent('main')) ?? '')?.[0];
    if (magicLink) return { mail, magicLink };
  }
  throw new Error('No mail of Harbor & Pine holds a link: seed the demo first.');
}

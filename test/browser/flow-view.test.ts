/** The view of `get_flow` in a host: the MCP Apps SDK's own bridge, a real sandbox, a real Chromium. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { AppBridge } from '@modelcontextprotocol/ext-apps/app-bridge';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createFlowFromTemplate } from '../../src/operations/create-flow-from-template.ts';
import { updateFlowStatus } from '../../src/operations/update-flow-status.ts';
import { freePort } from '../../src/platform/ports.ts';
import { olivia } from '../mcp/principals.ts';
import { launchChromium } from '../support/browser.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let browser: Browser;
let client: Client;
let html: string;
let host: { url: string; close(): void };

/** As the specification has it when a view declares no domains. */
const hostPolicy =
  "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'none'";

/** A page with a sandbox for the view: an origin of its own, scripts and nothing else. */
async function startHost(): Promise<typeof host> {
  const server = createServer((request, answer) => {
    answer.setHeader('content-security-policy', hostPolicy);
    answer.setHeader('content-type', 'text/html; charset=utf-8');
    answer.end(request.url === '/' ? '<!doctype html><title>Host</title><body style="margin:0">' : '');
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

beforeAll(async () => {
  [world, browser, host] = await Promise.all([startWorld({ flows: true }), launchChromium(), startHost()]);
  client = new Client({ name: 'test-host', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const headers = { authorization: `Bearer ${await world.key('olivia@acme.test')}` };
  await client.connect(new StreamableHTTPClientTransport(new URL('/api/mcp', world.url), { requestInit: { headers } }));
  const { contents } = await client.readResource({ uri: 'ui://booflow/flow' });
  const [page] = contents;
  if (!page || !('text' in page)) throw new Error('The view has no text');
  html = page.text;
});
afterAll(async () => {
  await client.close();
  host.close();
  await browser.close();
  await world.stop();
});

type Transport = Parameters<AppBridge['connect']>[0];
type Message = Parameters<Transport['send']>[0];

interface Shown {
  readonly page: Page;
  readonly bridge: AppBridge;
  /** What the view said: sizes it wanted, links it asked to open. */
  readonly sizes: number[];
  readonly links: string[];
  readonly troubles: string[];
  close(): Promise<void>;
}

interface Look {
  readonly width?: number;
  readonly theme?: 'light' | 'dark';
  readonly capable?: boolean;
}

/** A host that has just been given the view, before any tool has answered. */
async function showView({ width = 760, theme = 'light', capable = true }: Look = {}): Promise<Shown> {
  const context = await browser.newContext({ viewport: { width, height: 700 } });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (m) => m.type() === 'error' && troubles.push(m.text()));
  page.on('request', (r) => !r.url().startsWith(host.url) && troubles.push(`fetches ${r.url()}`));
  await page.goto(host.url);
  const transport: Transport = {
    async start() {},
    async close() {},
    async send(message: Message) {
      await page.evaluate((m) => document.querySelector('iframe')?.contentWindow?.postMessage(m, '*'), message);
    },
  };
  await page.exposeFunction('fromView', (message: Message) => transport.onmessage?.(message));
  const bridge = new AppBridge(
    client,
    { name: 'test-host', version: '1.0.0' },
    capable ? { openLinks: {}, serverTools: {} } : {},
    { hostContext: { theme, displayMode: 'inline' } },
  );
  const sizes: number[] = [];
  const links: string[] = [];
  bridge.onsizechange = ({ height }) => {
    if (height === undefined) return;
    sizes.push(height);
    void page.evaluate((h) => document.querySelector('iframe')?.setAttribute('height', String(h)), height);
  };
  bridge.onopenlink = async ({ url }) => {
    links.push(url);
    return {};
  };
  const ready = new Promise<void>((resolve) => {
    bridge.oninitialized = () => resolve();
  });
  await bridge.connect(transport);
  await page.evaluate((text) => {
    const frame = document.createElement('iframe');
    frame.sandbox.add('allow-scripts');
    frame.style.cssText = 'border:0;width:100%;display:block';
    addEventListener('message', ({ source, data }) => {
      if (source !== frame.contentWindow) return;
      const relay: unknown = Reflect.get(window, 'fromView');
      if (typeof relay === 'function') relay(data);
    });
    frame.srcdoc = text;
    document.body.append(frame);
  }, html);
  await ready;
  return { page, bridge, sizes, links, troubles, close: () => context.close() };
}

const view = (page: Page) => page.frameLocator('iframe');
const ask = (flow: string) => client.callTool({ name: 'get_flow', arguments: { flow } });

async function showFlow(flow: string, look: Look = {}): Promise<Shown> {
  const shown = await showView(look);
  await shown.bridge.sendToolInput({ arguments: { flow } });
  await shown.bridge.sendToolResult(await ask(flow));
  await view(shown.page).locator('#flow').waitFor({ state: 'visible' });
  return shown;
}

describe('the view of a flow', () => {
  test('draws every task with its status in words, the progress, and what it waits on', async () => {
    const shown = await showFlow('Harbor & Pine');
    const page = view(shown.page);
    await expect.poll(() => page.locator('h1').textContent()).toBe('Harbor & Pine waits on client Jane Alder');
    expect(await page.locator('#progress').textContent()).toBe(
      '3 of 16 tasks done, 1 overdue · from Client Onboarding',
    );
    expect(await page.locator('#bar').getAttribute('aria-valuenow')).toBe('18');
    expect(await page.locator('#tasks li').count()).toBe(16);
    const words = await page
      .locator('#tasks li > svg')
      .evaluateAll((all) => all.map((e) => e.getAttribute('aria-label')));
    expect(words.filter((w) => w === 'Completed')).toHaveLength(3);
    expect(words.filter((w) => w === 'Overdue')).toHaveLength(1);
    expect(words.filter((w) => w === 'Blocked')).toHaveLength(11);
    expect(await page.locator('#edges path').count()).toBeGreaterThan(14);
    expect(await page.locator('#edges path.done').count()).toBeGreaterThan(2);
    const late = page.locator('#tasks li.OVERDUE');
    expect(await late.textContent()).toMatch(/Sign the contract4 days late/);
    await expect.poll(() => late.evaluate((e) => e.getBoundingClientRect().left < innerWidth)).toBe(true);
    expect(shown.sizes.at(-1)).toBeGreaterThan(200);
    expect(shown.troubles).toEqual([]);
    await shown.close();
  });

  test("tells days in the flow's time zone, wherever the host is, and whatever the organization's is since", async () => {
    const org = () => world.owner.updateTable('orgs').where('id', '=', 'org_demo_acme');
    const { time_zone } = await world.owner
      .selectFrom('orgs')
      .select('time_zone')
      .where('id', '=', 'org_demo_acme')
      .executeTakeFirstOrThrow();
    const far = 'Pacific/Pago_Pago';
    await org().set({ time_zone: far }).execute();
    const caller = { ...world.tools, now: world.authority.clock(), principal: olivia };
    const made = { template: 'Client Onboarding', name: 'Far in the west' };
    expect(await createFlowFromTemplate.run(caller, made)).toMatchObject({ ok: true });
    await org().set({ time_zone }).execute();
    expect(await updateFlowStatus.run(caller, { flow: made.name, action: 'start' })).toMatchObject({ ok: true });
    const shown = await showFlow(made.name);
    const { due_at } = await world.owner
      .selectFrom('tasks')
      .innerJoin('flows', 'flows.id', 'tasks.flow_id')
      .select('tasks.due_at')
      .where('flows.name', '=', made.name)
      .where('tasks.status', '=', 'READY')
      .where('tasks.due_at', 'is not', null)
      .executeTakeFirstOrThrow();
    const day = (timeZone: string) =>
      new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone })
        .format(due_at ?? 0)
        .replace(',', '');
    expect(day(far)).not.toBe(day(time_zone));
    expect(await view(shown.page).locator('#tasks').textContent()).toContain(`Due ${day(far)}`);
    await shown.close();
  });

  test('asks its host to open the flow, and to ask anew', async () => {
    const shown = await showFlow('Kestrel Energy');
    const page = view(shown.page);
    expect(await page.locator('h1').textContent()).toBe('Kestrel Energy has not started');
    await page.getByRole('button', { name: 'Open in Booflow' }).click();
    const { id } = await world.owner
      .selectFrom('flows')
      .select('id')
      .where('name', '=', 'Kestrel Energy')
      .executeTakeFirstOrThrow();
    await expect.poll(() => shown.links).toEqual([`${world.url}/flows/${id}`]);
    await client.callTool({ name: 'update_flow_status', arguments: { flow: id, action: 'start' } });
    await page.getByRole('button', { name: 'Refresh' }).click();
    await expect.poll(() => page.locator('h1').textContent()).toMatch(/^Kestrel Energy waits on /);
    expect(shown.troubles).toEqual([]);
    await shown.close();
  });

  test('a host that can do neither is offered neither', async () => {
    const shown = await showFlow('Northwind', { capable: false });
    expect(await view(shown.page).getByRole('button').count()).toBe(0);
    await shown.close();
  });

  test('shows a refusal as the text it is, and markup as text', async () => {
    const shown = await showView();
    await shown.bridge.sendToolResult(await ask('Nortwhind'));
    const page = view(shown.page);
    await expect.poll(() => page.locator('#message').textContent()).toContain('No flow is called "Nortwhind".');
    const evil = '<img src=x onerror=alert(1)>';
    await client.callTool({
      name: 'create_flow_from_template',
      arguments: { template: 'Client Onboarding', name: evil },
    });
    await shown.bridge.sendToolResult(await ask(evil));
    await expect.poll(() => page.locator('h1').textContent()).toBe(`${evil} has not started`);
    expect(await page.locator('img').count()).toBe(0);
    expect(shown.troubles).toEqual([]);
    await shown.close();
  });

  test('folds what is done in a large flow, and unfolds it when asked', async () => {
    const shown = await showView();
    const facts = z.record(z.string(), z.unknown()).parse((await ask('Northwind')).structuredContent);
    const tasks = Array.from({ length: 200 }, (_, n) => ({
      ...{ id: `tk_${n}`, title: `Prepare statement ${n}`, type: 'TASK', round: 1, comments: 0, doneAt: null },
      ...{ dueAt: null, assignee: null, overdue: false, doneBy: n < 150 ? 'Mia' : null },
      status: n < 150 ? 'COMPLETED' : n < 160 ? 'READY' : 'BLOCKED',
      dependsOn: n < 10 ? [] : [`tk_${n - 10}`],
    }));
    await shown.bridge.sendToolResult({ content: [], structuredContent: { ...facts, tasks } });
    const page = view(shown.page);
    await expect.poll(() => page.locator('#tasks li').count()).toBe(60);
    await page.getByRole('button', { name: 'Show 140 more that are done' }).click();
    await expect.poll(() => page.locator('#tasks li').count()).toBe(200);
    const spots = await page.locator('#tasks li').evaluateAll((all) => all.map((e) => e.getAttribute('style')));
    expect(new Set(spots).size).toBe(200);
    expect(shown.troubles).toEqual([]);
    await shown.close();
  });

  test.each([
    ['light', 760],
    ['dark', 760],
    ['light', 390],
    ['dark', 390],
  ] as const)('stands in %s at %i px, as wide as its frame', async (theme, width) => {
    const shown = await showFlow('Juniper Dental', { theme, width });
    const page = view(shown.page);
    const background = await page.locator('body').evaluate((e) => getComputedStyle(e).backgroundColor);
    expect(background).toBe(theme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(27, 30, 27)');
    expect(await page.locator('html').evaluate((e) => e.scrollWidth <= innerWidth)).toBe(true);
    const folder = process.env.SCREENSHOTS;
    if (folder) writeFileSync(`${folder}/view-${theme}-${width}.png`, await shown.page.screenshot());
    await shown.close();
  });
});

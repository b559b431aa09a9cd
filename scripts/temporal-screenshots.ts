/** `npm run screenshots:temporal`: what operators see of the running product's demo flows in Temporal's Web UI. */
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { loadDotEnv, readConfig } from '../src/platform/config.ts';
import { launchChromium } from '../test/support/browser.ts';

loadDotEnv();
const { temporalNamespace: namespace, temporalUiPort } = readConfig(process.env);
const url = `http://localhost:${temporalUiPort}/namespaces/${namespace}/workflows`;
const folder = fileURLToPath(new URL('../docs/images/', import.meta.url));

const answer = await fetch(url).catch(() => null);
if (!answer?.ok) {
  console.error(`Temporal's Web UI is not running at ${url}. Start it in another terminal: npm start`);
  process.exit(1);
}

/** As an operator chooses them, by the wheel below the list. */
const columns = ['BooflowFlowName', 'BooflowFlowStatus', 'BooflowNextDueAt', 'Workflow ID'];
const chosen = JSON.stringify({ [namespace]: columns.map((label) => ({ label, pinned: false })) });
const late = `BooflowOrgId = "org_demo_acme" AND BooflowFlowStatus = "ACTIVE" AND BooflowNextDueAt < "${new Date().toISOString()}"`;

const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(`localStorage.setItem('namespace-workflow-table-columns', ${JSON.stringify(chosen)})`);
  await page.goto(`${url}?query=${encodeURIComponent(late)}`);
  const flow = page.getByRole('row').filter({ hasText: 'Harbor & Pine' });
  await flow.waitFor();
  await take(page, 'list', 540);
  await flow.getByRole('link').first().click();
  await page.getByText('projectFlow').first().waitFor();
  await take(page, 'flow');
  await page.getByText('User Metadata', { exact: true }).click();
  // Markdown stands in frames of its own.
  await page.frameLocator('iframe').last().getByText('Waits on').waitFor();
  await take(page, 'details');
} finally {
  await browser.close();
}
console.log(`The pictures are in ${folder}`);

async function take(page: Page, name: string, height = 820): Promise<void> {
  // The page keeps asking for news, so it is never idle; what it drew last fades in.
  await page.waitForTimeout(1_500);
  const clip = { x: 0, y: 0, width: 1440, height };
  const path = `${folder}temporal-${name}.jpg`;
  await page.screenshot({ path, type: 'jpeg', quality: 75, clip, animations: 'disabled' });
}

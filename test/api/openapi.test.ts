/** The OpenAPI document and the reference page: valid, whole, and readable. */
import { writeFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { operationsOf } from '../../src/operations/registry.ts';
import { axeFindings } from '../support/axe.ts';
import { launchChromium } from '../support/browser.ts';
import { startWorld, type World } from '../support/world.ts';
import { get } from './ask.ts';

let world: World;
let browser: Browser;
beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await world.stop();
});

const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string() }))),
});

describe('the document', () => {
  test('is valid OpenAPI 3.1, as a kept validator has it', async () => {
    const { json, headers } = await get(world.url, null, '/openapi.json');
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    const validator = new Validator();
    const result = await validator.validate(structuredClone(json));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
    // And the validator does refuse.
    expect(
      (await new Validator().validate({ ...structuredClone(json), paths: { '/x': { get: { responses: 1 } } } })).valid,
    ).toBe(false);
  });

  test('answers have no defaults, which not every generator of clients takes', async () => {
    const { paths } = documentSchema.parse((await get(world.url, null, '/openapi.json')).json);
    const answers = Object.values(paths).flatMap((p) => Object.values(p).map((o) => o.responses));
    expect(JSON.stringify(answers)).not.toContain('"default":');
  });

  test('has every operation that is open to REST, and no other', async () => {
    const { paths } = documentSchema.parse((await get(world.url, null, '/openapi.json')).json);
    const told = Object.values(paths).flatMap((p) => Object.values(p).map((o) => o.operationId));
    expect(told.toSorted()).toEqual(['get_openapi', ...operationsOf('rest').map((o) => o.name)].toSorted());
  });

  test('asks for a key alone where no connected app may', async () => {
    const told = z.looseObject({ operationId: z.string(), security: z.array(z.record(z.string(), z.unknown())) });
    const { paths } = documentSchema.parse((await get(world.url, null, '/openapi.json')).json);
    const all = Object.values(paths).flatMap((p) => Object.values(p).map((o) => told.parse(o)));
    const byKeyAlone = all.filter(({ security: [by, ...more] }) => by?.key && more.length === 0);
    expect(byKeyAlone.map((o) => o.operationId).toSorted()).toEqual([
      ...['change_member_role', 'create_webhook', 'delete_org', 'delete_webhook', 'erase_external_user'],
      ...['invite_member', 'leave_org', 'manage_member_invitation', 'remove_member', 'rotate_webhook_secret'],
      ...['set_org_logo', 'update_org_settings', 'update_webhook'],
    ]);
    expect(JSON.stringify(byKeyAlone).match(/Not for connected apps/g)).toHaveLength(byKeyAlone.length);
  });
});

async function openReference(look: {
  width: number;
  scheme: 'light' | 'dark';
}): Promise<{ page: Page; troubles: string[] }> {
  const context = await browser.newContext({ viewport: { width: look.width, height: 900 }, colorScheme: look.scheme });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (m) => m.type() === 'error' && troubles.push(m.text()));
  page.on('request', (r) => !r.url().startsWith(world.url) && troubles.push(`fetches ${r.url()}`));
  await page.goto(`${world.url}/docs/api`);
  return { page, troubles };
}

describe('the reference', () => {
  test.each([
    { width: 1280, scheme: 'light' },
    { width: 390, scheme: 'light' },
    { width: 1280, scheme: 'dark' },
    { width: 390, scheme: 'dark' },
  ] as const)('stands at $width px in $scheme, without script', async (look) => {
    const { page, troubles } = await openReference(look);
    expect(await page.locator('article').count()).toBe(operationsOf('rest').length);
    expect(await page.locator('#mcp tbody tr').count()).toBe(operationsOf('mcp').length);
    expect(await page.locator('script').count()).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(await axeFindings(page)).toEqual([]);
    expect(troubles).toEqual([]);
    const folder = process.env.SCREENSHOTS;
    if (folder) writeFileSync(`${folder}/reference-${look.scheme}-${look.width}.png`, await page.screenshot());
    if (folder) {
      await page.goto(`${world.url}/docs/api#complete_task`);
      writeFileSync(`${folder}/reference-call-${look.scheme}-${look.width}.png`, await page.screenshot());
    }
    await page.context().close();
  });

  test('shows each call in curl and in TypeScript, ready to be typed', async () => {
    const { page } = await openReference({ width: 1280, scheme: 'light' });
    const call = page.locator('#complete_task');
    await call.getByText('In TypeScript').click();
    const [curl, typescript] = await call.locator('pre').allTextContents();
    expect(curl).toBe(
      [
        `curl -X POST '${world.url}/api/v1/tasks/Rate%20the%20risk/complete' \\`,
        '  -H "Authorization: Bearer $BOOFLOW_KEY" \\',
        '  -H "Idempotency-Key: $(openssl rand -hex 16)" \\',
        "  -H 'Content-Type: application/json' \\",
        '  -d \'{"flow":"Postbird newsletter tool"}\'',
      ].join('\n'),
    );
    expect(typescript).toContain(`await fetch('${world.url}/api/v1/tasks/Rate%20the%20risk/complete', {`);
    await page.context().close();
  });

  test('says what a field takes, and what is answered', async () => {
    const { page } = await openReference({ width: 390, scheme: 'light' });
    const says = (id: string, field: string) =>
      page
        .locator(`#${id} tr`, { has: page.getByText(field, { exact: true }) })
        .locator('td:last-child')
        .innerText();
    expect(await says('list_flows', 'limit')).toBe(
      'Whole number, 1 to 100; 25 unless said; optional. How many to give, 100 at most',
    );
    expect(await says('create_webhook', 'events')).toMatch(
      /^List \(one of flow\.created, flow\.started, .+26 entries at most; optional\. Types/,
    );
    const call = page.locator('#list_flows');
    await call.getByText('What it answers').click();
    expect(await call.locator('pre').last().innerText()).toMatch(
      /^{\n {2}total: number; \/\/ How many there are in all\n[\s\S]+ {2}flows: {\n {4}id: string;\n/,
    );
    const folder = process.env.SCREENSHOTS;
    if (folder) writeFileSync(`${folder}/reference-answer.png`, await call.screenshot());
    await page.context().close();
  });
});

/** Templates in a real browser: copied, edited, published; with a script and without; by who may and who may not. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { axeFindings } from '../support/axe.ts';
import { launchChromium } from '../support/browser.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let browser: Browser;
const problems: string[] = [];

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await world.stop();
});
afterEach(() => {
  expect(problems.splice(0)).toEqual([]);
});

async function pageOf(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on('console', (m) => {
    // What is refused is answered 409 or 422 on purpose; the browser tells it as an error.
    if (m.type() === 'error' && !/4(09|22)/.test(m.text())) problems.push(m.text());
  });
  page.on('pageerror', (e) => problems.push(e.message));
  return page;
}

async function signedIn(email: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await pageOf(options);
  await page.goto(`${world.url}/templates`);
  await page.fill('#email', email);
  await page.fill('#password', 'booflow-demo');
  await Promise.all([page.waitForURL('**/templates'), page.press('#password', 'Enter')]);
  return page;
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const go = (page: Page, click: Promise<void>) => Promise.all([page.waitForNavigation(), click]);
const press = (page: Page, name: string) => go(page, button(page, name).click());
/** Until the editor has had an answer to what was done. */
const answered = (page: Page, act: Promise<unknown>) =>
  Promise.all([page.waitForResponse((r) => r.request().method() === 'POST'), act]);
const idOf = (page: Page): string => new URL(page.url()).pathname.split('/')[2] ?? '';

/** Makes a blank template by its form, and goes to its editor. */
async function blank(page: Page, name: string): Promise<void> {
  await page.goto(`${world.url}/templates`);
  await page.fill('#name', name);
  await press(page, 'Make it and add steps');
}

it('a template with few steps leaves no hole above their list, and names what is wrong once', async () => {
  const page = await signedIn('olivia@acme.test');
  await blank(page, 'Few steps');
  const edges = () =>
    page.evaluate<{ list: number; above: number }>(`(() => {
      const at = (id) => document.getElementById(id).getBoundingClientRect();
      const graph = document.querySelector('.steps-graph')?.getBoundingClientRect();
      return { list: at('steps').top, above: graph?.bottom ?? at('panel').top };
    })()`);
  // That it has no step yet is told where one adds them; its name is right.
  expect(await page.locator('#steps .chip.bad').count()).toBe(0);
  expect(await page.textContent('#e-steps')).toBe('Add a first step.');
  expect(await page.getAttribute('#new-title', 'aria-describedby')).toBe('e-steps');
  const none = await edges();
  expect(Math.abs(none.list - none.above)).toBeLessThan(2);
  await page.fill('#new-title', 'Alone');
  await button(page, 'Add step').click();
  await page.locator('#f-title').and(page.locator('[value="Alone"]')).waitFor();
  expect(await page.locator('#e-steps').count()).toBe(0);
  // Told in one text, in which no line begins with the dot.
  await expect.poll(() => page.textContent('.facts .num')).toMatch(/^1 step\u00a0· saved/i);
  const one = await edges();
  expect(one.list - one.above).toBeLessThan(20);
  await page.getByRole('radio', { name: 'Form' }).check();
  await page.locator('#problems').waitFor();
  expect(await page.textContent('#problems a')).toBe('"Alone" is a form without fields. Add one, or make it a task.');
  await page.setViewportSize({ width: 1500, height: 900 });
  const [graph, list] = await Promise.all(['#graph', '#steps'].map((at) => page.locator(at).boundingBox()));
  expect(list?.y).toBe(graph?.y);
  expect(list?.x).toBeLessThan(graph?.x ?? 0);
  await page.context().close();
});

describe('a public template', () => {
  it('is looked at and exported by anyone, and signing in leads back to it', async () => {
    const page = await pageOf();
    await page.goto(`${world.url}/marketplace`);
    expect(await page.textContent('h1')).toBe('Twelve templates to start from');
    await go(page, page.getByRole('link', { name: 'SaaS customer onboarding' }).click());
    expect(await page.locator('.step-list > li').count()).toBe(14);
    expect(await page.locator('svg .node').count()).toBe(14);
    expect(await page.getByRole('button').count()).toBe(0);
    const file = await page.request.get(`${page.url()}/template.json`);
    expect(await file.json()).toMatchObject({ $schema: `${world.url}/schemas/template.json` });
    expect((await page.request.get(`${world.url}/schemas/template.json`)).status()).toBe(200);
    const here = page.url();
    await go(page, page.getByRole('link', { name: 'Sign in to copy it' }).click());
    await page.fill('#email', 'olivia@acme.test');
    await page.fill('#password', 'booflow-demo');
    await go(page, page.press('#password', 'Enter'));
    expect(page.url()).toBe(here);
    expect(await button(page, 'Copy to my organization').isVisible()).toBe(true);
  });

  it('is copied, edited and published: a step, a form, a dependency, a condition, and an error where it is', async () => {
    const page = await signedIn('olivia@acme.test');
    await page.goto(`${world.url}/marketplace/tp_public_client-onboarding-light`);
    await press(page, 'Copy to my organization');
    expect(await page.textContent('[role=status]')).toContain('It is yours now');
    const id = idOf(page);
    await go(page, page.getByRole('link', { name: 'Edit', exact: true }).click());
    expect(await page.textContent('h1')).toBe('Nothing in Client onboarding (light) is changed yet');

    // A form, with two fields.
    await page.fill('#new-title', 'Ask about the plan');
    await button(page, 'Add step').click();
    await page.locator('#f-title').waitFor();
    expect(await page.inputValue('#f-title')).toBe('Ask about the plan');
    await page.getByRole('radio', { name: 'Form' }).check();
    await page.getByText('is a form without fields').first().waitFor();
    expect(await page.textContent('#e-fields')).toContain('Add one, or make it a task');
    expect(await page.textContent('h1')).toContain('has one thing to mend before you publish');
    await button(page, 'Add a field').click();
    await page.locator('#f-fields-0-label').fill('Plan');
    await page.locator('#f-fields-0-type').selectOption('choice');
    await page.locator('#f-fields-0-options').waitFor();
    await page.getByText('Give this choice at least one option.').first().waitFor();
    await page.locator('#f-fields-0-options').fill('Small\nLarge');
    await page.getByRole('heading', { name: 'Ready to become version 2' }).waitFor();

    // A step that waits for it, only for one of its answers.
    await page.fill('#new-title', 'Plan the large one');
    await button(page, 'Add step').click();
    await page.locator('#f-title').and(page.locator('[value="Plan the large one"]')).waitFor();
    expect(await page.locator('#f-dependsOn .chosen').textContent()).toContain('Ask about the plan');
    await page.locator('#f-depend').selectOption({ index: 1 });
    await page.locator('#f-dependsOn .chosen li').nth(1).waitFor();
    await page.locator('#f-condition-step').selectOption({ label: 'Plan (Ask about the plan)' });
    await page.getByText('Say which answers count.').first().waitFor();
    expect(await page.locator('#problems a').count()).toBe(1);
    await page.locator('#problems a').click();
    await page.locator('#f-condition :focus').waitFor();
    await page.getByLabel('Large', { exact: true }).check();
    await page.getByRole('heading', { name: 'Ready to become version 2' }).waitFor();
    await page.locator('#f-due-from').selectOption('ready');
    await page.locator('#f-due-days').fill('3');
    await page.locator('#f-due-unit').selectOption('business');
    await press(page, 'Publish version 2');

    expect(await page.textContent('.facts')).toContain('Version 2');
    const added = page.locator('#step-plan-the-large-one');
    expect(await added.textContent()).toContain('Due 3 business days after it is ready');
    expect(await added.textContent()).toContain('only if “Plan” is “Large”');
    expect(await page.locator('.people').last().textContent()).toContain('Version 1');
    const file = await (await page.request.get(`${world.url}/templates/${id}/template.json`)).json();
    expect(file.steps.at(-1)).toMatchObject({
      ...{ key: 'plan-the-large-one', due: { from: 'ready', days: 3, unit: 'business' } },
      condition: { step: 'ask-about-the-plan', field: 'plan', op: 'is', values: ['Large'] },
    });
    await go(page, page.getByRole('link', { name: 'Version 1' }).click());
    expect(await page.locator('#step-plan-the-large-one').count()).toBe(0);
  });
});

describe('the editor', () => {
  it('saves what is typed as one goes, takes nothing from who types, and undoes a removal', async () => {
    const page = await signedIn('olivia@acme.test');
    await blank(page, 'Typing');
    for (const title of ['First', 'Second', 'Third']) {
      await page.fill('#new-title', title);
      await page.press('#new-title', 'Enter');
      await page.locator(`#f-title[value="${title}"]`).waitFor();
    }
    await answered(
      page,
      page.locator('#f-description').pressSequentially('One sentence, and another one.', { delay: 40 }),
    );
    expect(await page.inputValue('#f-description')).toBe('One sentence, and another one.');
    await page.locator('.step-row', { hasText: 'Second' }).click();
    await page.locator('#f-title[value="Second"]').waitFor();
    await button(page, 'Remove').click();
    await page.getByText('“Second” is removed.').waitFor();
    expect(await page.locator('ol .step-row b').allTextContents()).toEqual(['First', 'Third']);
    await button(page, 'Undo').click();
    await page.locator('#f-title[value="Second"]').waitFor();
    expect(await page.locator('ol .step-row b').allTextContents()).toEqual(['First', 'Second', 'Third']);
    await button(page, 'Move down').click();
    await page.locator('ol li:last-child .step-row', { hasText: 'Second' }).waitFor();
    await page.reload();
    expect(await page.locator('ol .step-row b').allTextContents()).toEqual(['First', 'Third', 'Second']);
    await page.locator('.step-row', { hasText: 'Third' }).click();
    await page.locator('#f-title[value="Third"]').waitFor();
    expect(await page.inputValue('#f-description')).toBe('One sentence, and another one.');
  });

  it('lets two people write different steps, and tells who writes the same one, with what they typed kept', async () => {
    const olivia = await signedIn('olivia@acme.test');
    await blank(olivia, 'Together');
    for (const title of ['Ours', 'Mine']) {
      await olivia.fill('#new-title', title);
      await olivia.press('#new-title', 'Enter');
      await olivia.locator(`#f-title[value="${title}"]`).waitFor();
    }
    const adam = await signedIn('adam@acme.test');
    await adam.goto(`${world.url}/templates/${idOf(olivia)}/edit?step=ours`);
    await answered(olivia, olivia.fill('#f-description', 'By Olivia, in hers.'));
    await answered(adam, adam.fill('#f-description', 'By Adam, in ours.'));
    await adam.getByText('saved by Adam').waitFor();

    await olivia.goto(`${world.url}/templates/${idOf(olivia)}/edit?step=ours`);
    await answered(adam, adam.fill('#f-description', 'By Adam, once more.'));
    await olivia.fill('#f-description', 'By Olivia.');
    await olivia.getByText('Adam Reyes changed this while you did').waitFor();
    expect(await olivia.inputValue('#f-description')).toBe('By Olivia.');
    await button(olivia, 'Save draft').click();
    await olivia.getByText('Adam Reyes changed this').waitFor({ state: 'detached' });
    await adam.reload();
    expect(await adam.inputValue('#f-description')).toBe('By Olivia.');
    await adam.goto(`${world.url}/templates/${idOf(olivia)}/edit?step=mine`);
    expect(await adam.inputValue('#f-description')).toBe('By Olivia, in hers.');
  });

  it('works without JavaScript: each action is a button, and none loses what is typed', async () => {
    const page = await signedIn('olivia@acme.test', { javaScriptEnabled: false });
    await blank(page, 'By hand');
    await page.fill('#f-description', 'Written before the first step.');
    await page.fill('#new-title', 'Ask');
    await press(page, 'Add step');
    await page.getByRole('radio', { name: 'Form' }).check();
    await page.fill('#f-description', 'Ask them.');
    await press(page, 'Save draft');
    expect(await page.textContent('#e-fields')).toContain('is a form without fields');
    await press(page, 'Add a field');
    await page.fill('#f-fields-0-label', 'Go-live date');
    await page.locator('#f-fields-0-type').selectOption('date');
    await page.fill('#new-title', 'Go live');
    await press(page, 'Add step');
    await page.locator('#f-due-from').selectOption('after');
    await page.fill('#f-description', 'Kept.');
    await press(page, 'Save draft');
    expect(await page.textContent('#e-due')).toContain('Choose the form and the field');
    await page.locator('#f-due-step').selectOption({ label: 'Go-live date (Ask)' });
    await page.fill('#f-due-days', '2');
    await go(page, page.locator('ol .step-row', { hasText: 'Ask' }).click());
    expect(await page.inputValue('#f-description')).toBe('Ask them.');
    await press(page, 'Duplicate');
    expect(await page.locator('ol .step-row').count()).toBe(3);
    await press(page, 'Remove');
    expect(await page.textContent('[role=status]')).toContain('“Ask (copy)” is removed.');
    await press(page, 'Undo');
    expect(await page.inputValue('#f-title')).toBe('Ask (copy)');
    await press(page, 'Remove');
    await go(page, page.locator('ol .step-row', { hasText: 'Go live' }).click());
    expect(await page.inputValue('#f-description')).toBe('Kept.');
    await press(page, 'Publish');
    expect(await page.textContent('.lead')).toBe('Written before the first step.');
    expect(await page.textContent('#step-go-live')).toContain('Due 2 days after “Go-live date”');
  });

  it('adds a step by keyboard alone', async () => {
    const page = await signedIn('olivia@acme.test');
    await blank(page, 'By keyboard');
    for (let n = 0; n < 40 && (await page.evaluate('document.activeElement.id')) !== 'new-title'; n++)
      await page.keyboard.press('Tab');
    await page.keyboard.type('Typed');
    await page.keyboard.press('Enter');
    await page.locator('#f-title[value="Typed"]').waitFor();
    for (let n = 0; n < 40 && (await page.evaluate('document.activeElement.id')) !== 'f-title'; n++)
      await page.keyboard.press('Tab');
    await page.keyboard.press('End');
    await page.keyboard.type(' by hand');
    await page.locator('ol .step-row', { hasText: 'Typed by hand' }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('f-title');
  });

  it('edits and draws a template of 200 steps: one step’s form at a time, and what did not change is not sent', async () => {
    const page = await signedIn('olivia@acme.test');
    const steps = Array.from({ length: 200 }, (_, i) => ({
      ...{ key: `s${i}`, title: `Step ${i}`, description: 'What is to be done here, in a sentence or two.' },
      dependsOn: [...new Set(i < 4 ? [] : [`s${i - 1 - (i % 3)}`, `s${i - 4}`])],
    }));
    await page.goto(`${world.url}/templates`);
    await page.fill('#file', JSON.stringify({ name: 'Two hundred', steps }));
    await press(page, 'Import');
    expect(await page.locator('svg .node').count()).toBe(200);
    expect(await page.locator('ol .step-row').count()).toBe(200);
    expect(await page.locator('#panel textarea').count()).toBe(1);
    const sizes: number[] = [];
    page.on('response', async (r) => {
      if (r.request().method() === 'POST') sizes.push((await r.body()).length);
    });
    await page.locator('ol .step-row', { hasText: 'Step 150' }).click();
    await page.locator('#f-title[value="Step 150"]').waitFor();
    await page.press('#f-title', 'End');
    await page.locator('#f-title').pressSequentially(' renamed');
    await page.locator('svg .node', { hasText: 'Step 150 renamed' }).waitFor();
    const known = sizes.length;
    await answered(page, page.locator('#f-description').pressSequentially('Typed.'));
    await expect.poll(() => sizes.length).toBeGreaterThan(known);
    // A text that neither the graph nor the list shows brings the panel alone.
    expect(sizes[known]).toBeLessThan(60_000);
    await page.reload();
    expect(await page.inputValue('#f-title')).toBe('Step 150 renamed');
    expect(await page.inputValue('#f-description')).toContain('Typed.');
  });
});

describe('who may', () => {
  it('a MEMBER looks, and is offered nothing to change', async () => {
    const page = await signedIn('mia@acme.test');
    expect(await page.getByRole('button', { name: 'Import' }).count()).toBe(0);
    await go(page, page.getByText('Website relaunch').click());
    for (const name of ['Edit', 'Create a flow', 'Duplicate', 'Archive']) {
      expect(await page.getByText(name, { exact: true }).count(), name).toBe(0);
    }
    await page.goto(`${page.url()}/edit`);
    expect(page.url()).toContain('show=draft');
    expect(await page.locator('#editor').count()).toBe(0);
  });

  it('another org’s template is unknown', async () => {
    const page = await signedIn('gus@globex.test');
    for (const path of ['', '/edit', '/template.json', '?show=draft']) {
      const answer = await page.request.get(`${world.url}/templates/tp_acme_website-relaunch${path}`);
      expect(answer.status(), path).toBe(404);
      expect(await answer.text()).not.toContain('Website');
    }
    expect((await page.request.get(`${world.url}/marketplace/tp_acme_website-relaunch`)).status()).toBe(404);
  });

  it.each([
    ['{"name": "x"', 'This is no JSON'],
    [
      '{"name":"x","steps":[{"key":"a","title":"A","dependsOn":["b"]},{"key":"b","title":"B","dependsOn":["a"]}]}',
      'wait for each other',
    ],
  ])('a bad file is told, and stays in its field: %s', async (file, told) => {
    const page = await signedIn('olivia@acme.test');
    await page.fill('#file', file);
    await press(page, 'Import');
    expect(await page.textContent('[role=alert]')).toContain(told);
    expect(await page.inputValue('#file')).toBe(file);
  });
});

it('has no finding of axe, and fits a phone: nothing scrolls sideways but the graph', async () => {
  const page = await signedIn('olivia@acme.test');
  await blank(page, 'Looked at');
  await page.fill('#new-title', 'Ask');
  await button(page, 'Add step').click();
  await page.getByRole('radio', { name: 'Form' }).check();
  await page.getByText('is a form without fields').first().waitFor();
  await button(page, 'Add a field').click();
  await page.locator('#f-fields-0-label').waitFor();
  const edit = `/templates/${idOf(page)}/edit?step=ask`;
  const paths = [
    '/templates',
    '/templates/tp_acme_website-relaunch',
    edit,
    '/marketplace',
    '/marketplace/tp_public_tax-return',
  ];
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    for (const path of paths) {
      await page.goto(world.url + path);
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(width);
      expect(await axeFindings(page), `${path} at ${width}`).toEqual([]);
    }
  }
});

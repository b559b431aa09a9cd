/** Names that show nothing, or turn the text around them, come in at no border; those of before are shown as something to click. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publishTemplate as publishAsBefore } from '../../src/db/templates.ts';
import { readTemplate } from '../../src/domain/read-template.ts';
import { bulkInviteExternal } from '../../src/operations/bulk-invite-external.ts';
import { commentOnTask } from '../../src/operations/comment-on-task.ts';
import { copyTemplate } from '../../src/operations/copy-template.ts';
import { createFlowFromTemplate } from '../../src/operations/create-flow-from-template.ts';
import { createTemplate } from '../../src/operations/create-template.ts';
import { createWebhook } from '../../src/operations/create-webhook.ts';
import { findSameFlows } from '../../src/operations/find-same-flows.ts';
import { getFlow } from '../../src/operations/get-flow.ts';
import { getTemplate } from '../../src/operations/get-template.ts';
import { readTable } from '../../src/operations/import-table.ts';
import { inviteExternalUser } from '../../src/operations/invite-external-user.ts';
import { listFlows } from '../../src/operations/list-flows.ts';
import type { Caller, Operation } from '../../src/operations/operation.ts';
import { publishTemplate } from '../../src/operations/publish-template.ts';
import { saveTemplateDraft } from '../../src/operations/save-template-draft.ts';
import { skipTask } from '../../src/operations/skip-task.ts';
import { updateOrgSettings } from '../../src/operations/update-org-settings.ts';
import { olivia } from '../mcp/principals.ts';
import { Person } from '../oauth/person.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ flows: true });
});
afterAll(() => world?.stop());

const asOlivia = (): Caller => ({ ...world.tools, now: Date.now(), principal: { ...olivia, through: 'web' } });

const strange = ['\u202e', '\u200b', '\u2060\u2060', 'a\u0007', 'a\nb', 'contract\u202egpj.exe'];
const flow = 'Harbor & Pine';
const file = (name: string, title: string) => ({ name, steps: [{ key: 'meet', title }] });

const named: [what: string, operation: Operation, input: (name: string) => object][] = [
  ['a flow', createFlowFromTemplate, (name) => ({ template: 'Client Onboarding', name })],
  [
    'a client in a role of a flow',
    createFlowFromTemplate,
    (name) => ({
      template: 'Client Onboarding',
      name: 'Fine',
      roles: { 'client reviewer': { email: 'a@b.test', name } },
    }),
  ],
  [
    'a client in a role, beside the address',
    createFlowFromTemplate,
    (name) => ({ template: 'Client Onboarding', name: 'Fine', roles: { 'client reviewer': `${name} <a@b.test>` } }),
  ],
  ['a blank template', createTemplate, (name) => ({ name })],
  ['a template from a file', createTemplate, (name) => ({ file: file(name, 'Meet') })],
  ['a step of a file', createTemplate, (title) => ({ file: file('Fine', title) })],
  ['a copy', copyTemplate, (name) => ({ template: 'Client Onboarding', name })],
  ['a client', inviteExternalUser, (name) => ({ flow, email: 'new@client.test', name })],
  ['a role', inviteExternalUser, (role) => ({ flow, email: 'new@client.test', role })],
  ['the organization', updateOrgSettings, (name) => ({ name })],
  ['what a webhook is for', createWebhook, (description) => ({ url: 'https://hooks.example.com/x', description })],
];

describe.each(named)('%s', (_what, operation, input) => {
  test.each(strange)('is not called %j', async (name) => {
    const result = await operation.run(asOlivia(), input(name));
    expect([result.ok, result.text]).toEqual([false, expect.stringMatching(/has (line breaks|nothing in it)/)]);
  });
});

test('a draft may be saved with such a name, is told so, and can not be published', async () => {
  const made = await createTemplate.run(asOlivia(), { name: 'Strange steps' });
  if (!made.ok) throw new Error(made.text);
  const { id, revision } = made.facts.template;
  const definition = {
    name: '\u202e',
    steps: [
      {
        ...{ key: 'ask', title: '\u200b', type: 'FORM', assignee: { kind: 'client', role: 'a\u2028b' } },
        fields: [{ key: 'plan', type: 'choice', label: 'Pl\u0007an', options: ['M', '\u2060'] }],
      },
    ],
  };
  const saved = await saveTemplateDraft.run(asOlivia(), { template: id, revision, definition });
  if (!saved.ok) throw new Error(saved.text);
  expect(saved.facts.problems.map((p) => p.at)).toEqual([
    ...['name', 'title', 'assignee.role', 'fields.0.label', 'fields.0.options.1'],
  ]);
  const published = await publishTemplate.run(asOlivia(), { template: id, revision: revision + 1 });
  expect(published).toMatchObject({ ok: false, code: 'template_problems' });
  // In lists it has a name meanwhile.
  expect(await getTemplate.run(asOlivia(), { template: id })).toMatchObject({
    facts: { template: { name: 'Untitled' } },
  });
});

test('a comment or a reason says something', async () => {
  const on = { flow, task: 'Sign the contract' };
  for (const [operation, input] of [
    [commentOnTask, { ...on, text: '\u200b' }],
    [skipTask, { ...on, reason: '\u2060\u200b' }],
  ] as const) {
    const refused = await operation.run(asOlivia(), input);
    expect(refused).toMatchObject({ ok: false, code: 'bad_input' });
    expect(refused.text).toContain('has nothing in it that can be seen');
  }
});

test('what was called so before there was the rule is shown as something to click, and turns no heading', async () => {
  const rename = (from: string, to: string) =>
    world.owner.updateTable('flows').set({ name: to }).where('name', '=', from).execute();
  await rename('Northwind', '\u202e\u200b');
  await rename('Globe Roasters', 'Fa\u202eke');
  const person = new Person(world.url);
  await person.signIn('olivia@acme.test');
  const { html } = await person.get('/flows');
  expect(html).toMatch(/<a [^>]*href="\/flows\/fl_[^>]*>No name<\/a>/);
  expect(html).not.toMatch(/[\u202a-\u202e]/);
});

test('in other scripts, with their joiners, names are taken', async () => {
  for (const name of ['می‌خواهم', 'क्‍ष', '👩‍💻 Zoë', 'אישור החוזה']) {
    const made = await createFlowFromTemplate.run(asOlivia(), { template: 'Client Onboarding', name });
    expect(made).toMatchObject({ ok: true, facts: { flow: { name } } });
  }
  const invited = await bulkInviteExternal.run(asOlivia(), { flow, people: [{ email: 'p@q.test', name: 'می‌خواهم' }] });
  expect(invited).toMatchObject({ ok: true });
});

describe('an accent that comes as a character of its own', () => {
  const name = 'Café Müller';
  const apart = name.normalize('NFD');

  test('makes no twin, and finds what is meant', async () => {
    const made = await createFlowFromTemplate.run(asOlivia(), { template: 'Client Onboarding', name: apart });
    expect(made).toMatchObject({ ok: true, facts: { flow: { name } } });
    expect(await findSameFlows.run(asOlivia(), { name: apart, for_command: 'other' })).toMatchObject({
      facts: { flows: [{ name }] },
    });
    for (const called of [name, apart]) {
      expect(await getFlow.run(asOlivia(), { flow: called })).toMatchObject({ facts: { name } });
      expect(await listFlows.run(asOlivia(), { search: called.slice(0, 5) })).toMatchObject({ facts: { total: 1 } });
    }
  });

  test('is one with its letter in templates, tables, clients and roles too', async () => {
    const template = await createTemplate.run(asOlivia(), { file: file(apart, apart) });
    expect(template).toMatchObject({ ok: true, facts: { template: { name } } });
    const table = readTable(`name,client_email,client_name\n${apart},a@b.test,${apart}\n`);
    expect(table).toMatchObject({ ok: true, lines: [{ name, clientName: name }] });
    const invited = await inviteExternalUser.run(asOlivia(), { flow, email: 'cafe@client.test', name: apart });
    expect(invited.ok, invited.text).toBe(true);
    const person = await world.owner
      .selectFrom('external_users')
      .select('name')
      .where('email', '=', 'cafe@client.test');
    expect(await person.executeTakeFirst()).toEqual({ name });
  });

  test('and what was called so before is found as it was', async () => {
    const roles = [{ key: 'a', title: 'Ask', assignee: { kind: 'client', role: apart } }];
    const reading = readTemplate({ name: `${apart} of before`, steps: roles });
    if (!reading.ok) throw new Error('no template');
    await world.owner.transaction().execute((trx) => publishAsBefore(trx, 'tp_before', olivia.orgId, reading.template));
    const made = await createFlowFromTemplate.run(asOlivia(), {
      ...{ template: `${name} of before`, name: 'From before', roles: { [name]: 'jane@before.test' } },
    });
    expect(made).toMatchObject({ ok: true, facts: { roles: [{ person: 'Jane' }] } });
    const renamed = world.owner.updateTable('flows').set({ name: apart }).where('name', '=', name).returning('id');
    const { id } = await renamed.executeTakeFirstOrThrow();
    for (const called of [name, apart])
      expect(await getFlow.run(asOlivia(), { flow: called })).toMatchObject({ facts: { id } });
  });
});

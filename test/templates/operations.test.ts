/** Templates by their operations: who may, whose they are, drafts and versions, and what running flows keep. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MemberPrincipal, scopes } from '../../src/oauth/principal.ts';
import { archiveTemplate } from '../../src/operations/archive-template.ts';
import { copyTemplate } from '../../src/operations/copy-template.ts';
import { createFlowFromTemplate } from '../../src/operations/create-flow-from-template.ts';
import { createTemplate } from '../../src/operations/create-template.ts';
import { discardDraft } from '../../src/operations/discard-draft.ts';
import { exportTemplate } from '../../src/operations/export-template.ts';
import { getFlow } from '../../src/operations/get-flow.ts';
import { getPublicTemplate, getTemplate } from '../../src/operations/get-template.ts';
import { listTemplateVersions } from '../../src/operations/list-template-versions.ts';
import { listTemplates } from '../../src/operations/list-templates.ts';
import type { Caller, Operation, Result } from '../../src/operations/operation.ts';
import { publishTemplate } from '../../src/operations/publish-template.ts';
import { saveTemplateDraft } from '../../src/operations/save-template-draft.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const member = (userId: string, name: string, role: MemberPrincipal['role'], orgId = 'org_demo_acme') =>
  ({
    ...{ kind: 'member', orgId, userId, name, role, through: 'web', scopes },
    email: `${name.toLowerCase()}@x.test`,
  }) satisfies MemberPrincipal;
const olivia = member('us_demo_olivia', 'Olivia', 'OWNER');
const adam = member('us_demo_adam', 'Adam', 'ADMIN');
const mia = member('us_demo_mia', 'Mia', 'MEMBER');
const gus = member('us_demo_gus', 'Gus', 'OWNER', 'org_demo_globex');
const client: Caller['principal'] = {
  ...{ kind: 'external', orgId: 'org_demo_acme', flowId: 'fl_x', externalId: 'ex_x', name: 'Jane', email: 'j@x.test' },
};

const as = (principal: Caller['principal'], commandId?: string): Caller => ({
  ...world.tools,
  ...{ now: Date.now(), principal, commandId },
});
function facts<F>(result: Result<F>): F {
  if (!result.ok) throw new Error(result.text);
  return result.facts;
}
const refused = async (running: Promise<Result>): Promise<{ code: string; text: string }> => {
  const result = await running;
  if (result.ok) throw new Error(`Not refused: ${result.text}`);
  return { code: result.code, text: result.text };
};

const step = (key: string, more: object = {}) => ({ key, title: key.toUpperCase(), ...more });
const definition = (name: string, ...steps: object[]) => ({ name, steps: steps.length > 0 ? steps : [step('one')] });
/** One that is published, of Acme. */
async function made(name: string): Promise<string> {
  const { template } = facts(await createTemplate.run(as(olivia), { file: definition(name) }));
  facts(await publishTemplate.run(as(olivia), { template: template.id, revision: template.revision }));
  return template.id;
}
const head = async (template: string) => facts(await getTemplate.run(as(mia), { template })).template;

describe('a draft', () => {
  it('is made blank, saved with its problems, and published once they are mended', async () => {
    const { template } = facts(await createTemplate.run(as(olivia, 'c-blank'), { name: 'Blank' }));
    expect(template).toMatchObject({ name: 'Blank', version: 0, revision: 1, draft: true });
    const again = facts(await createTemplate.run(as(olivia, 'c-blank'), { name: 'Blank' }));
    expect(again.template.id).toBe(template.id);

    const empty = await publishTemplate.run(as(olivia), { template: 'Blank', revision: 1 });
    expect(empty).toMatchObject({
      code: 'template_problems',
      facts: { problems: [{ step: '', at: 'steps', message: 'Add a first step.' }] },
    });

    const wrong = { name: 'Blank', steps: [step('one', { dependsOn: ['two'] }), step('two', { dependsOn: ['one'] })] };
    const saved = facts(await saveTemplateDraft.run(as(adam), { template: 'Blank', revision: 1, definition: wrong }));
    expect(saved.template.revision).toBe(2);
    expect(saved.problems).toMatchObject([{ step: 'one', at: 'dependsOn' }]);
    const seen = facts(await getTemplate.run(as(mia), { template: 'Blank' }));
    expect(seen).toMatchObject({ shown: 'draft', saved: { by: 'Adam' }, problems: saved.problems });
    expect(seen.definition.steps.map((s) => s.dependsOn)).toEqual([['two'], ['one']]);

    const right = { name: 'Blank no more', steps: [step('one'), step('two', { dependsOn: ['one'] })] };
    facts(await saveTemplateDraft.run(as(adam), { template: template.id, revision: 2, definition: right }));
    const done = facts(await publishTemplate.run(as(olivia), { template: template.id, revision: 3 }));
    expect(done).toMatchObject({
      version: 1,
      template: { name: 'Blank no more', version: 1, draft: false, revision: 4 },
    });
    // The answer was lost, and the same is asked again.
    expect(facts(await publishTemplate.run(as(olivia), { template: template.id, revision: 3 })).version).toBe(1);
    expect((await refused(publishTemplate.run(as(olivia), { template: template.id, revision: 4 }))).code).toBe(
      'nothing_to_publish',
    );
    const { versions } = facts(await listTemplateVersions.run(as(mia), { template: template.id }));
    expect(versions).toMatchObject([{ version: 1, publishedBy: 'Olivia', steps: 2, flows: 0 }]);
  });

  it('saved by two at once is saved by one; the other is told by whom, and both are still there', async () => {
    const id = await made('Contested');
    const { revision } = await head(id);
    const both = await Promise.all(
      [olivia, adam].map((who) =>
        saveTemplateDraft.run(as(who), { template: id, revision, definition: definition(`Contested by ${who.name}`) }),
      ),
    );
    expect(both.map((r) => (r.ok ? 'saved' : r.code)).sort()).toEqual(['conflict', 'saved']);
    const winner = both[0]?.ok ? 'Olivia' : 'Adam';
    const loser = both.find((r) => !r.ok);
    expect(loser?.text).toContain(`saved by ${winner}`);
    expect(loser?.facts).toMatchObject({ revision: revision + 1, savedBy: winner });
    const now = facts(await getTemplate.run(as(mia), { template: id, show: 'draft' }));
    expect(now.definition.name).toBe(`Contested by ${winner}`);
    const late = winner === 'Olivia' ? adam : olivia;
    facts(
      await saveTemplateDraft.run(as(late), {
        template: id,
        revision: revision + 1,
        definition: definition(`Contested by ${late.name}`),
      }),
    );
    const before = facts(await getTemplate.run(as(mia), { template: id, revision: revision + 1 }));
    expect(before.definition.name).toBe(`Contested by ${winner}`);
  });

  it('saved again by whom the answer never reached is saved once', async () => {
    const id = await made('Twice');
    const { revision } = await head(id);
    const save = () =>
      saveTemplateDraft.run(as(olivia), { template: id, revision, definition: definition('Twice over') });
    expect(facts(await save()).template.revision).toBe(revision + 1);
    expect(facts(await save()).template.revision).toBe(revision + 1);
  });

  it('keeps its last 50 saves', async () => {
    const { template } = facts(await createTemplate.run(as(olivia), { name: 'Long story' }));
    for (let revision = 1; revision < 56; revision++) {
      const saved = { template: template.id, revision, definition: definition(`Story ${revision}`) };
      facts(await saveTemplateDraft.run(as(olivia), saved));
    }
    const rows = await world.owner
      .selectFrom('template_drafts')
      .select('revision')
      .where('template_id', '=', template.id)
      .orderBy('revision')
      .execute();
    expect(rows.map((r) => r.revision)).toEqual(Array.from({ length: 50 }, (_, i) => i + 7));
    expect((await refused(getTemplate.run(as(olivia), { template: template.id, revision: 6 }))).text).toContain(
      'is not kept any more',
    );
  });

  it('is discarded without what is published, and with a template that never was', async () => {
    const id = await made('Kept');
    const { revision } = await head(id);
    facts(await saveTemplateDraft.run(as(olivia), { template: id, revision, definition: definition('Not kept') }));
    expect((await refused(discardDraft.run(as(olivia), { template: id, revision }))).code).toBe('conflict');
    const done = facts(await discardDraft.run(as(olivia), { template: id, revision: revision + 1 }));
    expect(done).toMatchObject({ gone: false, template: { version: 1 } });
    expect(await head(id)).toMatchObject({ name: 'Kept', draft: false, version: 1 });
    // Who still has the old draft open saves nothing over what came after.
    const stale = { template: id, revision: revision + 1, definition: definition('Stale') };
    expect((await refused(saveTemplateDraft.run(as(adam), stale))).text).toContain('has no draft');

    const { template } = facts(await createTemplate.run(as(olivia), { name: 'Never' }));
    expect(facts(await discardDraft.run(as(olivia), { template: template.id, revision: 1 })).gone).toBe(true);
    expect((await refused(getTemplate.run(as(olivia), { template: template.id }))).code).toBe('not_found');
  });

  it.each<[string, object, string]>([
    ['an unknown word', { name: 'x', stepps: [] }, '"stepps" is no word of a template'],
    ['a text too long', { name: 'x'.repeat(3_000) }, 'this text is too long; 2000 letters are the most'],
    ['no list of steps', { name: 'x', steps: 'one' }, 'steps: this must be a list'],
    ['a character that is none', { name: 'x\0' }, "characters that can't be stored"],
    ['too many steps', { name: 'x', steps: Array.from({ length: 1_001 }, (_, i) => step(`s${i}`)) }, 'too many'],
  ])('with %s is not saved', async (_, wrong, message) => {
    const id = await made('Strict');
    const { revision } = await head(id);
    const told = await refused(saveTemplateDraft.run(as(olivia), { template: id, revision, definition: wrong }));
    expect(told.text).toContain(message);
    expect(await head(id)).toMatchObject({ revision, draft: false });
  });
});

describe('a version', () => {
  it('never changes, and a running flow keeps its own', async () => {
    const id = await made('Moving on');
    const flow = facts(await createFlowFromTemplate.run(as(olivia), { template: id, name: 'Before' })).flow;
    const { revision } = await head(id);
    const next = definition('Moving further', step('one', { title: 'Another' }), step('two'));
    facts(await saveTemplateDraft.run(as(olivia), { template: id, revision, definition: next }));
    const whileDraft = facts(await createFlowFromTemplate.run(as(olivia), { template: id, name: 'Meanwhile' }));
    expect(whileDraft.template).toMatchObject({ version: 1, name: 'Moving on' });
    expect(facts(await publishTemplate.run(as(olivia), { template: id, revision: revision + 1 })).version).toBe(2);
    const after = facts(await createFlowFromTemplate.run(as(olivia), { template: id, name: 'After' }));
    expect(after).toMatchObject({ template: { version: 2 }, tasks: 2 });

    const first = facts(await getTemplate.run(as(mia), { template: id, version: 1 }));
    expect(first.definition.steps.map((s) => s.title)).toEqual(['ONE']);
    expect(facts(await getFlow.run(as(mia), { flow: flow.id })).tasks.map((t) => t.title)).toEqual(['ONE']);
    const { versions } = facts(await listTemplateVersions.run(as(mia), { template: id }));
    expect(versions.map((v) => [v.version, v.flows])).toEqual([
      [2, 1],
      [1, 2],
    ]);
    const { templates } = facts(await listTemplates.run(as(mia), {}));
    expect(templates.find((t) => t.id === id)).toMatchObject({ flows: 3, version: 2, draft: false });
    expect((await refused(getTemplate.run(as(mia), { template: id, version: 7 }))).text).toContain('it has 2, 1');
  });

  it('is offered until it is archived, and again after; flows go on', async () => {
    const id = await made('On offer');
    const flow = facts(await createFlowFromTemplate.run(as(olivia), { template: id, name: 'Goes on' })).flow;
    facts(await archiveTemplate.run(as(adam), { template: id }));
    const offered = async () => facts(await listTemplates.run(as(mia), {})).templates.some((t) => t.id === id);
    expect(await offered()).toBe(false);
    expect(facts(await listTemplates.run(as(mia), { all: true })).templates.find((t) => t.id === id)?.archived).toBe(
      true,
    );
    expect((await refused(createFlowFromTemplate.run(as(olivia), { template: id, name: 'New' }))).code).toBe(
      'not_found',
    );
    const { revision } = await head(id);
    const draft = { template: id, revision, definition: definition('x') };
    expect((await refused(saveTemplateDraft.run(as(olivia), draft))).text).toContain('is archived');
    expect(facts(await getFlow.run(as(mia), { flow: flow.id })).name).toBe('Goes on');
    facts(await archiveTemplate.run(as(adam), { template: id, archived: false }));
    expect(await offered()).toBe(true);
  });

  it('never published is offered to nobody', async () => {
    facts(await createTemplate.run(as(olivia), { name: 'Unborn' }));
    const offered = facts(await listTemplates.run(as(olivia), {})).templates;
    expect(offered.some((t) => t.name === 'Unborn')).toBe(false);
    const told = await refused(createFlowFromTemplate.run(as(olivia), { template: 'Unborn', name: 'x' }));
    expect(told.code).toBe('not_found');
  });
});

describe('a copy', () => {
  it('of a public template is the org’s own from the first moment, and the public one stays', async () => {
    const copy = facts(await copyTemplate.run(as(olivia, 'c-copy'), { template: 'tp_public_tax-return' }));
    expect(copy.template).toMatchObject({ public: false, version: 1, draft: false });
    const again = facts(await copyTemplate.run(as(olivia, 'c-copy'), { template: 'tp_public_tax-return' }));
    expect(again.template.id).toBe(copy.template.id);
    const own = facts(await getTemplate.run(as(mia), { template: copy.template.id }));
    const open = facts(await getPublicTemplate.run(as(null), { template: 'tp_public_tax-return' }));
    expect(own.definition).toEqual(open.definition);
    const told = await refused(
      saveTemplateDraft.run(as(olivia), { template: 'tp_public_tax-return', revision: 0, definition: definition('x') }),
    );
    expect(told).toMatchObject({ code: 'not_yours', text: expect.stringContaining('Copy it to your organization') });
    for (const op of [publishTemplate, discardDraft, archiveTemplate]) {
      const input = { template: 'tp_public_tax-return', ...(op !== archiveTemplate && { revision: 0 }) };
      expect((await refused(op.run(as(olivia), input))).code).toBe('not_yours');
    }
  });

  it('of one’s own has a name of its own; of a draft it is a draft', async () => {
    const id = await made('Original');
    const names = [];
    for (let n = 0; n < 2; n++) names.push(facts(await copyTemplate.run(as(olivia), { template: id })).template.name);
    expect(names).toEqual(['Original (copy)', 'Original (copy 2)']);
    const { template } = facts(await createTemplate.run(as(olivia), { name: 'Sketch' }));
    const copy = facts(await copyTemplate.run(as(olivia), { template: template.id }));
    expect(copy.template).toMatchObject({ name: 'Sketch (copy)', version: 0, draft: true });
  });
});

describe('a file', () => {
  it('that leaves the organization names none of its members, in a file or in another’s copy', async () => {
    const named = { kind: 'member', userId: 'us_demo_mia', name: 'Mia Tanaka' };
    const file = definition(
      'Mia does it',
      step('one', { assignee: named }),
      step('two', { assignee: { kind: 'starter' } }),
    );
    const { template } = facts(await createTemplate.run(as(olivia), { file }));
    facts(await publishTemplate.run(as(olivia), { template: template.id, revision: template.revision }));
    const exported = facts(await exportTemplate.run(as(mia), { template: template.id })).file;
    expect(exported.steps.map((s) => s.assignee.kind)).toEqual(['nobody', 'starter']);
    expect(JSON.stringify(exported)).not.toMatch(/us_demo_mia|Tanaka/);

    // A second one of the organization's own keeps them.
    const second = facts(await copyTemplate.run(as(olivia), { template: template.id, name: 'Mia again' })).template;
    const kept = facts(await getTemplate.run(as(mia), { template: second.id })).definition;
    expect(kept.steps[0]?.assignee).toEqual(named);

    // In the marketplace, another organization's copy does not.
    await world.owner
      .updateTable('template_versions')
      .set({ org_id: null })
      .where('template_id', '=', template.id)
      .execute();
    await world.owner.updateTable('templates').set({ org_id: null }).where('id', '=', template.id).execute();
    const copied = facts(await copyTemplate.run(as(gus), { template: template.id })).template;
    const theirs = facts(await getTemplate.run(as(gus), { template: copied.id })).definition;
    expect(theirs.steps.map((s) => s.assignee.kind)).toEqual(['nobody', 'starter']);
  });

  it('that was exported is imported unchanged', async () => {
    const { file } = facts(await exportTemplate.run(as(mia), { template: 'tp_acme_client-onboarding' }));
    for (const given of [file, JSON.stringify(file)]) {
      const { template } = facts(await createTemplate.run(as(olivia), { file: given, name: 'Back again' }));
      facts(await publishTemplate.run(as(olivia), { template: template.id, revision: 1 }));
      const back = facts(await exportTemplate.run(as(mia), { template: template.id })).file;
      expect(back).toEqual({ ...file, name: 'Back again' });
      facts(await archiveTemplate.run(as(olivia), { template: template.id }));
    }
  });

  it.each<[string, unknown, string]>([
    [
      'a cycle',
      definition('x', step('a', { dependsOn: ['b'] }), step('b', { dependsOn: ['a'] })),
      'wait for each other',
    ],
    ['a megabyte of text', definition('x', step('a', { description: 'x'.repeat(1_000_000) })), 'this text is too long'],
    ['no JSON', '{"name": ', 'This is no JSON'],
    ['an unknown word', { ...definition('x'), colour: 'red' }, '"colour" is no word of a template'],
    ['a character that is none', definition('x\0'), "characters that can't be stored"],
    ['a list', '[1]', 'this must be an object'],
  ])('with %s is refused, and makes nothing', async (_, file, message) => {
    const before = facts(await listTemplates.run(as(olivia), { all: true })).total;
    expect((await refused(createTemplate.run(as(olivia), { file }))).text).toContain(message);
    expect(facts(await listTemplates.run(as(olivia), { all: true })).total).toBe(before);
  });
});

describe('who may', () => {
  const reads: [Operation, object][] = [
    [getTemplate, {}],
    [listTemplateVersions, {}],
    [exportTemplate, {}],
  ];
  const writes: [Operation, object][] = [
    [copyTemplate, {}],
    [saveTemplateDraft, { revision: 1, definition: definition('x') }],
    [publishTemplate, { revision: 1 }],
    [discardDraft, { revision: 1 }],
    [archiveTemplate, {}],
  ];

  it('a MEMBER looks and changes nothing, and is told who may', async () => {
    const id = await made('Looked at');
    for (const [op, input] of reads) facts(await op.run(as(mia), { template: id, ...input }));
    for (const [op, input] of [...writes, [createTemplate, { name: 'x' }] as const]) {
      const told = await refused(op.run(as(mia), op === createTemplate ? input : { template: id, ...input }));
      expect(told, op.name).toMatchObject({ code: 'not_allowed', text: expect.stringContaining('owner or admin') });
    }
  });

  it('a client and a stranger see the public ones alone', async () => {
    const id = await made('Hidden');
    for (const [op, input] of [...reads, ...writes]) {
      expect((await refused(op.run(as(client), { template: id, ...input }))).code, op.name).toBe('not_allowed');
      expect((await refused(op.run(as(null), { template: id, ...input }))).code, op.name).toBe('unauthenticated');
    }
    for (const who of [client, null, olivia]) {
      expect((await refused(getPublicTemplate.run(as(who), { template: id }))).code).toBe('not_found');
      facts(await getPublicTemplate.run(as(who), { template: 'tp_public_tax-return' }));
    }
  });

  it('another org’s template is unknown, by id and by name, published, draft or archived', async () => {
    const id = await made('Acme’s secret');
    const { revision } = await head(id);
    facts(await saveTemplateDraft.run(as(olivia), { template: id, revision, definition: definition('More secret') }));
    const { template: unborn } = facts(await createTemplate.run(as(olivia), { name: 'Acme’s unborn' }));
    for (const ref of [id, unborn.id, 'Acme’s secret', 'Acme’s unborn']) {
      for (const [op, input] of [...reads, ...writes]) {
        const told = await refused(op.run(as(gus), { template: ref, ...input }));
        expect(told.code, `${op.name} ${ref}`).toBe('not_found');
        expect(told.text).not.toContain('More secret');
      }
    }
    expect(facts(await listTemplates.run(as(gus), { all: true })).templates.some((t) => t.id === id)).toBe(false);
    expect(await head(id)).toMatchObject({ revision: revision + 1, draft: true, archived: false });
  });
});

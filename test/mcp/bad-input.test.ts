/** What the tools refuse: each time with a clear error, and without any change. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { publishTemplate } from '../../src/db/templates.ts';
import { readTemplate } from '../../src/domain/read-template.ts';
import { templateSchema } from '../../src/domain/template.ts';
import { commandIdMeta, mcpOperations, toolOf } from '../../src/mcp/tools.ts';
import { changesNothing, everything, settled } from './everything.ts';
import { type Args, good } from './good-arguments.ts';
import { speak } from './speak.ts';
import { type TwoOrgs, twoOrgs } from './two-orgs.ts';

let all: TwoOrgs;
beforeAll(async () => {
  all = await twoOrgs();
});
afterAll(() => all.stop());

describe('what a tool refuses', () => {
  const harbor = { flow: 'Harbor & Pine' };
  const form = {
    ...{ 'legal-name': 'Harbor Ltd', address: '4 Quayside', 'invoice-email': 'a@b.test' },
    payment: 'Card',
  };
  beforeAll(async () => {
    // The form and the signature become READY, so that what is wrong is not their state.
    await all.olivia.call('complete_task', { ...harbor, task: 'Send contract draft' });
    await all.olivia.call('invite_external_user', { ...harbor, email: 'adam@harbor.test', role: 'guest' });
    await settled(all.world);
  });

  const table: [what: string, who: 'olivia' | 'mia', tool: string, args: Args, code: string, says: RegExp][] = [
    [
      'two flows of a name',
      'olivia',
      'update_flow_status',
      { flow: 'Twin', action: 'start' },
      'ambiguous',
      /"Twin" fits 2 flows\. Which one\?.*\n- Twin \(DRAFT, 0%\), from [^`]+, made [^`]+ · `fl_/,
    ],
    ['a part of several names', 'olivia', 'get_flow', { flow: 'i' }, 'ambiguous', /"i" fits \d flows/],
    [
      'a title in several flows',
      'olivia',
      'complete_task',
      { task: 'Set up billing' },
      'ambiguous',
      /fits 4 tasks\. Name the flow too/,
    ],
    [
      'a part of several titles',
      'olivia',
      'complete_task',
      { ...harbor, task: 'approve' },
      'ambiguous',
      /"approve" fits 2 tasks/,
    ],
    [
      'several templates',
      'olivia',
      'create_flow_from_template',
      { template: 'onboarding', name: 'X' },
      'ambiguous',
      /fits 4 templates/,
    ],
    [
      'two members of a first name',
      'olivia',
      'assign_task',
      { ...harbor, task: 'Set up billing', assignee: 'Mia' },
      'ambiguous',
      /"Mia" fits 2 members\..*\n- Mia Tanaka, mia@acme\.test/,
    ],
    [
      'a first name of a member that is all of a client’s name',
      'olivia',
      'assign_task',
      { ...harbor, task: 'Set up billing', assignee: 'Adam' },
      'ambiguous',
      /fits 2 persons\..*\n- Adam Reyes, adam@acme\.test.*\n- client Adam, adam@harbor\.test, on Harbor & Pine/,
    ],
    [
      'two clients of a name',
      'olivia',
      'assign_task',
      { ...harbor, task: 'Set up billing', assignee: 'Jane Alder' },
      'ambiguous',
      /fits 2 external users/,
    ],
    [
      'a mistyped flow',
      'olivia',
      'update_flow_status',
      { flow: 'Harbor & Pnie', action: 'pause' },
      'not_found',
      /Did you mean "Harbor & Pine" \(ACTIVE, \d+%\)\?/,
    ],
    [
      'a mistyped task',
      'olivia',
      'complete_task',
      { ...harbor, task: 'Sing the contract' },
      'not_found',
      /Did you mean "Sign the contract"\?/,
    ],
    [
      'a mistyped template',
      'olivia',
      'create_flow_from_template',
      { template: 'Ofboarding', name: 'X' },
      'not_found',
      /Did you mean "Offboarding"\?/,
    ],
    [
      'a mistyped member',
      'olivia',
      'assign_task',
      { ...harbor, task: 'Set up billing', assignee: 'Adan' },
      'not_found',
      /Did you mean Adam\?/,
    ],
    [
      'an address of nobody, like another one in no more than its domain',
      'olivia',
      'assign_task',
      { ...harbor, task: 'Set up billing', assignee: 'max@acme.test' },
      'not_found',
      /^Nobody here is called "max@acme\.test"\. `list_org_members` shows/,
    ],
    [
      'a mistyped address',
      'olivia',
      'assign_task',
      { ...harbor, task: 'Set up billing', assignee: 'adam@amce.test' },
      'not_found',
      /Did you mean adam@acme\.test\?/,
    ],
    [
      'a task that is not READY',
      'olivia',
      'complete_task',
      { ...harbor, task: 'Set up billing' },
      'task_not_ready',
      /blocked by 2 tasks\.\n- "Sign the contract", client Jane Alder, READY/,
    ],
    [
      'an approval completed',
      'olivia',
      'complete_task',
      { ...harbor, task: 'Approve launch plan' },
      'is_approval',
      /approve or reject it instead/,
    ],
    [
      'a task approved',
      'olivia',
      'approve_task',
      { ...harbor, task: 'Sign the contract', decision: 'approve' },
      'not_approval',
      /complete it instead/,
    ],
    [
      'a task done again',
      'olivia',
      'complete_task',
      { ...harbor, task: 'Send contract draft' },
      'already_done',
      /was already completed by Olivia Brandt on/,
    ],
    [
      'a task of a DRAFT',
      'olivia',
      'complete_task',
      { flow: 'Kestrel', task: 'Send contract draft' },
      'flow_not_started',
      /has not started.*Start it first/,
    ],
    [
      'a form without answers',
      'olivia',
      'complete_task',
      { ...harbor, task: 'Fill in your billing details' },
      'answers_invalid',
      /still needs an answer to "Legal name/,
    ],
    [
      'a form with one missing',
      'olivia',
      'complete_task',
      { ...harbor, task: 'Fill in your billing details', answers: { ...form, address: ' ' } },
      'answers_invalid',
      /needs an answer to "Billing address" \(address\)\./,
    ],
    [
      'a form with an unknown field',
      'olivia',
      'complete_task',
      { ...harbor, task: 'Fill in your billing details', answers: { ...form, iban: 'x' } },
      'answers_invalid',
      /has no field "iban"; its fields are "legal-name"/,
    ],
    [
      'a form with a wrong choice',
      'olivia',
      'complete_task',
      { ...harbor, task: 'Fill in your billing details', answers: { ...form, payment: 'Gold' } },
      'answers_invalid',
      /must be one of: Bank transfer, Direct debit, Card/,
    ],
    [
      'answers that are no text',
      'olivia',
      'complete_task',
      { ...harbor, task: 'Fill in your billing details', answers: { address: 5 } },
      'bad_input',
      /answers\.address: /,
    ],
    [
      'answers to a task',
      'olivia',
      'complete_task',
      { ...harbor, task: 'Sign the contract', answers: { a: 'b' } },
      'answers_invalid',
      /is no form/,
    ],
    [
      'too many answers',
      'olivia',
      'complete_task',
      {
        ...harbor,
        task: 'Fill in your billing details',
        answers: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`f${n}`, 'x'])),
      },
      'bad_input',
      /50 fields at most/,
    ],
    [
      'answers too long together',
      'olivia',
      'complete_task',
      {
        ...harbor,
        task: 'Fill in your billing details',
        answers: Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`f${n}`, 'x'.repeat(10_000)])),
      },
      'bad_input',
      /50000 characters together/,
    ],
    [
      'a client of another flow',
      'olivia',
      'assign_task',
      { flow: 'Kestrel', task: 'Set up billing', assignee: 'jane@harbor.test' },
      'not_found',
      /Nobody here is called/,
    ],
    [
      'a rejection without a reason',
      'olivia',
      'approve_task',
      { ...harbor, task: 'Approve launch plan', decision: 'reject' },
      'task_not_ready',
      /blocked/,
    ],
    [
      'a decision of no kind',
      'olivia',
      'approve_task',
      { ...harbor, task: 'Approve launch plan', decision: 'maybe' },
      'bad_input',
      /decision: /,
    ],
    ['a status of no kind', 'olivia', 'list_flows', { status: 'LATE' }, 'bad_input', /status: /],
    [
      'a DRAFT paused',
      'olivia',
      'update_flow_status',
      { flow: 'Kestrel', action: 'pause' },
      'wrong_status',
      /has not started/,
    ],
    [
      'a running flow started',
      'olivia',
      'update_flow_status',
      { ...harbor, action: 'start' },
      'wrong_status',
      /already running/,
    ],
    [
      'a start on no day',
      'olivia',
      'update_flow_status',
      { flow: 'Kestrel', action: 'start', start_date: '2026-02-30' },
      'bad_input',
      /written YYYY-MM-DD/,
    ],
    [
      'a start in the year 9999',
      'olivia',
      'update_flow_status',
      { flow: 'Kestrel', action: 'start', start_date: '9999-01-01' },
      'bad_input',
      /from 1970 to 3000/,
    ],
    [
      'a start in the year 0',
      'olivia',
      'update_flow_status',
      { flow: 'Kestrel', action: 'start', start_date: '0000-01-01' },
      'bad_input',
      /from 1970 to 3000/,
    ],
    [
      'a day that is none',
      'olivia',
      'list_flows',
      { changed_since: 'yesterday' },
      'bad_input',
      /Write it like 2026-11-16/,
    ],
    [
      'a moment before all databases',
      'olivia',
      'list_flows',
      { changed_since: '-271821-04-20' },
      'bad_input',
      /Write it like/,
    ],
    [
      'an address that is none',
      'olivia',
      'invite_external_user',
      { ...harbor, email: 'jane(at)acme' },
      'bad_input',
      /is no mail address/,
    ],
    [
      'an address with a header in it',
      'olivia',
      'invite_external_user',
      { ...harbor, email: 'a@b.test\r\nBcc: all@c.test' },
      'bad_input',
      /is no mail address/,
    ],
    [
      'someone invited again',
      'olivia',
      'invite_external_user',
      { ...harbor, email: 'jane@harbor.test' },
      'already_invited',
      /already invited/,
    ],
    [
      'several who are none',
      'olivia',
      'bulk_invite_external',
      { ...harbor, people: [{ email: 'x' }, { email: 'y' }] },
      'bad_input',
      /None of these is a mail address/,
    ],
    ['nobody invited', 'olivia', 'bulk_invite_external', { ...harbor, people: [] }, 'bad_input', /people: /],
    [
      '10,000 invitees',
      'olivia',
      'bulk_invite_external',
      { ...harbor, people: Array.from({ length: 10_000 }, (_, n) => ({ email: `p${n}@x.test` })) },
      'bad_input',
      /people: must have 100 entries at most/,
    ],
    [
      'an unknown argument',
      'olivia',
      'complete_task',
      { ...harbor, task: 'Sign the contract', force: true },
      'bad_input',
      /"force" is not known here/,
    ],
    [
      'an unknown argument inside',
      'olivia',
      'bulk_invite_external',
      { ...harbor, people: [{ email: 'a@b.test', admin: true }] },
      'bad_input',
      /"admin" is not known here/,
    ],
    ['no arguments', 'olivia', 'create_flow_from_template', {}, 'bad_input', /template: .*; name: /],
    [
      'an empty name',
      'olivia',
      'create_flow_from_template',
      { template: 'Offboarding', name: '  ' },
      'bad_input',
      /name: /,
    ],
    ['a number for a name', 'olivia', 'get_flow', { flow: 7 }, 'bad_input', /flow: /],
    [
      'a NUL in a name',
      'olivia',
      'create_flow_from_template',
      { template: 'Offboarding', name: 'a\0b' },
      'bad_input',
      /name: has line breaks, control characters/,
    ],
    [
      'a NUL in a comment',
      'olivia',
      'complete_task',
      { ...harbor, task: 'Sign the contract', comment: 'a\0b' },
      'bad_input',
      /can't be stored/,
    ],
    [
      'half a letter in an answer',
      'olivia',
      'complete_task',
      { ...harbor, task: 'Fill in your billing details', answers: { ...form, address: 'a\ud83d' } },
      'bad_input',
      /can't be stored/,
    ],
    ['a limit of 0', 'olivia', 'list_flows', { limit: 0 }, 'bad_input', /limit: must be 1 at least/],
    ['a limit of 101', 'olivia', 'list_tasks', { limit: 101 }, 'bad_input', /limit: must be 100 at most/],
    ['a limit of 1.5', 'olivia', 'list_tasks', { limit: 1.5 }, 'bad_input', /limit: /],
    ['a limit in letters', 'olivia', 'list_tasks', { limit: '5' }, 'bad_input', /limit: /],
    ['a tool that is none', 'olivia', 'drop_tables', {}, 'unknown_tool', /no tool called "drop_tables"/],
    ['a tool of the pages only', 'olivia', 'complete_my_task', { task: 'x' }, 'unknown_tool', /no tool called/],
    ["JavaScript's own names", 'olivia', '__proto__', {}, 'unknown_tool', /no tool called/],
    [
      'a MEMBER making a flow',
      'mia',
      'create_flow_from_template',
      { template: 'Offboarding', name: 'X' },
      'not_allowed',
      /only an owner or admin/,
    ],
    [
      'a MEMBER starting a flow',
      'mia',
      'update_flow_status',
      { flow: 'Kestrel', action: 'start' },
      'not_allowed',
      /only an owner or admin/,
    ],
    [
      'a MEMBER assigning',
      'mia',
      'assign_task',
      { ...harbor, task: 'Set up billing', assignee: 'me' },
      'not_allowed',
      /only an owner or admin/,
    ],
    [
      'a MEMBER inviting',
      'mia',
      'invite_external_user',
      { ...harbor, email: 'a@b.test' },
      'not_allowed',
      /only an owner or admin/,
    ],
    [
      'a MEMBER inviting several',
      'mia',
      'bulk_invite_external',
      { ...harbor, people: [{ email: 'a@b.test' }] },
      'not_allowed',
      /only an owner or admin/,
    ],
    [
      "a MEMBER completing another's task",
      'mia',
      'complete_task',
      { ...harbor, task: 'Schedule the kickoff call' },
      'not_allowed',
      /Olivia Brandt, or an owner or admin, can complete/,
    ],
  ];

  test.each(table)('%s', async (_what, who, tool, args, code, says) => {
    const answer = await changesNothing(all.world, () => all[who].call(tool, args));
    expect(answer).toMatchObject({ isError: true, code });
    expect(answer.text).toMatch(says);
  });

  const bad = (...parts: unknown[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url');
  test.each([
    ['no base64 of ours', '%%%'],
    ['empty', ''],
    ['no list', Buffer.from('"infinity"').toString('base64url')],
    ['of another list', bad('flows', '2026-11-16T00:00:00.000Z', 'fl_1')],
    ['with a moment that only JavaScript reads', bad('tasks', '1', 'tk_1')],
    ['with SQL', bad('tasks', "infinity'); drop table flows; --", 'tk_1')],
    ['with a NUL', bad('tasks', 'infinity', 'tk_\0')],
    ['too long', bad('tasks', 'infinity', 'x'.repeat(300))],
  ])('a cursor that is %s', async (_what, cursor) => {
    const answer = await changesNothing(all.world, () => all.olivia.call('list_tasks', { cursor }));
    expect(answer).toMatchObject({ isError: true, code: expect.stringMatching(/^bad_(cursor|input)$/) });
  });

  test('a text of 1 MB in each input that takes text', async () => {
    const mega = 'm'.repeat(1_000_000);
    let tried = 0;
    for (const operation of mcpOperations) {
      const args = good(all.acme)[operation.name] ?? {};
      for (const [input, kind] of textInputs(operation.name)) {
        const value =
          kind === 'text' ? mega : kind === 'answers' ? { [mega]: 'x', address: mega } : [{ email: mega, name: mega }];
        const answer = await changesNothing(all.world, () =>
          all.olivia.call(operation.name, { ...args, [input]: value }),
        );
        expect(answer, `${operation.name} ${input}`).toMatchObject({ isError: true, code: 'bad_input' });
        expect(answer.text.length, 'the text does not come back').toBeLessThan(2_000);
        tried++;
      }
    }
    expect(tried).toBeGreaterThan(35);
  }, 180_000);
});

const propertySchema = z.object({ type: z.string().optional() });
const schemaOf = z.object({ properties: z.record(z.string(), propertySchema).default({}) });

/** The inputs of a tool that take text somewhere. */
function textInputs(tool: string): [string, 'text' | 'answers' | 'people'][] {
  const operation = mcpOperations.find((o) => o.name === tool);
  if (!operation) throw new Error(`No tool ${tool}`);
  const { properties } = schemaOf.parse(toolOf(operation).inputSchema);
  return Object.entries(properties).flatMap(([name, { type }]): [string, 'text' | 'answers' | 'people'][] => {
    if (type === 'string') return [[name, 'text']];
    if (name === 'answers' || name === 'people') return [[name, name]];
    return [];
  });
}

describe('a command id', () => {
  const id = 'c_once';
  const create = { template: 'Offboarding', name: 'Only once' };

  test('given twice makes one flow, and answers the same', async () => {
    const [one, two] = await Promise.all([
      all.olivia.call('create_flow_from_template', { ...create, command_id: id }),
      all.olivia.call('create_flow_from_template', { ...create, command_id: id }),
    ]);
    expect(one.isError).toBe(false);
    expect(two).toEqual(one);
    await settled(all.world);
    const again = await changesNothing(all.world, () =>
      all.olivia.call('create_flow_from_template', { ...create, command_id: id }),
    );
    expect(again).toEqual(one);
    const flows = await all.world.owner.selectFrom('flows').select('id').where('name', '=', create.name).execute();
    expect(flows).toHaveLength(1);
  });

  test('in `_meta` is the same as in the input', async () => {
    const args = { flow: 'Only once', action: 'start' };
    const one = await all.olivia.call('update_flow_status', args, { [commandIdMeta]: 'c_meta' });
    expect(one).toMatchObject({ isError: false, facts: { commandId: 'c_meta', flow: { status: 'ACTIVE' } } });
    await settled(all.world);
    const again = await changesNothing(all.world, () =>
      all.olivia.call('update_flow_status', { ...args, command_id: 'c_meta' }),
    );
    expect(again).toEqual(one);
  });

  test.each([
    ['another name', 'create_flow_from_template', { ...create, name: 'Another', command_id: id }],
    ['another tool', 'update_flow_status', { flow: 'Only once', action: 'pause', command_id: id }],
    ['another action', 'update_flow_status', { flow: 'Only once', action: 'pause', command_id: 'c_meta' }],
  ])('used for something else is refused: %s', async (_what, tool, args) => {
    const answer = await changesNothing(all.world, () => all.olivia.call(tool, args));
    expect(answer).toMatchObject({ isError: true, code: 'command_id_reused' });
    expect(answer.text).toMatch(/was used for something else \(\w+\)\. Give this command its own id\./);
  });

  test.each([['', 'x'.repeat(129), 5, null]].flat())('of no use is refused, not ignored: %j', async (given) => {
    const answer = await changesNothing(all.world, () =>
      all.olivia.call('update_flow_status', { flow: 'Only once', action: 'pause' }, { [commandIdMeta]: given }),
    );
    expect(answer).toMatchObject({ isError: true, code: 'bad_input' });
  });

  test("of one person is not another's", async () => {
    const adam = { template: 'Offboarding', name: 'Only once', command_id: id };
    const speaker = await speak(all.world.url, await all.world.key('adam@acme.test'));
    const answer = await changesNothing(all.world, () => speaker.call('create_flow_from_template', adam));
    await speaker.close();
    expect(answer).toMatchObject({ isError: true, code: 'command_id_reused' });
  });
});

describe('a template with a cycle', () => {
  const steps = [
    { key: 'a', title: 'A', dependsOn: ['c'] },
    { key: 'b', title: 'B', dependsOn: ['a'] },
    { key: 'c', title: 'C', dependsOn: ['b'] },
  ];

  test('is refused when it is read, naming the cycle', () => {
    const reading = readTemplate({ name: 'Round', steps });
    expect(reading).toMatchObject({ ok: false });
    expect(JSON.stringify(reading)).toMatch(/These steps wait for each other/);
  });

  test('is never published', async () => {
    const template = templateSchema.parse({ name: 'Round', steps });
    await changesNothing(all.world, async () => {
      const publishing = all.world.owner
        .transaction()
        .execute((trx) => publishTemplate(trx, 'tp_round', 'org_demo_acme', template));
      await expect(publishing).rejects.toThrow(/tp_round can't be published. These steps wait for each other/);
    });
  });
});

test('nothing of all this was a fault of ours', async () => {
  expect(all.world.logs.filter((l) => /ERROR|WARN/.test(l))).toEqual([]);
  expect(Object.keys(await everything(all.world))).toContain('workflows');
});

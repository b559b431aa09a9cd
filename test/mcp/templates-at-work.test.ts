/** What templates can say, through the tools: roles that are filled, conditions, due days in the org's time zone, and forecasts. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publishTemplate } from '../../src/db/templates.ts';
import { endOfDate } from '../../src/domain/dates.ts';
import { readTemplate } from '../../src/domain/read-template.ts';
import { startWorld, type World } from '../support/world.ts';
import { settled } from './everything.ts';
import { type Speaker, speak } from './speak.ts';

let world: World;
let olivia: Speaker;
beforeAll(async () => {
  world = await startWorld();
  olivia = await speak(world.url, await world.key('olivia@acme.test'));
  const acme = await world.owner
    .selectFrom('orgs')
    .select('id')
    .where('slug', '=', 'acme-agency')
    .executeTakeFirstOrThrow();
  const reading = readTemplate({
    name: 'Brand kit',
    steps: [
      {
        key: 'brief',
        title: 'Brief us',
        type: 'FORM',
        assignee: { kind: 'client', role: 'Signatory' },
        fields: [
          { key: 'size', label: 'Size', type: 'choice', options: ['Small', 'Large'] },
          { key: 'fair', label: 'Day of the fair', type: 'date' },
        ],
      },
      {
        key: 'workshop',
        title: 'Hold the workshop',
        dependsOn: ['brief'],
        assignee: { kind: 'role', role: 'Designer' },
        condition: { step: 'brief', field: 'size', op: 'is', values: ['Large'] },
      },
      {
        key: 'draw',
        title: 'Draw the logo',
        dependsOn: ['workshop'],
        assignee: { kind: 'role', role: 'designer' },
        due: { from: 'answer', step: 'brief', field: 'fair', days: -3, unit: 'business' },
      },
      { key: 'texts', title: 'Write the texts', assignee: { kind: 'client', role: 'Editor' }, dependsOn: ['draw'] },
      { key: 'pay', title: 'Pay the printer', assignee: { kind: 'role', role: 'Bookkeeper' }, dependsOn: ['texts'] },
      {
        key: 'gone',
        title: 'Say thanks',
        assignee: { kind: 'member', userId: 'us_gone', name: 'Gina' },
        dependsOn: ['pay'],
      },
    ],
  });
  if (!reading.ok) throw new Error(reading.problems.map((p) => p.message).join(' '));
  await publishTemplate(world.owner, 'tp_brand_kit', acme.id, reading.template);
});
afterAll(async () => {
  await olivia.close();
  await world.stop();
});

const call = async (tool: string, args: Record<string, unknown>) => {
  const answer = await olivia.call(tool, args);
  if (answer.isError) throw new Error(`${tool}: ${answer.text}`);
  return answer;
};
const tasksOf = async (flow: string) => {
  await settled(world);
  const rows = await world.owner
    .selectFrom('tasks')
    .innerJoin('flows', 'flows.id', 'tasks.flow_id')
    .select(['tasks.key', 'tasks.status', 'tasks.skipped_by', 'tasks.assignee_name', 'tasks.due_at'])
    .where('flows.name', '=', flow)
    .execute();
  return Object.fromEntries(rows.map((t) => [t.key, t]));
};

describe('roles', () => {
  const roles = { designer: 'Mia', SIGNATORY: 'Jane Alder <Jane@client.test>', Editor: { email: 'jane@client.test' } };

  test('are filled with members by name and clients by address, and the answer says what is left', async () => {
    const args = { template: 'Brand kit', name: 'Fair stand', roles, command_id: 'fair' };
    const made = await call('create_flow_from_template', args);
    expect(made.text.split('\n').slice(1)).toEqual([
      '- Signatory: client Jane Alder',
      '- Designer: Mia Tanaka',
      '- Editor: client Jane Alder',
      '1 role not filled yet: Bookkeeper.',
      'No longer members, so their tasks lie with nobody: Gina.',
      'Nothing was sent to anyone. Invite clients with `invite_external_user`, start it with `update_flow_status`.',
    ]);
    const tasks = await tasksOf('Fair stand');
    expect(Object.fromEntries(Object.values(tasks).map((t) => [t.key, t.assignee_name]))).toEqual({
      brief: 'Jane Alder',
      workshop: 'Mia Tanaka',
      draw: 'Mia Tanaka',
      texts: 'Jane Alder',
      pay: null,
      gone: null,
    });
    const { facts } = await call('get_flow', { flow: 'Fair stand' });
    expect(facts.externalUsers).toMatchObject([
      { email: 'jane@client.test', role: 'Signatory, Editor', invitation: 'PENDING' },
    ]);
    expect((await call('create_flow_from_template', args)).facts).toEqual(made.facts);
  });

  test.each([
    [
      'no role of the template',
      { Painter: 'Mia' },
      /has no role "Painter"\. Nothing changed\.\nInside the organization: Designer, Bookkeeper\.\nOf clients: Signatory, Editor\.$/,
    ],
    ['nobody here', { Designer: 'Mio' }, /^Nobody here is called "Mio"\. Did you mean Mia\?/],
    [
      'no address for a client',
      { Signatory: 'Jane' },
      /^The role "Signatory" is a client's, so give their mail address; "Jane" is none\./,
    ],
    [
      'called by too long a name',
      { Signatory: `${'n'.repeat(201)} <jane@client.test>` },
      /^The name of the client whose role is "Signatory" has 201 letters; 200 is the most\./,
    ],
  ])('are refused when one is %s, and nothing is made', async (_, given, sentence) => {
    const answer = await olivia.call('create_flow_from_template', {
      template: 'Brand kit',
      name: 'Never',
      roles: given,
    });
    expect(answer).toMatchObject({ isError: true, text: expect.stringMatching(sentence) });
    await settled(world);
    expect(await world.owner.selectFrom('flows').select('id').where('name', '=', 'Never').execute()).toEqual([]);
  });
});

describe('in the time zone of the org', () => {
  const zone = 'America/Los_Angeles';
  test('a condition that is not met skips its task and says so, and a due day ends there', async () => {
    await world.owner.updateTable('orgs').set({ time_zone: zone }).where('slug', '=', 'acme-agency').execute();
    world.passTime(60_000);
    await call('create_flow_from_template', { template: 'Brand kit', name: 'Western', roles: { Designer: 'Mia' } });
    await call('update_flow_status', { flow: 'Western', action: 'start' });
    const fair = '2027-03-15';
    const done = await call('complete_task', { flow: 'Western', task: 'Brief us', answers: { size: 'Small', fair } });
    expect(done.text).toContain('Not needed, so skipped: "Hold the workshop".');
    expect(done.text).toContain('"Draw the logo", Mia Tanaka, due Wed 10 Mar 2027');
    const tasks = await tasksOf('Western');
    expect(tasks.workshop).toMatchObject({ status: 'SKIPPED', skipped_by: 'condition' });
    expect(tasks.draw?.due_at?.getTime()).toBe(endOfDate('2027-03-10', zone));
    const told = await call('get_flow', { flow: 'Western' });
    expect(told.text).toContain(`skipped "Hold the workshop", which isn't needed: "Size" in "Brief us" is "Small"`);
  });
});

describe('the forecast', () => {
  const runThrough = async (flow: string) => {
    await call('create_flow_from_template', { template: 'Brand kit', name: flow });
    await call('update_flow_status', { flow, action: 'start' });
    await call('complete_task', { flow, task: 'Brief us', answers: { size: 'Large', fair: '2027-03-15' } });
    for (const task of ['Hold the workshop', 'Draw the logo', 'Write the texts', 'Pay the printer', 'Say thanks'])
      await call('complete_task', { flow, task });
  };

  test('comes from flows that ran, by the time each step took', async () => {
    const nothing = await call('explain_flow', { flow: 'Western' });
    for (const name of ['First', 'Second', 'Third']) await runThrough(name);
    await settled(world);
    // They took milliseconds here: told as if each had taken its days.
    for (const [key, days] of [
      ['draw', 2],
      ['texts', 3],
      ['pay', 1],
      ['gone', 1],
    ] as const) {
      await sql`update tasks set ready_at = done_at - make_interval(days => ${days})
                where key = ${key} and status = 'COMPLETED'`.execute(world.owner);
    }
    const { facts, text } = await call('explain_flow', { flow: 'Western' });
    const { forecast } = facts;
    expect(forecast).toMatchObject({ basis: 12 });
    expect(text).toMatch(/\nLikely done by \w{3} \d+ \w{3}( \d{4})?; from 12 such tasks\.$/);
    const likely = Date.parse(String(new Map(Object.entries(forecast ?? {})).get('likely')));
    const daysOff = (likely - Date.now()) / 86_400_000;
    expect(daysOff).toBeGreaterThan(6.9);
    expect(daysOff).toBeLessThan(7.1);
    expect(nothing.facts.forecast).toBeNull();
  });
});

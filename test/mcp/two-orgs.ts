/** Two orgs at work beside each other, small: for tests of what is refused. */
import { idFrom } from '../../src/platform/ids.ts';
import { startWorld, type World } from '../support/world.ts';
import { settled } from './everything.ts';
import { type Speaker, speak } from './speak.ts';

/** One org's things, by which a stranger might ask for them. */
export interface Things {
  readonly flow: { id: string; name: string };
  readonly task: { id: string; name: string };
  readonly template: { id: string; name: string };
  readonly member: { id: string; name: string; email: string };
  readonly external: { id: string; name: string; email: string };
}

export interface TwoOrgs {
  readonly world: World;
  readonly olivia: Speaker;
  readonly mia: Speaker;
  readonly gus: Speaker;
  readonly acme: Things;
  readonly globex: Things;
  stop(): Promise<void>;
}

export async function twoOrgs(): Promise<TwoOrgs> {
  const world = await startWorld();
  // Two of Acme's people are called Mia.
  await world.owner
    .insertInto('users')
    .values({ id: 'us_mia2', email: 'mia.torres@acme.test', name: 'Mia Torres' })
    .execute();
  await world.owner
    .insertInto('memberships')
    .values({ org_id: 'org_demo_acme', user_id: 'us_mia2', role: 'MEMBER' })
    .execute();
  const olivia = await speak(world.url, await world.key('olivia@acme.test'));
  const mia = await speak(world.url, await world.key('mia@acme.test'));
  const gus = await speak(world.url, await world.key('gus@globex.test', 'globex-studio'));

  const start = async (by: Speaker, template: string, name: string, client: { name: string; email: string }) => {
    const made = await by.call('create_flow_from_template', { template, name, command_id: `made ${name}` });
    if (made.isError) throw new Error(made.text);
    await by.call('invite_external_user', { flow: name, ...client });
    await by.call('update_flow_status', { flow: name, action: 'start' });
  };
  await start(olivia, 'Client Onboarding', 'Harbor & Pine', { name: 'Jane Alder', email: 'jane@harbor.test' });
  await olivia.call('invite_external_user', {
    flow: 'Harbor & Pine',
    name: 'Jane Alder',
    email: 'jane.two@harbor.test',
  });
  await start(gus, 'tp_globex_brand-film', 'Secret Launch', { name: 'Hugo Voss', email: 'hugo@launch.test' });
  for (const [n, name] of ['Twin', 'Twin', 'Kestrel Energy'].entries())
    await olivia.call('create_flow_from_template', { template: 'Client Onboarding', name, command_id: `c_draft_${n}` });
  await settled(world);

  const things = async (
    org: string,
    flow: string,
    client: string,
    templateId: string,
    member: Things['member'],
  ): Promise<Things> => {
    const id = idFrom('fl', org, `made ${flow}`);
    const task = await world.owner
      .selectFrom('tasks')
      .select(['id', 'title'])
      .where('flow_id', '=', id)
      .where('status', '=', 'READY')
      .orderBy('position')
      .executeTakeFirstOrThrow();
    const external = await world.owner
      .selectFrom('external_users')
      .select(['id', 'name', 'email'])
      .where('email', '=', client)
      .executeTakeFirstOrThrow();
    const template = await world.owner
      .selectFrom('templates')
      .select(['id', 'name'])
      .where('id', '=', templateId)
      .executeTakeFirstOrThrow();
    return { flow: { id, name: flow }, task: { id: task.id, name: task.title }, template, member, external };
  };
  return {
    ...{ world, olivia, mia, gus },
    acme: await things('org_demo_acme', 'Harbor & Pine', 'jane@harbor.test', 'tp_acme_website-relaunch', {
      id: 'us_demo_mia',
      name: 'Mia Tanaka',
      email: 'mia@acme.test',
    }),
    globex: await things('org_demo_globex', 'Secret Launch', 'hugo@launch.test', 'tp_globex_brand-film', {
      id: 'us_demo_gus',
      name: 'Gus Lindqvist',
      email: 'gus@globex.test',
    }),
    async stop() {
      for (const s of [olivia, mia, gus]) await s.close();
      await world.stop();
    },
  };
}

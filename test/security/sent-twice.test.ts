/** A page that answers a form is loaded anew: the browser sends the form again, and the thing is done once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person } from '../oauth/person.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let olivia: Person;
beforeAll(async () => {
  world = await startWorld();
  olivia = new Person(world.url);
  await olivia.signIn('olivia@acme.test');
});
afterAll(() => world?.stop());

const keysCalled = (name: string) => world.owner.selectFrom('api_keys').select('id').where('name', '=', name).execute();

test('one API key is made, its secret is told once, and the page says so', async () => {
  const path = '/settings/api-keys';
  const filled = { ...(await olivia.get(path)).form(path), name: 'Reloaded' };
  const first = await olivia.post(path, filled);
  expect([first.status, first.html.match(/bflow_sk_[A-Za-z0-9]{32}/g)?.length]).toEqual([201, 1]);
  const again = await olivia.post(path, filled);
  expect([again.status, again.html.match(/bflow_sk_[A-Za-z0-9]{32}/)]).toEqual([200, null]);
  expect(again.html).toContain('“Reloaded” was made and shown before; no second one was made.');
  expect(await keysCalled('Reloaded')).toHaveLength(1);

  const other = await olivia.post(path, { ...filled, name: 'Another' });
  expect([other.status, await keysCalled('Another')]).toEqual([422, []]);
  expect(other.html).toContain('This page was sent before, with something else in it.');
  // The page that says so can be sent.
  const anew = await olivia.post(path, { ...other.form(path), name: 'Another' });
  expect([anew.status, (await keysCalled('Another')).length]).toEqual([201, 1]);
});

test('of two at once one makes the key', async () => {
  const path = '/settings/api-keys';
  const filled = { ...(await olivia.get(path)).form(path), name: 'Pressed twice' };
  const answers = await Promise.all([olivia.post(path, filled), olivia.post(path, filled)]);
  expect(answers.map((a) => a.status).sort()).toEqual([200, 201]);
  expect(await keysCalled('Pressed twice')).toHaveLength(1);
});

test('a member is invited once, told the same, and sent again once', async () => {
  const list = '/settings/members';
  const invite = `${list}/invite`;
  const filled = { ...(await olivia.get(list)).form(invite), email: 'twice@acme.test', role: 'MEMBER' };
  for (let i = 0; i < 2; i++) {
    const page = await olivia.post(invite, filled);
    expect([page.status, page.html.includes('twice@acme.test is invited as MEMBER')]).toEqual([200, true]);
  }
  const sent = () => world.mails.filter((m) => m.to === 'twice@acme.test').length;
  expect(sent()).toBe(1);

  await world.owner
    .updateTable('member_invitations')
    .set({ sent_at: new Date(Date.now() - 120_000) })
    .where('email', '=', 'twice@acme.test')
    .execute();
  const again = { ...(await olivia.get(list)).form(`${list}/invitations`), action: 'resend' };
  for (let i = 0; i < 2; i++) {
    const page = await olivia.post(`${list}/invitations`, again);
    expect([page.status, page.html.includes('A fresh link is on its way')]).toEqual([200, true]);
  }
  expect(sent()).toBe(2);
  expect((await olivia.post(`${list}/invitations`, { ...again, action: 'revoke' })).html).toContain(
    'This page was sent before, with something else in it.',
  );
});

test('one more organization is made once, pressed twice or loaded anew, and another one by another name', async () => {
  const path = '/sign-up/organization';
  const filled = { ...(await olivia.get('/sign-up')).form(path), organization: 'Second house' };
  const sent = await Promise.all([olivia.post(path, filled), olivia.post(path, filled)]);
  for (const answer of [...sent, await olivia.post(path, filled)])
    expect([answer.status, answer.to?.pathname]).toEqual([303, '/flows']);
  const made = () =>
    world.owner
      .selectFrom('orgs')
      .innerJoin('memberships', 'memberships.org_id', 'orgs.id')
      .select(['orgs.name', 'role'])
      .where('orgs.name', 'like', '% house')
      .orderBy('orgs.name')
      .execute();
  expect(await made()).toEqual([{ name: 'Second house', role: 'OWNER' }]);
  expect((await olivia.get('/flows')).html).toContain('Second house');
  expect((await olivia.post(path, { ...filled, organization: 'Another house' })).status).toBe(303);
  expect((await made()).map((o) => o.name)).toEqual(['Another house', 'Second house']);
});

test('a flow is made once, pressed twice or loaded anew, and each leads to it', async () => {
  const chosen = (await olivia.get('/flows/new')).html.match(/\/flows\/new\?template=[\w-]+/)?.[0] ?? '';
  const filled = { ...(await olivia.get(chosen)).form('/flows'), name: 'Pressed twice' };
  const sent = await Promise.all([olivia.post('/flows', filled), olivia.post('/flows', filled)]);
  const places = [...sent, await olivia.post('/flows', filled)].map((answer) => [answer.status, answer.to?.pathname]);
  expect(places).toEqual(Array(3).fill([303, expect.stringMatching(/^\/flows\/fl_/)]));
  expect(new Set(places.map(([, to]) => to)).size).toBe(1);
});

test('who wants another flow of a name says so once, also when something else in the form is wrong', async () => {
  const name = 'Twin';
  const chosen = (await olivia.get('/flows/new')).html.match(/\/flows\/new\?template=[\w-]+/)?.[0] ?? '';
  const empty = async () => ({ ...(await olivia.get(chosen)).form('/flows'), name });
  expect((await olivia.post('/flows', await empty())).status).toBe(303);
  const told = await olivia.post('/flows', await empty());
  expect([told.status, told.html]).toEqual([422, expect.stringContaining('Make another one all the same')]);
  const wrong = await olivia.post('/flows', { ...told.form('/flows'), name, 'role.nobody': 'x' });
  expect([wrong.status, wrong.html]).toEqual([422, expect.not.stringContaining('called so already')]);
  expect((await olivia.post('/flows', { ...wrong.form('/flows'), name })).status).toBe(303);
});

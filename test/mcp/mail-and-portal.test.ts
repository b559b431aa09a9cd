/** A client's way: the mail that comes at the start and not before, the link in it, the page, the forms, and the end of it all. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { publishTemplate } from '../../src/db/templates.ts';
import { readTemplate } from '../../src/domain/read-template.ts';
import { manageInvitation } from '../../src/operations/manage-invitation.ts';
import { startWorld, type World } from '../support/world.ts';
import { changesNothing, settled } from './everything.ts';
import { Browser } from './portal-browser.ts';
import { olivia as oliviaPrincipal } from './principals.ts';
import { type Speaker, speak } from './speak.ts';

let world: World;
let olivia: Speaker;
beforeAll(async () => {
  world = await startWorld();
  olivia = await speak(world.url, await world.key('olivia@acme.test'));
});
afterAll(async () => {
  await olivia.close();
  await world.stop();
});

const call = async (tool: string, args: Record<string, unknown>): Promise<Record<string, unknown>> => {
  const answer = await olivia.call(tool, args);
  if (answer.isError) throw new Error(`${tool}: ${answer.text}`);
  return answer.facts;
};
const mailsTo = (address: string) =>
  world.owner.selectFrom('dev_mails').selectAll().where('to_address', '=', address).orderBy('id').execute();
const linkIn = (text: string): string => {
  const link = /https?:\/\/\S+\/portal\/[A-Za-z0-9]{32}/.exec(text)?.[0];
  if (!link) throw new Error(`No link in: ${text}`);
  return link;
};

/** A flow with one client, started, with the contract sent; and the link the client got. */
async function invited(flow: string, email: string, more: { name?: string; template?: string } = {}): Promise<string> {
  await call('create_flow_from_template', { template: more.template ?? 'Client Onboarding', name: flow });
  await call('invite_external_user', { flow, email, ...(more.name !== undefined && { name: more.name }) });
  await call('update_flow_status', { flow, action: 'start' });
  if (more.template === undefined) await call('complete_task', { flow, task: 'Send contract draft' });
  await settled(world);
  const [first] = await mailsTo(email);
  return linkIn(first?.text ?? '');
}
const taskIn = async (flow: string, title: string): Promise<string> => {
  const row = await world.owner
    .selectFrom('tasks')
    .innerJoin('flows', 'flows.id', 'tasks.flow_id')
    .select('tasks.id')
    .where('flows.name', '=', flow)
    .where('tasks.title', '=', title)
    .executeTakeFirstOrThrow();
  return row.id;
};

describe('the invitation', () => {
  test('of a DRAFT is sent by its start and not before, once, with a link that is only a hash here', async () => {
    const flow = 'Acme Corp';
    const to = 'john@acmecorp.test';
    await call('create_flow_from_template', { template: 'Client Onboarding', name: flow });
    await call('invite_external_user', { flow, email: to, name: 'John Ross', role: 'client' });
    await settled(world);
    expect(await mailsTo(to)).toEqual([]);
    expect(await world.owner.selectFrom('magic_links').selectAll().execute()).toEqual([]);

    await call('update_flow_status', { flow, action: 'start' });
    await settled(world);
    const mails = await mailsTo(to);
    expect(mails).toHaveLength(1);
    expect(mails[0]?.subject).toBe('Acme Agency invites you to Acme Corp');
    const secret = linkIn(mails[0]?.text ?? '').slice(-32);
    expect(mails[0]?.html).toContain(`/portal/${secret}`);
    const links = await world.owner.selectFrom('magic_links').selectAll().execute();
    expect(links).toHaveLength(1);
    expect(JSON.stringify(links)).not.toContain(secret);
    expect(links[0]?.secret_hash).toHaveLength(32);
  });

  test('into a running flow is sent at once', async () => {
    await call('invite_external_user', { flow: 'Acme Corp', email: 'late@acmecorp.test' });
    await settled(world);
    expect(await mailsTo('late@acmecorp.test')).toHaveLength(1);
  });
});

describe('the link', () => {
  const flow = 'Harbor & Pine';
  let link: string;
  beforeAll(async () => {
    link = await invited(flow, 'jane@harbor.test', { name: 'Jane Alder' });
  });

  test('opens a page that names the flow and the tasks of this person, and nobody else’s', async () => {
    const jane = new Browser(world.url);
    const looked = await jane.get(link);
    expect(looked.status).toBe(200);
    expect(looked.text).toContain('Acme Agency invites Jane Alder to Harbor &amp; Pine');
    expect(looked.text).toContain('j…@harbor.test');
    expect(looked.text).not.toContain('jane@harbor.test');
    const opened = await jane.open(link);
    expect(opened).toMatchObject({ status: 303, location: '/portal' });
    expect(opened.cookies).toMatchObject([
      expect.stringMatching(/^booflow_portal=[A-Za-z0-9]{32}; .*Path=\/portal; HttpOnly; SameSite=Lax$/),
    ]);
    const page = await jane.get('/portal');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Harbor &amp; Pine');
    expect(page.text).toContain('Jane, two things are waiting for you');
    for (const mine of ['Sign the contract', 'Fill in your billing details', 'Grant access to your accounts'])
      expect(page.text).toContain(mine);
    for (const others of ['Set up billing', 'Schedule the kickoff call', 'Acme Corp', 'Olivia'])
      expect(page.text).not.toContain(others);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    await settled(world);
    const row = await world.owner
      .selectFrom('external_users')
      .select('invitation')
      .where('email', '=', 'jane@harbor.test')
      .executeTakeFirstOrThrow();
    expect(row.invitation).toBe('ACCEPTED');
  });

  test('works again on another device', async () => {
    expect((await new Browser(world.url).open(link)).status).toBe(303);
    expect((await new Browser(world.url).open(link)).status).toBe(303);
  });

  test.each([
    ['unknown', `/portal/${'A'.repeat(32)}`],
    ['cut', '/portal/short'],
    ['no link at all', '/portal/%00%00'],
    ['no session', '/portal'],
  ])('that is %s shows a page that tells nothing', async (_what, path) => {
    const page = await new Browser(world.url).get(path);
    expect(page.status).toBe(404);
    expect(page.text).toContain('This link is no longer open');
  });

  test('completes a task by a plain form, and not without the form’s own proof', async () => {
    const jane = await Browser.opened(world.url, link);
    const id = await taskIn(flow, 'Sign the contract');
    const { csrf } = await jane.portal();
    for (const forged of [
      undefined,
      '',
      'x',
      `${csrf}x`,
      (await (await Browser.opened(world.url, link)).portal()).csrf,
    ]) {
      const refused = await changesNothing(world, () =>
        jane.post(`/portal/tasks/${id}`, { comment: 'Kept text', ...(forged !== undefined && { csrf: forged }) }),
      );
      expect(refused.status).toBe(422);
      expect(refused.text).toContain('Kept text');
    }
    const stranger = await changesNothing(world, () => new Browser(world.url).post(`/portal/tasks/${id}`, { csrf }));
    expect(stranger.status).toBe(404);

    const done = await jane.post(`/portal/tasks/${id}`, { csrf, comment: 'Signed.' });
    expect(done).toMatchObject({ status: 303, location: '/portal?done=task' });
    expect((await jane.get('/portal?done=task')).text).toContain('Thank you, that is done.');
    const task = await olivia.call('get_task', { flow, task: id });
    expect(task.facts).toMatchObject({ status: 'COMPLETED', doneBy: 'Jane Alder', comments: [{ text: 'Signed.' }] });
    const twice = await changesNothing(world, () => jane.post(`/portal/tasks/${id}`, { csrf }));
    expect(twice.status).toBe(422);
    expect(twice.text).toContain('it is done already');
  });

  test('checks a form, and keeps what was typed', async () => {
    const jane = await Browser.opened(world.url, link);
    const id = await taskIn(flow, 'Fill in your billing details');
    const { csrf } = await jane.portal();
    const typed = {
      'answer.legal-name': 'Harbor <b>& "Pine"</b>',
      'answer.address': '</textarea><script>alert(1)</script>',
      'answer.payment': 'Gold',
      comment: 'A long thought',
    };
    const refused = await changesNothing(world, () => jane.post(`/portal/tasks/${id}`, { csrf, ...typed }));
    expect(refused.status).toBe(422);
    expect(refused.text).toMatch(/href="#f-invoice-email">Address for invoices/);
    expect(refused.text).toContain('Please fill this in.');
    expect(refused.text).toContain('value="Harbor &lt;b>&amp; &quot;Pine&quot;&lt;/b>"');
    expect(refused.text).toContain('&lt;/textarea>&lt;script>alert(1)&lt;/script>');
    expect(refused.text).toContain('A long thought');
    expect(refused.text).not.toContain('<script>alert');
    const wrong = await changesNothing(world, () =>
      jane.post(`/portal/tasks/${id}`, { csrf, ...typed, 'answer.invoice-email': 'a@b.test' }),
    );
    expect(wrong.text).toContain('must be one of: Bank transfer, Direct debit, Card');
    const strange = await changesNothing(world, () =>
      jane.post(`/portal/tasks/${id}`, {
        ...{ csrf, ...typed, 'answer.payment': 'Card' },
        ...{ 'answer.invoice-email': 'a@b.test', 'answer.iban': 'x' },
      }),
    );
    expect(strange.text).toContain('has no field &quot;iban&quot;');
    const long = await changesNothing(world, () =>
      jane.post(`/portal/tasks/${id}`, { csrf, comment: 'x'.repeat(21_000) }),
    );
    expect(long.status).toBe(422);
    const huge = await changesNothing(world, () =>
      jane.post(`/portal/tasks/${id}`, { csrf, comment: 'x'.repeat(1_000_000) }),
    );
    expect(huge.status).toBe(413);

    const good = { ...typed, 'answer.payment': 'Card', 'answer.invoice-email': 'a@b.test' };
    expect((await jane.post(`/portal/tasks/${id}`, { csrf, ...good })).status).toBe(303);
    const task = await olivia.call('get_task', { flow, task: id });
    expect(task.facts).toMatchObject({ status: 'COMPLETED', answers: { 'legal-name': typed['answer.legal-name'] } });
  });

  test('does not do what is not this person’s: others’ tasks, approvals by completing, another flow', async () => {
    const other = await invited('Foreign Flow', 'frank@foreign.test', { name: 'Frank' });
    const jane = await Browser.opened(world.url, link);
    const frank = await Browser.opened(world.url, other);
    const { csrf } = await jane.portal();
    for (const id of [
      await taskIn(flow, 'Schedule the kickoff call'),
      await taskIn('Foreign Flow', 'Sign the contract'),
      'tk_zzzzzzzzzzzzzzzz',
    ]) {
      const bodies: Record<string, string>[] = [{ csrf }, { csrf, decision: 'approve' }];
      for (const body of bodies) {
        const refused = await changesNothing(world, () => jane.post(`/portal/tasks/${id}`, body));
        expect(refused.status).toBe(422);
        expect(refused.text).toContain('it is not yours to do any more');
        for (const others of ['Foreign Flow', 'Olivia', 'Schedule']) expect(refused.text).not.toContain(others);
      }
    }
    expect((await frank.get('/portal')).text).not.toContain('Harbor');
    // A session is no member's credential.
    for (const path of ['/', '/settings', '/flows']) {
      const page = await jane.get(path);
      expect(page.text).not.toContain('Harbor &amp; Pine');
    }
  });
});

describe('names that are code', () => {
  const code = `<script>alert('x')</script>"><img src=x onerror=alert(1)>`;
  test('stay names, in the page and in the mail', async () => {
    const flow = `Flow ${code}`;
    const link = await invited(flow, 'eve@evil.test', { name: `Eve ${code}` });
    await call('assign_task', { flow, task: 'Set up billing', assignee: 'eve@evil.test' });
    const page = await (await Browser.opened(world.url, link)).get('/portal');
    expect(page.text).toContain('&lt;script>alert(');
    expect(page.text).not.toMatch(/<script>alert|<img src=x/);
    for (const mail of await mailsTo('eve@evil.test')) {
      expect(mail.html).not.toMatch(/<script>alert|<img src=x/);
      expect(mail.subject).not.toMatch(/[\r\n]/);
      const shown = await fetch(new URL(`/dev/mailbox/${mail.id}`, world.url));
      expect(await shown.text()).not.toMatch(/<script>alert|<img src=x/);
    }
  });
});

describe('the end', () => {
  test.each([
    ['the flow is cancelled', async (flow: string) => call('update_flow_status', { flow, action: 'cancel' })],
    [
      'the invitation is revoked',
      async (flow: string, email: string) => {
        const caller = { ...world.tools, now: Date.now(), principal: oliviaPrincipal };
        const done = await manageInvitation.run(caller, { flow, external_user: email, action: 'revoke' });
        expect(done).toMatchObject({ ok: true });
      },
    ],
  ])('of link and session comes when %s', async (what, end) => {
    const flow = `Ends when ${what}`;
    const email = `${what.replace(/\W+/g, '-')}@end.test`;
    const link = await invited(flow, email);
    const client = await Browser.opened(world.url, link);
    const { csrf } = await client.portal();
    await end(flow, email);
    await settled(world);
    expect((await client.get('/portal')).status).toBe(404);
    expect((await new Browser(world.url).get(link)).status).toBe(404);
    const id = await taskIn(flow, 'Sign the contract');
    const refused = await changesNothing(world, () => client.post(`/portal/tasks/${id}`, { csrf }));
    expect(refused.status).toBe(404);
    expect(
      await world.owner
        .selectFrom('magic_links')
        .innerJoin('flows', 'flows.id', 'magic_links.flow_id')
        .select('flows.name')
        .where('flows.name', '=', flow)
        .execute(),
    ).toEqual([]);
  });

  test('comes when the last task is done, and whoever did it is thanked', async () => {
    const reading = readTemplate({
      name: 'One thing',
      steps: [{ key: 'it', title: 'The one thing', assignee: { kind: 'client' } }],
    });
    if (!reading.ok) throw new Error('The template is good');
    await world.owner.transaction().execute((trx) => publishTemplate(trx, 'tp_one', 'org_demo_acme', reading.template));
    const link = await invited('Short story', 'last@end.test', { name: 'Lara', template: 'One thing' });
    const lara = await Browser.opened(world.url, link);
    const { csrf } = await lara.portal();
    const done = await lara.post(`/portal/tasks/${await taskIn('Short story', 'The one thing')}`, { csrf });
    expect(done.status).toBe(200);
    expect(done.text).toContain('Thank you');
    expect(done.text).toContain('Short story');
    await vi.waitFor(async () => expect((await lara.get('/portal')).status).toBe(404));
    expect((await new Browser(world.url).get(link)).status).toBe(404);
    await settled(world);
    // The mail about its end has no link for someone whose part is over.
    for (const mail of await mailsTo('last@end.test')) {
      const path = /\/portal\/[A-Za-z0-9]{32}/.exec(mail.text)?.[0];
      if (path) expect((await new Browser(world.url).get(path)).status).toBe(404);
    }
  });
});

test('after all that, the log holds no secret and no fault of ours', async () => {
  const log = world.logs.join('');
  expect(log.length).toBeGreaterThan(1_000);
  expect(log).not.toMatch(/ERROR/);
  expect(log).not.toMatch(/bflow_(sk|at|rt)_[A-Za-z0-9]{8}/);
  const secrets = [
    ...(await world.owner.selectFrom('dev_mails').select('text').execute()).flatMap(
      (m) => /\/portal\/([A-Za-z0-9]{32})/.exec(m.text)?.[1] ?? [],
    ),
    ...Browser.secrets,
    'booflow-demo',
  ];
  expect(secrets.length).toBeGreaterThan(15);
  for (const secret of secrets) expect(log).not.toContain(secret);
});

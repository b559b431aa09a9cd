/** A client asks for a new link by mail: while the flow runs, while it is paused, and after its end. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { MemberPrincipal } from '../../src/oauth/principal.ts';
import { scopes } from '../../src/oauth/principal.ts';
import { createFlowFromTemplate } from '../../src/operations/create-flow-from-template.ts';
import { requestNewLink } from '../../src/operations/request-new-link.ts';
import { updateFlowStatus } from '../../src/operations/update-flow-status.ts';
import { startWorld, type World } from '../support/world.ts';

const lateness = 11 * 60_000;
const email = 'ines@larch.test';
const olivia: MemberPrincipal = {
  ...{ kind: 'member', orgId: 'org_demo_acme', userId: 'us_demo_olivia', name: 'Olivia', role: 'OWNER' },
  ...{ email: 'olivia@acme.test', through: 'web', scopes },
};
let world: World;
let asked = 0;

/** Each time long enough after the last that it may be asked again. */
const ask = async (by: { link?: string; email?: string }): Promise<void> => {
  asked++;
  const result = await requestNewLink.run({ ...world.tools, now: Date.now() + asked * lateness, principal: null }, by);
  expect(result).toMatchObject({ ok: true, facts: {} });
};
const invitations = () =>
  world.owner
    .selectFrom('mails')
    .innerJoin('dev_mails', 'dev_mails.key', 'mails.key')
    .select(['dev_mails.text', 'dev_mails.subject'])
    .where('mails.to_address', '=', email)
    .where('mails.kind', '=', 'invitation')
    .orderBy('dev_mails.id')
    .execute();
const after = (n: number) =>
  vi.waitFor(
    async () => {
      const mails = await invitations();
      expect(mails).toHaveLength(n);
      return mails.at(-1)?.text ?? '';
    },
    { timeout: 20_000, interval: 50 },
  );
const linkIn = (text: string): string => /\/portal\/([\w-]+)/.exec(text)?.[1] ?? '';
const move = async (action: 'start' | 'pause' | 'resume' | 'cancel'): Promise<void> => {
  const call = { ...world.tools, now: Date.now(), principal: olivia };
  expect(await updateFlowStatus.run(call, { flow: 'Larch', action })).toMatchObject({ ok: true });
};

beforeAll(async () => {
  world = await startWorld();
  const call = { ...world.tools, now: Date.now(), principal: olivia };
  const roles = { 'client signatory': { email, name: 'Ines Larch' } };
  const made = await createFlowFromTemplate.run(call, { template: 'tp_acme_client-onboarding', name: 'Larch', roles });
  expect(made).toMatchObject({ ok: true });
}, 120_000);
afterAll(() => world?.stop());

test('a paused flow gives a new link that names no task, a flow that ended gives none, and each answer is the same', async () => {
  await ask({ email });
  expect(await invitations()).toEqual([]);

  await move('start');
  const first = linkIn(await after(1));

  await move('pause');
  await ask({ email: ' INES@Larch.TEST ' });
  const paused = await after(2);
  expect(paused).toContain('Nothing is to be done yet');
  expect(linkIn(paused)).not.toBe(first);
  const page = await fetch(`${world.url}/portal/${linkIn(paused)}`);
  expect(page.status).toBe(200);
  await ask({ link: first });
  const again = await after(3);

  await move('resume');
  await move('cancel');
  await ask({ email });
  await ask({ link: linkIn(again) });
  expect(await invitations()).toHaveLength(3);
});

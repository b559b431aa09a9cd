import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../test/support/database.ts';
import { type MailServer, startMailServer } from '../../test/support/mail-server.ts';
import { invitee, jane, mia, olivia } from '../../test/support/people.ts';
import { Stage } from '../../test/support/stage.ts';
import { type RealEffects, realEffects } from '../../test/workflows/real-effects.ts';
import { type Flow, type MailOrder, mailKinds } from '../domain/flow.ts';
import { openLedger, projectionOf } from '../domain/ledger.ts';
import { hashSecret } from '../platform/secrets.ts';
import type { SendMailInput } from '../workflows/contract.ts';
import { type Deliver, toDevMailbox, toMailServer } from './deliver.ts';

let fresh: FreshDatabase;
let effects: RealEffects;
let server: MailServer;
let deliver: Deliver;

beforeEach(async () => {
  fresh = await freshDatabase();
  server = await startMailServer();
  deliver = toMailServer(server.url, 'flows.acme.test');
  effects = await realEffects(fresh.url, (mail, stop) => deliver(mail, stop));
});
afterEach(async () => {
  await effects.close();
  await server.stop();
  await fresh.drop();
});

const project = (flow: Flow): Promise<void> =>
  effects.activities.projectFlow(projectionOf(openLedger(flow, { commandId: 'make', fingerprint: '', at: 0 })));

const order = (flow: Flow, mail: MailOrder): SendMailInput => ({
  orgId: flow.orgId,
  flowId: flow.id,
  flowName: flow.name,
  mail,
});

/** A running flow with Jane invited, in the read model, and the mail that invites her. */
async function invitation(): Promise<{ stage: Stage; input: SendMailInput }> {
  const stage = Stage.started({ key: 'a', title: 'Sign the contract', assignee: { kind: 'client' } });
  const [mail] = stage.mails(olivia, { type: 'invite', people: [invitee(jane)] });
  if (!mail) throw new Error('No mail was ordered');
  await project(stage.flow);
  return { stage, input: order(stage.flow, mail) };
}

const send = (input: SendMailInput) => effects.activities.sendMail(input);
const claims = async (): Promise<string[]> =>
  (await effects.owner.selectFrom('mails_under_way').select('attempt').execute()).map((m) => m.attempt);
/** In milliseconds, when Temporal is to try again. */
const soon = expect.toSatisfy((ms: unknown) => typeof ms === 'number' && ms >= 1_000 && ms <= 2_000);
const noted = async (): Promise<string[]> =>
  (await effects.owner.selectFrom('mails').select('key').execute()).map((m) => m.key);

/** The parts of a mail as it came over the wire, decoded. */
function read(data: string): { headers: string[]; text: string; html: string } {
  const [head = '', ...rest] = data.split('\r\n\r\n');
  const headers = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const body = rest.join('\r\n\r\n');
  const boundary = /boundary="([^"]+)"/.exec(head)?.[1] ?? '';
  const part = (type: string): string => {
    const found = body.split(`--${boundary}`).find((p) => p.includes(`Content-Type: ${type}`)) ?? '';
    const [partHead = '', ...lines] = found.split('\r\n\r\n');
    return decoded(lines.join('\r\n\r\n'), /Content-Transfer-Encoding: (\S+)/.exec(partHead)?.[1] ?? '7bit');
  };
  return { headers, text: part('text/plain'), html: part('text/html') };
}
function decoded(text: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(text, 'base64').toString();
  if (encoding !== 'quoted-printable') return text;
  const bytes = text.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => `%${hex}`);
  return decodeURIComponent(bytes.replace(/%(?![0-9A-F]{2})/g, '%25'));
}
const header = (headers: readonly string[], name: string): string =>
  headers.find((h) => h.toLowerCase().startsWith(`${name}: `))?.slice(name.length + 2) ?? '';

async function live(link: string): Promise<boolean> {
  const secret = link.split('/portal/')[1] ?? '';
  const links = await effects.owner.selectFrom('magic_links').select('secret_hash').execute();
  return links.some((l) => l.secret_hash.equals(hashSecret(secret)));
}
const linkIn = (data: string): string => /https:\S+/.exec(read(data).text)?.[0] ?? '';

describe('a mail over SMTP', () => {
  it('says what it is about, has one button, the plain link, who it is from and why it came', async () => {
    const { input } = await invitation();
    expect(await send(input)).toBe('sent');
    const [mail] = server.received;
    expect(mail?.to).toEqual(['jane@client.test']);
    const { headers, text, html } = read(mail?.data ?? '');
    expect(header(headers, 'subject')).toBe('Sign the contract for Acme Agency');
    expect(header(headers, 'from')).toBe('Acme Agency <no-reply@acme.test>');
    expect(header(headers, 'to')).toBe('Jane Alder <jane@client.test>');
    expect(header(headers, 'auto-submitted')).toBe('auto-generated');
    expect(header(headers, 'message-id')).toBe('<fl.acme.1@flows.acme.test>');
    const link = linkIn(mail?.data ?? '');
    expect(link).toMatch(/^https:\/\/flows\.acme\.test\/portal\/\w{32}/);
    expect(text.replaceAll('\r\n', '\n').trim()).toBe(
      [
        'Hello Jane,',
        '',
        'Olivia of Acme Agency invites you to Acme Corp as client reviewer. This is waiting for you.',
        '',
        '- Sign the contract',
        '',
        'See what is to be done:',
        link,
        '',
        'Olivia',
        'Acme Agency',
        '',
        "You get this mail because Acme Agency invited you as client reviewer. The link is yours alone: please don't forward it. Answers to this mail reach nobody; write a comment behind the link instead.",
      ].join('\n'),
    );
    expect(html.match(/<a /g)).toHaveLength(1);
    expect(html).toContain(`<a href="${link}"`);
    expect(html).toContain(`>${link}</span>`);
    expect(await live(link)).toBe(true);
  });

  it('is one mail to one person, whatever names and titles hold', async () => {
    const { stage, input } = await invitation();
    const evil = 'Jane\r\nBcc: all@evil.test\r\n\r\n<script>alert(1)</script>';
    await effects.owner.updateTable('orgs').set({ name: evil }).execute();
    const task = { id: 'tk_a', title: evil, type: 'TASK', dueAt: null, reason: evil } as const;
    for (const kind of mailKinds) {
      for (const tasks of [[], [task], [task, task]]) {
        const key = `fl_acme/${kind}${tasks.length}\r\nBcc: all@evil.test`;
        const mail: MailOrder = { ...input.mail, key, kind, from: evil, role: evil, tasks };
        await send({ ...order(stage.flow, { ...mail, to: { ...mail.to, name: evil } }), flowName: evil });
      }
    }
    expect(server.received).toHaveLength(21);
    const subjects = await effects.owner.selectFrom('mails').select('subject').execute();
    for (const { subject } of subjects) expect(subject).not.toMatch(/[\r\n]/);
    for (const { to, data } of server.received) {
      expect(to).toEqual(['jane@client.test']);
      const { headers, html } = read(data);
      const subject = header(headers, 'subject');
      const reminder = /^(Overdue|Still open):/.test(subject);
      expect(headers.map((h) => h.split(':')[0]).toSorted()).toEqual(
        [
          ...['Auto-Submitted', 'Content-Type', 'Date', 'From', 'MIME-Version', 'Message-ID', 'Subject', 'To'],
          ...(reminder ? ['List-Unsubscribe', 'List-Unsubscribe-Post'] : []),
        ].toSorted(),
      );
      expect(html).not.toContain('<script>');
      // A flow that is over has nothing to open.
      const links = subject.endsWith('is completed') ? 0 : reminder ? 2 : 1;
      expect(html.match(/<a /g) ?? []).toHaveLength(links);
    }
  });

  it('that is refused, deferred or broken off is an error, and nothing is noted as sent', async () => {
    const { input } = await invitation();
    for (const temper of ['refuse', 'defer', 'hang up'] as const) {
      server.temper = temper;
      await expect(send(input), temper).rejects.toThrow();
      expect(await noted(), temper).toEqual([]);
      expect(await claims(), temper).toEqual([]);
    }
    server.temper = 'accept';
    expect(await send(input)).toBe('sent');
    expect(await claims()).toEqual([]);
    expect(await noted()).toEqual([input.mail.key]);
  });

  it('is tried no more when its address refuses it for good, and tried again after all else', async () => {
    const { input } = await invitation();
    server.temper = 'refuse';
    await expect(send(input)).rejects.toMatchObject({
      ...{ type: 'MailRefused', nonRetryable: true },
      message: expect.stringContaining('550 no such mailbox'),
    });
    for (const temper of ['defer', 'hang up'] as const) {
      server.temper = temper;
      await expect(send(input), temper).rejects.not.toHaveProperty('nonRetryable');
    }
  });

  it('to a server that is silent, hangs or drips is given up in time, and no attempt goes on behind', async () => {
    deliver = toMailServer(server.url, 'flows.acme.test', 1_500);
    const { input } = await invitation();
    for (const temper of ['silent', 'hang', 'drip'] as const) {
      server.temper = temper;
      await expect(send(input), temper).rejects.toThrow();
      expect(await noted(), temper).toEqual([]);
      await expect.poll(() => server.connections.size).toBe(0);
    }
    expect(server.received).toEqual([]);
  });

  it('to no server at all is an error', async () => {
    const { input } = await invitation();
    await server.stop();
    await expect(send(input)).rejects.toThrow('ECONNREFUSED');
    expect(await noted()).toEqual([]);
    server = await startMailServer();
  });

  it('may go out twice when the news of the first is lost: the same mail to a mailbox, and both links are good', async () => {
    const { input } = await invitation();
    server.temper = 'hang up';
    await expect(send(input)).rejects.toThrow();
    server.temper = 'accept';
    expect(await send(input)).toBe('sent');
    const [first, second] = server.received.map((m) => m.data);
    expect(server.received).toHaveLength(2);
    const id = (data = ''): string => header(read(data).headers, 'message-id');
    expect(id(first)).toBe(id(second));
    expect(await live(linkIn(first ?? ''))).toBe(true);
    expect(await live(linkIn(second ?? ''))).toBe(true);
  });

  it('outlives the database connection that was to note it: an error, and the next attempt notes it', async () => {
    const { input } = await invitation();
    const smtp = deliver;
    deliver = async (mail) => {
      await smtp(mail);
      return async (trx) => void (await sql`select pg_terminate_backend(pg_backend_pid())`.execute(trx));
    };
    await expect(send(input)).rejects.toThrow();
    deliver = smtp;
    expect(await send(input)).toBe('sent');
    expect(await noted()).toEqual([input.mail.key]);
    expect(server.received).toHaveLength(2);
  });
});

it('many mails to a server that is silent keep no projection waiting, and no more of them are begun than may', async () => {
  deliver = toMailServer(server.url, 'flows.acme.test', 4_000);
  const { stage, input } = await invitation();
  server.temper = 'silent';
  const tries = Promise.allSettled(
    Array.from({ length: 60 }, (_, n) => send(order(stage.flow, { ...input.mail, key: `fl_acme/${100 + n}` }))),
  );
  // More than the worker has connections to the database.
  await expect.poll(() => server.connections.size, { timeout: 3_000 }).toBe(30);
  const begun = performance.now();
  stage.does(olivia, { type: 'pause' });
  await project(stage.flow);
  expect(performance.now() - begun).toBeLessThan(1_000);
  const { used, waiting } = effects.database.connections;
  expect({ used, waiting }).toEqual({ used: 0, waiting: 0 });
  expect(server.connections.size).toBe(30);
  const handedBack = (await tries).filter(
    (t) => t.status === 'rejected' && String(t.reason).includes('are with the mail server'),
  );
  expect(handedBack).toHaveLength(30);
  for (const tried of handedBack)
    expect(tried).toMatchObject({ reason: { nonRetryable: false, nextRetryDelay: soon } });
  server.temper = 'accept';
  expect(await send(input)).toBe('sent');
}, 30_000);

describe('the same mail', () => {
  it('asked for again is not sent again', async () => {
    const { input } = await invitation();
    expect([await send(input), await send(input), await send(input)]).toEqual(['sent', 'sent before', 'sent before']);
    expect(server.received).toHaveLength(1);
    expect(await claims()).toEqual([]);
  });

  it('tried by several at once is sent by one', async () => {
    const { input } = await invitation();
    const smtp = deliver;
    deliver = async (mail) => {
      await sleep(300);
      return smtp(mail);
    };
    const answers = await Promise.allSettled(Array.from({ length: 6 }, () => send(input)));
    const [won, ...others] = answers.toSorted((a, b) => a.status.localeCompare(b.status));
    expect(won).toMatchObject({ status: 'fulfilled', value: 'sent' });
    // Temporal tries them again.
    for (const other of others) expect(other).toMatchObject({ reason: { nonRetryable: false, nextRetryDelay: soon } });
    expect(await Promise.all(others.map(() => send(input)))).toEqual(others.map(() => 'sent before'));
    expect(server.received).toHaveLength(1);
  });

  it('that an attempt hands over is left to it, by its time also where it died, and no longer', async () => {
    const { input } = await invitation();
    const claimed = { org_id: input.orgId, key: input.mail.key, attempt: randomUUID() };
    const until = (ms: number) => ({ until: new Date(Date.now() + ms) });
    await effects.owner
      .insertInto('mails_under_way')
      .values({ ...claimed, ...until(60_000) })
      .execute();
    await expect(send(input)).rejects.toMatchObject({ nonRetryable: false, nextRetryDelay: soon });
    expect(server.received).toEqual([]);
    await effects.owner.updateTable('mails_under_way').set(until(-1)).execute();
    expect(await send(input)).toBe('sent');
    expect(await claims()).toEqual([]);
  });

  it('that an attempt went on with for too long is not kept from the one after it', async () => {
    const { input } = await invitation();
    const smtp = deliver;
    const another = { attempt: randomUUID(), until: new Date(Date.now() + 60_000) };
    deliver = async () => {
      await effects.owner.updateTable('mails_under_way').set(another).execute();
      throw new Error('The mail server went away');
    };
    await expect(send(input)).rejects.toThrow('went away');
    expect(await claims()).toEqual([another.attempt]);
    deliver = smtp;
    await expect(send(input)).rejects.toMatchObject({ nextRetryDelay: soon });
  });

  it('is in the dev mailbox exactly once, also when the process died right after it was put there', async () => {
    const { input } = await invitation();
    deliver = async (mail) => {
      const write = await toDevMailbox(mail);
      return async (trx) => {
        await write?.(trx);
        throw new Error('The process died');
      };
    };
    await expect(send(input)).rejects.toThrow('died');
    const there = () => effects.owner.selectFrom('dev_mails').select('key').execute();
    expect(await there()).toEqual([]);
    deliver = toDevMailbox;
    expect([await send(input), await send(input)]).toEqual(['sent', 'sent before']);
    expect(await there()).toHaveLength(1);
  });
});

describe('nobody gets a mail', () => {
  const none = async (input: SendMailInput): Promise<void> => {
    expect(await send(input)).toBe('nobody');
    expect(server.received).toEqual([]);
    expect(await claims()).toEqual([]);
    expect(await effects.owner.selectFrom('magic_links').select('secret_hash').execute()).toEqual([]);
  };

  it('whose invitation was revoked', async () => {
    const { stage, input } = await invitation();
    stage.does(olivia, { type: 'revoke_invitation', externalId: jane.id });
    await project(stage.flow);
    await none(input);
  });

  it('whose flow has ended', async () => {
    const { stage, input } = await invitation();
    stage.does(olivia, { type: 'cancel', reason: '' });
    await project(stage.flow);
    await none(input);
  });

  it('who left the organization', async () => {
    const { stage, input } = await invitation();
    await effects.owner.deleteFrom('memberships').where('user_id', '=', mia.id).execute();
    await none(order(stage.flow, { ...input.mail, to: { kind: 'member', id: mia.id, name: mia.name } }));
  });
});

it('a member is written to at the address they have today, with a link to the flow', async () => {
  const { stage, input } = await invitation();
  await effects.owner.updateTable('users').set({ email: 'mia.new@acme.test' }).where('id', '=', mia.id).execute();
  const to = { kind: 'member', id: mia.id, name: mia.name } as const;
  expect(await send(order(stage.flow, { ...input.mail, kind: 'task_ready', to }))).toBe('sent');
  expect(server.received[0]?.to).toEqual(['mia.new@acme.test']);
  expect(linkIn(server.received[0]?.data ?? '')).toBe('https://flows.acme.test/flows/fl_acme?task=tk_a');
});

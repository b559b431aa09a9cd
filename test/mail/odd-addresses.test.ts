/** Addresses and names as nobody should write them: refused before anything is sent, or sent to exactly one mailbox. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OutgoingMail, toMailServer } from '../../src/activities/deliver.ts';
import { limits } from '../../src/domain/limits.ts';
import { addressOf } from '../../src/operations/invitees.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';

let server: MailServer;
let sent = 0;

beforeAll(async () => {
  server = await startMailServer();
});
afterAll(async () => {
  await server.stop();
});

/** What the server was given for it. */
async function send(to: string, more: Partial<OutgoingMail> = {}) {
  const mail: OutgoingMail = {
    ...{ key: `odd/${++sent}`, to, from: 'Booflow <no-reply@flows.test>', fromName: 'Acme Agency' },
    ...{ toName: 'Jane', subject: 'Sign the contract', text: 'Hello', html: '<p>Hello</p>' },
    ...more,
  };
  await toMailServer(server.url, 'flows.test')(mail);
  const received = server.received.at(-1);
  if (!received) throw new Error('Nothing arrived.');
  return received;
}

const headersOf = (data: string): string[] =>
  (data.split('\r\n\r\n')[0] ?? '').replace(/\r\n[ \t]+/g, ' ').split('\r\n');

describe('an odd address', () => {
  it.each([
    ['anna+booflow@larch.test', 'anna+booflow@larch.test'],
    ['  Anna.Ek@LARCH.Test ', 'anna.ek@larch.test'],
    ["o'neil@larch.test", "o'neil@larch.test"],
    ['info@Bücher.test', 'info@xn--bcher-kva.test'],
    ['info@xn--bcher-kva.test', 'info@xn--bcher-kva.test'],
    ['post@例え.test', 'post@xn--r8jz45g.test'],
  ])('%s goes to %s and nowhere else', async (written, mailbox) => {
    const address = addressOf(written);
    expect(address).toBe(mailbox);
    const { to, data } = await send(address ?? '');
    expect(to).toEqual([mailbox]);
    expect(headersOf(data).filter((h) => /^To:/i.test(h))).toEqual([`To: Jane <${mailbox}>`]);
  });

  it.each([
    ['quotes', '"anna ek"@larch.test'],
    ['letters beyond ASCII before the @', 'jörg@larch.test'],
    ['two of them', 'a@larch.test, b@larch.test'],
    ['a second one behind', 'a@larch.test b@larch.test'],
    ['a line break and a command', 'a@larch.test\r\nRCPT TO:<b@larch.test>'],
    ['a line break inside', 'a\r\nbcc:b@larch.test'],
    ['angle brackets', 'Anna <a@larch.test>'],
    ['a number for a host', 'a@[127.0.0.1]'],
    ['no dot behind the @', 'a@localhost'],
    ['two dots', 'a..b@larch.test'],
    ['a path behind the domain', 'a@bücher.test/x'],
    ['a character that looks like an @', 'a＠larch.test'],
    ['an endless one', `${'a'.repeat(limits.email)}@larch.test`],
    ['an endless domain', `a@${'ü'.repeat(limits.email)}.test`],
    ['nothing', '@'],
  ])('with %s is refused', (_, written) => {
    expect(addressOf(written)).toBeNull();
  });
});

it('line breaks in names and subjects make no header and no recipient', async () => {
  const break_ = '\r\nBcc: eve@evil.test\r\n\r\nNo body of ours';
  const { to, data } = await send('jane@larch.test', {
    ...{ toName: `Jane${break_}`, fromName: `Acme${break_}`, subject: `Sign${break_}` },
  });
  expect(to).toEqual(['jane@larch.test']);
  const headers = headersOf(data);
  expect(headers.filter((h) => /^(bcc|cc)/i.test(h))).toEqual([]);
  for (const name of ['To', 'From', 'Subject']) {
    expect(headers.filter((h) => h.startsWith(`${name}:`))).toHaveLength(1);
  }
});

it('a name that looks like another address stays a name', async () => {
  const { to, data } = await send('jane@larch.test', { toName: 'eve@evil.test>, "Eve' });
  expect(to).toEqual(['jane@larch.test']);
  expect(headersOf(data).find((h) => h.startsWith('To:'))).toMatch(/<jane@larch\.test>$/);
});

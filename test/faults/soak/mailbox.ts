/** What a mail server took, in the checker's words: a mailbox shows mails with the same Message-ID once. */
import type { ReceivedMail } from '../../support/mail-server.ts';
import type { Evidence } from '../checker.ts';

export interface Mailbox {
  readonly mails: Evidence['mailbox'];
  /** When one came that was there already. */
  readonly again: readonly number[];
  /** Message-IDs under which two mails with different words came. */
  readonly unlike: readonly string[];
}

/** `keys`: those of every mail that was noted; the Message-ID is made from one. */
export function mailboxOf(received: readonly ReceivedMail[], keys: readonly string[]): Mailbox {
  const known = new Map(keys.map((key) => [key.replace(/[^A-Za-z0-9]+/g, '.'), key]));
  const mails = new Map<string, Evidence['mailbox'][number]>();
  const again: number[] = [];
  const unlike: string[] = [];
  for (const { at, to, data } of received) {
    const id = /^Message-ID: <(.*)@[^@>]*>/im.exec(data)?.[1] ?? '';
    const key = known.get(id) ?? id;
    const mail = { key, to: to.join(', '), text: plainText(data) };
    const before = mails.get(key);
    if (before === undefined) mails.set(key, mail);
    else {
      again.push(at);
      const words = (m: typeof mail): string => `${m.to} ${m.text.replace(/\/portal\/\S+/g, '/portal/')}`;
      if (words(before) !== words(mail)) unlike.push(key);
    }
  }
  return { mails: [...mails.values()], again, unlike };
}

/** The first text part, as it reads. */
function plainText(data: string): string {
  const [, headers = '', body = ''] =
    /(Content-Type: text\/plain[\s\S]*?)\r\n\r\n([\s\S]*?)(?:\r\n--|$)/i.exec(data) ?? [];
  if (/base64/i.test(headers)) return Buffer.from(body, 'base64').toString('utf8');
  if (!/quoted-printable/i.test(headers)) return body;
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

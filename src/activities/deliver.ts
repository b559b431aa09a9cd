/** Handing a mail over: to a real mail server, or into the dev mailbox. */
import { createTransport } from 'nodemailer';
import { z } from 'zod';
import type { Trx } from '../db/database.ts';
import { plainLine, shortened } from '../platform/plain-line.ts';

export interface OutgoingMail {
  /** Of this mail alone: sending it again has the same key. */
  readonly key: string;
  /** An address of ours, with or without a name. */
  readonly from: string;
  /** Who writes, in place of the name in `from`. */
  readonly fromName?: string;
  readonly to: string;
  readonly toName?: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Where one click, or a mail program by itself, stops mails of this kind (RFC 2369, RFC 8058). */
  readonly unsubscribe?: string | null;
}

/** The mail server will never take this mail. The message is what it said. */
export class MailRefused extends Error {}

/** What is still to be written, in the transaction that notes a mail as sent. */
export type Handed = (trx: Trx) => Promise<void>;

/**
 * Hands a mail over, while no transaction is open: a mail server may take as long as it likes, and the connections are for
 * others too. `stop`: it can't be waited for any longer.
 */
export type Deliver = (mail: OutgoingMail, stop?: AbortSignal) => Promise<Handed | null>;

/** Into the dev mailbox, in the transaction that notes it: exactly once. */
export const toDevMailbox: Deliver = async (mail) => async (trx) => {
  await trx
    .insertInto('dev_mails')
    .values({
      key: mail.key,
      from_address: readable(fromOf(mail)),
      to_address: mail.to,
      subject: plainLine(mail.subject),
      text: mail.text,
      html: mail.html,
      unsubscribe: mail.unsubscribe ?? null,
    })
    .onConflict((on) => on.column('key').doNothing())
    .execute();
};

interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** "Booflow <no-reply@…>" in its parts, with the name that the mail wants. */
function fromOf({ from, fromName }: OutgoingMail): Mailbox {
  const [, name = '', address = from] = /^([^<>]*)<([^<>]+)>\s*$/.exec(from) ?? [];
  return { name: shortened(plainLine(fromName ?? name), 60), address: address.trim() };
}

const readable = ({ name, address }: Mailbox): string => (name === '' ? address : `${name} <${address}>`);

/** What every mail of ours says of itself: a machine sent it (RFC 3834), and how to stop it if it can be stopped. */
const headersOf = ({ unsubscribe }: OutgoingMail): Record<string, string> => ({
  'Auto-Submitted': 'auto-generated',
  ...(unsubscribe && { 'List-Unsubscribe': `<${unsubscribe}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
});

/**
 * To a mail server, which gets `patienceMs` for all of it: less than the activity may take. The Message-ID is made from the
 * key, so that in the cases where a mail can go out twice (the process dies, or the connection is lost, between the server's
 * "accepted" and our commit) mailboxes see the same mail, not two.
 */
export function toMailServer(smtpUrl: string, host: string, patienceMs = 25_000): Deliver {
  const patience = Math.min(10_000, patienceMs);
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patienceMs,
  });
  return async (mail, stop) => {
    const { key, to, text, html } = mail;
    const late = AbortSignal.timeout(patienceMs);
    const from = fromOf(mail);
    try {
      await transport.sendMail({
        from,
        // As parts, so that nothing in an address or a name is read as another address.
        to: { name: shortened(plainLine(mail.toName ?? ''), 60), address: to },
        envelope: { from: from.address, to: [to] },
        subject: plainLine(mail.subject),
        ...{ text, html },
        messageId: `<${key.replace(/[^A-Za-z0-9]+/g, '.')}@${host}>`,
        headers: headersOf(mail),
        signal: stop ? AbortSignal.any([late, stop]) : late,
      });
      return null;
    } catch (error) {
      const why = refusal(error);
      throw why === null ? error : new MailRefused(why, { cause: error });
    }
  };
}

const smtpError = z.object({
  code: z.string().optional(),
  command: z.string().optional(),
  responseCode: z.number(),
  response: z.string().optional(),
});

/**
 * What the server said, when it will say the same to every further try: 5xx to the address or to the text (RFC 5321
 * §4.2.1). Null for all else: what it holds against us (sign-in, the sender's address, 5.7.x for policy, RFC 3463 §3.8)
 * can be mended by whoever runs this, and is tried again.
 */
function refusal(error: unknown): string | null {
  const { data } = smtpError.safeParse(error);
  if (!data || data.responseCode < 500 || data.code === 'EAUTH') return null;
  if (data.command !== 'RCPT TO' && data.command !== 'DATA') return null;
  const said = plainLine(data.response ?? `${data.responseCode}`);
  return /^5\d\d[ -]5\.7\./.test(said) ? null : shortened(said, 200);
}

/** Handing a mail over: to a real mail server, or into the dev mailbox. */
import { createTransport } from 'nodemailer';
import type { Trx } from '../db/database.ts';

export interface OutgoingMail {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** `trx` is the transaction that also notes the mail as sent. */
export type Deliver = (trx: Trx, mail: OutgoingMail) => Promise<void>;

/** Into the dev mailbox, in the transaction that notes it: exactly once. */
export const toDevMailbox: Deliver = async (trx, mail) => {
  await trx
    .insertInto('dev_mails')
    .values({
      key: mail.key,
      from_address: mail.from,
      to_address: mail.to,
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
    })
    .onConflict((on) => on.column('key').doNothing())
    .execute();
};

/**
 * To a mail server. The Message-ID is made from the key, so that in the one case where a mail can go out twice (the
 * process dies between the server's "accepted" and our commit) mailboxes see the same mail, not two.
 */
export function toMailServer(smtpUrl: string, host: string): Deliver {
  const transport = createTransport(smtpUrl, {
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
  } as object);
  return async (_trx, mail) => {
    const { key, ...rest } = mail;
    await transport.sendMail({ ...rest, messageId: `<${key.replace(/[^A-Za-z0-9]/g, '.')}@${host}>` });
  };
}

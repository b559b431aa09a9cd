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

/** `trx` is the transaction that also notes the mail as sent. `stop`: the worker can't wait any longer. */
export type Deliver = (trx: Trx, mail: OutgoingMail, stop?: AbortSignal) => Promise<void>;

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
 * To a mail server, which gets `patienceMs` for all of it: less than a transaction may idle (30 s) and the activity may take,
 * so that no attempt goes on when the next has begun. The Message-ID is made from the key, so that in the cases where a mail
 * can go out twice (the process dies, or the connection is lost, between the server's "accepted" and our commit)
 * mailboxes see the same mail, not two.
 */
export function toMailServer(smtpUrl: string, host: string, patienceMs = 25_000): Deliver {
  const patience = Math.min(10_000, patienceMs);
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patienceMs,
  });
  return async (_trx, mail, stop) => {
    const { key, ...rest } = mail;
    const messageId = `<${key.replace(/[^A-Za-z0-9]/g, '.')}@${host}>`;
    const late = AbortSignal.timeout(patienceMs);
    await transport.sendMail({ ...rest, messageId, signal: stop ? AbortSignal.any([late, stop]) : late });
  };
}

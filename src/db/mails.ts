/** Mails of flows: which were sent, and which an attempt is handing over now. */
import { sql } from 'kysely';
import type { Trx } from './database.ts';

/** One attempt's hold on a mail. It ends with the attempt, or by itself where that died. */
export interface MailClaim {
  readonly orgId: string;
  readonly key: string;
  readonly attempt: string;
}

/**
 * False while another attempt has the mail. One that ends in this moment is waited for: what it noted as sent is seen by
 * what is asked next.
 */
export async function claimMail(trx: Trx, { orgId, key, attempt }: MailClaim, ms: number): Promise<boolean> {
  const until = sql<Date>`now() + ${ms} * interval '1 millisecond'`;
  const claimed = await trx
    .insertInto('mails_under_way')
    .values({ org_id: orgId, key, attempt, until })
    .onConflict((on) =>
      on
        .columns(['org_id', 'key'])
        .doUpdateSet({ attempt, until })
        .where('mails_under_way.until', '<', sql<Date>`now()`),
    )
    .returning('key')
    .executeTakeFirst();
  return claimed !== undefined;
}

/** What another attempt has taken over stays that one's. */
export async function endClaim(trx: Trx, { key, attempt }: MailClaim): Promise<void> {
  await trx.deleteFrom('mails_under_way').where('key', '=', key).where('attempt', '=', attempt).execute();
}

export interface SentMail {
  readonly orgId: string;
  readonly key: string;
  readonly flowId: string;
  readonly kind: string;
  readonly to: string;
  readonly subject: string;
}

export async function noteSent(trx: Trx, { orgId, key, flowId, kind, to, subject }: SentMail): Promise<void> {
  await trx
    .insertInto('mails')
    .values({ org_id: orgId, key, flow_id: flowId, kind, to_address: to, subject })
    .onConflict((on) => on.doNothing())
    .execute();
}

export const wasSent = async (trx: Trx, key: string): Promise<boolean> =>
  (await trx.selectFrom('mails').select('key').where('key', '=', key).executeTakeFirst()) !== undefined;

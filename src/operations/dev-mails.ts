/** The dev mailbox's mails. They belong to no org, and there are none in production. */
import type { Tools } from './operation.ts';

export const listDevMails = ({ database }: Tools) =>
  database.open
    .selectFrom('dev_mails')
    .select(['id', 'at', 'to_address', 'subject'])
    .orderBy('id', 'desc')
    .limit(200)
    .execute();

export const readDevMail = ({ database }: Tools, id: string) =>
  database.open.selectFrom('dev_mails').selectAll().where('id', '=', id).executeTakeFirst();

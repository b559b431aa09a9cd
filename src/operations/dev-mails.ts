/** The dev mailbox's mails. They belong to no org, and there are none in production. */
import { type SqlBool, sql } from 'kysely';
import type { Tools } from './operation.ts';

/** The newest first; only to addresses that hold these letters, when some are given. */
export const listDevMails = ({ database }: Tools, to: string) =>
  database.open
    .selectFrom('dev_mails')
    .select(['id', 'at', 'from_address', 'to_address', 'subject'])
    .where(sql<SqlBool>`position(lower(${to}) in lower(to_address)) > 0`)
    .orderBy('id', 'desc')
    .limit(200)
    .execute();

export const readDevMail = ({ database }: Tools, id: string) =>
  database.open.selectFrom('dev_mails').selectAll().where('id', '=', id).executeTakeFirst();

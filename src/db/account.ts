/** A person's own account. For `withUser`: what others have is not seen. */
import type { Trx } from './database.ts';

/** How the person of this session stands; undefined when the session or the account is gone. */
export function findAccount(trx: Trx, who: { readonly userId: string; readonly sessionId: string }) {
  return trx
    .selectFrom('users')
    .innerJoin('sessions', 'sessions.user_id', 'users.id')
    .select(['users.name', 'users.email', 'users.password_hash'])
    .select(['sessions.by_link', 'sessions.created_at', 'sessions.current_org'])
    .where('users.id', '=', who.userId)
    .where('sessions.id', '=', who.sessionId)
    .executeTakeFirst();
}

export async function renameUser(trx: Trx, userId: string, name: string): Promise<void> {
  await trx.updateTable('users').set({ name }).where('id', '=', userId).execute();
}

/** False when it is no longer `before` that is stored: someone else was faster. */
export async function replacePassword(
  trx: Trx,
  userId: string,
  { before, after }: { readonly before: string | null; readonly after: string },
): Promise<boolean> {
  const done = await trx
    .updateTable('users')
    .set({ password_hash: after })
    .where('id', '=', userId)
    .where('password_hash', 'is not distinct from', before)
    .executeTakeFirst();
  return done.numUpdatedRows === 1n;
}

/** Signs the person out everywhere; links to sign in that were mailed end too. */
export async function endAllSessions(trx: Trx, userId: string): Promise<void> {
  await trx.deleteFrom('sessions').where('user_id', '=', userId).execute();
  await trx.deleteFrom('sign_in_links').where('user_id', '=', userId).execute();
}

/** With sessions, links to sign in, and what was given out in organizations. Who is a member still can't go. */
export async function deleteUser(trx: Trx, userId: string): Promise<void> {
  await trx.deleteFrom('users').where('id', '=', userId).execute();
}

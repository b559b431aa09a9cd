/** The link of a reminder mail: whose reminders it switches. What it holds is a secret, so no sign-in is asked for. */
import { z } from 'zod';
import { brandingOf } from '../db/branding.ts';
import { areRemindersOff, findReminderLink, type Reminded } from '../db/reminders.ts';
import { hashSecret } from '../platform/secrets.ts';
import type { Tools } from './operation.ts';
import { Refusal } from './refusal.ts';

export const reminderSecret = z.string().max(200);

export const reminderFacts = z.object({
  branding: z.object({ name: z.string(), colour: z.string().nullable(), logo: z.string().nullable() }),
  on: z.boolean(),
});

export async function reminderLink(
  { database, now }: Tools,
  secret: string,
): Promise<Reminded & { readonly orgId: string }> {
  const found = /^[A-Za-z0-9]{40}$/.test(secret)
    ? await findReminderLink(database.open, hashSecret(secret), new Date(now))
    : undefined;
  if (!found) throw new Refusal('not_found', 'This link is too old, or not whole. A newer mail has a newer one.');
  return found;
}

export const reminderState = (
  { database }: Tools,
  link: Reminded & { readonly orgId: string },
): Promise<z.infer<typeof reminderFacts>> =>
  database.withOrg(link, async (trx) => ({
    branding: await brandingOf(trx, link.orgId),
    on: !(await areRemindersOff(trx, link)),
  }));

import { z } from 'zod';
import { setReminders } from '../db/reminders.ts';
import { operation } from './operation.ts';
import { reminderFacts, reminderLink, reminderSecret, reminderState } from './reminder-link.ts';

export const chooseReminders = operation({
  name: 'choose_reminders',
  title: 'Switch reminders by mail, by the link in one',
  description:
    'Switches the reminders of an organization off or on for whom a reminder mail went to: a client in all its flows, a member in it.',
  kind: 'write',
  access: 'public',
  surfaces: ['web'],
  input: z.strictObject({ secret: reminderSecret, on: z.boolean() }),
  output: reminderFacts,
  async handler(call, { secret, on }) {
    const link = await reminderLink(call, secret);
    await call.database.withOrg(link, (trx) => setReminders(trx, link.orgId, link, on));
    return reminderState(call, link);
  },
  text: (f) => `Reminders from ${f.branding.name} are ${f.on ? 'on' : 'off'} now.`,
});

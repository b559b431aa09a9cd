import { z } from 'zod';
import { operation } from './operation.ts';
import { reminderFacts, reminderLink, reminderSecret, reminderState } from './reminder-link.ts';

export const getReminderChoice = operation({
  name: 'get_reminder_choice',
  title: 'Reminders by mail, by the link in one',
  description: 'Whether whom a reminder mail went to still gets reminders from the organization that sent it.',
  kind: 'read',
  access: 'public',
  surfaces: ['web'],
  input: z.strictObject({ secret: reminderSecret }),
  output: reminderFacts,
  handler: async (call, { secret }) => reminderState(call, await reminderLink(call, secret)),
  text: (f) => `Reminders from ${f.branding.name} are ${f.on ? 'on' : 'off'}.`,
});

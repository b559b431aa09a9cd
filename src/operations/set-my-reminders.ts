import { z } from 'zod';
import { remindedMember, setReminders } from '../db/reminders.ts';
import { operation } from './operation.ts';

export const setMyReminders = operation({
  name: 'set_my_reminders',
  title: 'Switch my reminders',
  description: "Switches the caller's own reminders by mail in this organization off or on. Other mails still come.",
  kind: 'write',
  access: 'member',
  surfaces: ['rest', 'web'],
  rest: { method: 'PUT', path: '/me/reminders', example: { on: true } },
  input: z.strictObject({ on: z.boolean() }),
  output: z.object({ on: z.boolean() }),
  async handler({ database, principal }, { on }) {
    await database.withOrg(principal, (trx) =>
      setReminders(trx, principal.orgId, remindedMember(principal.userId), on),
    );
    return { on };
  },
  text: ({ on }) => `Your reminders by mail are ${on ? 'on' : 'off'} now.`,
});

import { z } from 'zod';
import { areRemindersOff, remindedMember } from '../db/reminders.ts';
import { operation } from './operation.ts';

export const getMyReminders = operation({
  name: 'get_my_reminders',
  title: 'My reminders',
  description: 'Whether the caller gets reminders by mail in this organization: what fell due, and what stays overdue.',
  kind: 'read',
  access: 'member',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/me/reminders', example: {} },
  input: z.strictObject({}),
  output: z.object({ on: z.boolean() }),
  handler: ({ database, principal }) =>
    database.withOrg(principal, async (trx) => ({
      on: !(await areRemindersOff(trx, remindedMember(principal.userId))),
    })),
  text: ({ on }) => `Your reminders by mail are ${on ? 'on' : 'off'}.`,
});

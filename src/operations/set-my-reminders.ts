import { z } from 'zod';
import { remindedMember, setReminders } from '../db/reminders.ts';
import { commandInput } from './command.ts';
import { onceOnly } from './once.ts';
import { operation } from './operation.ts';

const output = z.object({ on: z.boolean() });

export const setMyReminders = operation({
  name: 'set_my_reminders',
  title: 'Switch my reminders',
  description: "Switches the caller's own reminders by mail in this organization off or on. Other mails still come.",
  kind: 'write',
  access: 'member',
  surfaces: ['rest', 'web'],
  rest: { method: 'PUT', path: '/me/reminders', example: { on: true } },
  input: z.strictObject({ on: z.boolean(), ...commandInput }),
  output,
  handler(call, { on }) {
    const { orgId, userId } = call.principal;
    return onceOnly(call, output, async (trx) => {
      await setReminders(trx, orgId, remindedMember(userId), on);
      return { on };
    });
  },
  text: ({ on }) => `Your reminders by mail are ${on ? 'on' : 'off'} now.`,
});

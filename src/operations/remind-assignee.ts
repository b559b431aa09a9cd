import { z } from 'zod';
import { remindersOffOf } from '../db/reminders.ts';
import { acceptedText, actedOn, command, commandInput, commandOutput, factsOf, taskInput, theTask } from './command.ts';
import { operation } from './operation.ts';
import { lines, plain, quote } from './words.ts';

export const remindAssignee = operation({
  name: 'remind_assignee',
  title: 'Remind whom a task lies with',
  description:
    'Mails whom a READY task lies with now, from you by name: at most once an hour for one task. It goes out even to those who switched the automatic reminders off.',
  kind: 'write',
  openWorld: true,
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: {
    method: 'POST',
    path: '/tasks/{task}/remind',
    example: { flow: 'Harbor & Pine', task: 'Sign the contract' },
  },
  input: z.strictObject({ ...taskInput, ...commandInput }),
  output: z.object({
    ...commandOutput,
    ...actedOn,
    reminded: z.string().nullable(),
    remindersOff: z.boolean().describe('They switched the automatic reminders off'),
  }),
  async handler(call, input) {
    const { flow, task } = await theTask(call, input);
    const facts = await command(call, flow, { type: 'remind', taskId: task.id });
    const whom = await call.database.withOrg(call.principal, async (trx) => {
      const row = await trx
        .selectFrom('tasks')
        .leftJoin('external_users', (join) =>
          join
            .onRef('external_users.org_id', '=', 'tasks.org_id')
            .onRef('external_users.flow_id', '=', 'tasks.flow_id')
            .onRef('external_users.id', '=', 'tasks.assignee_id'),
        )
        .select(['tasks.assignee_name', 'tasks.assignee_kind', 'tasks.assignee_id', 'external_users.email'])
        .where('tasks.flow_id', '=', flow.id)
        .where('tasks.id', '=', task.id)
        .executeTakeFirst();
      const kind = row?.assignee_kind ?? null;
      const person = kind === 'external' ? row?.email : row?.assignee_id;
      const off = kind && person ? await remindersOffOf(trx, [{ kind, person }]) : [];
      return { reminded: row?.assignee_name ?? null, remindersOff: off.some((o) => o.kind === kind) };
    });
    const { name: by, through } = call.principal;
    return { ...factsOf(facts), task, by, through, ...whom };
  },
  text(f) {
    if (f.state === 'accepted') return acceptedText(f);
    return lines(
      `A reminder of ${quote(f.task.title)} is on its way to ${f.reminded === null ? 'its assignee' : plain(f.reminded)}.`,
      f.remindersOff && 'They have switched the automatic reminders off; this one is sent by hand.',
    );
  },
});

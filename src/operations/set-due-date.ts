import { z } from 'zod';
import { endOfDate, isCalendarDay } from '../domain/dates.ts';
import { limits } from '../domain/limits.ts';
import { acceptedText, actedOn, command, commandInput, commandOutput, factsOf, taskInput, theTask } from './command.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { isoOr, moment } from './shapes.ts';
import { onDay, quote } from './words.ts';

export const setDueDate = operation({
  name: 'set_due_date',
  title: 'Move a due date',
  description: "Sets an open task's due date, or takes it off. The task is late when that day is over.",
  kind: 'write',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: {
    method: 'PUT',
    path: '/tasks/{task}/due-date',
    example: { flow: 'Harbor & Pine', task: 'Hold the kickoff call', due_date: '2030-01-31' },
  },
  input: z.strictObject({
    ...taskInput,
    due_date: z.string().max(10).nullable().describe('YYYY-MM-DD, or null for none'),
    ...commandInput,
  }),
  output: z.object({ ...commandOutput, ...actedOn, dueAt: moment.nullable() }),
  async handler(call, input) {
    const { due_date: day } = input;
    const outside = () =>
      new Refusal('bad_input', 'due_date must be a day from 1970 to 3000, written YYYY-MM-DD. Nothing changed.');
    if (day !== null && !isCalendarDay(day)) throw outside();
    const { flow, task } = await theTask(call, input);
    const dueAt = day === null ? null : endOfDate(day, flow.timeZone);
    if (dueAt !== null && (dueAt < 0 || dueAt > limits.moment)) throw outside();
    const facts = await command(call, flow, { type: 'set_due', taskId: task.id, dueAt });
    const { name: by, through } = call.principal;
    return { ...factsOf(facts), task, by, through, dueAt: isoOr(dueAt) };
  },
  text(f, now) {
    if (f.state === 'accepted') return acceptedText(f);
    return f.dueAt === null
      ? `${quote(f.task.title)} has no due date now.`
      : `${quote(f.task.title)} is due ${onDay(f.dueAt, now, f.flow.timeZone)} now.`;
  },
});

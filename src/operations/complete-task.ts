import { z } from 'zod';
import type { Command } from '../domain/command.ts';
import { limits } from '../domain/limits.ts';
import { textOf } from '../domain/naming.ts';
import {
  acceptedText,
  actedOn,
  commandInput,
  commandOnTask,
  commandOutput,
  effectLines,
  meant,
  standing,
  taskCalled,
  taskInput,
  taskMeant,
} from './command.ts';
import { needFiles } from './files.ts';
import { operation } from './operation.ts';
import { byWhom, lines, quote } from './words.ts';

/** Form answers, by the field's key. */
export const answersInput = z
  .record(z.string().max(limits.id), z.string().max(limits.answer))
  .refine((a) => Object.keys(a).length <= limits.fieldsPerForm, `a form has ${limits.fieldsPerForm} fields at most`)
  .refine(
    (a) => Object.values(a).reduce((n, v) => n + v.length, 0) <= limits.answersPerTask,
    `${limits.answersPerTask} characters together at most`,
  )
  .optional()
  .describe("A form's answers by field key; `get_task` shows the fields");

export const completeTask = operation({
  name: 'complete_task',
  title: 'Complete a task',
  description:
    'Completes a READY task; what depended on it becomes ready in the same step. A form takes its `answers`. An approval is decided with `approve_task` instead. Name the flow when the title is common.',
  kind: 'write',
  openWorld: true,
  access: 'member',
  surfaces: ['mcp', 'rest', 'web'],
  rest: {
    method: 'POST',
    path: '/tasks/{task}/complete',
    example: { flow: 'Postbird newsletter tool', task: 'Rate the risk' },
  },
  input: z.strictObject({
    ...taskInput,
    answers: answersInput,
    comment: textOf(limits.comment).optional(),
    ...commandInput,
  }),
  output: z.object({ ...commandOutput, ...actedOn }),
  async handler(call, input) {
    const { answers = null, comment = '' } = input;
    const complete = (taskId: string): Command => ({ type: 'complete', taskId, answers, comment });
    if (answers === null) return commandOnTask(call, input, complete);
    const { flow, task } = await meant(call, input, taskMeant, async (trx) => {
      const found = await taskCalled(trx, input);
      await needFiles(trx, found.flow.id, found.task.id, answers);
      return found;
    });
    return commandOnTask(call, { task: task.id, flow: flow.id }, complete);
  },
  text(f, now) {
    if (f.state === 'accepted') return acceptedText(f);
    return lines(
      `${quote(f.task.title)} is completed (by ${byWhom(f.by, f.through)}). ${standing(f)}`,
      effectLines(f, now),
    );
  },
});

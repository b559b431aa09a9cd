import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { textOf } from '../domain/naming.ts';
import {
  acceptedText,
  actedOn,
  commandInput,
  commandOnTask,
  commandOutput,
  effectLines,
  standing,
  taskInput,
} from './command.ts';
import { operation } from './operation.ts';
import { lines, quote } from './words.ts';

export const skipTask = operation({
  name: 'skip_task',
  title: 'Skip a task',
  description:
    'Takes an open task out of the flow, with a reason: what waited for it goes on, and it counts no more. `reopen_task` undoes it.',
  kind: 'write',
  openWorld: true,
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: {
    method: 'POST',
    path: '/tasks/{task}/skip',
    example: { flow: 'Harbor & Pine', task: 'Set up billing', reason: 'They pay by card.' },
  },
  input: z.strictObject({ ...taskInput, reason: textOf(limits.reason).min(1), ...commandInput }),
  output: z.object({ ...commandOutput, ...actedOn }),
  async handler(call, input) {
    const { reason } = input;
    return commandOnTask(call, input, (taskId) => ({ type: 'skip', taskId, reason }));
  },
  text(f, now) {
    if (f.state === 'accepted') return acceptedText(f);
    return lines(`${quote(f.task.title)} is skipped. ${standing(f)}`, effectLines(f, now));
  },
});

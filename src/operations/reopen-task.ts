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

export const reopenTask = operation({
  name: 'reopen_task',
  title: 'Reopen a task',
  description: 'Makes a completed or skipped task open again; what was done after it waits once more.',
  kind: 'write',
  openWorld: true,
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: {
    method: 'POST',
    path: '/tasks/{task}/reopen',
    example: { flow: 'Harbor & Pine', task: 'Schedule the kickoff call', reason: 'They moved it.' },
  },
  input: z.strictObject({ ...taskInput, reason: textOf(limits.reason).optional(), ...commandInput }),
  output: z.object({ ...commandOutput, ...actedOn }),
  async handler(call, input) {
    const { reason = '' } = input;
    return commandOnTask(call, input, (taskId) => ({ type: 'reopen', taskId, reason }));
  },
  text(f, now) {
    if (f.state === 'accepted') return acceptedText(f);
    return lines(`${quote(f.task.title)} is open again. ${standing(f)}`, effectLines(f, now));
  },
});

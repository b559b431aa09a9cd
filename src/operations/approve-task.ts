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
import { byWhom, lines, quote } from './words.ts';

export const decisions = ['approve', 'reject'] as const;

export const approveTask = operation({
  name: 'approve_task',
  title: 'Approve or reject',
  description:
    'Decides a READY approval: `approve`, or `reject` with a `comment` that says why. A rejection sends the tasks right before it back to be done again, with the reason.',
  kind: 'write',
  openWorld: true,
  access: 'member',
  surfaces: ['mcp', 'rest', 'web'],
  rest: {
    method: 'POST',
    path: '/tasks/{task}/decision',
    example: { flow: 'Northwind', task: 'Approve launch plan', decision: 'approve' },
  },
  input: z.strictObject({
    ...taskInput,
    decision: z.enum(decisions),
    comment: textOf(limits.reason).optional().describe('With reject: the reason, needed'),
    ...commandInput,
  }),
  output: z.object({ ...commandOutput, ...actedOn, decision: z.enum(decisions) }),
  async handler(call, input) {
    const { decision, comment = '' } = input;
    const facts = await commandOnTask(call, input, (taskId) =>
      decision === 'approve' ? { type: 'approve', taskId, comment } : { type: 'reject', taskId, reason: comment },
    );
    return { ...facts, decision };
  },
  text(f, now) {
    if (f.state === 'accepted') return acceptedText(f);
    const word = f.decision === 'approve' ? 'approved' : 'rejected';
    return lines(
      `${quote(f.task.title)} is ${word} (by ${byWhom(f.by, f.through)}). ${standing(f)}`,
      effectLines(f, now),
    );
  },
});

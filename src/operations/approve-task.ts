import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import {
  acceptedText,
  actedOn,
  command,
  commandInput,
  commandOutput,
  effectLines,
  factsOf,
  standing,
  taskInput,
  theTask,
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
    comment: z.string().trim().max(limits.reason).optional().describe('With reject: the reason, needed'),
    ...commandInput,
  }),
  output: z.object({ ...commandOutput, ...actedOn, decision: z.enum(decisions) }),
  async handler(call, input) {
    const { decision, comment = '' } = input;
    const { flow, task } = await theTask(call, input);
    const facts = await command(
      call,
      flow,
      decision === 'approve'
        ? { type: 'approve', taskId: task.id, comment }
        : { type: 'reject', taskId: task.id, reason: comment },
    );
    return { ...factsOf(facts), task, by: call.principal.name, through: call.principal.through, decision };
  },
  text(f, now, zone) {
    if (f.state === 'accepted') return acceptedText(f);
    const word = f.decision === 'approve' ? 'approved' : 'rejected';
    return lines(
      `${quote(f.task.title)} is ${word} (by ${byWhom(f.by, f.through)}). ${standing(f)}`,
      effectLines(f, now, zone),
    );
  },
});

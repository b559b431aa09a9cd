import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { acceptedText, actedOn, command, commandInput, commandOutput, factsOf, taskInput, theTask } from './command.ts';
import { operation } from './operation.ts';
import { plain, quote } from './words.ts';

export const commentOnTask = operation({
  name: 'comment_on_task',
  title: 'Comment on a task',
  description: 'Adds a comment to a task, in any state of it. Nothing else changes.',
  kind: 'write',
  access: 'member',
  surfaces: ['rest', 'web'],
  input: z.strictObject({ ...taskInput, text: z.string().trim().min(1).max(limits.comment), ...commandInput }),
  output: z.object({ ...commandOutput, ...actedOn }),
  async handler(call, input) {
    const { flow, task } = await theTask(call, input);
    const facts = await command(call, flow, { type: 'comment', taskId: task.id, text: input.text });
    return { ...factsOf(facts), task, by: call.principal.name, through: call.principal.through };
  },
  text: (f) =>
    f.state === 'accepted' ? acceptedText(f) : `The comment is on ${quote(f.task.title)} of ${plain(f.flow.name)}.`,
});

import { z } from 'zod';
import { commentAudiences } from '../domain/flow.ts';
import { limits } from '../domain/limits.ts';
import { textOf } from '../domain/naming.ts';
import { acceptedText, actedOn, commandInput, commandOnTask, commandOutput, taskInput } from './command.ts';
import { operation } from './operation.ts';
import { plain, quote } from './words.ts';

export const commentOnTask = operation({
  name: 'comment_on_task',
  title: 'Comment on a task',
  description:
    'Adds a comment to a task, in any state of it. `internal` (unless said otherwise) is for members only; `client` is seen by the client whose task it is, too. Whoever has the task gets it by mail; nothing else changes.',
  kind: 'write',
  openWorld: true,
  access: 'member',
  surfaces: ['mcp', 'rest', 'web'],
  rest: {
    method: 'POST',
    path: '/tasks/{task}/comments',
    example: { flow: 'Harbor & Pine', task: 'Sign the contract', text: 'Their lawyer answers on Friday.' },
  },
  input: z.strictObject({
    ...taskInput,
    text: textOf(limits.comment).min(1),
    audience: z.enum(commentAudiences).default('internal'),
    ...commandInput,
  }),
  output: z.object({ ...commandOutput, ...actedOn, audience: z.enum(commentAudiences) }),
  async handler(call, input) {
    const { text, audience } = input;
    const facts = await commandOnTask(call, input, (taskId) => ({ type: 'comment', taskId, text, audience }));
    return { ...facts, audience };
  },
  text(f) {
    if (f.state === 'accepted') return acceptedText(f);
    const seen = f.audience === 'client' ? 'The client sees it too.' : 'Only members see it.';
    return `The comment is on ${quote(f.task.title)} of ${plain(f.flow.name)}. ${seen}`;
  },
});

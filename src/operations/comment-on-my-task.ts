import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { textOf } from '../domain/naming.ts';
import { acceptedText, command, commandInput, commandOutput, factsOf } from './command.ts';
import { operation } from './operation.ts';

/** A client comments on a task of theirs; members and they see it. */
export const commentOnMyTask = operation({
  name: 'comment_on_my_task',
  title: 'Comment on my task',
  description: "Adds a comment to one of a client's own tasks, by its id.",
  kind: 'write',
  access: 'portal',
  surfaces: ['web'],
  input: z.strictObject({
    task: z.string().min(1).max(limits.id),
    text: textOf(limits.comment).min(1, 'Write something first'),
    ...commandInput,
  }),
  output: z.object(commandOutput),
  async handler(call, { task, text }) {
    const flow = { id: call.principal.flowId, name: '' };
    return factsOf(await command(call, flow, { type: 'comment', taskId: task, text, audience: 'client' }));
  },
  text: (f) => (f.state === 'accepted' ? acceptedText(f) : 'Thank you, your comment is there.'),
});

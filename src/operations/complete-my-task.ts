import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { textOf } from '../domain/naming.ts';
import { acceptedText, command, commandInput, commandOutput, factsOf } from './command.ts';
import { answersInput } from './complete-task.ts';
import { answersToSend } from './files.ts';
import { operation } from './operation.ts';

/** A client completes a task of theirs; that it is theirs is the flow's own rule. */
export const completeMyTask = operation({
  name: 'complete_my_task',
  title: 'Complete my task',
  description: "Completes one of a client's own tasks, by its id.",
  kind: 'write',
  access: 'portal',
  surfaces: ['web'],
  input: z.strictObject({
    task: z.string().min(1).max(limits.id),
    answers: answersInput,
    comment: textOf(limits.comment).optional(),
    ...commandInput,
  }),
  output: z.object(commandOutput),
  async handler(call, { task, answers, comment = '' }) {
    const flow = { id: call.principal.flowId, name: '' };
    const sent = answers
      ? await call.database.withOrg(call.principal, (trx) => answersToSend(trx, call.principal, task, answers))
      : null;
    return factsOf(await command(call, flow, { type: 'complete', taskId: task, answers: sent, comment }));
  },
  text: (f) => (f.state === 'accepted' ? acceptedText(f) : 'Thank you, that is done.'),
});

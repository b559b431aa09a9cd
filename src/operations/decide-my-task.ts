import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { textOf } from '../domain/naming.ts';
import { decisions } from './approve-task.ts';
import { acceptedText, command, commandInput, commandOutput, factsOf } from './command.ts';
import { operation } from './operation.ts';

/** A client decides an approval that is theirs. */
export const decideMyTask = operation({
  name: 'decide_my_task',
  title: 'Approve or send back',
  description: "Approves or rejects one of a client's own approvals, by its id; rejecting needs a comment.",
  kind: 'write',
  access: 'portal',
  surfaces: ['web'],
  input: z.strictObject({
    task: z.string().min(1).max(limits.id),
    decision: z.enum(decisions),
    comment: textOf(limits.reason).optional(),
    ...commandInput,
  }),
  output: z.object(commandOutput),
  async handler(call, { task, decision, comment = '' }) {
    const flow = { id: call.principal.flowId, name: '' };
    return factsOf(
      await command(
        call,
        flow,
        decision === 'approve'
          ? { type: 'approve', taskId: task, comment }
          : { type: 'reject', taskId: task, reason: comment },
      ),
    );
  },
  text: (f) =>
    f.state === 'accepted' ? acceptedText(f) : 'Thank you. Your decision is noted and the others know what to do.',
});

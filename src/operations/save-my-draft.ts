import { z } from 'zod';
import { oneDraftAtATime, saveDraft } from '../db/drafts.ts';
import { dropUnsent } from '../db/files.ts';
import { findTask } from '../domain/flow.ts';
import { fileIdsOf } from '../domain/form.ts';
import { limits } from '../domain/limits.ts';
import { answersInput } from './complete-task.ts';
import { canBeFilledIn, mayKnow, withHeldFiles } from './files.ts';
import { flowTruth } from './flow-truth.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { moment } from './shapes.ts';

/** What a client has filled in so far, kept for when they come back. The flow hears nothing of it. */
export const saveMyDraft = operation({
  name: 'save_my_draft',
  title: 'Save my draft',
  description:
    'Keeps what a client has filled in of one of their own tasks, without sending it, and with the files it holds.',
  kind: 'write',
  access: 'portal',
  surfaces: ['web'],
  input: z.strictObject({
    task: z.string().min(1).max(limits.id),
    answers: answersInput,
    comment: z.string().max(limits.comment).optional(),
    remove: z
      .strictObject({ field: z.string().max(limits.id), file: z.string().max(limits.id) })
      .optional()
      .describe('A file that goes'),
  }),
  output: z.object({ savedAt: moment }),
  async handler(call, { task: taskId, answers = {}, comment = '', remove }) {
    const { principal, now } = call;
    const { flow } = await flowTruth(call, principal.orgId, principal.flowId);
    const task = findTask(flow, taskId);
    if (!task || !mayKnow(principal, task)) {
      throw new Refusal('not_found', 'This flow has no such task for you. Nothing changed.');
    }
    if (!canBeFilledIn(flow, task)) {
      throw new Refusal('task_not_ready', 'This is not open now, so there is nothing to save. Nothing changed.');
    }
    const known = Object.fromEntries(
      task.fields.flatMap((f) => {
        const answer = answers[f.key];
        return answer === undefined ? [] : [[f.key, answer]];
      }),
    );
    await call.database.withOrg(principal, async (trx) => {
      await oneDraftAtATime(trx, principal, task.id);
      const kept = await withHeldFiles(trx, principal, task, known);
      // Of a field of files alone: what a text names may be anybody's.
      const from = remove && task.fields.find((f) => f.key === remove.field && f.type === 'file');
      const held = fileIdsOf((from && kept[from.key]) ?? '');
      if (from && held.includes(remove.file)) {
        kept[from.key] = held.filter((id) => id !== remove.file).join(',');
        await dropUnsent(trx, [remove.file]);
      }
      await saveDraft(trx, principal, task.id, { answers: kept, comment }, new Date(now));
    });
    return { savedAt: new Date(now).toISOString() };
  },
  text: () => 'Saved. You can go on later.',
});

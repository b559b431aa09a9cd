import { z } from 'zod';
import { draftsOf, oneDraftAtATime, saveDraft } from '../db/drafts.ts';
import { dropUnsent } from '../db/files.ts';
import { fileIdsOf } from '../domain/form.ts';
import { limits } from '../domain/limits.ts';
import { fileShape, takeFile } from './files.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { quote } from './words.ts';

/** A client gives a form of theirs a file, which comes beside the input, and which their draft then holds. */
export const addMyFile = operation({
  name: 'add_my_file',
  title: 'Add a file',
  description: "Uploads a file for a file field of one of a client's own forms, and keeps it with their draft.",
  kind: 'write',
  access: 'portal',
  surfaces: ['web'],
  input: z.strictObject({ task: z.string().min(1).max(limits.id), field: z.string().min(1).max(limits.id) }),
  output: z.object({ file: fileShape }),
  async handler(call, input) {
    const { principal, now } = call;
    const { file, field, task } = await takeFile(call, principal.flowId, input.task, input.field);
    const taken = await call.database.withOrg(principal, async (trx) => {
      await oneDraftAtATime(trx, principal, task.id);
      const draft = (await draftsOf(trx, principal)).get(task.id);
      const answers = draft?.answers ?? task.answers ?? {};
      const before = fileIdsOf(answers[field.key] ?? '');
      if (field.multiple && before.length >= limits.filesPerAnswer) {
        await dropUnsent(trx, [file.id]);
        return false;
      }
      if (!field.multiple) await dropUnsent(trx, before);
      const ids = field.multiple ? [...before, file.id] : [file.id];
      const next = { answers: { ...answers, [field.key]: ids.join(',') }, comment: draft?.comment ?? '' };
      await saveDraft(trx, principal, task.id, next, new Date(now));
      return true;
    });
    if (!taken) {
      throw new Refusal(
        'too_many_files',
        `${quote(field.label)} takes ${limits.filesPerAnswer} files at most. Remove one first. Nothing changed.`,
      );
    }
    return { file };
  },
  text: (f) => `${quote(f.file.name)} is uploaded.`,
});

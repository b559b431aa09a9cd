import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { taskCalled, taskInput } from './command.ts';
import { fileShape, takeFile } from './files.ts';
import { operation } from './operation.ts';
import { quote } from './words.ts';

/** A member gives a form a file, which comes beside the input. */
export const addFile = operation({
  name: 'add_file',
  title: 'Add a file to a form',
  description:
    "Uploads a file for a form's file field. It counts when the form is completed with its id as the answer.",
  kind: 'write',
  access: 'member',
  surfaces: ['web'],
  input: z.strictObject({ ...taskInput, field: z.string().min(1).max(limits.id) }),
  output: z.object({ file: fileShape, multiple: z.boolean() }),
  async handler(call, input) {
    const { flow, task } = await call.database.withOrg(call.principal, (trx) => taskCalled(trx, input), {
      reads: true,
    });
    const { file, field } = await takeFile(call, flow.id, task.id, input.field);
    return { file, multiple: field.multiple };
  },
  text: (f) => `${quote(f.file.name)} is uploaded.`,
});

import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { findWithTask, serve, servedShape } from './files.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { quote } from './words.ts';

/** A file of a task that is this client's. */
export const getMyFile = operation({
  name: 'get_my_file',
  title: 'Download my file',
  description: "The bytes of a file of one of a client's own tasks, by its id.",
  kind: 'read',
  access: 'portal',
  surfaces: ['web'],
  input: z.strictObject({ file: z.string().min(1).max(limits.id) }),
  output: servedShape,
  async handler(call, input) {
    const found = await findWithTask(call, input.file);
    if (!found) throw new Refusal('not_found', 'There is no such file here.');
    return serve(call, found.file);
  },
  text: (f) => `${quote(f.name)}, ${f.size} bytes.`,
});

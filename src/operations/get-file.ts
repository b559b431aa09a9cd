import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { findWithTask, serve, servedShape } from './files.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { quote } from './words.ts';

/** A file of any flow of the org, for its members. */
export const getFile = operation({
  name: 'get_file',
  title: 'Download a file',
  description: 'The bytes of a file that was given as an answer, by its id.',
  kind: 'read',
  access: 'member',
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

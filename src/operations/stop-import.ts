import { z } from 'zod';
import { countLines, findImport, finishImport, stopImport as leaveOut } from '../db/imports.ts';
import { commandInput } from './command.ts';
import { importId, noImport } from './get-import.ts';
import { onceOnly } from './once.ts';
import { operation } from './operation.ts';
import { count, lines } from './words.ts';

const output = z.object({
  import: z.string(),
  done: z.number().int().describe('Flows that are made; they stay'),
  stopped: z.number().int().describe('Lines that are left out'),
  pending: z.number().int().describe('Lines that had begun, and are finished'),
});

export const stopImport = operation({
  name: 'stop_import',
  title: 'Stop an import',
  description:
    'Leaves out the lines of an import that have not begun. Those under way are finished, and flows that are made stay. Of an import that is finished, nothing is left to stop.',
  kind: 'write',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'POST', path: '/flow-imports/{import}/stop', example: { import: 'im_8k2m4q7r9t1v3x5z' } },
  input: z.strictObject({ import: importId, ...commandInput }),
  output,
  handler: (call, { import: id }) =>
    onceOnly(call, output, async (trx) => {
      const { principal, now } = call;
      const found = await findImport(trx, id);
      if (!found) throw noImport();
      if (found.finished_at === null) await leaveOut(trx, id, principal.name, new Date(now));
      const { done, stopped, pending } = await countLines(trx, id);
      // The workflow may sleep for minutes before it sees that nothing is left.
      if (pending === 0) await finishImport(trx, id, new Date(now));
      return { import: id, done, stopped, pending };
    }),
  text: ({ done, stopped, pending }) =>
    lines(
      stopped === 0 ? 'Nothing was left to stop.' : `Stopped: ${count(stopped, 'line')} left out.`,
      `${count(done, 'flow')} made, and ${done === 1 ? 'it stays' : 'they stay'}.`,
      pending > 0 && `${count(pending, 'line')} had begun, and ${pending === 1 ? 'is' : 'are'} finished.`,
    ),
});

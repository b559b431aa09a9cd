import { z } from 'zod';
import { countLines, findImport, listLines } from '../db/imports.ts';
import { limits } from '../domain/limits.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { count, lines as joined } from './words.ts';

const linesShown = 100;
const states = ['PENDING', 'DONE', 'FAILED'] as const;

export const importShape = {
  id: z.string(),
  template: z.string(),
  total: z.number().int(),
  createdAt: z.string(),
  finishedAt: z.string().nullable(),
};

export const getImport = operation({
  name: 'get_import',
  title: 'How far an import is',
  description: 'How many flows of an import are made, failed or still to come, and a report by line.',
  kind: 'read',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/flow-imports/{import}', example: { import: 'im_8k2m4q7r9t1v3x5z' } },
  input: z.strictObject({
    import: z.string().min(1).max(limits.id).describe('Its id'),
    state: z.enum(states).optional().describe('Only lines of this state'),
    after_line: z.number().int().min(0).max(1_000_000).default(0).describe('The last line of the page before'),
  }),
  output: z.object({
    ...importShape,
    done: z.number().int(),
    failed: z.number().int(),
    pending: z.number().int(),
    lines: z.array(
      z.object({
        line: z.number().int(),
        name: z.string(),
        state: z.enum(states),
        flowId: z.string().nullable(),
        error: z.string().nullable(),
      }),
    ),
    nextLine: z.number().int().nullable().describe('Give it as after_line for the next page'),
  }),
  handler: ({ database, principal }, { import: id, state, after_line: after }) =>
    database.withOrg(principal, async (trx) => {
      const found = await findImport(trx, id);
      if (!found) throw new Refusal('not_found', 'There is no such import in your organization.');
      const counts = await countLines(trx, id);
      const rows = await listLines(trx, id, { state, after, most: linesShown + 1 });
      const page = rows.slice(0, linesShown);
      return {
        ...{ id, template: found.template_name, total: found.total, createdAt: found.created_at.toISOString() },
        ...{ finishedAt: found.finished_at?.toISOString() ?? null, ...counts },
        lines: page.map((l) => ({
          ...{ line: l.line, name: l.input.name, state: l.state, flowId: l.flow_id, error: l.error },
        })),
        nextLine: rows.length > linesShown ? (page.at(-1)?.line ?? null) : null,
      };
    }),
  text: ({ total, done, failed, pending, lines }) =>
    joined(
      `${done} of ${count(total, 'flow')} made${failed > 0 ? `, ${failed} failed` : ''}${pending > 0 ? `, ${pending} to come` : ''}.`,
      lines.flatMap((l) => (l.error === null ? [] : [`- Line ${l.line}: ${l.error}`])),
    ),
});

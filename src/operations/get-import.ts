import { z } from 'zod';
import { countLines, findImport, type ImportCounts, type ImportRow, listLines } from '../db/imports.ts';
import { limits } from '../domain/limits.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { moment } from './shapes.ts';
import { byWhom, count, lines as joined, plain } from './words.ts';

const linesShown = 100;
export const lineStates = ['PENDING', 'DONE', 'FAILED', 'STOPPED'] as const;

export const importShape = {
  id: z.string(),
  template: z.string(),
  templateId: z.string(),
  total: z.number().int(),
  createdAt: moment,
  by: z.string().describe('Who began it'),
  through: z.string().describe('By which door: api or web'),
  finishedAt: moment.nullable(),
  stoppedAt: moment.nullable(),
  stoppedBy: z.string().nullable().describe('Who stopped it'),
  done: z.number().int(),
  failed: z.number().int(),
  stopped: z.number().int().describe('Lines that were left out when it was stopped'),
  unmade: z.number().int().describe('Lines that failed or were left out, and have no flow'),
  pending: z.number().int(),
};
const shape = z.object(importShape);

export const importFacts = (row: ImportRow, counts: ImportCounts): z.infer<typeof shape> => ({
  ...{ id: row.id, template: row.template_name, templateId: row.template_id, total: row.total },
  createdAt: row.created_at.toISOString(),
  ...{ by: row.by.name, through: row.by.through ?? 'web', finishedAt: row.finished_at?.toISOString() ?? null },
  ...{ stoppedAt: row.stopped_at?.toISOString() ?? null, stoppedBy: row.stopped_by, ...counts },
});

/** "120 of 1000 flows made, 3 failed, 5 to come" */
export const importWords = ({ total, done, failed, stopped, pending }: z.infer<typeof shape>): string =>
  [
    `${done} of ${count(total, 'flow')} made`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(stopped > 0 ? [`${stopped} left out`] : []),
    ...(pending > 0 ? [`${pending} to come`] : []),
  ].join(', ');

export const noImport = (): Refusal =>
  new Refusal('not_found', 'There is no such import in your organization. Nothing changed.');

export const importId = z.string().min(1).max(limits.id).describe('Its id');

export const getImport = operation({
  name: 'get_import',
  title: 'How far an import is',
  description: 'How many flows of an import are made, failed, left out or still to come, and a report by line.',
  kind: 'read',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/flow-imports/{import}', example: { import: 'im_8k2m4q7r9t1v3x5z' } },
  input: z.strictObject({
    import: importId,
    state: z.enum(lineStates).optional().describe('Only lines of this state'),
    after_line: z.number().int().min(0).max(1_000_000).default(0).describe('The last line of the page before'),
  }),
  output: z.object({
    ...importShape,
    lines: z.array(
      z.object({
        line: z.number().int(),
        name: z.string(),
        state: z.enum(lineStates),
        flowId: z.string().nullable(),
        error: z.string().nullable(),
      }),
    ),
    nextLine: z.number().int().nullable().describe('Give it as after_line for the next page'),
  }),
  handler: ({ database, principal }, { import: id, state, after_line: after }) =>
    database.withOrg(principal, async (trx) => {
      const found = await findImport(trx, id);
      if (!found) throw noImport();
      const rows = await listLines(trx, id, { state, after, most: linesShown + 1 });
      const page = rows.slice(0, linesShown);
      return {
        ...importFacts(found, await countLines(trx, id)),
        lines: page.map((l) => ({
          ...{ line: l.line, name: l.input.name, state: l.state, flowId: l.flow_id, error: l.error },
        })),
        nextLine: rows.length > linesShown ? (page.at(-1)?.line ?? null) : null,
      };
    }),
  text: (facts) =>
    joined(
      `${importWords(facts)}. Begun by ${byWhom(facts.by, facts.through)}.`,
      facts.stoppedBy !== null && `Stopped by ${plain(facts.stoppedBy)}.`,
      facts.lines.flatMap((l) => (l.error === null ? [] : [`- Line ${l.line}: ${l.error}`])),
    ),
});

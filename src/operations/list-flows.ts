import { z } from 'zod';
import { countFlows, countLateFlows, listFlows as readFlows } from '../db/flows.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import {
  cursorOf,
  flowStatus,
  listedFlow,
  listedFlowShape,
  moreLine,
  pageInput,
  pageOf,
  pageOutput,
} from './shapes.ts';
import { count, dots, dueWords, lines, percentWords, plain, quote, who } from './words.ts';

export const listFlows = operation({
  name: 'list_flows',
  title: 'List flows',
  description:
    'All flows of the organization, newest first, each with its progress, how many tasks are overdue, and what it waits on. Filter by `status`, or by `changed_since` for what moved lately ("this week"). Pages by `cursor`.',
  kind: 'read',
  access: 'member',
  surfaces: ['mcp', 'rest', 'web'],
  input: z.strictObject({
    status: flowStatus.optional(),
    changed_since: z.string().max(40).optional().describe('A day (2026-11-16) or moment, ISO 8601'),
    ...pageInput,
  }),
  output: z.object({
    ...pageOutput,
    status: flowStatus.nullable().describe('The status asked for'),
    late: z.number().int(),
    flows: z.array(listedFlowShape),
  }),
  async handler({ database, principal }, { status, changed_since, limit, cursor }) {
    const filter = { status, changedSince: changed_since === undefined ? undefined : sinceOf(changed_since) };
    const after = cursorOf('flows', cursor);
    return database.withOrg(principal, async (trx) => {
      const found = await readFlows(trx, filter, after, limit + 1);
      const { rows, nextCursor } = pageOf('flows', found, limit, (f) => ({ at: f.created_at, id: f.id }));
      const total = await countFlows(trx, filter);
      const late = await countLateFlows(trx, filter);
      return { total, nextCursor, status: status ?? null, late, flows: rows.map(listedFlow) };
    });
  },
  text({ total, status, late, flows, nextCursor }, now) {
    if (total === 0) return 'No flow fits. `create_flow_from_template` makes one.';
    return lines(
      `${count(total, status === null ? 'flow' : `${status.toLowerCase()} flow`)}${late > 0 ? `, ${late} late` : ''}${flows.length < total ? `; ${flows.length} here` : ''}.`,
      flows.map((f) => dots(`- ${plain(f.name)}`, state(f), ...waiting(f, now), `\`${f.id}\``)),
      moreLine(nextCursor),
    );
  },
});

type Listed = z.infer<typeof listedFlowShape>;

function state(f: Listed): string {
  if (f.status === 'ACTIVE') return percentWords(f.progress);
  const over = f.status === 'COMPLETED' || f.status === 'CANCELLED';
  return over ? f.status : `${f.status}, ${percentWords(f.progress)}`;
}

function waiting({ status, overdue, next }: Listed, now: number): string[] {
  if (next === null) return [];
  // While a flow is paused nothing becomes due.
  const due = next.dueAt === null || status !== 'ACTIVE' ? '' : dueWords(next.dueAt, now);
  const whom = who(next.assignee);
  return overdue > 0
    ? [`${overdue} overdue: ${quote(next.title, 60)}, with ${whom}, ${due}`]
    : [`waits on ${whom}: ${quote(next.title, 60)}`, due];
}

const sinceSchema = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

function sinceOf(text: string): Date {
  if (!sinceSchema.safeParse(text).success) {
    throw new Refusal(
      'bad_input',
      `changed_since: ${quote(text)} is no day or moment. Write it like 2026-11-16 or 2026-11-16T09:00:00Z.`,
    );
  }
  return new Date(text);
}

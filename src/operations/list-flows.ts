import { z } from 'zod';
import { countFlows, type FlowFilter, listFlows as readFlows } from '../db/flows.ts';
import { isCalendarDay, startOfDate } from '../domain/dates.ts';
import { limits } from '../domain/limits.ts';
import { findTemplateOfFlows, findThose, nameOrId } from './names.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import {
  bothWaysOutput,
  cursorOf,
  flowStatus,
  listedFlow,
  listedFlowShape,
  moreLine,
  pageInput,
  pageOf,
} from './shapes.ts';
import { countUpTo, dots, dueWords, lines, percentWords, plain, quote, who } from './words.ts';

export const listFlows = operation({
  name: 'list_flows',
  title: 'List flows',
  description:
    'All flows of the organization, newest first, each with its progress, how many tasks are overdue, and what it waits on. Filter by `status`, `overdue`, `waits_on`, `template`, words of its name or client (`search`), or `changed_since` for what moved lately ("this week"). Pages by `cursor`.',
  kind: 'read',
  access: 'member',
  surfaces: ['mcp', 'rest', 'web'],
  rest: { method: 'GET', path: '/flows', example: { status: 'ACTIVE', limit: 5 } },
  input: z.strictObject({
    status: flowStatus.optional(),
    changed_since: z.string().max(40).optional().describe('A day (2026-11-16) or moment, ISO 8601'),
    overdue: z.boolean().optional().describe('true: only those with a task that is late now; false: only the others'),
    waits_on: nameOrId('"me", "clients", "nobody", or a person by name, address or id').optional(),
    template: nameOrId('Name or id').optional(),
    search: z.string().normalize().max(limits.name).optional(),
    ...pageInput,
  }),
  output: z.object({
    ...bothWaysOutput,
    status: flowStatus.nullable().describe('The status asked for'),
    late: z.number().int().describe('How many of them are late, counted up to 100'),
    flows: z.array(listedFlowShape),
  }),
  async handler({ database, principal, timeZone }, { status, limit, cursor, ...asked }) {
    const after = cursorOf('flows', cursor);
    return database.withOrg(
      principal,
      async (trx) => {
        const filter: FlowFilter = {
          status,
          changedSince: asked.changed_since === undefined ? undefined : sinceOf(asked.changed_since, timeZone),
          overdue: asked.overdue,
          waitsOn:
            asked.waits_on === undefined ? undefined : await findThose(trx, asked.waits_on, principal.userId, null),
          templateId: asked.template === undefined ? undefined : (await findTemplateOfFlows(trx, asked.template)).id,
          words: asked.search === undefined ? undefined : wordsOf(asked.search),
        };
        const [found, { n: total, stopped: totalStopped, late }] = await Promise.all([
          readFlows(trx, filter, after, limit + 1),
          countFlows(trx, filter),
        ]);
        const { rows, ...cursors } = pageOf('flows', found, limit, (f) => ({ at: f.created_at, id: f.id }), after);
        return { total, totalStopped, ...cursors, status: status ?? null, late, flows: rows.map(listedFlow) };
      },
      { reads: true },
    );
  },
  text({ total, totalStopped, status, late, flows, nextCursor }, now) {
    if (total === 0) return 'No flow fits. Without filters all are shown; `create_flow_from_template` makes one.';
    return lines(
      `${countUpTo(total, totalStopped, status === null ? 'flow' : `${status.toLowerCase()} flow`)}${late >= limits.counted ? `, ${late} or more late` : late > 0 ? `, ${late} late` : ''}${flows.length < total ? `; ${flows.length} here` : ''}.`,
      flows.map((f) => dots(`- ${plain(f.name)}`, state(f), ...waiting(f, now), `\`${f.id}\``)),
      moreLine(nextCursor),
    );
  },
});

/**
 * As the words were stored: parted by what is neither letter nor digit, where that is plain ASCII. Undefined when nothing
 * is looked for; none when what is looked for is in no word.
 */
function wordsOf(search: string): string[] | undefined {
  if (search.trim() === '') return undefined;
  const parts = search.split(/[\s!-/:-@[-`{-~]+/).filter((w) => w !== '');
  // Of a longer word its beginning is stored.
  const words = [...new Set(parts.map((w) => w.slice(0, 60)))];
  if (words.length <= searchedWords) return words;
  throw new Refusal('bad_input', `search: it has ${words.length} words; ${searchedWords} are the most.`);
}
const searchedWords = 20;

type Listed = z.infer<typeof listedFlowShape>;

function state(f: Listed): string {
  if (f.status === 'ACTIVE') return percentWords(f.progress);
  const over = f.status === 'COMPLETED' || f.status === 'CANCELLED';
  return over ? f.status : `${f.status}, ${percentWords(f.progress)}`;
}

function waiting({ status, overdue, next, timeZone }: Listed, now: number): string[] {
  if (next === null) return [];
  // While a flow is paused nothing becomes due.
  const due = next.dueAt === null || status !== 'ACTIVE' ? '' : dueWords(next.dueAt, now, timeZone);
  const whom = who(next.assignee);
  return overdue > 0
    ? [`${overdue} overdue: ${quote(next.title, 60)}, with ${whom}, ${due}`]
    : [`waits on ${whom}: ${quote(next.title, 60)}`, due];
}

const sinceSchema = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/** A day begins as it does in the organization's time zone. */
function sinceOf(text: string, zone: string): Date {
  if (!sinceSchema.safeParse(text).success) {
    throw new Refusal(
      'bad_input',
      `changed_since: ${quote(text)} is no day or moment. Write it like 2026-11-16 or 2026-11-16T09:00:00Z.`,
    );
  }
  return new Date(isCalendarDay(text) ? startOfDate(text, zone) : text);
}

/** Shapes that several answers share. Moments are ISO 8601 in UTC. */
import { z } from 'zod';
import { type Cursor, type PagedList, readCursor, writeCursor } from '../db/cursor.ts';
import type { ListedFlow, ListedTask } from '../db/flows.ts';
import type { ListedTemplate } from '../db/templates.ts';
import { flowStatuses, isOverdue, taskStatuses } from '../domain/flow.ts';
import { limits } from '../domain/limits.ts';
import { taskTypes } from '../domain/template.ts';
import type { TaskBrief } from '../domain/view.ts';
import { Refusal } from './refusal.ts';
import { count, dots, dueWords, plain, quote, who } from './words.ts';

export const flowStatus = z.enum(flowStatuses);
export const taskStatus = z.enum(taskStatuses);
export const moment = z.string().describe('ISO 8601, UTC');

export const progressShape = z.object({
  percent: z.number().int(),
  done: z.number().int(),
  counting: z.number().int(),
});

export const flowZone = z.string().describe("The flow's own (IANA): its days are told in it");

export const personShape = z.object({ kind: z.enum(['member', 'external']), id: z.string(), name: z.string() });

export const briefShape = z.object({
  id: z.string(),
  title: z.string(),
  type: z.enum(taskTypes),
  status: taskStatus,
  assignee: personShape.nullable(),
  dueAt: moment.nullable(),
  round: z.number().int(),
});
export type Brief = z.infer<typeof briefShape>;

export const iso = (ms: number): string => new Date(ms).toISOString();
export const isoOr = (ms: number | null): string | null => (ms === null ? null : iso(ms));

export const brief = (t: TaskBrief): Brief => ({
  id: t.id,
  title: t.title,
  type: t.type,
  status: t.status,
  assignee: t.assignee,
  dueAt: isoOr(t.dueAt),
  round: t.round,
});

/** `- "Sign the contract", client Jane Alder, due Fri 27 Nov · tk_…`; the status is told where it is not plain. */
export const briefLine = (t: Brief, now: number, zone: string, status: 'with status' | null = null): string =>
  dots(
    [
      `- ${quote(t.title)}${t.type === 'TASK' ? '' : ` (${t.type.toLowerCase()})`}`,
      who(t.assignee),
      status && t.status,
      t.dueAt && (t.status === 'READY' || t.status === 'BLOCKED') && dueWords(t.dueAt, now, zone),
      t.round > 1 && `round ${t.round}`,
    ]
      .filter((p) => typeof p === 'string' && p !== '')
      .join(', '),
    `\`${t.id}\``,
  );

export const listedFlowShape = z.object({
  id: z.string(),
  name: z.string(),
  status: flowStatus,
  timeZone: flowZone,
  template: z.string(),
  progress: progressShape,
  overdue: z.number().int().describe('How many of its tasks are overdue'),
  next: z
    .object({
      id: z.string(),
      title: z.string(),
      assignee: personShape.nullable(),
      dueAt: moment.nullable(),
    })
    .nullable()
    .describe('The most pressing READY task'),
  createdAt: moment,
  changedAt: moment,
});

export const listedFlow = (f: ListedFlow): z.infer<typeof listedFlowShape> => ({
  id: f.id,
  name: f.name,
  status: f.status,
  timeZone: f.time_zone,
  template: f.template_name,
  progress: { percent: f.percent, done: f.done, counting: f.counting },
  overdue: f.overdue,
  next: f.next && {
    id: f.next.id,
    title: f.next.title,
    assignee:
      f.next.assignee_kind === null
        ? null
        : { kind: f.next.assignee_kind, id: f.next.assignee_id ?? '', name: f.next.assignee_name ?? '' },
    dueAt: f.next.due_at === null ? null : iso(Date.parse(f.next.due_at)),
  },
  createdAt: f.created_at.toISOString(),
  changedAt: f.updated_at.toISOString(),
});

export const listedTaskShape = briefShape.extend({
  flow: z.object({ id: z.string(), name: z.string(), status: flowStatus, timeZone: flowZone }),
  overdue: z.boolean(),
});

export const listedTask = (t: ListedTask, now: number): z.infer<typeof listedTaskShape> => ({
  id: t.id,
  title: t.title,
  type: t.type,
  status: t.status,
  assignee:
    t.assignee_kind === null || t.assignee_id === null
      ? null
      : { kind: t.assignee_kind, id: t.assignee_id, name: t.assignee_name ?? '' },
  dueAt: t.due_at?.toISOString() ?? null,
  round: t.round,
  flow: { id: t.flow_id, name: t.flow_name, status: t.flow_status, timeZone: t.flow_time_zone },
  overdue: isOverdue({ status: t.flow_status }, { status: t.status, dueAt: t.due_at?.getTime() ?? null }, now),
});

/** What a list takes: how many, and where the page before ended. */
export const pageInput = {
  limit: z.number().int().min(1).max(100).default(25).describe('How many to give, 100 at most'),
  cursor: z.string().max(400).optional().describe('From the page before, to go on'),
};

export const pageOutput = {
  total: z.number().int().describe('How many there are in all'),
  nextCursor: z.string().nullable().describe('Give it as `cursor` for the next page; null at the end'),
};

/** The cursor as given; refuses one that is not ours. */
export function cursorOf(list: PagedList, text: string | undefined): Cursor | null {
  if (text === undefined) return null;
  const cursor = readCursor(list, text);
  if (!cursor) throw badCursor();
  return cursor;
}

export const badCursor = (): Refusal =>
  new Refusal(
    'bad_cursor',
    'This cursor is not one that this list gave out. Ask for the first page again, without it.',
  );

/** Where the pages beside this one are, for lists that can be walked back, too. */
export const pagesOutput = {
  nextCursor: pageOutput.nextCursor,
  prevCursor: z.string().nullable().describe('As `cursor`: the page before; null on the first'),
};

/** The same, of a list that is counted. */
export const bothWaysOutput = {
  ...pageOutput,
  ...pagesOutput,
  totalStopped: z.boolean().describe(`There may be more than \`total\`: counting stopped at ${limits.counted}`),
};

/** A page from one row more than was asked for: the rows, and the cursors to go on and back. */
export function pageOf<T>(
  list: PagedList,
  found: readonly T[],
  limit: number,
  key: (row: T) => { at: Date | number; id: string },
  from: Cursor | null = null,
): { rows: T[]; nextCursor: string | null; prevCursor: string | null } {
  const more = found.length > limit;
  const back = from?.back ?? false;
  const rows = back ? found.slice(-limit) : found.slice(0, limit);
  const cursor = (row: T | undefined, direction: 'after' | 'before', there: boolean): string | null => {
    if (row === undefined || !there) return null;
    const { at, id } = key(row);
    return writeCursor(list, at, id, direction);
  };
  return {
    rows,
    nextCursor: cursor(rows[rows.length - 1], 'after', back || more),
    prevCursor: cursor(rows[0], 'before', back ? more : from !== null),
  };
}

export const moreLine = (cursor: string | null): string | null =>
  cursor === null ? null : `More: call again with cursor \`${cursor}\`.`;

export const listedTemplateShape = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  category: z.string(),
  steps: z.number().int(),
  version: z.number().int(),
});

export const listedTemplate = (t: ListedTemplate): z.infer<typeof listedTemplateShape> => ({
  id: t.id,
  name: t.name,
  description: t.description,
  category: t.category,
  steps: t.step_count,
  version: t.version,
});

export const templateLine = (t: z.infer<typeof listedTemplateShape>): string =>
  dots(`- ${plain(t.name)}`, t.category && plain(t.category), count(t.steps, 'step'), `\`${t.id}\``);

import { z } from 'zod';
import { countTasks, listTasks as readTasks } from '../db/flows.ts';
import { findFlow, findThose, nameOrId } from './names.ts';
import { operation } from './operation.ts';
import {
  bothWaysOutput,
  cursorOf,
  listedTask,
  listedTaskShape,
  moreLine,
  pageInput,
  pageOf,
  taskStatus,
} from './shapes.ts';
import { countUpTo, dots, dueWords, lines, plain, quote, who } from './words.ts';

export const listTasks = operation({
  name: 'list_tasks',
  title: 'List tasks',
  description:
    'Tasks across all flows, also those that are over, what was due first first. `status: READY` gives what is to be done now, `overdue: true` what is late. Filter by `assignee` and `flow`, too. Pages by `cursor`.',
  kind: 'read',
  access: 'member',
  surfaces: ['mcp', 'rest', 'web'],
  rest: { method: 'GET', path: '/tasks', example: { overdue: true, limit: 5 } },
  input: z.strictObject({
    status: taskStatus.optional(),
    overdue: z
      .boolean()
      .optional()
      .describe('true: READY tasks of running flows that are past their due date; false: the others'),
    assignee: nameOrId('"me", "clients", "nobody", or a person by name, address or id').optional(),
    flow: nameOrId('Name or id').optional(),
    ...pageInput,
  }),
  output: z.object({ ...bothWaysOutput, tasks: z.array(listedTaskShape) }),
  async handler({ database, principal, now }, { status, overdue, assignee, flow: flowRef, limit, cursor }) {
    const after = cursorOf('tasks', cursor);
    return database.withOrg(
      principal,
      async (trx) => {
        const flow = flowRef === undefined ? null : await findFlow(trx, flowRef);
        const filter = {
          status,
          overdue,
          flowId: flow?.id,
          assignee:
            assignee === undefined ? undefined : await findThose(trx, assignee, principal.userId, flow?.id ?? null),
        };
        const [found, { n: total, stopped: totalStopped }] = await Promise.all([
          readTasks(trx, filter, after, limit + 1),
          countTasks(trx, filter),
        ]);
        const { rows, ...cursors } = pageOf('tasks', found, limit, (t) => ({ at: t.due_order, id: t.id }), after);
        return { total, totalStopped, ...cursors, tasks: rows.map((t) => listedTask(t, now)) };
      },
      { reads: true },
    );
  },
  text({ total, totalStopped, tasks, nextCursor }, now) {
    if (total === 0) return 'No task fits.';
    const late = tasks.filter((t) => t.overdue).length;
    return lines(
      `${countUpTo(total, totalStopped, 'task')}${tasks.length < total ? `; ${tasks.length} here` : ''}${late > 0 && late === tasks.length ? ', all overdue' : late > 0 ? `, ${late} overdue` : ''}.`,
      tasks.map((t) =>
        dots(
          `- ${quote(t.title)} on ${plain(t.flow.name)}`,
          isOpen(t) || t.assignee !== null ? `${t.status}, ${who(t.assignee)}` : t.status,
          t.flow.status === 'PAUSED' ? 'flow PAUSED' : isOpen(t) ? dueWords(t.dueAt, now, t.flow.timeZone) : '',
          `\`${t.id}\``,
        ),
      ),
      moreLine(nextCursor),
    );
  },
});

const isOpen = (t: z.infer<typeof listedTaskShape>): boolean => t.status === 'READY' || t.status === 'BLOCKED';

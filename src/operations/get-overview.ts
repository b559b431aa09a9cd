import { z } from 'zod';
import { countByStatus, overview, slowest } from '../db/flows.ts';
import { flowStatuses } from '../domain/flow.ts';
import { operation } from './operation.ts';
import { moment } from './shapes.ts';
import { count } from './words.ts';

export const getOverview = operation({
  name: 'get_overview',
  title: 'What needs me',
  description:
    'How many flows and tasks wait for you, for clients and for nobody, how many are late (each counted up to 100), what has been late the longest, and the flows by status.',
  kind: 'read',
  access: 'member',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/overview', example: {} },
  input: z.strictObject({}),
  output: z.object({
    needMe: z.number().int(),
    myTasks: z.number().int(),
    clientsLate: z.number().int(),
    late: z.number().int(),
    waitOnClients: z.number().int(),
    waitOnNobody: z.number().int(),
    slowest: z
      .object({
        flow: z.object({ id: z.string(), name: z.string() }),
        task: z.object({ id: z.string(), title: z.string() }),
        assignee: z.object({ kind: z.enum(['member', 'external']), name: z.string() }).nullable(),
        dueAt: moment,
      })
      .nullable(),
    flows: z.object({
      total: z.number().int(),
      DRAFT: z.number().int(),
      ACTIVE: z.number().int(),
      PAUSED: z.number().int(),
      COMPLETED: z.number().int(),
      CANCELLED: z.number().int(),
    }),
  }),
  async handler({ database, principal }) {
    return database.withOrg(principal, async (trx) => {
      const counts = await countByStatus(trx);
      const total = flowStatuses.reduce((n, s) => n + counts[s], 0);
      const late = await slowest(trx);
      return {
        ...(await overview(trx, principal.userId)),
        slowest: late?.due_at
          ? {
              flow: { id: late.flowId, name: late.flowName },
              task: { id: late.taskId, title: late.title },
              assignee:
                late.assignee_kind === null ? null : { kind: late.assignee_kind, name: late.assignee_name ?? '' },
              dueAt: late.due_at.toISOString(),
            }
          : null,
        flows: { total, ...counts },
      };
    });
  },
  text: (f) =>
    `${count(f.needMe, 'flow needs', 'flows need')} you, ${count(f.clientsLate, 'client is', 'clients are')} late; ${count(f.flows.total, 'flow')} in all.`,
});

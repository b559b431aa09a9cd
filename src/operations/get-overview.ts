import { z } from 'zod';
import { countByStatus, overview } from '../db/flows.ts';
import { flowStatuses } from '../domain/flow.ts';
import { operation } from './operation.ts';
import { count } from './words.ts';

export const getOverview = operation({
  name: 'get_overview',
  title: 'What needs me',
  description: 'How many flows and tasks wait for you, how many clients are late, and the flows by status.',
  kind: 'read',
  access: 'member',
  surfaces: ['rest', 'web'],
  input: z.strictObject({}),
  output: z.object({
    needMe: z.number().int(),
    myTasks: z.number().int(),
    clientsLate: z.number().int(),
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
      return { ...(await overview(trx, principal.userId)), flows: { total, ...counts } };
    });
  },
  text: (f) =>
    `${count(f.needMe, 'flow needs', 'flows need')} you, ${count(f.clientsLate, 'client is', 'clients are')} late; ${count(f.flows.total, 'flow')} in all.`,
});

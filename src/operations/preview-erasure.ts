import { z } from 'zod';
import { countOf, flowsWith } from '../db/erasures.ts';
import { flowStatuses, isFinal } from '../domain/flow.ts';
import { clientAddress, needAddress, nobodyKnown } from './erasures.ts';
import { operation } from './operation.ts';
import { count, lines } from './words.ts';

export const previewErasure = operation({
  name: 'preview_erasure',
  title: 'What would be erased of a client',
  description:
    'How many flows of the organization know a client by this address, and what they gave there. Changes nothing.',
  kind: 'read',
  access: 'admin',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/erasures/preview', example: { email: 'jane@harborandpine.test' } },
  input: z.strictObject({ email: clientAddress }),
  output: z.object({
    email: z.string(),
    openFlows: z.number().int(),
    endedFlows: z.number().int(),
    openTasks: z.number().int(),
    answeredForms: z.number().int(),
    comments: z.number().int(),
    files: z.number().int(),
    drafts: z.number().int(),
  }),
  async handler({ database, principal }, { email }) {
    const address = needAddress(email);
    const { flows, counts } = await database.withOrg(principal, async (trx) => ({
      flows: await flowsWith(trx, address),
      counts: await countOf(trx, address),
    }));
    if (flows.length === 0) throw nobodyKnown(address);
    const statuses = flows.map((f) => flowStatuses.find((s) => s === f.status) ?? 'ACTIVE');
    const endedFlows = statuses.filter(isFinal).length;
    return {
      ...{ email: address, openFlows: flows.length - endedFlows, endedFlows },
      ...{ openTasks: counts.tasks, answeredForms: counts.answered, comments: counts.comments },
      ...{ files: counts.files, drafts: counts.drafts },
    };
  },
  text: (f) =>
    lines(
      `${f.email} is a client in ${count(f.openFlows, 'open flow')} and ${count(f.endedFlows, 'flow')} that ended.`,
      `Erased would be: ${count(f.answeredForms, 'answered form')}, ${count(f.comments, 'comment')}, ${count(f.files, 'file')}, ${count(f.drafts, 'draft')}.`,
      `${count(f.openTasks, 'open task')} would lie with nobody.`,
    ),
});

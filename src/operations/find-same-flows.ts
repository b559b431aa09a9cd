import { z } from 'zod';
import { findFlowsByName } from '../db/flows.ts';
import { flowStatuses } from '../domain/flow.ts';
import { limits } from '../domain/limits.ts';
import { nameOf } from '../domain/naming.ts';
import { idFrom } from '../platform/ids.ts';
import { operation } from './operation.ts';
import { lines, plain } from './words.ts';

const mostLooked = 50;

export const findSameFlows = operation({
  name: 'find_same_flows',
  title: 'Find flows of the same name',
  description:
    'Flows called so that were not cancelled, the newest first: what is looked at before another one is made. Not the one that this command made.',
  kind: 'read',
  access: 'member',
  surfaces: ['web'],
  input: z.strictObject({
    name: nameOf(limits.name),
    for_command: z.string().max(limits.id).describe('Id of the command that would make another one'),
  }),
  output: z.object({
    flows: z.array(z.object({ id: z.string(), name: z.string(), status: z.enum(flowStatuses) })),
  }),
  async handler({ database, principal }, { name, for_command: commandId }) {
    const own = idFrom('fl', principal.orgId, commandId);
    const found = await database.withOrg(principal, (trx) => findFlowsByName(trx, name, mostLooked));
    const flows = found.filter((f) => f.status !== 'CANCELLED' && f.id !== own);
    return { flows: flows.map((f) => ({ id: f.id, name: f.name, status: f.status })) };
  },
  text: ({ flows }) => lines(flows.map((f) => `- ${plain(f.name)}, ${f.status} · \`${f.id}\``)),
});

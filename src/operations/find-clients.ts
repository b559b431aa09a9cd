import { z } from 'zod';
import { clientsLike } from '../db/people.ts';
import { limits } from '../domain/limits.ts';
import { operation } from './operation.ts';
import { count, lines, plain } from './words.ts';

/** What one looks over at once; who looks for another writes more of them. */
const mostFound = 20;

export const findClients = operation({
  name: 'find_clients',
  title: 'Find clients',
  description: 'Clients of any flow whose name or address contains what was typed; all of them for nothing.',
  kind: 'read',
  access: 'admin',
  surfaces: ['web'],
  input: z.strictObject({ part: z.string().trim().normalize().max(limits.email) }),
  output: z.object({
    clients: z.array(z.object({ email: z.string(), name: z.string(), flows: z.number().int() })),
    more: z.boolean(),
  }),
  async handler({ database, principal }, { part }) {
    const found = await database.withOrg(principal, (trx) => clientsLike(trx, part, mostFound + 1));
    return { clients: found.slice(0, mostFound), more: found.length > mostFound };
  },
  text: ({ clients }) => lines(clients.map((c) => `- ${plain(c.name)}, ${c.email}, ${count(c.flows, 'flow')}`)),
});

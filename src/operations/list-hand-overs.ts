import { z } from 'zod';
import { countOpenTasks, unfinishedHandOvers } from '../db/members.ts';
import { operation } from './operation.ts';
import { count, lines, plain } from './words.ts';

export const listHandOvers = operation({
  name: 'list_hand_overs',
  title: 'Tasks on their way to someone else',
  description: 'Members who left, and how many of their open tasks have yet to be passed on.',
  kind: 'read',
  access: 'member',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/hand-overs', example: {} },
  input: z.strictObject({}),
  output: z.object({
    handOvers: z.array(
      z.object({ id: z.string(), from: z.string(), to: z.string().nullable(), tasksLeft: z.number().int() }),
    ),
  }),
  async handler({ database, principal }) {
    return database.withOrg(principal, async (trx) => {
      const handOvers = [];
      for (const { id, from_user, from_name: from, to_name: to } of await unfinishedHandOvers(trx)) {
        const { tasks: tasksLeft } = await countOpenTasks(trx, from_user);
        if (tasksLeft > 0) handOvers.push({ id, from, to, tasksLeft });
      }
      return { handOvers };
    });
  },
  text: ({ handOvers }) =>
    handOvers.length === 0
      ? 'No task is on its way.'
      : lines(
          handOvers.map(
            (h) => `- ${count(h.tasksLeft, 'task')} of ${plain(h.from)}, to ${h.to === null ? 'nobody' : plain(h.to)}`,
          ),
        ),
});

import { z } from 'zod';
import { countOpenTasks, countOwners, findMemberById } from '../db/members.ts';
import { roles } from '../oauth/principal.ts';
import { mayDo } from './member-rules.ts';
import { memberShape } from './members.ts';
import { findMember, nameOrId } from './names.ts';
import { operation } from './operation.ts';
import { count, plain } from './words.ts';

export const getMember = operation({
  name: 'get_member',
  title: 'A member and what lies with them',
  description: 'One member with their role, and how many open tasks lie with them in how many flows.',
  kind: 'read',
  access: 'member',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/members/{member}', example: { member: 'Mia Tanaka' } },
  input: z.strictObject({ member: nameOrId('"me", or a name, address or id') }),
  output: z.object({
    member: memberShape,
    openTasks: z.number().int(),
    flows: z.number().int(),
    may: z
      .object({ roles: z.array(z.enum(roles)), remove: z.boolean(), leave: z.boolean() })
      .describe('What you may do: give these roles, remove them, leave'),
  }),
  async handler({ database, principal }, { member: ref }) {
    return database.withOrg(principal, async (trx) => {
      const member = await findMember(trx, ref, principal.userId);
      const { tasks, flows } = await countOpenTasks(trx, member.id);
      const me = (await findMemberById(trx, principal.userId)) ?? { ...principal, id: principal.userId };
      return { member, openTasks: tasks, flows, may: mayDo(me, member, await countOwners(trx)) };
    });
  },
  text: ({ member, openTasks, flows }) =>
    `${plain(member.name)} (${plain(member.email)}) is ${member.role}; ${count(openTasks, 'open task')} in ${count(flows, 'flow')} ${openTasks === 1 ? 'lies' : 'lie'} with them.`,
});

import { z } from 'zod';
import { listMembers } from '../db/people.ts';
import { roles } from '../oauth/principal.ts';
import { operation } from './operation.ts';
import { count, dots, lines, plain } from './words.ts';

export const listOrgMembers = operation({
  name: 'list_org_members',
  title: 'List members',
  description: 'The members of the organization with their roles, to know whom a task can be assigned to.',
  kind: 'read',
  access: 'member',
  surfaces: ['mcp', 'rest', 'web'],
  rest: { method: 'GET', path: '/members', example: {} },
  input: z.strictObject({}),
  output: z.object({
    total: z.number().int(),
    members: z.array(z.object({ id: z.string(), name: z.string(), email: z.string(), role: z.enum(roles) })),
  }),
  async handler({ database, principal }) {
    const members = await database.withOrg(principal, listMembers);
    return { total: members.length, members };
  },
  text({ total, members }) {
    return lines(
      `${count(total, 'member')}.`,
      members.map((m) => dots(`- ${plain(m.name)}, ${m.role}`, m.email, `\`${m.id}\``)),
    );
  },
});

import { z } from 'zod';
import { countByStatus } from '../db/flows.ts';
import { countMembers, readOrg } from '../db/people.ts';
import { flowStatuses } from '../domain/flow.ts';
import { roles } from '../oauth/principal.ts';
import { operation } from './operation.ts';
import { count, lines, plain } from './words.ts';

export const getOrgContext = operation({
  name: 'get_org_context',
  title: 'Organization at a glance',
  description:
    'The organization you act in: its name and plan, how many members it has, how many flows are in each status, and who you are there. Use it first when you need to know where you are.',
  kind: 'read',
  access: 'member',
  surfaces: ['mcp', 'rest', 'web'],
  rest: { method: 'GET', path: '/org', example: {} },
  input: z.strictObject({}),
  output: z.object({
    org: z.object({ id: z.string(), slug: z.string(), name: z.string(), plan: z.string() }),
    you: z.object({ id: z.string(), name: z.string(), email: z.string(), role: z.enum(roles) }),
    members: z.number().int(),
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
    return database.withOrg(
      principal,
      async (trx) => {
        const [org, counts, members] = await Promise.all([
          readOrg(trx, principal.orgId),
          countByStatus(trx),
          countMembers(trx),
        ]);
        if (!org) throw new Error(`The org of a principal is there: ${principal.orgId}`);
        const { userId: id, name, email, role } = principal;
        const total = flowStatuses.reduce((n, s) => n + counts[s], 0);
        return { org, you: { id, name, email, role }, members, flows: { total, ...counts } };
      },
      { reads: true },
    );
  },
  text({ org, you, members, flows }) {
    const byStatus = flowStatuses.filter((s) => flows[s] > 0).map((s) => `${flows[s]} ${s}`);
    return lines(
      `${plain(org.name)} (${org.plan} plan) has ${count(members, 'member')} and ${count(flows.total, 'flow')}${byStatus.length > 0 ? `: ${byStatus.join(', ')}` : ''}.`,
      `You are ${plain(you.name)}, ${you.role}.`,
    );
  },
});

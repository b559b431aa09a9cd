import { z } from 'zod';
import { countOwners } from '../db/members.ts';
import { noteOrgEvent } from '../db/org-events.ts';
import { commandInput } from './command.ts';
import { endMembership, tasksWords } from './leaving.ts';
import { needMayLeave } from './member-rules.ts';
import { changesNoMembers, changingMembers, successor } from './members.ts';
import { nameOrId } from './names.ts';
import { operation } from './operation.ts';
import { lines } from './words.ts';

const output = z.object({
  tasks: z.number().int(),
  flows: z.number().int(),
  tasksTo: z.object({ id: z.string(), name: z.string() }).nullable(),
});

export const leaveOrg = operation({
  name: 'leave_org',
  title: 'Leave the organization',
  description:
    'Ends your own membership at once, with your API keys and connected apps here. Your open tasks go to another member, or to nobody. The last owner stays.',
  kind: 'write',
  destructive: true,
  access: 'member',
  noApps: changesNoMembers,
  surfaces: ['rest', 'web'],
  rest: { method: 'POST', path: '/org/leave', example: { tasks_to: 'nobody' } },
  input: z.strictObject({
    tasks_to: nameOrId('Who takes your open tasks: a member by name, address or id, or "nobody"').default('nobody'),
    ...commandInput,
  }),
  output,
  async handler(call, { tasks_to }) {
    const { kept } = await changingMembers(call, output.extend({ handOverId: z.string() }), async (trx, me) => {
      needMayLeave(me, await countOwners(trx));
      const to = await successor(trx, tasks_to, me.id, me);
      const leaving = await endMembership(trx, call, me, to);
      await noteOrgEvent(trx, call.principal, call.now, 'member_left', `left, and was ${me.role}`);
      return { ...leaving, tasksTo: to && { id: to.id, name: to.name } };
    });
    const { handOverId, ...facts } = kept;
    await call.workflows.passTasksOn(call.principal.orgId, handOverId);
    return facts;
  },
  text: (f) => lines('You are no member any more.', tasksWords(f.tasks, f.flows, f.tasksTo?.name ?? null)),
});

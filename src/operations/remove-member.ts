import { z } from 'zod';
import { countOwners } from '../db/members.ts';
import { noteOrgEvent } from '../db/org-events.ts';
import { actorOf, commandInput } from './command.ts';
import { endMembership, tasksWords } from './leaving.ts';
import { needMayRemove } from './member-rules.ts';
import { changesNoMembers, changingMembers, memberShape, successor } from './members.ts';
import { findMember, nameOrId } from './names.ts';
import { operation } from './operation.ts';
import { lines, plain } from './words.ts';

const output = z.object({
  member: memberShape,
  tasks: z.number().int(),
  flows: z.number().int(),
  tasksTo: z.object({ id: z.string(), name: z.string() }).nullable(),
});

export const removeMember = operation({
  name: 'remove_member',
  title: 'Remove a member',
  description:
    'Ends a membership at once, with the API keys and connected apps of that person here. Their open tasks go to another member, or to nobody.',
  kind: 'write',
  destructive: true,
  access: 'admin',
  noApps: changesNoMembers,
  surfaces: ['rest', 'web'],
  rest: { method: 'DELETE', path: '/members/{member}', example: { member: 'mia@acme.test', tasks_to: 'me' } },
  input: z.strictObject({
    member: nameOrId('Name, address or id'),
    tasks_to: nameOrId('Who takes their open tasks: a member by name, address or id, "me", or "nobody"'),
    ...commandInput,
  }),
  output,
  async handler(call, { member: ref, tasks_to }) {
    const { kept } = await changingMembers(call, output.extend({ handOverId: z.string() }), async (trx, me) => {
      const member = await findMember(trx, ref, me.id, { whole: true });
      needMayRemove(me, member, await countOwners(trx));
      const to = await successor(trx, tasks_to, me.id, member);
      const leaving = await endMembership(trx, call, member, to, actorOf({ ...call.principal, role: me.role }));
      await noteOrgEvent(
        trx,
        call.principal,
        call.now,
        'member_removed',
        `removed ${member.name} (${member.email}), who was ${member.role}`,
      );
      return { ...leaving, member, tasksTo: to && { id: to.id, name: to.name } };
    });
    const { handOverId, ...facts } = kept;
    await call.workflows.passTasksOn(call.principal.orgId, handOverId);
    return facts;
  },
  text: (f) =>
    lines(
      `${plain(f.member.name)} is no member any more. Their API keys and connected apps here have ended.`,
      tasksWords(f.tasks, f.flows, f.tasksTo?.name ?? null),
    ),
});

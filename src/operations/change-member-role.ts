import { z } from 'zod';
import { countOwners, setRole } from '../db/members.ts';
import { noteOrgEvent } from '../db/org-events.ts';
import { roles } from '../oauth/principal.ts';
import { commandInput } from './command.ts';
import { needMayChangeRole } from './member-rules.ts';
import { changesNoMembers, changingMembers, memberShape, roleInput } from './members.ts';
import { findMember, nameOrId } from './names.ts';
import { operation } from './operation.ts';
import { plain } from './words.ts';

const output = z.object({ member: memberShape, before: z.enum(roles) });

export const changeMemberRole = operation({
  name: 'change_member_role',
  title: "Change a member's role",
  description:
    'Makes a member an OWNER, ADMIN or MEMBER. Admins change members and admins, only owners change owners, nobody promotes themselves, and the last owner stays. Who becomes a MEMBER loses the apps they connected at once.',
  kind: 'write',
  access: 'admin',
  noApps: changesNoMembers,
  surfaces: ['rest', 'web'],
  rest: { method: 'PUT', path: '/members/{member}/role', example: { member: 'mia@acme.test', role: 'ADMIN' } },
  input: z.strictObject({ member: nameOrId('Name, address or id'), role: roleInput, ...commandInput }),
  output,
  async handler(call, { member: ref, role }) {
    const { kept } = await changingMembers(call, output, async (trx, me) => {
      const target = await findMember(trx, ref, me.id);
      needMayChangeRole(me, target, role, await countOwners(trx));
      if (target.role !== role) {
        await setRole(trx, target.id, role);
        const text = `made ${target.name} ${role}, who was ${target.role}`;
        await noteOrgEvent(trx, call.principal, call.now, 'role_changed', text);
      }
      return { member: { ...target, role }, before: target.role };
    });
    return kept;
  },
  text: ({ member, before }) =>
    before === member.role
      ? `${plain(member.name)} is ${member.role} already. Nothing changed.`
      : `${plain(member.name)} is ${member.role} now, and was ${before}.`,
});

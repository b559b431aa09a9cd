/** The members' pages: who works here, who is invited, and what becomes of someone's part. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Authority } from '../oauth/authority.ts';
import { changeMemberRole } from '../operations/change-member-role.ts';
import { getMember } from '../operations/get-member.ts';
import { inviteMember } from '../operations/invite-member.ts';
import { leaveOrg } from '../operations/leave-org.ts';
import { listHandOvers } from '../operations/list-hand-overs.ts';
import { listMemberInvitations } from '../operations/list-member-invitations.ts';
import { listOrgEvents } from '../operations/list-org-events.ts';
import { listOrgMembers } from '../operations/list-org-members.ts';
import { manageMemberInvitation } from '../operations/manage-member-invitation.ts';
import type { Tools } from '../operations/operation.ts';
import { removeMember } from '../operations/remove-member.ts';
import { callerOf, memberRoutes, toSendAgain, type Visit } from './kit/member.ts';
import { need, settled } from './kit/need.ts';
import { memberGonePage, memberPage, membersPage } from './members-page.tsx';

type Fields = Readonly<Record<string, string>>;

interface Told {
  readonly notice?: string;
  readonly problem?: string;
  readonly typed?: Fields;
}

export async function membersRoutes(
  app: FastifyInstance,
  { authority, tools }: { readonly authority: Authority; readonly tools: () => Tools },
): Promise<void> {
  const { page, form } = memberRoutes(app, authority, tools);
  const html = (reply: FastifyReply, text: string, status: number) => reply.code(status).type('text/html').send(text);

  const list = async (visit: Visit, reply: FastifyReply, told: Told = {}) => {
    const caller = callerOf(visit);
    const { cursor } = visit.query;
    const [members, invitations, handOvers, events] = await Promise.all([
      listOrgMembers.run(caller, {}),
      listMemberInvitations.run(caller, {}),
      listHandOvers.run(caller, {}),
      visit.principal.role === 'MEMBER' ? null : listOrgEvents.run(caller, { limit: 20, ...(cursor && { cursor }) }),
    ]);
    const view = {
      ...{ session: visit.session, now: visit.tools.now },
      ...{ members: need(members).members, invitations: need(invitations).invitations },
      ...{ handOvers: need(handOvers).handOvers, changes: events === null ? null : need(events) },
      ...{ notice: told.notice ?? null, problem: told.problem ?? null, typed: told.typed ?? {} },
    };
    return html(reply, membersPage(view), told.problem === undefined ? 200 : 422);
  };
  page('/settings/members', (visit, reply) => list(visit, reply));

  form('/settings/members/invite', async (visit, fields, reply) => {
    const { email = '', role = 'MEMBER' } = fields;
    const result = settled(await inviteMember.run(callerOf(visit, fields), { email: email.trim(), role }));
    if (result.ok) return list(visit, reply, { notice: result.text });
    const problem =
      result.code === 'bad_input'
        ? `“${email.trim()}” is no mail address. Nobody was invited.`
        : toSendAgain(result).problem;
    return list(visit, reply, { problem, typed: fields });
  });

  form('/settings/members/invitations', async (visit, fields, reply) => {
    const { invitation = '', action = '' } = fields;
    const result = settled(await manageMemberInvitation.run(callerOf(visit, fields), { invitation, action }));
    return list(visit, reply, result.ok ? { notice: result.text } : { problem: toSendAgain(result).problem });
  });

  const one = async (visit: Visit, reply: FastifyReply, told: Told = {}) => {
    const caller = callerOf(visit);
    const [found, members] = await Promise.all([
      getMember.run(caller, { member: visit.params.id }),
      listOrgMembers.run(caller, {}),
    ]);
    const { session } = visit;
    settled(found);
    if (!found.ok) return html(reply, memberGonePage(session), 404);
    const view = {
      ...{ session, found: found.facts, members: need(members).members },
      ...{ notice: told.notice ?? null, problem: told.problem ?? null },
    };
    return html(reply, memberPage(view), told.problem === undefined ? 200 : 422);
  };
  page('/settings/members/:id', (visit, reply) => one(visit, reply));

  form('/settings/members/:id/role', async (visit, fields, reply) => {
    const result = settled(
      await changeMemberRole.run(callerOf(visit, fields), { member: visit.params.id, role: fields.role }),
    );
    if (!result.ok) return one(visit, reply, { problem: result.text });
    // One's own role is read anew with the next page.
    return reply.redirect('/settings/members', 303);
  });

  form('/settings/members/:id/remove', async (visit, fields, reply) => {
    const input = { member: visit.params.id, tasks_to: fields.tasks_to };
    const result = settled(await removeMember.run(callerOf(visit, fields), input));
    return result.ok
      ? list(visit, reply, { notice: result.text })
      : one(visit, reply, { problem: toSendAgain(result).problem });
  });

  form('/settings/members/:id/leave', async (visit, fields, reply) => {
    const result = settled(await leaveOrg.run(callerOf(visit, fields), { tasks_to: fields.tasks_to }));
    return result.ok ? reply.redirect('/flows', 303) : one(visit, reply, { problem: toSendAgain(result).problem });
  });
}

import { z } from 'zod';
import { brandingOf } from '../db/branding.ts';
import type { Trx } from '../db/database.ts';
import { countInvitationsSent, insertInvitation } from '../db/members.ts';
import { noteOrgEvent } from '../db/org-events.ts';
import { listMembers } from '../db/people.ts';
import type { MemberRole } from '../db/schema.ts';
import { limits } from '../domain/limits.ts';
import { type MemberPrincipal, roles } from '../oauth/principal.ts';
import { newId } from '../platform/ids.ts';
import { hashSecret, randomText } from '../platform/secrets.ts';
import { commandInput } from './command.ts';
import { writeMemberInvitation } from './member-mail.ts';
import { needMayInvite } from './member-rules.ts';
import { changesNoMembers, changingMembers, roleInput } from './members.ts';
import { type Call, operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { plain } from './words.ts';

/** How long the link in the mail leads somewhere, in milliseconds. */
export const invitationLifeMs = 7 * 86_400_000;
const mails = { most: 100, withinMs: 3_600_000 };

/** So that an org can't be used to flood the world with mail. */
export async function needMailsLeft(trx: Trx, now: number): Promise<void> {
  if ((await countInvitationsSent(trx, new Date(now - mails.withinMs))) >= mails.most) {
    throw new Refusal(
      'slow_down',
      `${mails.most} invitations went out in the last hour, and that is the most. Try again in an hour. Nothing changed.`,
      { retryAfter: mails.withinMs / 1_000 },
    );
  }
}

/** A fresh secret and what is kept of it. */
export const newInvitationLink = (publicUrl: string, now: number) => {
  const secret = randomText(40);
  return {
    link: `${publicUrl}/join/${secret}`,
    kept: { secret_hash: hashSecret(secret), sent_at: new Date(now), expires_at: new Date(now + invitationLifeMs) },
  };
};

/** The mail to someone invited, written with the org's name of this transaction. */
export async function mailTo(
  trx: Trx,
  { principal, publicUrl }: Pick<Call<MemberPrincipal>, 'principal' | 'publicUrl'>,
  invited: { readonly email: string; readonly role: MemberRole; readonly link: string },
) {
  const brand = await brandingOf(trx, principal.orgId);
  const org = { ...brand, logo: brand.logo === null ? null : `${publicUrl}${brand.logo}` };
  return writeMemberInvitation({ ...invited, to: invited.email, from: principal.name, org });
}

const output = z.object({ id: z.string(), email: z.string(), role: z.enum(roles), expiresAt: z.iso.datetime() });

export const inviteMember = operation({
  name: 'invite_member',
  title: 'Invite a member',
  description:
    'Asks someone by mail to join the organization with a role. An admin invites members and admins; only an owner invites an owner.',
  kind: 'write',
  openWorld: true,
  access: 'admin',
  noApps: changesNoMembers,
  surfaces: ['rest', 'web'],
  rest: { method: 'POST', path: '/member-invitations', example: { email: 'noor@acme.test', role: 'MEMBER' } },
  input: z.strictObject({ email: z.email().max(limits.email), role: roleInput.default('MEMBER'), ...commandInput }),
  output,
  async handler(call, input) {
    const email = input.email.toLowerCase();
    const { role } = input;
    const { link, kept } = newInvitationLink(call.publicUrl, call.now);
    const id = newId('inv');
    const made = await changingMembers(call, output, async (trx, me) => {
      needMayInvite(me, role);
      const member = (await listMembers(trx)).find((m) => m.email === email);
      if (member) {
        throw new Refusal(
          'already_member',
          `${plain(member.name)} (${email}) is ${member.role} here already. Nothing changed.`,
        );
      }
      await needMailsLeft(trx, call.now);
      const made = await insertInvitation(trx, {
        ...{ org_id: call.principal.orgId, id, email, role, invited_by: me.id, created_at: new Date(call.now) },
        ...kept,
      });
      if (!made) {
        throw new Refusal(
          'already_invited',
          `${email} is invited already. Send that invitation again, or revoke it first. Nothing changed.`,
        );
      }
      await noteOrgEvent(trx, call.principal, call.now, 'member_invited', `invited ${email} as ${role}`);
      const mail = await mailTo(trx, call, { email, role, link });
      return { id, email, role, expiresAt: kept.expires_at.toISOString(), mail };
    });
    if (made.fresh) call.sendMail(made.fresh.mail);
    return made.kept;
  },
  text: (f) => `${plain(f.email)} is invited as ${f.role}; the mail is on its way, and its link works for 7 days.`,
});

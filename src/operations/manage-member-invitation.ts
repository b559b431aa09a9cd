import { z } from 'zod';
import { openInvitations, renewInvitation, revokeInvitation } from '../db/members.ts';
import { noteOrgEvent } from '../db/org-events.ts';
import { limits } from '../domain/limits.ts';
import { commandInput } from './command.ts';
import { mailTo, needMailsLeft, newInvitationLink } from './invite-member.ts';
import { needMayInvite } from './member-rules.ts';
import { changesNoMembers, changingMembers } from './members.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { plain, quote } from './words.ts';

const actions = ['resend', 'revoke'] as const;
const pauseMs = 60_000;

const output = z.object({ id: z.string(), email: z.string(), action: z.enum(actions) });

export const manageMemberInvitation = operation({
  name: 'manage_member_invitation',
  title: "Send a member's invitation again, or revoke it",
  description: '`resend` mails a fresh link for 7 days and ends the old one; `revoke` ends the link.',
  kind: 'write',
  destructive: true,
  openWorld: true,
  access: 'admin',
  noApps: changesNoMembers,
  surfaces: ['rest', 'web'],
  rest: {
    method: 'POST',
    path: '/member-invitations/{invitation}',
    example: { invitation: 'noor@acme.test', action: 'revoke' },
  },
  input: z.strictObject({
    invitation: z.string().trim().min(1).max(limits.email).describe('Address or id'),
    action: z.enum(actions),
    ...commandInput,
  }),
  output,
  async handler(call, { invitation: ref, action }) {
    const at = new Date(call.now);
    const { link, kept } = newInvitationLink(call.publicUrl, call.now);
    const managed = await changingMembers(call, output, async (trx, me) => {
      const found = (await openInvitations(trx)).find((i) => i.id === ref || i.email === ref.toLowerCase());
      if (!found) {
        throw new Refusal(
          'not_found',
          `No invitation of ${quote(ref)} is open: it was accepted or revoked. Nothing changed.`,
        );
      }
      needMayInvite(me, found.role);
      if (action === 'revoke') {
        await revokeInvitation(trx, found.id, at);
        await noteOrgEvent(
          trx,
          call.principal,
          call.now,
          'invitation_revoked',
          `took back the invitation of ${found.email}`,
        );
        return { id: found.id, email: found.email, action, mail: null };
      }
      if (call.now - found.sent_at.getTime() < pauseMs) {
        throw new Refusal(
          'slow_down',
          `${found.email} was sent a link within the last minute. Wait a little. Nothing changed.`,
          { retryAfter: Math.ceil((pauseMs - (call.now - found.sent_at.getTime())) / 1_000) },
        );
      }
      await needMailsLeft(trx, call.now);
      await renewInvitation(trx, found.id, kept);
      await noteOrgEvent(trx, call.principal, call.now, 'invitation_resent', `invited ${found.email} again`);
      const mail = await mailTo(trx, call, { email: found.email, role: found.role, link });
      return { id: found.id, email: found.email, action, mail };
    });
    if (managed.fresh?.mail) call.sendMail(managed.fresh.mail);
    return managed.kept;
  },
  text: (f) =>
    f.action === 'resend'
      ? `A fresh link is on its way to ${plain(f.email)}; the old one leads nowhere any more.`
      : `The invitation of ${plain(f.email)} is revoked; its link leads nowhere any more.`,
});

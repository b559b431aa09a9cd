import { z } from 'zod';
import { openInvitations } from '../db/members.ts';
import { roles } from '../oauth/principal.ts';
import { operation } from './operation.ts';
import { count, dots, lines, onDay, plain } from './words.ts';

export const listMemberInvitations = operation({
  name: 'list_member_invitations',
  title: 'List open invitations of members',
  description: 'Who was asked to join the organization and has not yet, expired ones too.',
  kind: 'read',
  access: 'member',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/member-invitations', example: {} },
  input: z.strictObject({}),
  output: z.object({
    total: z.number().int(),
    invitations: z.array(
      z.object({
        id: z.string(),
        email: z.string(),
        role: z.enum(roles),
        invitedBy: z.string(),
        sentAt: z.iso.datetime(),
        expiresAt: z.iso.datetime(),
        expired: z.boolean(),
      }),
    ),
  }),
  async handler({ database, principal, now }) {
    const open = await database.withOrg(principal, openInvitations);
    const invitations = open.map((i) => ({
      ...{ id: i.id, email: i.email, role: i.role, invitedBy: i.invited_by },
      ...{ sentAt: i.sent_at.toISOString(), expiresAt: i.expires_at.toISOString() },
      expired: i.expires_at.getTime() <= now,
    }));
    return { total: invitations.length, invitations };
  },
  text({ total, invitations }, now, zone) {
    if (total === 0) return 'No invitation is open.';
    return lines(
      `${count(total, 'invitation')} open.`,
      invitations.map((i) =>
        dots(
          `- ${plain(i.email)}, ${i.role}`,
          `invited by ${plain(i.invitedBy)}`,
          i.expired ? 'expired' : `until ${onDay(i.expiresAt, now, zone)}`,
          `\`${i.id}\``,
        ),
      ),
    );
  },
});

/** The mail that asks someone to join an org. */
import type { MemberRole } from '../db/schema.ts';
import { type AddressedLetter, letter } from '../platform/letter.ts';

interface MemberInvitation {
  readonly to: string;
  readonly from: string;
  readonly org: string;
  readonly role: MemberRole;
  readonly link: string;
}

const may: Record<MemberRole, string> = {
  OWNER: 'As an owner you can do everything there, and decide who else may.',
  ADMIN: 'As an admin you can run all flows, invite people, and connect apps.',
  MEMBER: 'As a member you see all flows, and do the tasks that are yours.',
};

export const writeMemberInvitation = ({ to, from, org, role, link }: MemberInvitation): AddressedLetter => ({
  to,
  subject: `${from} invites you to ${org}`.replace(/\s+/g, ' '),
  ...letter({
    hello: 'Hello,',
    opening: `${from} invites you to join ${org} on Booflow. ${may[role]}`,
    points: [],
    button: `Join ${org}`,
    link,
    signature: [from, org],
    why: `You get this mail because ${from} wrote your address. The link is yours alone and works for 7 days. If you don't know them, do nothing.`,
  }),
});

/** The mail that asks someone to join an org. */
import type { Branding } from '../db/branding.ts';
import type { MemberRole } from '../db/schema.ts';
import { brandShades } from '../domain/brand.ts';
import { type AddressedLetter, booflowHead, letter } from '../platform/letter.ts';
import { plainLine } from '../platform/plain-line.ts';

interface MemberInvitation {
  readonly to: string;
  readonly from: string;
  /** With the logo's whole address. */
  readonly org: Branding;
  readonly role: MemberRole;
  readonly link: string;
}

const may: Record<MemberRole, string> = {
  OWNER: 'As an owner you can do everything there, and decide who else may.',
  ADMIN: 'As an admin you can run all flows, invite people, and connect apps.',
  MEMBER: 'As a member you see all flows, and do the tasks that are yours.',
};

export function writeMemberInvitation({ to, from, org, role, link }: MemberInvitation): AddressedLetter {
  const { name, colour, logo } = org;
  return {
    to,
    subject: plainLine(`${from} invites you to ${name}`),
    ...letter({
      head: { ...(colour === null ? booflowHead : brandShades(colour)), name, logo },
      title: `Join ${name}`,
      hello: 'Hello,',
      opening: `${from} invites you to join ${name} on Booflow. ${may[role]} The link works for 7 days.`,
      points: [],
      button: `Join ${name}`,
      link,
      signature: [from, name],
      why: `You get this mail because ${from} wrote your address. The link is yours alone. If you don't know them, do nothing.`,
    }),
  };
}

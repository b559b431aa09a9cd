/** Who may change whose part in an org. Each rule throws a Refusal that says why not and who may. */
import { type Role, roles } from '../oauth/principal.ts';
import { Refusal } from './refusal.ts';
import { plain } from './words.ts';

/** Someone as the rules see them, with the role they have at this moment. */
export interface RoleHolder {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

const rank: Record<Role, number> = { MEMBER: 0, ADMIN: 1, OWNER: 2 };

const notAllowed = (text: string): Refusal => new Refusal('not_allowed', `${text} Nothing changed.`);
const lastOwner = (text: string): Refusal => new Refusal('last_owner', `${text} Nothing changed.`);

/** `what` completes "can": "change the settings". */
export function needManager(actor: RoleHolder, what: string): void {
  if (actor.role === 'MEMBER') throw notAllowed(`Only an owner or admin of the organization can ${what}.`);
}

/** Inviting someone as `role`, and sending or taking back such an invitation. */
export function needMayInvite(actor: RoleHolder, role: Role): void {
  needManager(actor, 'invite members');
  if (role === 'OWNER' && actor.role !== 'OWNER') throw notAllowed('Only an owner can make an owner. Ask one of them.');
}

/** `owners`: how many the org has now. */
export function needMayChangeRole(actor: RoleHolder, target: RoleHolder, role: Role, owners: number): void {
  needManager(actor, 'change roles');
  if (actor.id === target.id && rank[role] > rank[actor.role]) {
    throw notAllowed(`You are ${actor.role}, and nobody promotes themselves. Ask an owner.`);
  }
  if (actor.role !== 'OWNER' && (target.role === 'OWNER' || role === 'OWNER')) {
    throw notAllowed('Only an owner can make an owner, or unmake one. Ask one of them.');
  }
  if (target.role === 'OWNER' && role !== 'OWNER' && owners <= 1) {
    throw lastOwner(`${plain(target.name)} is the only owner. Make somebody else an owner first.`);
  }
}

export function needMayRemove(actor: RoleHolder, target: RoleHolder, owners: number): void {
  needManager(actor, 'remove members');
  if (actor.id === target.id) throw notAllowed('Nobody removes themselves. To go, leave the organization.');
  if (target.role === 'OWNER' && actor.role !== 'OWNER')
    throw notAllowed('Only an owner can remove an owner. Ask one of them.');
  if (target.role === 'OWNER' && owners <= 1) throw lastOwner(`${plain(target.name)} is the only owner.`);
}

/** What of it is allowed now, without a refusal: for pages that offer no more than that. */
export function mayDo(actor: RoleHolder, target: RoleHolder, owners: number) {
  const isAllowed = (rule: () => void): boolean => {
    try {
      rule();
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  };
  return {
    roles: roles.filter((role) => isAllowed(() => needMayChangeRole(actor, target, role, owners))),
    remove: isAllowed(() => needMayRemove(actor, target, owners)),
    leave: actor.id === target.id && isAllowed(() => needMayLeave(actor, owners)),
  };
}

export function needMayLeave(actor: RoleHolder, owners: number): void {
  if (actor.role === 'OWNER' && owners <= 1) {
    throw lastOwner('You are the only owner, and without you nobody could run it. Make somebody else an owner first.');
  }
}

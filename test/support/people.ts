/** Whoever acts in tests about flows. */
import type { Actor } from '../../src/domain/actor.ts';

type Member = Extract<Actor, { kind: 'member' }>;
type External = Extract<Actor, { kind: 'external' }>;

const member = (id: string, name: string, role: Member['role']): Member => ({
  kind: 'member',
  id,
  name,
  role,
  through: 'web',
});
const external = (id: string, name: string): External => ({ kind: 'external', id, name, through: 'portal' });

export const olivia = member('us_olivia', 'Olivia', 'OWNER');
export const adam = member('us_adam', 'Adam', 'ADMIN');
export const mia = member('us_mia', 'Mia', 'MEMBER');
export const max = member('us_max', 'Max', 'MEMBER');

export const jane = external('ex_jane', 'Jane Alder');
export const john = external('ex_john', 'John Birch');
/** Invited to no flow. */
export const stranger = external('ex_stranger', 'Somebody');

export const invitee = (who: External, role = 'client reviewer') => ({
  externalId: who.id,
  email: `${who.id.slice(3)}@client.test`,
  name: who.name,
  role,
});

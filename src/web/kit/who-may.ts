/** A refusal says who may: by name, so that a person knows whom to ask. */
import type { Session } from '../../oauth/session.ts';
import { listOrgMembers } from '../../operations/list-org-members.ts';
import type { Caller } from '../../operations/operation.ts';
import type { Trouble } from './trouble.tsx';

const mostNames = 4;

/** The same trouble with the names of the org's owners and admins, the owners first. */
export async function whoMayHelp(trouble: Trouble, session: Session, caller: Caller): Promise<Trouble> {
  const found = await listOrgMembers.run(caller, {});
  const of = (role: 'OWNER' | 'ADMIN') => (found.ok ? found.facts.members.filter((m) => m.role === role) : []);
  const names = [...of('OWNER'), ...of('ADMIN')].map((m) => m.name);
  if (names.length === 0) return trouble;
  const told =
    names.length > mostNames ? [...names.slice(0, mostNames - 1), `${names.length - mostNames + 1} others`] : names;
  const all = new Intl.ListFormat('en-GB').format(told);
  const org = session.org?.name ?? 'this organization';
  return {
    ...trouble,
    text: `You are a member of ${org}. ${all} can do it, or make you an admin: ask ${names.length === 1 ? 'them' : 'one of them'}.`,
  };
}

/** A member goes: what they held ends in one transaction, and their open tasks follow durably. */
import type { Trx } from '../db/database.ts';
import { countOpenTasks, deleteMember, insertHandOver } from '../db/members.ts';
import type { MemberRow } from '../db/people.ts';
import { type Actor, system } from '../domain/actor.ts';
import type { MemberPrincipal } from '../oauth/principal.ts';
import { newId } from '../platform/ids.ts';
import type { Call } from './operation.ts';
import { count, plain } from './words.ts';

export interface Leaving {
  readonly handOverId: string;
  readonly tasks: number;
  readonly flows: number;
}

/** In the transaction that holds the members' lock. The tasks of others stay; `to` null: they lie with nobody. */
export async function endMembership(
  trx: Trx,
  call: Call<MemberPrincipal>,
  who: MemberRow,
  to: MemberRow | null,
  by: Actor = system,
): Promise<Leaving> {
  const { tasks, flows } = await countOpenTasks(trx, who.id);
  const id = newId('ho');
  await deleteMember(trx, who.id);
  await insertHandOver(trx, {
    ...{ org_id: call.principal.orgId, id, from_user: who.id, from_name: who.name, to_user: to?.id ?? null },
    ...{ by, created_at: new Date(call.now) },
  });
  return { handOverId: id, tasks, flows };
}

/** "3 open tasks in 2 flows go to Adam." */
export function tasksWords(tasks: number, flows: number, to: string | null): string {
  if (tasks === 0) return 'No open task lay with them.';
  const one = tasks === 1;
  const whither =
    to === null ? `${one ? 'lies' : 'lie'} with nobody from now on` : `${one ? 'goes' : 'go'} to ${plain(to)}`;
  return `${count(tasks, 'open task')} in ${count(flows, 'flow')} ${whither}.`;
}

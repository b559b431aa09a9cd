/** An org sends so many invitations an hour and no more: whoever gets hold of an account can't send mail without end. */
import { askForInvitations, settleInvitations } from '../db/invitations.ts';
import type { Effects } from '../domain/ledger.ts';
import { limits } from '../domain/limits.ts';
import type { MemberPrincipal } from '../oauth/principal.ts';
import { idFrom } from '../platform/ids.ts';
import type { CommandFacts } from './command.ts';
import type { Call } from './operation.ts';
import { Refusal } from './refusal.ts';
import { count } from './words.ts';

const hourMs = 3_600_000;

type Commanded = CommandFacts & { effects: Effects | null };

/** Does `invite`, which asks for `n` invitations, when the org's hour has room for them; refuses when it has not. */
export async function withinTheHour(
  call: Call<MemberPrincipal>,
  n: number,
  invite: () => Promise<Commanded>,
  sent: (facts: Commanded) => number = () => n,
): Promise<Commanded> {
  const { principal, now, database } = call;
  // Of what is asked too: the same command id with other people, or on another flow, is no command that was counted.
  const commandId = idFrom('ask', call.commandId, call.fingerprint);
  const most = limits.invitationsPerHour;
  const asked = await database.withOrg(principal, (trx) => {
    const wanted = { orgId: principal.orgId, commandId, n, at: new Date(now) };
    return askForInvitations(trx, wanted, new Date(now - hourMs), most);
  });
  if (!asked.room) {
    const left = Math.max(0, most - asked.lately);
    const minutes = Math.max(1, Math.ceil((asked.oldest + hourMs - now) / 60_000));
    throw new Refusal(
      'too_many_invitations',
      `Not invited: your organization has sent ${count(asked.lately, 'invitation')} in the last hour, and ${most} is the most. ${left === 0 ? 'Try' : `Invite ${left} at most now, or try`} again in ${count(minutes, 'minute')}. Nothing changed.`,
      { limit: most, lately: asked.lately, left, retryInMinutes: minutes },
    );
  }
  // Of one that was counted before, a refusal of now says nothing.
  let went = asked.fresh ? 0 : n;
  try {
    const facts = await invite();
    went = facts.state === 'accepted' ? n : sent(facts);
    return facts;
  } catch (error) {
    // Of one that was not confirmed nobody knows, so it counts.
    if (!(error instanceof Refusal) || error.code === 'engine_unavailable') went = n;
    throw error;
  } finally {
    if (went !== n) await database.withOrg(principal, (trx) => settleInvitations(trx, commandId, went));
  }
}

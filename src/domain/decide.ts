/** The rules of a flow: a command against a flow gives events, or a refusal and no change. Pure. */
import type { Actor } from './actor.ts';
import type { Command } from './command.ts';
import { holdComments } from './comment-mail.ts';
import type { FlowEvent } from './event.ts';
import type { Flow } from './flow.ts';
import * as lifecycle from './lifecycle.ts';
import { orderMails } from './mail.ts';
import * as people from './people.ts';
import { needPart } from './permission.ts';
import { type Refusal, Refused } from './refusal.ts';
import { remind, tick } from './reminders.ts';
import { fitMails, needToCarry } from './room.ts';
import { type Rules, Turn, todaysRules } from './turn.ts';
import * as work from './work.ts';

export type Decision =
  | { ok: true; flow: Flow; events: readonly FlowEvent[]; invited: readonly people.InviteOutcome[] }
  | { ok: false; refusal: Refusal };

/**
 * Decides one command. `now` in milliseconds since 1970.
 * On success `flow` is the flow after `events`, the same as evolving them one by one.
 */
export function decide(flow: Flow, command: Command, actor: Actor, now: number, rules: Rules = todaysRules): Decision {
  const turn = new Turn(flow, actor, now, rules);
  try {
    needPart(flow, actor);
    const invited = perform(turn, command);
    holdComments(turn);
    orderMails(turn);
    if (rules.mailsFit) {
      fitMails(turn, asksForMail.has(command.type));
      if (!neverTooLarge.has(command.type)) needToCarry(turn, flow);
    }
    return { ok: true, flow: turn.flow, events: turn.events, invited };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal };
    throw error;
  }
}

/** Commands that are for their mail: without it, they did nothing. */
const asksForMail: ReadonlySet<Command['type']> = new Set(['invite', 'resend_invitation', 'remind']);

/** Time can't be refused, nor may what lets a flow end, or a client's data go. */
const neverTooLarge: ReadonlySet<Command['type']> = new Set(['tick', 'cancel', 'erase']);

function perform(turn: Turn, command: Command): readonly people.InviteOutcome[] {
  switch (command.type) {
    case 'start':
      lifecycle.start(turn, command.startDate);
      break;
    case 'pause':
      lifecycle.pause(turn);
      break;
    case 'resume':
      lifecycle.resume(turn);
      break;
    case 'cancel':
      lifecycle.cancel(turn, command.reason);
      break;
    case 'rename':
      lifecycle.rename(turn, command.name);
      break;
    case 'complete':
      work.complete(turn, command.taskId, command.answers, command.comment);
      break;
    case 'approve':
      work.approve(turn, command.taskId, command.comment);
      break;
    case 'reject':
      work.reject(turn, command.taskId, command.reason);
      break;
    case 'reopen':
      work.reopen(turn, command.taskId, command.reason);
      break;
    case 'skip':
      work.skip(turn, command.taskId, command.reason);
      break;
    case 'assign':
      people.assign(turn, command.taskId, command.assignee);
      break;
    case 'set_due':
      people.setDue(turn, command.taskId, command.dueAt);
      break;
    case 'comment':
      work.comment(turn, command.taskId, command.text, command.audience ?? 'internal');
      break;
    case 'invite':
      return people.invite(turn, command.people);
    case 'revoke_invitation':
      people.revoke(turn, command.externalId);
      break;
    case 'resend_invitation':
      people.resend(turn, command.externalId);
      break;
    case 'accept_invitation':
      people.accept(turn, command.externalId);
      break;
    case 'erase':
      people.erase(turn, command.externalId);
      break;
    case 'remind':
      remind(turn, command.taskId);
      break;
    case 'tick':
      tick(turn);
      break;
  }
  return [];
}

import { z } from 'zod';
import type { Trx } from '../db/database.ts';
import type { Command } from '../domain/command.ts';
import { isCalendarDay, startOfDate } from '../domain/dates.ts';
import { limits } from '../domain/limits.ts';
import { textOf } from '../domain/naming.ts';
import {
  acceptedText,
  command,
  commandInput,
  commandOutput,
  effectLines,
  factsOf,
  flowCalled,
  flowMeant,
  meant,
  orItself,
  standing,
} from './command.ts';
import { nameOrId } from './names.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { lines, plain } from './words.ts';

const actions = ['start', 'pause', 'resume', 'cancel'] as const;

export const updateFlowStatus = operation({
  name: 'update_flow_status',
  title: 'Start, pause, resume or cancel a flow',
  description:
    'Moves a flow: `start` a DRAFT (sends the invitations, sets due dates, mails those whose tasks are ready), `pause`, `resume` (due dates move by the days that began meanwhile), or `cancel` (final: open tasks and magic links end).',
  kind: 'write',
  destructive: true,
  openWorld: true,
  access: 'admin',
  surfaces: ['mcp', 'rest', 'web'],
  rest: { method: 'POST', path: '/flows/{flow}/status', example: { flow: 'Lumen Bikes content', action: 'pause' } },
  input: z.strictObject({
    flow: nameOrId('Name or id'),
    action: z.enum(actions),
    start_date: z
      .string()
      .max(10)
      .optional()
      .describe('With start: the day due dates count from, YYYY-MM-DD; else today'),
    reason: textOf(limits.reason).optional().describe('With cancel: why'),
    ...commandInput,
  }),
  output: z.object({ ...commandOutput, action: z.enum(actions) }),
  async handler(call, { flow: ref, action, start_date, reason }) {
    const wanted = (zone: string): Command => wish(action, start_date, reason, zone);
    const find = async (trx: Trx) => {
      const found = await flowCalled(trx, ref, { whole: action === 'cancel' });
      // What does not fit is refused before anything is kept.
      wanted(found.timeZone);
      return found;
    };
    const flow = await orItself(call, ref, () => meant(call, { flow: ref }, flowMeant, find));
    return { ...factsOf(await command(call, flow, wanted(flow.timeZone))), action };
  },
  text(f, now) {
    if (f.state === 'accepted') return acceptedText(f);
    const name = plain(f.flow.name);
    const told = {
      start: `${name} is started.`,
      pause: `${name} is paused. Nothing becomes due and nobody is reminded until it is resumed.`,
      resume: `${name} is running again; due dates moved by the days that began during the pause.`,
      cancel: `${name} is cancelled. Its open tasks and magic links have ended.`,
    };
    return lines(told[f.action], f.action === 'cancel' ? null : standing(f), effectLines(f, now));
  },
});

/** The first moment of a day of the years that a flow's dates may lie in; null for any other text. */
function startOf(text: string, zone: string): number | null {
  const start = isCalendarDay(text) ? startOfDate(text, zone) : -1;
  return start >= 0 && start <= limits.moment ? start : null;
}

function wish(
  action: (typeof actions)[number],
  startDate: string | undefined,
  reason: string | undefined,
  zone: string,
): Command {
  if (startDate !== undefined && action !== 'start') {
    throw new Refusal('bad_input', `start_date goes with start, not with ${action}. Nothing changed.`);
  }
  if (reason !== undefined && action !== 'cancel') {
    throw new Refusal('bad_input', `A reason goes with cancel, not with ${action}. Nothing changed.`);
  }
  switch (action) {
    case 'start':
      if (startDate === undefined) return { type: 'start', startDate: null };
      if (startOf(startDate, zone) === null) {
        throw new Refusal(
          'bad_input',
          'start_date must be a day from 1970 to 3000, written YYYY-MM-DD. Nothing changed.',
        );
      }
      return { type: 'start', startDate: startOf(startDate, zone) };
    case 'pause':
    case 'resume':
      return { type: action };
    case 'cancel':
      return { type: 'cancel', reason: reason ?? '' };
  }
}

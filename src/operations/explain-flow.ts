import { z } from 'zod';
import { readDurations } from '../db/durations.ts';
import { explain } from '../domain/explain.ts';
import { forecast } from '../domain/forecast.ts';
import { theFlow } from './command.ts';
import { flowTruth } from './flow-truth.ts';
import { nameOrId } from './names.ts';
import { operation } from './operation.ts';
import { brief, briefShape, flowStatus, flowZone, iso, isoOr, moment } from './shapes.ts';
import { count, dueWords, lines, onDay, plain, quote, who } from './words.ts';

const holdShape = z.object({
  task: briefShape,
  since: moment.nullable().describe('Ready since'),
  behind: z.number().int().describe('How many open tasks wait for it'),
  chain: z
    .array(z.object({ id: z.string(), title: z.string() }))
    .describe('The longest way that waits, this task first'),
});

const forecastShape = z.object({
  likely: moment.describe('Done by then in half of the cases'),
  late: moment.describe('Done by then in 8 of 10 cases'),
  basis: z.number().int().describe('How many finished tasks it comes from'),
});

/** "Likely done by Fri 11 Dec, by Thu 17 Dec in 8 of 10 cases; from 41 such tasks." */
export function forecastWords(f: z.infer<typeof forecastShape> | null, now: number, zone: string): string | null {
  if (f === null) return null;
  const [likely, late] = [onDay(f.likely, now, zone), onDay(f.late, now, zone)];
  const when = likely === late ? `Likely done by ${likely}` : `Likely done by ${likely}, by ${late} in 8 of 10 cases`;
  return `${when}; from ${count(f.basis, 'such task')}.`;
}

export const explainFlow = operation({
  name: 'explain_flow',
  title: 'Why is this waiting?',
  description:
    'Why a flow is not done, and when it likely will be: which tasks hold it up, with whom they lie, since when, and what waits behind them. What holds up the most comes first.',
  kind: 'read',
  access: 'member',
  surfaces: ['mcp', 'rest', 'web'],
  rest: { method: 'GET', path: '/flows/{flow}/explanation', example: { flow: 'Harbor & Pine' } },
  input: z.strictObject({ flow: nameOrId('Name or id') }),
  output: z.object({
    flow: z.object({ id: z.string(), name: z.string(), status: flowStatus, timeZone: flowZone }),
    holds: z.array(holdShape),
    forecast: forecastShape.nullable().describe('null when there is nothing to go by'),
  }),
  async handler(call, { flow: ref }) {
    const found = await theFlow(call, ref);
    const { flow } = await flowTruth(call, call.principal.orgId, found.id);
    const durations = await call.database.withOrg(call.principal, (trx) =>
      readDurations(trx, flow.template.id, flow.id),
    );
    const foreseen = forecast(flow, durations, call.now);
    return {
      flow: { id: flow.id, name: flow.name, status: flow.status, timeZone: flow.timeZone },
      holds: explain(flow).map((h) => ({
        task: brief(h.task),
        since: isoOr(h.task.readyAt),
        behind: h.behind,
        chain: h.chain.map(({ id, title }) => ({ id, title })),
      })),
      forecast: foreseen && { likely: iso(foreseen.likely), late: iso(foreseen.late), basis: foreseen.basis },
    };
  },
  text({ flow, holds, forecast: foreseen }, now) {
    const zone = flow.timeZone;
    const name = plain(flow.name);
    switch (flow.status) {
      case 'DRAFT':
        return `${name} has not started; \`update_flow_status\` with action start starts it.`;
      case 'COMPLETED':
        return `${name} is completed; it waits for nothing.`;
      case 'CANCELLED':
        return `${name} is cancelled; it waits for nothing.`;
      case 'PAUSED':
      case 'ACTIVE':
        return lines(
          flow.status === 'PAUSED'
            ? `${name} is paused: nothing goes on until it is resumed. After that it waits on ${count(holds.length, 'task')}.`
            : `${name} waits on ${count(holds.length, 'task')}.`,
          holds.slice(0, 10).map((h) => {
            const late =
              flow.status === 'ACTIVE' && h.task.dueAt !== null ? `, ${dueWords(h.task.dueAt, now, zone)}` : '';
            const since = h.since === null ? '' : ` since ${onDay(h.since, now, zone)}`;
            const behind =
              h.behind === 0
                ? ''
                : `; ${count(h.behind, 'task')} behind it, up to ${quote(h.chain.at(-1)?.title ?? '')}`;
            return `- ${quote(h.task.title)} lies with ${who(h.task.assignee)}${since}${late}${behind} · \`${h.task.id}\``;
          }),
          holds.length > 10 && `- and ${holds.length - 10} more`,
          forecastWords(foreseen, now, zone),
        );
    }
  },
});

import { z } from 'zod';
import type { Trx } from '../db/database.ts';
import { remindedClient, remindedMember, remindersOffOf } from '../db/reminders.ts';
import { invitationStatuses, isOverdue, isResolved } from '../domain/flow.ts';
import type { Overview, OverviewTask } from '../domain/view.ts';
import type { MemberPrincipal } from '../oauth/principal.ts';
import { ageLine, namedOverview } from './flow-truth.ts';
import { nameOrId } from './names.ts';
import { type Call, operation } from './operation.ts';
import { brief, briefShape, flowStatus, flowZone, iso, isoOr, moment, progressShape } from './shapes.ts';
import { byWhom, count, dots, dueWords, lines, onDay, percentWords, plain, quote, short, who } from './words.ts';

const output = z.object({
  id: z.string(),
  name: z.string(),
  status: flowStatus,
  template: z.object({ id: z.string(), name: z.string(), version: z.number().int() }),
  progress: progressShape,
  overdue: z.number().int(),
  createdAt: moment,
  createdBy: z.string(),
  startDate: moment.nullable(),
  finishedAt: moment.nullable(),
  timeZone: flowZone,
  asOf: moment.nullable().describe('null: as it is now; else how old this answer is'),
  tasks: z.array(
    briefShape.extend({
      overdue: z.boolean(),
      dependsOn: z.array(z.string()),
      doneAt: moment.nullable(),
      doneBy: z.string().nullable(),
      comments: z.number().int(),
    }),
  ),
  externalUsers: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      email: z.string(),
      role: z.string(),
      invitation: z.enum(invitationStatuses),
      mailRefused: z.string().nullable().describe('What the mail server said when it refused their address'),
    }),
  ),
  remindersOff: z.array(z.string()).describe('Ids of those here who switched reminders off'),
  activity: z.array(
    z.object({
      at: moment,
      by: z.string(),
      through: z.string(),
      what: z.string(),
      text: z.string(),
      taskId: z.string().nullable(),
    }),
  ),
  activityTotal: z.number().int(),
});
type Facts = z.infer<typeof output>;

export const getFlow = operation({
  name: 'get_flow',
  title: 'Show a flow',
  description:
    'Everything about one flow, asked of the flow itself: its tasks with who has them and what they wait for, its external users, progress, and what happened lately.',
  kind: 'read',
  access: 'member',
  surfaces: ['mcp', 'rest', 'web'],
  rest: { method: 'GET', path: '/flows/{flow}', example: { flow: 'Harbor & Pine' } },
  view: 'flow',
  input: z.strictObject({ flow: nameOrId('Name or id') }),
  output,
  async handler(call, { flow: ref }) {
    const { flow, asOf } = await namedOverview(call, ref);
    return factsOf(flow, asOf, await remindersOffIn(call, flow), call);
  },
  text: tell,
});

/** Ids of the flow's clients, and of members with tasks in it, who switched reminders off. */
async function remindersOffIn({ database, principal }: Call<MemberPrincipal>, flow: Overview): Promise<string[]> {
  const members = flow.tasks.flatMap(({ assignee }) => (assignee?.kind === 'member' ? [assignee.id] : []));
  const people = [
    ...flow.externals.map(({ id, email }) => ({ id, ...remindedClient(email) })),
    ...[...new Set(members)].map((id) => ({ id, ...remindedMember(id) })),
  ];
  if (people.length === 0) return [];
  const look = (trx: Trx) => remindersOffOf(trx, people);
  const off = await database.withOrg(principal, look, { reads: true, asTheyAre: true });
  return people.filter((p) => off.some((o) => o.kind === p.kind && o.person === p.person)).map((p) => p.id);
}

function factsOf(
  flow: Overview,
  asOf: number | null,
  remindersOff: string[],
  { now, timeZone }: { readonly now: number; readonly timeZone: string },
): Facts {
  return {
    id: flow.id,
    name: flow.name,
    status: flow.status,
    template: flow.template,
    progress: flow.progress,
    overdue: flow.tasks.filter((t) => isOverdue(flow, t, now)).length,
    createdAt: iso(flow.createdAt),
    createdBy: flow.createdBy.name,
    startDate: isoOr(flow.startDate),
    finishedAt: isoOr(flow.finishedAt),
    timeZone: flow.timeZone ?? timeZone,
    asOf: isoOr(asOf),
    tasks: flow.tasks.map((t) => taskFacts(flow, t, now)),
    remindersOff,
    externalUsers: flow.externals.map(({ id, name, email, role, invitation, mailRefused }) => ({
      id,
      name,
      email,
      role,
      invitation,
      mailRefused: mailRefused ?? null,
    })),
    activity: flow.feed.map((e) => ({
      at: iso(e.at),
      by: e.by.name,
      through: e.by.through,
      what: e.what,
      text: e.text,
      taskId: e.taskId,
    })),
    activityTotal: flow.feedLength,
  };
}

/** Assigned, not spread: what comes after a spread costs V8 a microsecond a key, which a flow of 100 tasks feels. */
const taskFacts = (flow: Overview, t: OverviewTask, now: number): Facts['tasks'][number] =>
  Object.assign(brief(t), {
    overdue: isOverdue(flow, t, now),
    dependsOn: [...t.dependsOn],
    doneAt: isoOr(t.doneAt),
    doneBy: t.doneBy,
    comments: t.comments,
  });

function tell(f: Facts, now: number): string {
  const zone = f.timeZone;
  const open = f.tasks.filter((t) => t.status === 'READY');
  const behind = f.tasks.filter((t) => t.status === 'BLOCKED' || t.status === 'REJECTED');
  const over = f.tasks.filter((t) => isResolved(t) || t.status === 'CANCELLED');
  const titles = new Map(f.tasks.map((t) => [t.id, t]));
  const running = f.status === 'ACTIVE';
  return lines(
    `${plain(f.name)} is ${f.status}${f.status === 'CANCELLED' ? `, with ${f.progress.done} of ${count(f.tasks.length, 'task')} done` : `: ${percentWords(f.progress)}`}${f.overdue > 0 ? `, ${f.overdue} overdue` : ''} · \`${f.id}\``,
    ageLine(f.asOf, f.status, now),
    `From ${quote(f.template.name)}, made by ${plain(f.createdBy)} on ${onDay(f.createdAt, now, zone)}${f.startDate === null ? '' : `, started ${onDay(f.startDate, now, zone)}`}${f.finishedAt === null ? '' : `, ended ${onDay(f.finishedAt, now, zone)}`}.`,
    f.status === 'DRAFT' && 'It has not started; `update_flow_status` with action start starts it.',
    open.length > 0 && `Ready (${open.length}):`,
    open.map((t) => taskLine(t, who(t.assignee), running && t.dueAt !== null ? dueWords(t.dueAt, now, zone) : '')),
    behind.length > 0 && `Waiting (${behind.length}):`,
    behind.map((t) => {
      const first = t.dependsOn.map((id) => titles.get(id)).filter((d) => d !== undefined && !isResolved(d));
      const names = first.slice(0, 2).map((d) => quote(d?.title ?? '', 60));
      const more = first.length > 2 ? ` and ${first.length - 2} more` : '';
      return taskLine(
        t,
        t.assignee === null ? '' : who(t.assignee),
        names.length > 0 ? `after ${names.join(', ')}${more}` : '',
      );
    }),
    over.length > 0 && `Over (${over.length}):`,
    over.map((t) => taskLine(t, `${t.status}${t.doneBy === null ? '' : ` by ${plain(t.doneBy)}`}`, '')),
    f.externalUsers.length > 0 && `External users (${f.externalUsers.length}):`,
    f.externalUsers.map((e) =>
      dots(
        `- ${plain(e.name)}`,
        e.email,
        [
          plain(e.role),
          e.invitation,
          f.remindersOff.includes(e.id) ? 'wants no reminders' : '',
          e.mailRefused === null ? '' : `mail is refused: ${quote(e.mailRefused)}`,
        ]
          .filter((s) => s !== '')
          .join(', '),
        `\`${e.id}\``,
      ),
    ),
    `Lately (${Math.min(f.activity.length, f.activityTotal)} of ${f.activityTotal}):`,
    f.activity.map((a) => `- ${onDay(a.at, now, zone)}, ${byWhom(a.by, a.through)}: ${short(plain(a.text), 200)}`),
  );
}

const taskLine = (t: Facts['tasks'][number], person: string, when: string): string =>
  dots(
    `- ${[`${quote(t.title)}${t.type === 'TASK' ? '' : ` (${t.type.toLowerCase()})`}`, person, when, t.round > 1 && `round ${t.round}`, t.comments > 0 && count(t.comments, 'comment')].filter((s) => typeof s === 'string' && s !== '').join(', ')}`,
    `\`${t.id}\``,
  );

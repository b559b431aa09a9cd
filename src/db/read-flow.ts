/** A flow as the read model has it, in the domain's shape. All of one moment where the transaction only reads. */
import { type Assignee, type Comment, type ExternalUser, type FeedEntry, type Flow, progress } from '../domain/flow.ts';
import type { Overview } from '../domain/view.ts';
import type { Trx } from './database.ts';
import type { ExternalUserRow, FeedRow, TaskRow } from './schema.ts';

const ms = (at: Date | null): number | null => at?.getTime() ?? null;

/** What happened in a flow, the latest first, from before the entry with this number on. */
export const readFeed = (trx: Trx, flowId: string, before: number | null, limit: number): Promise<FeedRow[]> => {
  const query = trx.selectFrom('feed').selectAll().where('flow_id', '=', flowId).orderBy('seq', 'desc').limit(limit);
  return (before === null ? query : query.where('seq', '<', before)).execute();
};

const readRow = (trx: Trx, id: string) => trx.selectFrom('flows').selectAll().where('id', '=', id).executeTakeFirst();

const tasksOf = (trx: Trx, id: string) => trx.selectFrom('tasks').where('flow_id', '=', id).orderBy('position');

/** Those who were invited together by their addresses, for nothing else of theirs stays and is each one's own. */
const readExternals = (trx: Trx, id: string) =>
  trx
    .selectFrom('external_users')
    .selectAll()
    .where('flow_id', '=', id)
    .orderBy('invited_at')
    .orderBy('email')
    .execute();

/** The version the read model has; 0 when it has no such flow. */
export async function readVersion(trx: Trx, id: string): Promise<number> {
  const row = await trx.selectFrom('flows').select('version').where('id', '=', id).executeTakeFirst();
  return row?.version ?? 0;
}

/** Null when the org has no such flow. `asOf` is when the read model last heard of it. */
export async function readFlow(trx: Trx, id: string, feedLimit: number): Promise<{ flow: Flow; asOf: number } | null> {
  const [row, tasks, externals, feed, comments] = await Promise.all([
    readRow(trx, id),
    tasksOf(trx, id).selectAll().execute(),
    readExternals(trx, id),
    readFeed(trx, id, null, feedLimit),
    trx.selectFrom('comments').selectAll().where('flow_id', '=', id).orderBy('version').execute(),
  ]);
  if (!row) return null;
  const commentsOf = new Map<string, Comment[]>();
  for (const c of comments) {
    const list = commentsOf.get(c.task_id) ?? [];
    list.push({ id: c.id, at: c.at.getTime(), by: c.by, text: c.text, audience: c.audience, version: c.version });
    commentsOf.set(c.task_id, list);
  }
  const flow: Flow = {
    id: row.id,
    orgId: row.org_id,
    name: row.name,
    template: { id: row.template_id, name: row.template_name, version: row.template_version },
    status: row.status,
    timeZone: row.time_zone,
    createdAt: row.created_at.getTime(),
    createdBy: row.created_by,
    startDate: ms(row.start_date),
    pausedAt: ms(row.paused_at),
    finishedAt: ms(row.finished_at),
    tasks: tasks.map((t) => ({
      id: t.id,
      key: t.key,
      position: t.position,
      title: t.title,
      description: t.description,
      type: t.type,
      fields: t.fields,
      hint: t.hint,
      due: t.due,
      condition: t.condition,
      dependsOn: t.depends_on,
      status: t.status,
      skippedBy: t.skipped_by,
      assignee: assigneeOf(t),
      dueAt: ms(t.due_at),
      readyAt: ms(t.ready_at),
      doneAt: ms(t.done_at),
      doneBy: t.done_by,
      answers: t.answers,
      round: t.round,
      notedDueAt: null,
      comments: commentsOf.get(t.id) ?? [],
      version: t.version,
    })),
    externals: externals.map(externalOf),
    feed: feed.reverse().map(entryOf),
    feedLength: row.feed_length,
    digestAt: null,
    digests: 0,
    outbox: [],
    mailsOrdered: 0,
    version: row.version,
  };
  return { flow, asOf: row.updated_at.getTime() };
}

/** The flow as a whole, without what is each task's own, which may be most of it. Null when the org has no such flow. */
export async function readOverview(
  trx: Trx,
  id: string,
  feedLimit: number,
): Promise<{ flow: Overview; version: number; asOf: number } | null> {
  const [row, tasks, externals, feed, comments] = await Promise.all([
    readRow(trx, id),
    tasksOf(trx, id)
      .select(['id', 'title', 'type', 'status', 'assignee_kind', 'assignee_id', 'assignee_name', 'due_at', 'round'])
      .select(['depends_on', 'done_at', 'done_by'])
      .execute(),
    readExternals(trx, id),
    readFeed(trx, id, null, feedLimit),
    trx
      .selectFrom('comments')
      .select(['task_id', (eb) => eb.fn.countAll<string>().as('n')])
      .where('flow_id', '=', id)
      .groupBy('task_id')
      .execute(),
  ]);
  if (!row) return null;
  const counts = new Map(comments.map((c) => [c.task_id, Number(c.n)]));
  const flow: Overview = {
    id: row.id,
    name: row.name,
    status: row.status,
    template: { id: row.template_id, name: row.template_name, version: row.template_version },
    createdAt: row.created_at.getTime(),
    createdBy: row.created_by,
    startDate: ms(row.start_date),
    finishedAt: ms(row.finished_at),
    timeZone: row.time_zone,
    feedLength: row.feed_length,
    progress: progress({ status: row.status, tasks }),
    tasks: tasks.map((t) => ({
      id: t.id,
      title: t.title,
      type: t.type,
      status: t.status,
      assignee: assigneeOf(t),
      dueAt: ms(t.due_at),
      round: t.round,
      dependsOn: t.depends_on,
      doneAt: ms(t.done_at),
      doneBy: t.done_by?.name ?? null,
      comments: counts.get(t.id) ?? 0,
    })),
    externals: externals.map(externalOf),
    feed: feed.reverse().map(entryOf),
  };
  return { flow, version: row.version, asOf: row.updated_at.getTime() };
}

const assigneeOf = (t: Pick<TaskRow, 'assignee_kind' | 'assignee_id' | 'assignee_name'>): Assignee | null =>
  t.assignee_kind === null || t.assignee_id === null
    ? null
    : { kind: t.assignee_kind, id: t.assignee_id, name: t.assignee_name ?? '' };

const externalOf = (e: ExternalUserRow): ExternalUser => ({
  id: e.id,
  email: e.email,
  name: e.name,
  role: e.role,
  invitation: e.invitation,
  mailRefused: e.mail_refused,
  invitedAt: e.invited_at.getTime(),
  version: e.version,
});

const entryOf = (f: FeedRow): FeedEntry => ({
  seq: f.seq,
  at: f.at.getTime(),
  by: f.by,
  what: f.what,
  taskId: f.task_id,
  text: f.text,
});

/** A flow as the read model has it, in the domain's shape: for when its workflow can't be asked. */
import type { Comment, Flow } from '../domain/flow.ts';
import type { Trx } from './database.ts';
import type { FeedRow } from './schema.ts';

const ms = (at: Date | null): number | null => at?.getTime() ?? null;

/** What happened in a flow, the latest first, from before the entry with this number on. */
export const readFeed = (trx: Trx, flowId: string, before: number | null, limit: number): Promise<FeedRow[]> => {
  const query = trx.selectFrom('feed').selectAll().where('flow_id', '=', flowId).orderBy('seq', 'desc').limit(limit);
  return (before === null ? query : query.where('seq', '<', before)).execute();
};

/** Null when the org has no such flow. `asOf` is when the read model last heard of it. */
export async function readFlow(trx: Trx, id: string, feedLimit: number): Promise<{ flow: Flow; asOf: number } | null> {
  const row = await trx.selectFrom('flows').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) return null;
  const tasks = await trx.selectFrom('tasks').selectAll().where('flow_id', '=', id).orderBy('position').execute();
  const externals = await trx
    .selectFrom('external_users')
    .selectAll()
    .where('flow_id', '=', id)
    .orderBy('invited_at')
    .execute();
  const feed = await readFeed(trx, id, null, feedLimit);
  const comments = await trx.selectFrom('comments').selectAll().where('flow_id', '=', id).orderBy('version').execute();
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
      assignee:
        t.assignee_kind === null || t.assignee_id === null
          ? null
          : { kind: t.assignee_kind, id: t.assignee_id, name: t.assignee_name ?? '' },
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
    externals: externals.map((e) => ({
      id: e.id,
      email: e.email,
      name: e.name,
      role: e.role,
      invitation: e.invitation,
      mailRefused: e.mail_refused,
      invitedAt: e.invited_at.getTime(),
      version: e.version,
    })),
    feed: feed
      .reverse()
      .map((f) => ({ seq: f.seq, at: f.at.getTime(), by: f.by, what: f.what, taskId: f.task_id, text: f.text })),
    feedLength: row.feed_length,
    digestAt: null,
    digests: 0,
    outbox: [],
    mailsOrdered: 0,
    version: row.version,
  };
  return { flow, asOf: row.updated_at.getTime() };
}

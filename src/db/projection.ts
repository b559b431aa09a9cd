/** The read model's only writer: a flow's changes, each row guarded by its version. */
import { randomInt } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { system } from '../domain/actor.ts';
import type { ExternalUser, FeedEntry, Flow, Task } from '../domain/flow.ts';
import type { Projection } from '../domain/ledger.ts';
import { notifyChange } from './changes.ts';
import type { Trx } from './database.ts';
import { keepAnsweredFiles } from './files.ts';

const date = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

/**
 * Writes one projection inside `withOrg`. Doing it twice, or an older one late, changes nothing.
 * Of two with the same version the later one stands: a workflow task that was lost after its projection is run
 * again, and the flow that comes of it has other moments under the same version.
 */
export async function writeProjection(trx: Trx, projection: Projection): Promise<void> {
  const { flow, feed } = projection;
  // Made up behind the milliseconds: of two that write in the same one, each knows its own.
  const micro = String(randomInt(1_000)).padStart(3, '0');
  const now = sql<Date>`${`${new Date().toISOString().slice(0, -1)}${micro}Z`}::timestamptz`;
  const hasRow = (is: RawBuilder<boolean>) =>
    sql<boolean>`exists (select from flows where org_id = ${flow.orgId} and id = ${flow.id} and ${is})`;
  /** The read model has no newer version of the flow. */
  const newest = hasRow(sql`version = ${flow.version}`);
  /** It had an older one, or none. */
  const news = hasRow(sql`updated_at = ${now}`);
  // All at once, in this order: what comes after the flow's row has it, and asks it.
  await Promise.all([
    writeFlow(trx, projection, now),
    flow.tasks.length > 0 && writeTasks(trx, flow),
    flow.externals.length > 0 && writeExternals(trx, flow),
    feed.length > 0 && writeFeed(trx, flow, feed, newest),
    writeComments(trx, flow, newest),
    keepAnsweredFiles(trx, flow),
    endDrafts(trx, flow, newest),
    endLinks(trx, flow, newest),
    // Who wrote it first told it: the server that took the command, or the workflow's activity.
    notifyChange(trx, flow, news),
  ]);
}

async function writeFlow(trx: Trx, projection: Projection, now: RawBuilder<Date>): Promise<void> {
  const { flow, progress } = projection;
  const columns = {
    template_id: flow.template.id,
    template_name: flow.template.name,
    template_version: flow.template.version,
    time_zone: flow.timeZone,
    created_at: new Date(flow.createdAt),
    created_by: JSON.stringify(flow.createdBy),
    name: flow.name,
    status: flow.status,
    percent: progress.percent,
    done: progress.done,
    counting: progress.counting,
    start_date: date(flow.startDate),
    paused_at: date(flow.pausedAt),
    finished_at: date(flow.finishedAt),
    feed_length: flow.feedLength,
    version: flow.version,
    updated_at: now,
  };
  await trx
    .insertInto('flows')
    .values({
      org_id: flow.orgId,
      id: flow.id,
      ...columns,
    })
    .onConflict((on) =>
      on
        .columns(['org_id', 'id'])
        .doUpdateSet({
          ...columns,
          updated_at: sql`case when flows.version < ${flow.version} then excluded.updated_at else flows.updated_at end`,
        })
        .where('flows.version', '<=', flow.version),
    )
    .execute();
}

async function writeTasks(trx: Trx, flow: Flow): Promise<void> {
  const row = (t: Task) => ({
    org_id: flow.orgId,
    flow_id: flow.id,
    id: t.id,
    position: t.position,
    key: t.key,
    title: t.title,
    description: t.description,
    type: t.type,
    status: t.status,
    fields: JSON.stringify(t.fields),
    hint: JSON.stringify(t.hint),
    due: JSON.stringify(t.due),
    condition: JSON.stringify(t.condition),
    skipped_by: t.skippedBy,
    depends_on: [...t.dependsOn],
    assignee_kind: t.assignee?.kind ?? null,
    assignee_id: t.assignee?.id ?? null,
    assignee_name: t.assignee?.name ?? null,
    due_at: date(t.dueAt),
    ready_at: date(t.readyAt),
    done_at: date(t.doneAt),
    done_by: JSON.stringify(t.doneBy),
    answers: JSON.stringify(t.answers),
    round: t.round,
    version: t.version,
  });
  await trx
    .insertInto('tasks')
    .values(flow.tasks.map(row))
    .onConflict((on) =>
      on
        .columns(['org_id', 'flow_id', 'id'])
        .doUpdateSet((ex) => ({
          position: ex.ref('excluded.position'),
          key: ex.ref('excluded.key'),
          title: ex.ref('excluded.title'),
          description: ex.ref('excluded.description'),
          type: ex.ref('excluded.type'),
          fields: sql`excluded.fields`,
          hint: sql`excluded.hint`,
          due: sql`excluded.due`,
          depends_on: ex.ref('excluded.depends_on'),
          status: ex.ref('excluded.status'),
          skipped_by: ex.ref('excluded.skipped_by'),
          condition: sql`excluded.condition`,
          assignee_kind: ex.ref('excluded.assignee_kind'),
          assignee_id: ex.ref('excluded.assignee_id'),
          assignee_name: ex.ref('excluded.assignee_name'),
          due_at: ex.ref('excluded.due_at'),
          ready_at: ex.ref('excluded.ready_at'),
          done_at: ex.ref('excluded.done_at'),
          done_by: sql`excluded.done_by`,
          answers: sql`excluded.answers`,
          round: ex.ref('excluded.round'),
          version: ex.ref('excluded.version'),
        }))
        .whereRef('tasks.version', '<=', sql.ref('excluded.version')),
    )
    .execute();
}

async function writeExternals(trx: Trx, flow: Flow): Promise<void> {
  const row = (e: ExternalUser) => ({
    org_id: flow.orgId,
    flow_id: flow.id,
    id: e.id,
    email: e.email,
    name: e.name,
    role: e.role,
    invitation: e.invitation,
    mail_refused: e.mailRefused ?? null,
    invited_at: new Date(e.invitedAt),
    version: e.version,
  });
  await trx
    .insertInto('external_users')
    .values(flow.externals.map(row))
    .onConflict((on) =>
      on
        .columns(['org_id', 'flow_id', 'id'])
        .doUpdateSet((ex) => ({
          email: ex.ref('excluded.email'),
          name: ex.ref('excluded.name'),
          role: ex.ref('excluded.role'),
          invitation: ex.ref('excluded.invitation'),
          mail_refused: ex.ref('excluded.mail_refused'),
          invited_at: ex.ref('excluded.invited_at'),
          version: ex.ref('excluded.version'),
        }))
        .whereRef('external_users.version', '<=', sql.ref('excluded.version')),
    )
    .execute();
}

async function writeFeed(trx: Trx, flow: Flow, feed: readonly FeedEntry[], newest: RawBuilder<boolean>): Promise<void> {
  await trx
    .insertInto('feed')
    .values(
      feed.map((e) => ({
        org_id: flow.orgId,
        flow_id: flow.id,
        seq: e.seq,
        at: new Date(e.at),
        by: JSON.stringify(e.by),
        what: e.what,
        task_id: e.taskId,
        text: e.text,
      })),
    )
    .onConflict((on) =>
      on
        .columns(['org_id', 'flow_id', 'seq'])
        .doUpdateSet((ex) => ({
          at: ex.ref('excluded.at'),
          by: sql`excluded.by`,
          what: ex.ref('excluded.what'),
          task_id: ex.ref('excluded.task_id'),
          text: ex.ref('excluded.text'),
        }))
        .where(newest),
    )
    .execute();
}

async function writeComments(trx: Trx, flow: Flow, newest: RawBuilder<boolean>): Promise<void> {
  const comments = flow.tasks.flatMap((t) =>
    t.comments.map((c) => ({
      org_id: flow.orgId,
      flow_id: flow.id,
      task_id: t.id,
      id: c.id,
      at: new Date(c.at),
      by: JSON.stringify(c.by),
      text: c.text,
      audience: c.audience,
      version: c.version,
    })),
  );
  if (comments.length === 0) return;
  await trx
    .insertInto('comments')
    .values(comments)
    .onConflict((on) =>
      on
        .columns(['org_id', 'flow_id', 'id'])
        .doUpdateSet((ex) => ({
          task_id: ex.ref('excluded.task_id'),
          version: ex.ref('excluded.version'),
          at: ex.ref('excluded.at'),
          by: sql`excluded.by`,
          text: ex.ref('excluded.text'),
          audience: ex.ref('excluded.audience'),
        }))
        .where(newest),
    )
    .execute();
}

/**
 * Writes a whole flow inside `withOrg` as its workflow tells it, whatever stands there: what the workflow does not have
 * goes, but for feed entries it no longer keeps, which are nowhere else; where they lack here too, an entry says so.
 * `tell` is asked once the flow's row is held, so what it gives is no older than what was projected before, and what is
 * projected after waits for it.
 * Null when `tell` gives null: nothing was changed then.
 */
export async function rebuildFlow(
  trx: Trx,
  flowId: string,
  tell: () => Promise<Projection | null>,
): Promise<Projection | null> {
  const [held] = await trx.selectFrom('flows').select('version').where('id', '=', flowId).forUpdate().execute();
  const projection = await tell();
  if (projection === null) return null;
  const { flow } = projection;
  // A mail of a time that the workflow has not seen: the next it orders has the same number, and is another.
  if (held && held.version > flow.version)
    await trx
      .deleteFrom('mails')
      .where('flow_id', '=', flowId)
      .where(sql<boolean>`substring(key from '[0-9]+$')::bigint > ${flow.mailsOrdered}`)
      .execute();
  const comments = flow.tasks.flatMap((t) => t.comments.map((c) => c.id));
  for (const [table, kept] of [
    ['comments', comments],
    ['external_users', flow.externals.map((e) => e.id)],
    ['tasks', flow.tasks.map((t) => t.id)],
  ] as const) {
    await trx
      .deleteFrom(table)
      .where('flow_id', '=', flowId)
      .where((eb) => eb.not(eb('id', '=', sql<string>`any(${kept})`)))
      .execute();
  }
  await trx.deleteFrom('feed').where('flow_id', '=', flowId).where('seq', '>', flow.feedLength).execute();
  // Rows from a time that the workflow has not seen: the guard would keep them.
  for (const table of ['tasks', 'external_users'] as const)
    await trx.updateTable(table).set({ version: 0 }).where('flow_id', '=', flowId).execute();
  await trx.updateTable('flows').set({ version: 0 }).where('id', '=', flowId).execute();
  await writeProjection(trx, projection);
  await noteLostEntries(trx, flow);
  return projection;
}

async function noteLostEntries(trx: Trx, flow: Flow): Promise<void> {
  const at = new Date(flow.feed[0]?.at ?? flow.createdAt);
  await sql`insert into feed (org_id, flow_id, seq, at, by, what, task_id, text)
    select ${flow.orgId}, ${flow.id}, n, ${at}, ${JSON.stringify(system)}::jsonb, 'entry_lost', null, ${lostEntry}
    from generate_series(1, ${flow.feedLength}::int) n on conflict do nothing`.execute(trx);
}

const lostEntry = 'no longer knows what happened here: the entry was lost, as by a restored backup';

/** What was drafted for a task that is done goes; what was drafted since it was reopened is not of that time. */
async function endDrafts(trx: Trx, flow: Flow, newest: RawBuilder<boolean>): Promise<void> {
  const done = flow.tasks.filter((t) => t.status === 'COMPLETED' || t.status === 'SKIPPED').map((t) => t.id);
  if (done.length === 0) return;
  await trx
    .deleteFrom('form_drafts')
    .where('flow_id', '=', flow.id)
    .where('task_id', 'in', done)
    .where(newest)
    .execute();
}

/** Magic links and portal sessions die with the flow, and with the invitation; those of a later one do not. */
async function endLinks(trx: Trx, flow: Flow, newest: RawBuilder<boolean>): Promise<void> {
  const over = flow.status === 'COMPLETED' || flow.status === 'CANCELLED';
  const revoked = flow.externals.filter((e) => e.invitation === 'REVOKED').map((e) => e.id);
  if (!over && revoked.length === 0) return;
  for (const table of ['magic_links', 'portal_sessions'] as const) {
    const links = trx.deleteFrom(table).where('org_id', '=', flow.orgId).where('flow_id', '=', flow.id).where(newest);
    await (over ? links : links.where('external_id', 'in', revoked)).execute();
  }
}

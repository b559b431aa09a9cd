/** What is known of a client goes: from one flow's rows, and from what an org keeps beside its flows. */
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Actor } from '../domain/actor.ts';
import { erasedAddress, erasedName, erasePerson, eraseTold, type Person, personOf } from '../domain/erasure.ts';
import type { Flow } from '../domain/flow.ts';
import { beyond, type Cursor } from './cursor.ts';
import type { Trx } from './database.ts';
import { readFlow } from './read-flow.ts';
import type { Erasures, Tables } from './schema.ts';

export type ErasureRow = Selectable<Erasures>;
/** Who a client is in one flow. */
export type Target = Person & { readonly flowId: string };

const wholeFeed = 1_000_000;

export async function insertErasure(
  trx: Trx,
  row: { readonly orgId: string; readonly id: string; readonly address: string; readonly by: Actor; readonly at: Date },
): Promise<void> {
  await trx
    .insertInto('erasures')
    .values({ org_id: row.orgId, id: row.id, address: row.address, by: JSON.stringify(row.by), created_at: row.at })
    .execute();
}

/** One begun for this address that is not finished. */
export const findOpenErasure = (trx: Trx, address: string): Promise<ErasureRow | undefined> =>
  trx.selectFrom('erasures').selectAll().where('address', '=', address).executeTakeFirst();

export const findErasure = (trx: Trx, id: string): Promise<ErasureRow | undefined> =>
  trx.selectFrom('erasures').selectAll().where('id', '=', id).executeTakeFirst();

export async function noteFirstLook(trx: Trx, id: string, at: Date): Promise<void> {
  await trx
    .updateTable('erasures')
    .set({ looked_at: at })
    .where('id', '=', id)
    .where('looked_at', 'is', null)
    .execute();
}

/** A page, the newest first. */
export async function listErasures(trx: Trx, from: Cursor | null, limit: number): Promise<ErasureRow[]> {
  const order = from?.back ? 'asc' : 'desc';
  let rows = trx.selectFrom('erasures').selectAll().orderBy('created_at', order).orderBy('id', order).limit(limit);
  if (from) rows = rows.where(beyond('created_at', from));
  const found = await rows.execute();
  return from?.back ? found.reverse() : found;
}

/** Flows that know this address, by which client of theirs. */
export const flowsWith = (trx: Trx, address: string): Promise<{ id: string; flow_id: string; status: string }[]> =>
  trx
    .selectFrom('external_users')
    .innerJoin('flows', (join) =>
      join.onRef('flows.org_id', '=', 'external_users.org_id').onRef('flows.id', '=', 'external_users.flow_id'),
    )
    .select(['external_users.id', 'external_users.flow_id', 'flows.status'])
    .where('external_users.email', '=', address)
    .execute();

/** What would be lost: open tasks that lie with them, and what they wrote and uploaded. */
export async function countOf(trx: Trx, address: string) {
  const { rows } = await sql<{ tasks: number; answered: number; comments: number; files: number; drafts: number }>`
    with who as (select flow_id, id from external_users where email = ${address})
    select
      (select count(*)::int from tasks t join who on who.flow_id = t.flow_id and who.id = t.assignee_id
        where t.assignee_kind = 'external' and t.status in ('BLOCKED', 'READY', 'REJECTED')) as tasks,
      (select count(*)::int from tasks t join who on who.flow_id = t.flow_id and who.id = t.done_by ->> 'id'
        where t.answers is not null) as answered,
      (select count(*)::int from comments c join who on who.flow_id = c.flow_id and who.id = c.by ->> 'id') as comments,
      (select count(*)::int from files f join who on who.flow_id = f.flow_id and who.id = f.uploader_id) as files,
      (select count(*)::int from form_drafts d join who on who.flow_id = d.flow_id and who.id = d.external_id) as drafts
  `.execute(trx);
  return rows[0] ?? { tasks: 0, answered: 0, comments: 0, files: 0, drafts: 0 };
}

/** Notes who they are in flows that were not noted yet, and gives all that are not done. */
export async function noteTargets(trx: Trx, id: string, address: string): Promise<Target[]> {
  const row = await trx
    .selectFrom('erasures')
    .select('targets')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const known = new Set(row.targets.map((t) => t.flowId));
  const added: Target[] = [];
  for (const { id: externalId, flow_id: flowId } of await flowsWith(trx, address)) {
    if (known.has(flowId)) continue;
    const read = await readFlow(trx, flowId, wholeFeed);
    const person = read && personOf(read.flow, externalId);
    if (person) added.push({ ...person, flowId });
  }
  const targets = [...row.targets, ...added];
  if (added.length > 0) await setTargets(trx, id, targets);
  return targets;
}

async function setTargets(trx: Trx, id: string, targets: readonly Target[]): Promise<void> {
  await trx
    .updateTable('erasures')
    .set({ targets: JSON.stringify(targets) })
    .where('id', '=', id)
    .execute();
}

/** Takes the client out of the read model's rows of one flow, and notes that this is done. */
export async function eraseFromFlow(trx: Trx, erasureId: string, target: Target): Promise<void> {
  const { flowId } = target;
  // What is projected meanwhile waits.
  await trx.selectFrom('flows').select('id').where('id', '=', flowId).forUpdate().execute();
  const read = await readFlow(trx, flowId, wholeFeed);
  if (read) {
    await writeChanged(trx, read.flow, erasePerson(read.flow, target));
    await indexAnew(trx, read.flow);
  }
  await eraseBeside(trx, target);
  const { targets } = await trx
    .selectFrom('erasures')
    .select('targets')
    .where('id', '=', erasureId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  await setTargets(
    trx,
    erasureId,
    targets.filter((t) => t.flowId !== flowId),
  );
  await trx
    .updateTable('erasures')
    .set((eb) => ({ flows: eb('flows', '+', 1) }))
    .where('id', '=', erasureId)
    .execute();
}

/** Versions stay: they count what the flow itself did. */
async function writeChanged(trx: Trx, before: Flow, after: Flow): Promise<void> {
  for (const [i, t] of after.tasks.entries()) {
    const was = before.tasks[i];
    if (!was || t === was) continue;
    await trx
      .updateTable('tasks')
      .set({
        assignee_name: t.assignee?.name ?? null,
        done_by: JSON.stringify(t.doneBy),
        answers: JSON.stringify(t.answers),
      })
      .where('flow_id', '=', after.id)
      .where('id', '=', t.id)
      .execute();
    for (const c of t.comments)
      await trx
        .updateTable('comments')
        .set({ by: JSON.stringify(c.by), text: c.text })
        .where('flow_id', '=', after.id)
        .where('id', '=', c.id)
        .execute();
  }
  for (const e of after.externals)
    await trx
      .updateTable('external_users')
      .set({
        ...{ email: e.email, name: e.name, role: e.role, invitation: e.invitation },
        mail_refused: e.mailRefused ?? null,
      })
      .where('flow_id', '=', after.id)
      .where('id', '=', e.id)
      .execute();
  for (const [i, e] of after.feed.entries()) {
    const was = before.feed[i];
    if (was?.text === e.text && was.by.name === e.by.name) continue;
    await trx
      .updateTable('feed')
      .set({ by: JSON.stringify(e.by), text: e.text })
      .where('flow_id', '=', after.id)
      .where('seq', '=', e.seq)
      .execute();
  }
}

/** The words the flow is found by, without theirs. */
async function indexAnew(trx: Trx, { id, orgId, name }: Flow): Promise<void> {
  await trx.deleteFrom('flow_words').where('flow_id', '=', id).execute();
  await sql`select index_words(${orgId}, ${id}, ${name})`.execute(trx);
  await sql`select index_words(org_id, flow_id, name || ' ' || email) from external_users where flow_id = ${id}`.execute(
    trx,
  );
}

async function eraseBeside(trx: Trx, person: Target): Promise<void> {
  const { flowId, id: externalId, email } = person;
  // Links that are over are noted as such when they go: so those notes last.
  for (const table of ['magic_links', 'portal_sessions', 'past_keys', 'link_requests', 'form_drafts'] as const)
    await trx.deleteFrom(table).where('flow_id', '=', flowId).where('external_id', '=', externalId).execute();
  // Their bytes leave the file store with the next clean-up.
  await trx.deleteFrom('files').where('flow_id', '=', flowId).where('uploader_id', '=', externalId).execute();
  const words = [email, ...person.names];
  const holds = (text: ReturnType<typeof sql.ref>) =>
    sql<boolean>`exists (select from unnest(${words}::text[]) w where strpos(lower(${text}), lower(w)) > 0)`;
  await trx
    .updateTable('mails')
    .set({ subject: erasedName })
    .where('flow_id', '=', flowId)
    .where((eb) => eb.or([eb('to_address', '=', email), holds(sql.ref('subject'))]))
    .execute();
  await trx
    .updateTable('mails')
    .set({ to_address: erasedAddress(externalId) })
    .where('flow_id', '=', flowId)
    .where('to_address', '=', email)
    .execute();
  await sql`select erase_dev_mails(${flowId}, ${words}::text[])`.execute(trx);
  await eraseDeliveries(trx, person);
}

/** What is yet to be delivered is delivered without them. The rows stay, so that nothing notes them anew. */
async function eraseDeliveries(trx: Trx, person: Target): Promise<void> {
  const rows = await trx
    .selectFrom('webhook_deliveries')
    .select(['webhook_id', 'id', 'body'])
    .where('id', 'like', `ev\\_${person.flowId.replace(/[%_\\]/g, '\\$&')}\\_%`)
    .execute();
  const erase = eraseTold(person);
  for (const row of rows) {
    const event = JSON.parse(row.body);
    const body = JSON.stringify({ ...event, data: { ...event.data, ...erase(event.data) } });
    if (body === row.body) continue;
    await trx
      .updateTable('webhook_deliveries')
      .set({ body })
      .where('webhook_id', '=', row.webhook_id)
      .where('id', '=', row.id)
      .execute();
  }
}

/** What an org knows of an address beside its flows; and the erasure forgets whom it was about. */
export async function finishErasure(trx: Trx, id: string, address: string, at: Date): Promise<void> {
  for (const table of ['reminders_off', 'reminder_links'] as const)
    await trx.deleteFrom(table).where('kind', '=', 'external').where('person', '=', address).execute();
  // Of a table with few lines, whom it named could be found out by trying.
  await sql`update flow_imports set table_hash = null where id in (
      select import_id from flow_import_lines where lower(input ->> 'email') = ${address})`.execute(trx);
  // A line that waits would invite them again.
  await sql`update flow_import_lines
    set input = input || jsonb_build_object('email', null, 'clientName', ${erasedName}::text, 'role', ''),
        state = case state when 'PENDING' then 'FAILED' else state end,
        error = case when state = 'PENDING' then 'The data of the client was erased.'
                     when error is null then null else without_address(error, ${address}) end
    where lower(input ->> 'email') = ${address}`.execute(trx);
  for (const [table, column] of [
    ['templates', 'description'],
    ['org_events', 'text'],
  ] as const)
    await sql`update ${sql.table(table)} set ${sql.ref(column)} = without_address(${sql.ref(column)}, ${address})
      where strpos(lower(${sql.ref(column)}), ${address}) > 0 and org_id = current_org()`.execute(trx);
  for (const table of ['template_versions', 'template_drafts'] as const)
    await sql`update ${sql.table(table)} set definition = without_address(definition::text, ${address})::jsonb
      where strpos(lower(definition::text), ${address}) > 0 and org_id = current_org()`.execute(trx);
  await trx.updateTable('erasures').set({ finished_at: at, address: null }).where('id', '=', id).execute();
}

/** Some of every org, begun before then and not finished: those that no worker looked at, then others in turn. */
export async function openErasures(
  db: Kysely<Tables>,
  before: Date,
  most: number,
): Promise<{ org_id: string; id: string }[]> {
  return (await sql<{ org_id: string; id: string }>`select * from open_erasures(${before}, ${most})`.execute(db)).rows;
}

/** All that an org has, for its export: page by page, each read in a transaction of its own. No secret and no hash of one. */
import { sql } from 'kysely';
import type { Trx } from './database.ts';
import { readOrgSettings } from './people.ts';
import { readFlow } from './read-flow.ts';

/** Runs a read within the org. */
export type Read = <T>(work: (trx: Trx) => Promise<T>) => Promise<T>;

const pageSize = 500;

/** Pages in the order of their keys, from after the last one on. */
async function* pages<R extends K, K>(
  read: Read,
  page: (trx: Trx, after: K | null) => Promise<R[]>,
): AsyncGenerator<R[]> {
  for (let after: K | null = null; ; ) {
    const last: K | null = after;
    const rows: R[] = await read((trx) => page(trx, last));
    if (rows.length > 0) yield rows;
    if (rows.length < pageSize) return;
    after = rows.at(-1) ?? null;
  }
}

export const exportedOrg = (read: Read, orgId: string) =>
  read(async (trx) => {
    const { logo_hash, brand_colour: colour, time_zone: timeZone, ...org } = await readOrgSettings(trx, orgId);
    const logo =
      logo_hash === null
        ? undefined
        : await trx.selectFrom('org_logos').select(['type', 'bytes']).where('hash', '=', logo_hash).executeTakeFirst();
    return { org: { ...org, timeZone, colour }, logo };
  });

export const exportedMembers = (read: Read) =>
  pages(read, (trx, after: { id: string } | null) =>
    trx
      .selectFrom('memberships')
      .innerJoin('users', 'users.id', 'memberships.user_id')
      .select(['users.id', 'users.name', 'users.email', 'memberships.role', 'memberships.created_at as memberSince'])
      .where('users.id', '>', after?.id ?? '')
      .orderBy('users.id')
      .limit(pageSize)
      .execute(),
  );

export const exportedInvitations = (read: Read) =>
  pages(read, (trx, after: { id: string } | null) =>
    trx
      .selectFrom('member_invitations')
      .select(['id', 'email', 'role', 'invited_by as invitedBy', 'created_at as createdAt', 'sent_at as sentAt'])
      .select(['expires_at as expiresAt', 'accepted_at as acceptedAt', 'revoked_at as revokedAt'])
      .where('id', '>', after?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );

/** With what each has as a draft. */
export const exportedTemplates = (read: Read) =>
  pages(read, (trx, after: { id: string } | null) =>
    trx
      .selectFrom('templates')
      .leftJoin('template_drafts', (join) =>
        join
          .onRef('template_drafts.org_id', '=', 'templates.org_id')
          .onRef('template_drafts.template_id', '=', 'templates.id')
          .onRef('template_drafts.revision', '=', 'templates.draft'),
      )
      .select(['templates.id', 'templates.name', 'templates.description', 'templates.category', 'templates.version'])
      .select(['templates.archived_at as archivedAt', 'templates.created_at as createdAt'])
      .select(['templates.updated_at as updatedAt', 'template_drafts.definition as draft'])
      .where('templates.org_id', 'is not', null)
      .where('templates.id', '>', after?.id ?? '')
      .orderBy('templates.id')
      .limit(pageSize)
      .execute(),
  );

export const exportedVersions = (read: Read) =>
  pages(read, (trx, after: { templateId: string; version: number } | null) =>
    trx
      .selectFrom('template_versions')
      .select(['template_id as templateId', 'version', 'definition', 'published_at as publishedAt'])
      .select('published_by as publishedBy')
      .where('org_id', 'is not', null)
      .where(sql<boolean>`(template_id, version) > (${after?.templateId ?? ''}, ${after?.version ?? 0})`)
      .orderBy('template_id')
      .orderBy('version')
      .limit(pageSize)
      .execute(),
  );

/** Ids of the org's flows. */
async function* flowIds(read: Read): AsyncGenerator<string> {
  const all = pages(read, (trx, after: { id: string } | null) =>
    trx
      .selectFrom('flows')
      .select('id')
      .where('id', '>', after?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );
  for await (const page of all) for (const { id } of page) yield id;
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** Each flow with its tasks, what was answered and said, and its clients; what happened in it is told apart. */
export async function* exportedFlows(read: Read) {
  for await (const id of flowIds(read)) {
    const found = await read((trx) => readFlow(trx, id, 0));
    if (!found) continue;
    const { flow, asOf } = found;
    const { name, template, status, timeZone, createdBy } = flow;
    yield [
      {
        ...{ id, name, template, status, timeZone, createdBy },
        ...{ createdAt: iso(flow.createdAt), startDate: iso(flow.startDate), pausedAt: iso(flow.pausedAt) },
        ...{ finishedAt: iso(flow.finishedAt), asOf: iso(asOf) },
        externalUsers: flow.externals.map(({ version: _, invitedAt, ...e }) => ({ ...e, invitedAt: iso(invitedAt) })),
        tasks: flow.tasks.map(({ version: _, notedDueAt: __, comments, ...t }) => ({
          ...t,
          ...{ dueAt: iso(t.dueAt), readyAt: iso(t.readyAt), doneAt: iso(t.doneAt) },
          comments: comments.map(({ version: ___, at, ...c }) => ({ ...c, at: iso(at) })),
        })),
      },
    ];
  }
}

export const exportedFeed = (read: Read) =>
  pages(read, (trx, after: { flowId: string; seq: number } | null) =>
    trx
      .selectFrom('feed')
      .select(['flow_id as flowId', 'seq', 'at', 'by', 'what', 'task_id as taskId', 'text'])
      .where(sql<boolean>`(flow_id, seq) > (${after?.flowId ?? ''}, ${after?.seq ?? 0})`)
      .orderBy('flow_id')
      .orderBy('seq')
      .limit(pageSize)
      .execute(),
  );

/** Files that are answers; what somebody uploaded and nobody has sent is nobody's but theirs. */
export const exportedFiles = (read: Read) =>
  pages(read, (trx, after: { id: string } | null) =>
    trx
      .selectFrom('files')
      .select(['id', 'flow_id as flowId', 'task_id as taskId', 'field_key as field', 'name', 'size'])
      .select(['media_type as mediaType', 'sha256', 'uploaded_by as uploadedBy', 'created_at as uploadedAt'])
      .select('store_key as storeKey')
      .where('state', '=', 'STORED')
      .where('kept_at', 'is not', null)
      .where('id', '>', after?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );

export const exportedMails = (read: Read) =>
  pages(read, (trx, after: { key: string } | null) =>
    trx
      .selectFrom('mails')
      .select(['key', 'flow_id as flowId', 'kind', 'to_address as to', 'subject', 'sent_at as sentAt'])
      .where('key', '>', after?.key ?? '')
      .orderBy('key')
      .limit(pageSize)
      .execute(),
  );

export const exportedWebhooks = (read: Read) =>
  pages(read, (trx, after: { id: string } | null) =>
    trx
      .selectFrom('webhooks')
      .select(['id', 'url', 'description', 'events', 'enabled', 'created_at as createdAt', 'created_by as createdBy'])
      .where('id', '>', after?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );

export const exportedImports = (read: Read) =>
  pages(read, (trx, after: { id: string } | null) =>
    trx
      .selectFrom('flow_imports')
      .select(['id', 'template_id as templateId', 'template_name as templateName', 'total'])
      .select([
        'created_at as createdAt',
        'finished_at as finishedAt',
        'stopped_at as stoppedAt',
        'stopped_by as stoppedBy',
      ])
      .select(sql<string>`by ->> 'name'`.as('by'))
      .where('id', '>', after?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );

export const exportedImportLines = (read: Read) =>
  pages(read, (trx, after: { importId: string; line: number } | null) =>
    trx
      .selectFrom('flow_import_lines')
      .select(['import_id as importId', 'line', 'input', 'state', 'flow_id as flowId', 'error'])
      .where(sql<boolean>`(import_id, line) > (${after?.importId ?? ''}, ${after?.line ?? 0})`)
      .orderBy('import_id')
      .orderBy('line')
      .limit(pageSize)
      .execute(),
  );

export const exportedEvents = (read: Read) =>
  pages(read, (trx, after: { id: string } | null) =>
    trx
      .selectFrom('org_events')
      .select(['id', 'at', 'what', 'text', 'by_id as byId', 'by_name as byName', 'through'])
      .where('id', '>', after?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );

export const exportedKeys = (read: Read) =>
  pages(read, (trx, after: { id: string } | null) =>
    trx
      .selectFrom('api_keys')
      .select(['id', 'name', 'user_id as userId', 'created_at as createdAt', 'last_used_at as lastUsedAt'])
      .select('revoked_at as revokedAt')
      .where('id', '>', after?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );

export const exportedApps = (read: Read) =>
  pages(read, (trx, after: { id: string } | null) =>
    trx
      .selectFrom('oauth_grants')
      .select(['id', 'client_name as app', 'redirect_host as host', 'user_id as userId', 'scope'])
      .select(['created_at as createdAt', 'last_used_at as lastUsedAt', 'revoked_at as revokedAt'])
      .where('id', '>', after?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );

export const exportedRemindersOff = (read: Read) =>
  pages(read, (trx, after: { kind: string; person: string } | null) =>
    trx
      .selectFrom('reminders_off')
      .select(['kind', 'person', 'since'])
      .where(sql<boolean>`(kind, person) > (${after?.kind ?? ''}, ${after?.person ?? ''})`)
      .orderBy('kind')
      .orderBy('person')
      .limit(pageSize)
      .execute(),
  );

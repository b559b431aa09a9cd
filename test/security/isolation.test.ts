/**
 * Org isolation, for every table there is. The tables are asked of the database, so a new one is covered by being
 * there: with `org_id` it must be walled off, without it its openness must be written down here.
 */
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Database, type Trx } from '../../src/db/database.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';

type Org = 'a' | 'b';
type Row = Record<string, unknown>;

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  /** Must be written: not null, and nothing writes it by itself. */
  readonly needed: boolean;
  /** Another table's column whose value this has. */
  readonly refers: { readonly table: string; readonly column: string } | null;
}

let fresh: FreshDatabase;
let owner: pg.Pool;
let database: Database;
let columns: Column[];

beforeAll(async () => {
  fresh = await freshDatabase();
  owner = new pg.Pool({ connectionString: fresh.url, max: 1 });
  database = new Database(fresh.url, { max: 2 });
  columns = await readColumns();
  for (const org of ['a', 'b'] as const) for (const table of inOrder()) await insert(table, row(table, org));
  const open = { ...row('templates', 'a'), id: 'public', org_id: null };
  await insert('templates', open);
  await insert('template_versions', { ...row('template_versions', 'a'), template_id: 'public', org_id: null });
});
afterAll(async () => {
  await database.close();
  await owner.end();
  await fresh.drop();
});

async function readColumns(): Promise<Column[]> {
  const { rows } = await owner.query<{
    table: string;
    name: string;
    type: string;
    needed: boolean;
    refers: string | null;
  }>(`
    select c.table_name as "table", c.column_name as name, c.data_type as type,
      c.is_nullable = 'NO' and c.column_default is null and c.is_identity = 'NO' and c.is_generated = 'NEVER' as needed,
      (select rt.relname || '.' || ra.attname
       from pg_constraint k
       cross join lateral unnest(k.conkey, k.confkey) as u(own, other)
       join pg_attribute la on la.attrelid = k.conrelid and la.attnum = u.own
       join pg_class rt on rt.oid = k.confrelid
       join pg_attribute ra on ra.attrelid = k.confrelid and ra.attnum = u.other
       where k.contype = 'f' and k.conrelid = format('public.%I', c.table_name)::regclass and la.attname = c.column_name
       limit 1) as refers
    from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
    order by c.table_name, c.ordinal_position`);
  return rows.map(({ refers, ...c }) => {
    const [table, column] = refers?.split('.') ?? [];
    return { ...c, refers: table === undefined || column === undefined ? null : { table, column } };
  });
}

const allTables = (): string[] => [...new Set(columns.map((c) => c.table))].filter((t) => t !== 'migrations');
const ofOrgs = (): string[] => columns.filter((c) => c.name === 'org_id').map((c) => c.table);

/** Those that others refer to first. */
function inOrder(): string[] {
  const done: string[] = [];
  const visit = (table: string): void => {
    if (done.includes(table)) return;
    for (const c of columns) if (c.table === table && c.refers && c.refers.table !== table) visit(c.refers.table);
    done.push(table);
  };
  for (const table of allTables()) visit(table);
  return done;
}

/** Where a value must be of a certain kind. */
const allowed: Record<string, (org: Org) => unknown> = {
  'webhook_deliveries.state': () => 'PENDING',
  'flow_import_lines.state': () => 'PENDING',
  'orgs.slug': (org) => `org-${org}`,
  'memberships.role': () => 'ADMIN',
  'reminders_off.kind': () => 'member',
  'reminder_links.kind': () => 'member',
  'member_invitations.role': () => 'MEMBER',
  'member_invitations.email': (org) => `invited@${org}.test`,
  'org_logos.type': () => 'image/png',
  'sign_ups.email': (org) => `new@${org}.test`,
  'oauth_clients.kind': () => 'registered',
  'oauth_tokens.kind': () => 'access',
  'flows.status': () => 'ACTIVE',
  'flow_counts.status': () => 'DRAFT',
  'files.state': () => 'STORED',
};

function value(column: Column, org: Org): unknown {
  if (column.refers) {
    const { table, column: name } = column.refers;
    const there = columns.find((c) => c.table === table && c.name === name);
    if (there) return value(there, org);
  }
  // Also where no key refers to it: what is left of an org may outlive it.
  if (column.name === 'org_id') return orgId(org);
  const own = allowed[`${column.table}.${column.name}`];
  if (own) return own(org);
  switch (column.type) {
    case 'text':
      return `${column.table}.${column.name}.${org}`;
    case 'integer':
    case 'bigint':
      return 1;
    case 'timestamp with time zone':
      return new Date('2030-01-01T00:00:00Z');
    case 'jsonb':
      return '{}';
    case 'bytea':
      return Buffer.from(`${column.table}.${column.name}.${org}`);
    case 'ARRAY':
      return [];
    case 'boolean':
      return true;
    default:
      throw new Error(`Nothing is known to write into ${column.table}.${column.name}, a ${column.type}`);
  }
}

const row = (table: string, org: Org): Row =>
  Object.fromEntries(
    columns
      .filter((c) => c.table === table && (c.needed || c.name === 'org_id' || c.name === 'current_org'))
      .map((c) => [c.name, value(c, org)]),
  );

async function insert(table: string, values: Row): Promise<void> {
  const names = Object.keys(values);
  const places = names.map((_, n) => `$${n + 1}`);
  await owner.query(
    `insert into ${table} (${names.join(', ')}) values (${places.join(', ')}) on conflict do nothing`,
    Object.values(values),
  );
}

const orgId = (org: Org): string => `orgs.id.${org}`;
const userId = (org: Org): string => `users.id.${org}`;
const withOrg = <T>(org: Org, work: Parameters<typeof database.withOrg<T>>[1]) =>
  database.withOrg({ orgId: orgId(org) }, work);
const denied = /row-level security|permission denied/;

describe('the tables', () => {
  test('are walled off by org, or written down here', () => {
    expect(ofOrgs().length).toBeGreaterThanOrEqual(16);
    const rest = allTables().filter((t) => !ofOrgs().includes(t));
    expect(rest.sort()).toEqual(Object.keys(openly).sort());
  });

  test('all have row-level security on, or are of those that belong to nobody', async () => {
    const { rows } = await owner.query<{ relname: string }>(
      `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relrowsecurity`,
    );
    expect(rows.map((r) => r.relname).sort()).toEqual(['dev_mails', 'migrations', 'oauth_clients', 'sign_in_failures']);
  });

  test('views, which would see with their owner’s eyes, are none', async () => {
    const { rows } = await owner.query(
      `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'f')`,
    );
    expect(rows).toEqual([]);
  });

  test('that have org_id: a query without a filter sees the acting org’s rows and no other', async () => {
    for (const table of ofOrgs()) {
      const orgs = async (db: typeof database.open) =>
        (
          await sql<{ org: string | null }>`select distinct org_id as org from ${sql.table(table)}`.execute(db)
        ).rows.map((r) => r.org);
      const open = ['templates', 'template_versions'].includes(table) ? [null] : [];
      const there = await owner.query(`select distinct org_id from ${table} where org_id is not null`);
      expect(there.rows, `${table} has rows of both`).toHaveLength(2);
      expect(await orgs(database.open), `${table}, no org`).toEqual(open);
      for (const org of ['a', 'b'] as const)
        expect(new Set(await withOrg(org, orgs)), `${table}, ${org}`).toEqual(new Set([orgId(org), ...open]));
      const asUser = await database.withUser({ userId: userId('a') }, orgs);
      expect(asUser, `${table}, a person`).toEqual(table === 'memberships' ? [orgId('a')] : open);
      expect(await database.withOrg({ orgId: '' }, orgs), `${table}, an empty org`).toEqual(open);
      expect(await database.withOrg({ orgId: '%' }, orgs), `${table}, a wildcard`).toEqual(open);
    }
  });

  test('that have org_id: nothing is written into another org, moved there, or taken from there', async () => {
    for (const table of ofOrgs()) {
      const t = sql.table(table);
      const values = row(table, 'b');
      const names = sql.join(Object.keys(values).map((n) => sql.ref(n)));
      const given = sql.join(Object.values(values));
      await expect(
        withOrg('a', (trx) => sql`insert into ${t} (${names}) values (${given})`.execute(trx)),
        `insert into ${table}`,
      ).rejects.toThrow(denied);
      await expect(
        withOrg('a', (trx) => sql`update ${t} set org_id = ${orgId('b')}`.execute(trx)),
        `move within ${table}`,
      ).rejects.toThrow(denied);
      const touched = await withOrg('a', async (trx) => [
        (await sql`update ${t} set org_id = org_id where org_id is distinct from ${orgId('a')}`.execute(trx))
          .numAffectedRows,
        (await sql`delete from ${t} where org_id is distinct from ${orgId('a')}`.execute(trx)).numAffectedRows,
      ]);
      expect(touched, table).toEqual([0n, 0n]);
      await expect(
        sql`insert into ${t} (${names}) values (${given})`.execute(database.open),
        `insert into ${table}, no org`,
      ).rejects.toThrow(denied);
    }
  });
});

/** Tables of no org, and the rows that are seen there: by nobody in particular, by org a, and by its person. */
const openly: Record<string, { nobody: number | 'denied'; org: number | 'denied'; person: number | 'denied' }> = {
  orgs: { nobody: 0, org: 1, person: 1 },
  users: { nobody: 0, org: 1, person: 1 },
  sessions: { nobody: 0, org: 0, person: 1 },
  sign_in_links: { nobody: 0, org: 0, person: 1 },
  // Reached by functions alone.
  sign_ups: { nobody: 'denied', org: 'denied', person: 'denied' },
  sign_in_failures: { nobody: 'denied', org: 'denied', person: 'denied' },
  // Apps that anyone may register; what one was allowed is in oauth_grants.
  oauth_clients: { nobody: 2, org: 2, person: 2 },
  // The dev mailbox shows all mails; in production nothing is ever in it.
  dev_mails: { nobody: 2, org: 2, person: 2 },
};

test.each(Object.entries(openly))('%s shows what is written down', async (table, { nobody, org, person }) => {
  const count = async (db: typeof database.open): Promise<number | undefined> =>
    (await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(db)).rows[0]?.n;
  const orDenied = (counting: Promise<number | undefined>): Promise<unknown> =>
    counting.catch((error: Error) => (denied.test(error.message) ? 'denied' : error));
  expect((await owner.query(`select from ${table}`)).rowCount).toBe(2);
  expect(await orDenied(count(database.open))).toBe(nobody);
  expect(await orDenied(withOrg('a', count))).toBe(org);
  expect(await orDenied(database.withUser({ userId: userId('a') }, count))).toBe(person);
});

describe('the role of requests', () => {
  test('is taken from the first moment of a connection, owns nothing and can pass no wall', async () => {
    const { rows } = await sql<Row>`
      select current_user as "user", r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin,
        (select count(*)::int from pg_class where relowner = r.oid) as tables,
        (select count(*)::int from pg_proc where proowner = r.oid) as functions,
        has_schema_privilege(r.oid, 'public', 'create') as creates,
        has_table_privilege(r.oid, 'migrations', 'select') as migrations,
        (select count(*)::int from pg_auth_members where member = r.oid) as memberships
      from pg_roles r where r.rolname = current_user`.execute(database.open);
    expect(rows).toEqual([
      {
        ...{ user: 'booflow_app', rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false },
        ...{ rolcanlogin: false, tables: 0, functions: 0, creates: false, migrations: false, memberships: 0 },
      },
    ]);
  });

  test('may truncate nothing and switch off nothing', async () => {
    for (const table of allTables()) {
      await expect(sql`truncate ${sql.table(table)} cascade`.execute(database.open)).rejects.toThrow(
        /permission denied/,
      );
      await expect(
        sql`alter table ${sql.table(table)} disable row level security`.execute(database.open),
      ).rejects.toThrow(/must be owner/);
    }
  });

  test('has these functions that see more, each with a fixed search path and closed to others', async () => {
    const { rows } = await owner.query<{ name: string; path: boolean; open: boolean }>(`
      select proname as name, proconfig::text like '%search_path%' as path, has_function_privilege('public', oid, 'execute') as open
      from pg_proc where pronamespace = 'public'::regnamespace and prosecdef order by proname`);
    expect(rows.filter((r) => !r.path || r.open)).toEqual([]);
    const known = [
      ...[
        'count_sign_in_failures',
        'count_sign_ups',
        'delete_expired',
        'delete_old_claims',
        'delete_old_commands',
        'delete_old_deliveries',
        'delete_old_invitations',
        'delete_old_reminder_links',
      ],
      ...['find_access_token', 'find_api_key', 'find_logo', 'find_magic_link'],
      ...['find_member_invitation', 'find_oauth_code', 'find_oauth_token', 'find_org_by_slug'],
      ...['find_portal_session', 'find_reminder_link', 'find_session', 'find_sign_in_link', 'find_sign_up'],
      ...['find_user_by_email', 'forget_sign_in_failures', 'note_sign_in_failure', 'note_sign_up'],
      ...[
        'erase_dev_mails',
        'open_erasures',
        'open_hand_overs',
        'take_sign_in_link',
        'take_sign_up',
        'tell_of_sessions',
      ],
      // Of the portal and of files.
      ...['delete_left_over', 'find_invitations', 'find_past_key', 'forget_file_remains', 'list_file_remains'],
    ];
    expect(rows.map((r) => r.name).sort()).toEqual(known.sort());
  });
});

describe('who acts', () => {
  const seen = async (db: typeof database.open): Promise<string[]> =>
    (await sql<{ org_id: string }>`select org_id from flows`.execute(db)).rows.map((r) => r.org_id);

  test('does not survive on the connection: after success, a refusal, an SQL error, a lost transaction', async () => {
    const one = new Database(fresh.url, { max: 1 });
    try {
      const backend = async () =>
        (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(one.open)).rows[0]?.pid;
      const same = await backend();
      expect(await one.withOrg({ orgId: orgId('a') }, seen)).toEqual([orgId('a')]);
      expect(await seen(one.open)).toEqual([]);
      const failures: ((trx: Trx) => Promise<unknown>)[] = [
        () => Promise.reject(new Error('refused')),
        (trx) => sql`select 1 / 0`.execute(trx),
        async (trx) => {
          await sql`select 1 / 0`.execute(trx).catch(() => undefined);
          return seen(trx);
        },
        (trx) => sql`select set_config('app.org_id', ${orgId('b')}, true), 1 / 0`.execute(trx),
      ];
      for (const fail of failures) {
        await expect(one.withOrg({ orgId: orgId('a') }, fail)).rejects.toThrow();
        expect(await seen(one.open)).toEqual([]);
        expect(await one.withOrg({ orgId: orgId('b') }, seen)).toEqual([orgId('b')]);
        const left =
          await sql<Row>`select current_setting('app.org_id', true) as org, current_setting('app.user_id', true) as person`.execute(
            one.open,
          );
        expect(left.rows[0]?.org || null).toBeNull();
        expect(left.rows[0]?.person || null).toBeNull();
      }
      expect(await backend(), 'all on one connection').toBe(same);
    } finally {
      await one.close();
    }
  });

  test('is told apart among many at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 120 }, async (_, n) => {
        if (n % 3 === 2) return [n, await seen(database.open)] as const;
        const org = n % 3 === 0 ? 'a' : 'b';
        const found = await withOrg(org, async (trx) => {
          await sql`select pg_sleep(0.002)`.execute(trx);
          return seen(trx);
        });
        return [n, found] as const;
      }),
    );
    for (const [n, found] of answers) expect(found).toEqual(n % 3 === 2 ? [] : [orgId(n % 3 === 0 ? 'a' : 'b')]);
  });
});

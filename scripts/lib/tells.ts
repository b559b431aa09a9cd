/** What the people of one organization must never be told of another's, and the look for it in what was answered. */
import { readFileSync } from 'node:fs';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../../src/db/schema.ts';

/** Columns that name something: an id, or what people call it. */
const naming = '(^|_)(id|name|title|slug|email|url|address|subject|hint)$';
/** Shorter names would be found in any text. */
const shortest = 6;

const columnsSchema = z.array(z.object({ table: z.string(), column: z.string() }));
const valuesSchema = z.array(z.object({ value: z.string() }));

/** Where rows of an org lie, and what says whose they are. */
async function namingColumns(owner: Kysely<Tables>): Promise<{ table: string; column: string; org: string }[]> {
  const { rows } = await sql`select c.table_name as table, c.column_name as column
    from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = current_schema() and t.table_type = 'BASE TABLE' and c.data_type = 'text'
      and c.column_name ~ ${naming} and c.column_name not in ('org_id', 'kind')
      and (c.table_name = 'orgs' or exists (
        select from information_schema.columns o
        where o.table_schema = c.table_schema and o.table_name = c.table_name and o.column_name = 'org_id'))
    order by 1, 2`.execute(owner);
  return columnsSchema.parse(rows).map((c) => ({ ...c, org: c.table === 'orgs' ? 'id' : 'org_id' }));
}

async function namesOf(owner: Kysely<Tables>, orgId: string, whose: 'theirs' | 'anyone else'): Promise<Set<string>> {
  const found = new Set<string>();
  const take = (rows: readonly unknown[]) => {
    for (const { value } of valuesSchema.parse(rows)) found.add(value);
  };
  const is = whose === 'theirs' ? sql`=` : sql`is distinct from`;
  for (const { table, column, org } of await namingColumns(owner)) {
    const { rows } = await sql`select distinct ${sql.ref(column)} as value from ${sql.table(table)}
      where ${sql.ref(org)} ${is} ${orgId} and ${sql.ref(column)} is not null`.execute(owner);
    take(rows);
  }
  const { rows } = await sql`select unnest(array[u.id, u.name, u.email]) as value
    from users u join memberships m on m.user_id = u.id where m.org_id ${is} ${orgId}`.execute(owner);
  take(rows);
  return found;
}

/** Ids and names that this org has and nobody else. `common`: texts that anyone may read, such as the API's document. */
export async function tellsOf(owner: Kysely<Tables>, orgId: string, common: string): Promise<string[]> {
  const theirs = await namesOf(owner, orgId, 'theirs');
  const others = [...(await namesOf(owner, orgId, 'anyone else')), common].join('\n').toLowerCase();
  return [...theirs].filter((t) => t.length >= shortest && !others.includes(t.toLowerCase())).sort();
}

const harSchema = z.object({
  log: z.object({
    entries: z.array(
      z.object({
        request: z.object({
          method: z.string(),
          url: z.string(),
          headers: z.array(z.object({ value: z.string() })),
          postData: z.object({ text: z.string().nullish() }).nullish(),
        }),
        response: z.object({
          status: z.number(),
          headers: z.array(z.object({ name: z.string(), value: z.string() })),
          content: z.object({ text: z.string().nullish(), encoding: z.string().nullish() }),
        }),
      }),
    ),
  }),
});

export interface Told {
  readonly asked: string;
  readonly status: number;
  /** What the asker had not said before. */
  readonly tell: string;
}

export interface Heard {
  readonly requests: number;
  /** How many requests had said one of the tells, as someone does who has got hold of an id. */
  readonly naming: number;
  readonly told: readonly Told[];
}

/** Also as a form writes it, with a plus for a space. */
const decoded = (url: string): string => {
  try {
    return decodeURIComponent(url.replaceAll('+', ' '));
  } catch (error) {
    if (error instanceof URIError) return url;
    throw error;
  }
};

/** Looks through all answers of a HAR file, headers too, for tells that the request itself had not said. */
export function heardIn(harFile: string, tells: readonly string[]): Heard {
  const { entries } = harSchema.parse(JSON.parse(readFileSync(harFile, 'utf8'))).log;
  const wanted = tells.map((tell) => ({ tell, low: tell.toLowerCase() }));
  let named = 0;
  const told = entries.flatMap(({ request, response }): Told[] => {
    const { text, encoding } = response.content;
    const body = encoding === 'base64' ? Buffer.from(text ?? '', 'base64').toString('utf8') : (text ?? '');
    const headers = response.headers.map((h) => h.value);
    const answer = [body, ...headers, ...headers.map(decoded)].join('\n').toLowerCase();
    const said = [
      request.url,
      decoded(request.url),
      request.postData?.text ?? '',
      ...request.headers.map((h) => h.value),
    ]
      .join('\n')
      .toLowerCase();
    if (wanted.some((w) => said.includes(w.low))) named++;
    const asked = `${request.method} ${request.url}`;
    return wanted
      .filter((w) => answer.includes(w.low) && !said.includes(w.low))
      .map(({ tell }) => ({ asked, status: response.status, tell }));
  });
  return { requests: entries.length, naming: named, told };
}

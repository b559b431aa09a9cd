/**
 * `npm run schemathesis -- SEED`: schemathesis makes up requests from the OpenAPI document and sends them to a product of
 * its own, with the demo in it. Twice: as an owner of one organization, and then as the owner of another who has got hold
 * of the first one's ids and names, and says them wherever a request takes one. Wanted: no server error, no answer that
 * the document does not tell of, and nothing of the other organization told or touched. Needs Python 3.10 or newer;
 * schemathesis is kept in the cache.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { placesOf } from '../src/api/place.ts';
import { Database, openAsOwner } from '../src/db/database.ts';
import type { Tables } from '../src/db/schema.ts';
import { gus, olivia } from '../src/demo/people.ts';
import { createApiKey } from '../src/oauth/api-keys.ts';
import { deleteOrg } from '../src/operations/delete-org.ts';
import { leaveOrg } from '../src/operations/leave-org.ts';
import { operationsOf } from '../src/operations/registry.ts';
import { cacheFolder } from '../src/platform/tools.ts';
import { makeProduct, type Product } from '../test/support/product.ts';
import { heardIn, tellsOf } from './lib/tells.ts';

const version = '4.32.5';
const [seed = '20261125'] = process.argv.slice(2);

/** The program, installed when it is not there. */
function schemathesis(): string {
  const folder = cacheFolder('schemathesis', version);
  const program = join(folder, 'bin', 'schemathesis');
  if (existsSync(program)) return program;
  console.error('schemathesis is installed into the cache (a minute)');
  mkdirSync(folder, { recursive: true });
  execFileSync('python3', ['-m', 'venv', folder], { stdio: ['ignore', 2, 2] });
  execFileSync(join(folder, 'bin', 'pip'), ['install', '--quiet', `schemathesis==${version}`], {
    stdio: ['ignore', 2, 2],
  });
  return program;
}

const acme = { orgId: 'org_demo_acme', userId: olivia.id };
const globex = { orgId: 'org_demo_globex', userId: gus.id };

/** What a request's field means, by the table that has it. */
const namedBy: Readonly<Record<string, string>> = {
  ...{ flow: 'flows', task: 'tasks', template: 'templates', member: 'users', external_user: 'external_users' },
  ...{ webhook: 'webhooks', delivery: 'webhook_deliveries', import: 'flow_imports', invitation: 'member_invitations' },
  ...{ assignee: 'users', file: 'files' },
};

/** Every row of an organization, as text. */
async function rowsOf(owner: Kysely<Tables>, orgId: string): Promise<string[]> {
  const found: string[] = [];
  for (const table of ['orgs', 'memberships', ...new Set(Object.values(namedBy)), 'comments', 'api_keys', 'feed']) {
    if (table === 'users') continue;
    const org = sql.ref(table === 'orgs' ? 'id' : 'org_id');
    // "Last used" is the caller's own.
    const { rows } = await sql<{ row: string }>`select (to_jsonb(t) - 'last_used_at')::text as row
      from ${sql.table(table)} t where ${org} = ${orgId} order by 1`.execute(owner);
    found.push(...rows.map((r) => `${table} ${r.row}`));
  }
  return found;
}

/** Things of each kind that the demo lacks, so that there is one to ask for. */
async function furnish(product: Product, key: string): Promise<void> {
  const idSchema = z.object({ webhook: z.object({ id: z.string() }) });
  const make = async (path: string, body: object, method = 'POST'): Promise<unknown> => {
    const answer = await fetch(`${product.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path} is answered with ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
  await make('/member-invitations', { email: 'newcomer@acme-only.test', role: 'MEMBER' });
  await make('/flow-imports', { template: 'Client Onboarding', csv: 'name\nImported by Acme alone' });
  const made = await make('/webhooks', { url: 'https://hooks.acme-only.test/', description: 'Told to Acme alone' });
  const { id } = idSchema.parse(made).webhook;
  await make(`/webhooks/${id}/test`, {});
  // Switched off, so that its attempts don't change rows while others are watched.
  await make(`/webhooks/${id}`, { enabled: false }, 'PATCH');
  await sleep(5_000);
}

/** All templates but this org's, as text: their steps are called as tasks anywhere may be. */
async function otherTemplates(owner: Kysely<Tables>, orgId: string): Promise<string[]> {
  const { rows } = await sql<{ row: string }>`select to_jsonb(v)::text as row from template_versions v
    join templates t on t.id = v.template_id where t.org_id is distinct from ${orgId}`.execute(owner);
  return rows.map((r) => r.row);
}

async function keyOf(product: Product, who: { orgId: string; userId: string }): Promise<string> {
  const database = new Database(product.databaseUrl, { max: 1 });
  try {
    return (await database.withOrg(who, (trx) => createApiKey(trx, who, 'schemathesis'))).secret;
  } finally {
    await database.close();
  }
}

/** The org's ids of each kind, with the first names of some, as schemathesis takes them: dictionaries, and where to use them. */
async function dictionaries(owner: Kysely<Tables>, orgId: string): Promise<string> {
  const valueSchema = z.array(z.object({ value: z.string() }));
  const nameOf: Readonly<Record<string, string>> = { tasks: 'title', flows: 'name', templates: 'name' };
  const lines: string[] = [];
  for (const table of new Set(Object.values(namedBy))) {
    const name = nameOf[table];
    const values = sql.join([sql.ref('t.id'), ...(name ? [sql.ref(`t.${name}`)] : [])]);
    const from =
      table === 'users'
        ? sql`users t where t.id in (select user_id from memberships where org_id = ${orgId})
            and t.id not in (select user_id from memberships where org_id <> ${orgId})`
        : sql`${sql.table(table)} t where t.org_id = ${orgId}`;
    const { rows } = await sql`select unnest(array[${values}]) as value from ${from} order by 1 limit 60`.execute(
      owner,
    );
    const found = [...new Set(valueSchema.parse(rows).map((r) => r.value))];
    if (found.length > 0) lines.push(`[dictionaries.${table}]`, `values = ${JSON.stringify(found)}`, '');
  }
  const known = lines.join('\n');
  lines.push('[parameters]');
  for (const [field, table] of Object.entries(namedBy).filter(([, t]) => known.includes(`[dictionaries.${t}]`)))
    for (const place of ['path', 'query', 'body'])
      lines.push(`"${place}.${field}" = { dictionary = "${table}", probability = 0.9 }`);
  return lines.join('\n');
}

/** Not `unsupported_method`: Node's own parser refuses QUERY before any door; `test/api` asks the other methods. */
const checks = [
  ...['not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance'],
  ...['response_schema_conformance', 'allow_header_conformance', 'ignored_auth'],
];

/** After these the caller is let in no more, and all that follows is answered with 401. */
const lastWords = [deleteOrg.name, leaveOrg.name];

const program = schemathesis();
const folder = mkdtempSync(join(tmpdir(), 'booflow-schemathesis-'));

/** One run; gives the file of all that was asked and answered, and whether the program was content. */
function run(
  product: Product,
  key: string,
  name: string,
  { config, phases, examples }: { config: string; phases: string; examples: number },
): { content: boolean; har: string } {
  const har = join(folder, `${name}.har`);
  const configFile = join(folder, `${name}.toml`);
  writeFileSync(configFile, config);
  const { status } = spawnSync(
    program,
    [
      ...['--config-file', configFile, 'run', `${product.url}/api/v1/openapi.json`],
      ...['-H', `Authorization: Bearer ${key}`, '--seed', seed, '--max-examples', String(examples)],
      ...['--phases', phases, '--checks', checks.join(',')],
      ...lastWords.flatMap((name) => ['--exclude-operation-id', name]),
      // As many as a credential may send.
      // Of a second: what a minute allows is else sent at once on a quick machine, and twice in a minute.
      ...['--rate-limit', '9/s', '--workers', '2', '--continue-on-failure', '--no-color'],
      ...['--report-har-path', har],
    ],
    { stdio: 'inherit', cwd: folder },
  );
  return { content: status === 0, har };
}

const problems: string[] = [];
const figures: string[] = [];

/** One run, in a world of its own: what one run left going would change rows that the other watches. */
async function probe(who: 'acme' | 'globex'): Promise<void> {
  const product = await makeProduct();
  try {
    await product.start();
    const owner = openAsOwner(product.databaseUrl);
    const [mine, theirs, other] = who === 'acme' ? [acme, globex, 'globex'] : [globex, acme, 'acme'];
    await furnish(product, await keyOf(product, acme));
    const document = await (await fetch(`${product.url}/api/v1/openapi.json`)).text();
    const tells = async (orgId: string) =>
      tellsOf(owner, orgId, [document, ...(await otherTemplates(owner, orgId))].join('\n'));
    const [own, foreign] = [await tells(mine.orgId), await tells(theirs.orgId)];
    // What is foreign is said in the fuzzing phase alone; all that is odd was asked as the first.
    const how =
      who === 'acme'
        ? { config: '', phases: 'examples,coverage,fuzzing', examples: 10 }
        : { config: await dictionaries(owner, theirs.orgId), phases: 'examples,fuzzing', examples: 40 };
    const before = await rowsOf(owner, theirs.orgId);
    const { content, har } = run(product, await keyOf(product, mine), who, how);
    if (!content) problems.push(`As ${who}, schemathesis found something: see above.`);
    const after = await rowsOf(owner, theirs.orgId);
    const changed = [...before.filter((r) => !after.includes(r)), ...after.filter((r) => !before.includes(r))];
    for (const row of changed.slice(0, 20))
      problems.push(`While ${who} asked, this of ${other} changed: ${row.slice(0, 400)}`);
    const heard = heardIn(har, foreign);
    for (const { asked, status, tell } of heard.told.slice(0, 20))
      problems.push(`${who} was told of ${JSON.stringify(tell)}, which is ${other}'s: ${asked} (${status})`);
    // The same look at the org's own things: it must find many, or it sees nothing.
    const seen = heardIn(har, own).told.length;
    if (seen < 100)
      problems.push(`As ${who}, only ${seen} times was it told of its own things: the look sees nothing.`);
    if (who === 'globex' && heard.naming < 300)
      problems.push(`Only ${heard.naming} requests named things of ${other}.`);
    figures.push(
      `As ${who}: ${heard.requests} requests, ${heard.naming} of which named things of ${other}; told ${heard.told.length} of its ${foreign.length} ids and names (of its own: ${seen} times); ${changed.length} of its ${before.length} rows changed.`,
    );
    await owner.destroy();
  } finally {
    await product.remove();
  }
}

try {
  await probe('acme');
  await probe('globex');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`Seed ${seed}, ${placesOf(operationsOf('rest')).length} operations.`);
for (const line of figures) console.log(line);
for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0 ? 'No server error, no undocumented answer, nothing told, nothing touched.' : 'See above.',
);
if (problems.length > 0) process.exitCode = 1;

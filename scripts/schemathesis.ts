/**
 * `npm run schemathesis -- SEED`: schemathesis makes up requests from the OpenAPI document and sends them to a product of
 * its own, with the demo in it. Wanted: no server error, no answer that the document does not tell of, and nothing of
 * another organization told or touched. Needs Python 3.10 or newer; schemathesis is kept in the cache.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { Database, openAsOwner } from '../src/db/database.ts';
import { olivia } from '../src/demo/people.ts';
import { createApiKey } from '../src/oauth/api-keys.ts';
import { cacheFolder } from '../src/platform/tools.ts';
import { makeProduct } from '../test/support/product.ts';

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

const acme = 'org_demo_acme';
const globex = 'org_demo_globex';
const tables = ['orgs', 'memberships', 'templates', 'flows', 'tasks', 'external_users', 'comments', 'webhooks'];

/** Every row of the other organization, as text. */
async function others(databaseUrl: string): Promise<string> {
  const owner = openAsOwner(databaseUrl);
  try {
    const found: string[] = [];
    for (const table of tables) {
      const org = sql.ref(table === 'orgs' ? 'id' : 'org_id');
      const { rows } = await sql<{ row: string }>`select to_jsonb(t)::text as row from ${sql.table(table)} t
        where ${org} = ${globex} order by 1`.execute(owner);
      found.push(table, ...rows.map((r) => r.row));
    }
    return found.join('\n');
  } finally {
    await owner.destroy();
  }
}

async function keyOf(databaseUrl: string): Promise<string> {
  const database = new Database(databaseUrl, { max: 1 });
  const owner = { orgId: acme, userId: olivia.id };
  try {
    return (await database.withOrg(owner, (trx) => createApiKey(trx, owner, 'schemathesis'))).secret;
  } finally {
    await database.close();
  }
}

/** Not `unsupported_method`: Node's own parser refuses QUERY before any door; `test/api` asks the other methods. */
const checks = [
  ...['not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance'],
  ...['response_schema_conformance', 'allow_header_conformance', 'ignored_auth'],
];

const program = schemathesis();
const folder = mkdtempSync(join(tmpdir(), 'booflow-schemathesis-'));
const product = await makeProduct();
try {
  await product.start();
  const before = await others(product.databaseUrl);
  const key = await keyOf(product.databaseUrl);
  const told = join(folder, 'told.har');
  const { status } = spawnSync(
    program,
    [
      ...['run', `${product.url}/api/v1/openapi.json`, '-H', `Authorization: Bearer ${key}`],
      ...[
        '--seed',
        seed,
        '--max-examples',
        '10',
        '--phases',
        'examples,coverage,fuzzing',
        '--checks',
        checks.join(','),
      ],
      // As many as a credential may send.
      ...['--rate-limit', '580/m', '--workers', '2', '--continue-on-failure', '--no-color'],
      ...['--report-har-path', told],
    ],
    { stdio: 'inherit', cwd: folder },
  );
  if (status !== 0) process.exitCode = 1;
  if (/globex|gus@/i.test(readFileSync(told, 'utf8'))) {
    console.error('An answer told of another organization.');
    process.exitCode = 1;
  }
  if ((await others(product.databaseUrl)) !== before) {
    console.error('Another organization was changed.');
    process.exitCode = 1;
  }
  console.log(`Seed ${seed}. The other organization is as it was: ${process.exitCode === 1 ? 'see above' : 'yes'}`);
} finally {
  await product.remove();
  rmSync(folder, { recursive: true, force: true });
}

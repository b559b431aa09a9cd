/** `npm run cli -- …`: what an operator does by hand. */
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { listApiKeys, revokeApiKey } from './db/api-keys.ts';
import { Database } from './db/database.ts';
import { createApiKey } from './oauth/api-keys.ts';
import { loadDotEnv, readConfig } from './platform/config.ts';

const usage = `Usage:
  npm run cli -- api-key create --org SLUG --user EMAIL --name NAME   prints the key, and nothing else
  npm run cli -- api-key list   --org SLUG
  npm run cli -- api-key revoke --org SLUG --id KEY_ID`;

/** Something the person can mend: told without a stack. */
class CliError extends Error {}

const need = (value: string | undefined, option: string): string => {
  if (value === undefined || value === '') throw new CliError(`--${option} is missing.\n${usage}`);
  return value;
};

async function findOrg(database: Database, slug: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`select id from find_org_by_slug(${slug})`.execute(database.open);
  if (!rows[0]) throw new CliError(`No organization has the slug "${slug}".`);
  return rows[0].id;
}

async function run(database: Database, argv: string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { org: { type: 'string' }, user: { type: 'string' }, name: { type: 'string' }, id: { type: 'string' } },
  });
  const [noun, verb] = positionals;
  if (noun !== 'api-key') throw new CliError(usage);
  const orgId = await findOrg(database, need(values.org, 'org'));
  switch (verb) {
    case 'create': {
      const email = need(values.user, 'user').toLowerCase();
      const name = need(values.name, 'name');
      const secret = await database.withOrg({ orgId }, async (trx) => {
        const member = await trx
          .selectFrom('memberships')
          .innerJoin('users', 'users.id', 'memberships.user_id')
          .select('users.id')
          .where('users.email', '=', email)
          .executeTakeFirst();
        if (!member) throw new CliError(`${email} is no member of "${values.org}".`);
        return (await createApiKey(trx, { orgId, userId: member.id }, name)).secret;
      });
      console.log(secret);
      return;
    }
    case 'list': {
      const keys = await database.withOrg({ orgId }, listApiKeys);
      for (const k of keys) {
        const used = k.last_used_at === null ? 'never used' : `last used ${k.last_used_at.toISOString()}`;
        console.log([k.id, k.name, `…${k.hint}`, k.email, used, k.revoked_at === null ? 'live' : 'revoked'].join('  '));
      }
      return;
    }
    case 'revoke': {
      const id = need(values.id, 'id');
      if (!(await database.withOrg({ orgId }, (trx) => revokeApiKey(trx, id)))) {
        throw new CliError(`No live API key of "${values.org}" has the id ${id}.`);
      }
      console.log(`${id} is revoked.`);
      return;
    }
    default:
      throw new CliError(usage);
  }
}

loadDotEnv();
const database = new Database(readConfig(process.env).databaseUrl, { max: 1 });
try {
  await run(database, process.argv.slice(2));
} catch (error) {
  const plain = error instanceof CliError || (error instanceof TypeError && 'code' in error);
  console.error(plain ? error.message : error);
  process.exitCode = 1;
} finally {
  await database.close();
}

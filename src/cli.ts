/** `npm run cli -- …`: what an operator does by hand. */
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { CliError } from './cli/error.ts';
import { type FlowsCli, flowsUsage, isTold, runFlows } from './cli/flows.ts';
import { listApiKeys, revokeApiKey } from './db/api-keys.ts';
import { Database, openAsOwner } from './db/database.ts';
import { limits } from './domain/limits.ts';
import { nameOf } from './domain/naming.ts';
import { createApiKey } from './oauth/api-keys.ts';
import { FlowGateway } from './operations/gateway.ts';
import { orgWorkflows } from './operations/org-workflows.ts';
import { type Config, ConfigError, loadDotEnv, readConfig } from './platform/config.ts';
import { openFiles } from './platform/files/open.ts';
import { keyringOf, keysOf } from './platform/keyring.ts';
import { connectClient, dataConverterOf } from './platform/temporal-connection.ts';

const usage = `Usage:
  npm run cli -- api-key create --org SLUG --user EMAIL --name NAME   prints the key (and with npm run -s, nothing else)
  npm run cli -- api-key list   --org SLUG
  npm run cli -- api-key revoke --org SLUG --id KEY_ID
${flowsUsage}`;

const need = (value: string | undefined, option: string): string => {
  if (value === undefined || value === '') throw new CliError(`--${option} is missing.\n${usage}`);
  return value;
};

async function findOrg(database: Database, slug: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`select id from find_org_by_slug(${slug})`.execute(database.open);
  if (!rows[0]) throw new CliError(`No organization has the slug "${slug}".`);
  return rows[0].id;
}

const text = { type: 'string' } as const;
const options = {
  ...{ org: text, user: text, name: text, id: text, flow: text, status: text, cursor: text, reason: text },
  ...{ file: text, sample: text },
  open: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

async function run(argv: string[]): Promise<number> {
  const { positionals, values } = parseArgs({ args: argv, allowPositionals: true, options });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const [noun, verb, ...more] = positionals;
  // `--flow Acme Corp` would be done to Acme.
  if (more.length > 0)
    throw new CliError(
      `"${more.join(' ')}" belongs to nothing. What has spaces in it stands in quotes. Nothing was done.`,
    );
  switch (noun) {
    case 'api-key':
      await withDatabase((database) => runApiKeys(database, verb, values));
      return 0;
    case 'flows':
      if (verb === 'replay') await quietTemporal();
      return withDatabase((database) => withFlows(database, (cli) => runFlows(cli, verb, values)));
    default:
      throw new CliError(usage);
  }
}

/** The SDK tells standard output of each worker it runs, and a replay is one. */
async function quietTemporal(): Promise<void> {
  const { DefaultLogger, Runtime } = await import('@temporalio/worker');
  Runtime.install({ logger: new DefaultLogger('ERROR') });
}

async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database(config.databaseUrl, { max: 8 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

async function withFlows<T>(database: Database, work: (cli: FlowsCli) => Promise<T>): Promise<T> {
  const client = connectClient(config);
  const { taskQueue, publicUrl, payloadKeys } = config;
  const files = await openFiles(config.files);
  // Nobody waits at a page: a flow that is slow to answer is given the time.
  const flows = new FlowGateway(client, { taskQueue, encrypted: payloadKeys !== undefined, answerMs: 15_000 });
  const webhooks = { keyring: keyringOf(keysOf(config)), anywhere: false };
  const workflows = orgWorkflows(client, taskQueue);
  const sendMail = (): never => {
    throw new Error('An operator sends no mail from here.');
  };
  try {
    return await work({
      ...{ database, client, flows, dataConverter: dataConverterOf(config), say: (line) => console.log(line) },
      held: config.hold,
      tools: { database, flows, workflows, files, publicUrl, sendMail, webhooks },
      async orgs(slug) {
        const owner = openAsOwner(config.databaseUrl);
        try {
          const all = owner.selectFrom('orgs').select(['id', 'slug']).orderBy('slug');
          return await (slug === undefined ? all : all.where('slug', '=', slug)).execute();
        } finally {
          await owner.destroy();
        }
      },
    });
  } finally {
    files.close();
    await client.connection.close();
  }
}

interface KeyOptions {
  readonly org?: string | undefined;
  readonly user?: string | undefined;
  readonly name?: string | undefined;
  readonly id?: string | undefined;
}

async function runApiKeys(database: Database, verb: string | undefined, values: KeyOptions): Promise<void> {
  const orgId = await findOrg(database, need(values.org, 'org'));
  switch (verb) {
    case 'create': {
      const email = need(values.user, 'user').toLowerCase();
      const name = nameOf(limits.name).safeParse(need(values.name, 'name'));
      if (!name.success) throw new CliError(`--name ${name.error.issues[0]?.message}`);
      const secret = await database.withOrg({ orgId }, async (trx) => {
        const member = await trx
          .selectFrom('memberships')
          .innerJoin('users', 'users.id', 'memberships.user_id')
          .select('users.id')
          .where('users.email', '=', email)
          .executeTakeFirst();
        if (!member) throw new CliError(`${email} is no member of "${values.org}".`);
        return (await createApiKey(trx, { orgId, userId: member.id }, name.data)).secret;
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

function configured(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

// Whoever reads has seen enough: `… | head`.
process.stdout.on('error', (error) => {
  if ('code' in error && error.code === 'EPIPE') process.exit();
  throw error;
});
loadDotEnv();
const config = configured();
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const plain = isTold(error) || (error instanceof TypeError && 'code' in error);
  console.error(plain ? error.message : error);
  process.exitCode = 1;
}

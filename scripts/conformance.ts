/**
 * `npm run conformance`: the public MCP conformance suite against the running product, or against
 * `npm run conformance -- URL KEY`. The suite needs Node 22 or newer, so it runs on one of its own, fetched by npx;
 * it sends no token, so what it asks goes through a forwarder that adds one. Which scenarios, and why not the others:
 * docs/conformance.md.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { revokeApiKey } from '../src/db/api-keys.ts';
import { Database } from '../src/db/database.ts';
import { olivia } from '../src/demo/people.ts';
import { createApiKey } from '../src/oauth/api-keys.ts';
import { loadDotEnv, readConfig } from '../src/platform/config.ts';

const suite = '@modelcontextprotocol/conformance@0.1.16';
const scenarios = [
  'server-initialize',
  'ping',
  'tools-list',
  'prompts-list',
  'resources-list',
  'server-sse-multiple-streams',
  'dns-rebinding-protection',
];

/** The suite's requests with this key, all else as it was sent. */
async function startForwarder(target: URL, key: string): Promise<{ url: string; stop(): void }> {
  const send = target.protocol === 'https:' ? secureRequest : request;
  const server = createServer((incoming, answer) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${key}` };
    const onward = send(new URL(incoming.url ?? '/', target), { method: incoming.method, headers }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(answer);
    });
    onward.on('error', (error) => answer.writeHead(502).end(error.message));
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given');
  return {
    url: `http://127.0.0.1:${address.port}/api/mcp`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Runs one scenario; gives what the suite printed, and whether it was content. */
function run(url: string, scenario: string, folder: string): Promise<{ passed: boolean; output: string }> {
  const args = ['-y', '-p', 'node@24', '-p', suite, 'conformance', 'server', '--url', url, '--scenario', scenario];
  return new Promise((resolve, reject) => {
    const child = spawn('npx', [...args, '-o', folder], { shell: process.platform === 'win32' });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ passed: code === 0, output }));
  });
}

/** A key of the demo's owner, and what revokes it. */
async function borrowKey(databaseUrl: string): Promise<{ secret: string; giveBack(): Promise<void> }> {
  const database = new Database(databaseUrl, { max: 1 });
  const owner = { orgId: 'org_demo_acme', userId: olivia.id };
  const { id, secret } = await database.withOrg(owner, (trx) => createApiKey(trx, owner, 'conformance'));
  return {
    secret,
    async giveBack() {
      await database.withOrg(owner, (trx) => revokeApiKey(trx, id));
      await database.close();
    },
  };
}

loadDotEnv();
const [givenUrl, givenKey] = process.argv.slice(2);
const config = readConfig(process.env);
const target = new URL(givenUrl ?? config.publicUrl);
const alive = await fetch(new URL('/healthz', target)).catch(() => null);
if (!alive?.ok) {
  console.error(`Booflow is not running at ${target.origin}. Start it in another terminal: npm start`);
  process.exit(1);
}
const key = givenKey ? { secret: givenKey, giveBack: async () => undefined } : await borrowKey(config.databaseUrl);
const forwarder = await startForwarder(target, key.secret);
const folder = mkdtempSync(join(tmpdir(), 'booflow-conformance-'));
try {
  for (const scenario of scenarios) {
    const { passed, output } = await run(forwarder.url, scenario, folder);
    console.log(`${scenario.padEnd(28)} ${passed ? 'passed' : 'FAILED'}`);
    if (passed) continue;
    console.log(output);
    process.exitCode = 1;
  }
} finally {
  forwarder.stop();
  rmSync(folder, { recursive: true, force: true });
  await key.giveBack();
}

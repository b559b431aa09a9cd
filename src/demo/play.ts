/** `npm run demo`: a scripted MCP client plays the seven prompts against the running product. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { revokeApiKey } from '../db/api-keys.ts';
import { Database } from '../db/database.ts';
import { createApiKey } from '../oauth/api-keys.ts';
import { loadDotEnv, readConfig } from '../platform/config.ts';
import { olivia } from './people.ts';
import { sevenPrompts } from './prompts.ts';
import { demoOrgs } from './world.ts';

loadDotEnv();
const config = readConfig(process.env);
const owner = { orgId: demoOrgs[0]?.id ?? '', userId: olivia.id };
const database = new Database(config.databaseUrl, { max: 1 });
const url = new URL(`http://localhost:${config.port}/api/mcp`);

async function ready(): Promise<void> {
  const answer = await fetch(new URL('/healthz', url)).catch(() => null);
  if (!answer?.ok) throw new Error(`Booflow is not running at ${url.origin}. Start it in another terminal: npm start`);
}

const resultShape = z.object({
  isError: z.boolean().optional(),
  content: z.array(z.object({ type: z.literal('text'), text: z.string() })),
  structuredContent: z.record(z.string(), z.unknown()),
});
const flowsShape = z.object({ flows: z.array(z.object({ id: z.string(), name: z.string(), status: z.string() })) });

async function play(client: Client): Promise<void> {
  const call = async (tool: string, args: Readonly<Record<string, unknown>>) => {
    console.log(`  → ${tool} ${JSON.stringify(args)}`);
    const result = resultShape.parse(await client.callTool({ name: tool, arguments: { ...args } }));
    console.log(result.content.map((c) => c.text.replace(/^/gm, '    ')).join('\n'));
    if (result.isError) throw new Error(`${tool} was refused.`);
    return result.structuredContent;
  };
  const { flows } = flowsShape.parse(
    (await client.callTool({ name: 'list_flows', arguments: { limit: 100 } })).structuredContent,
  );
  const before = flows.filter((f) => f.name === 'Acme Corp' && ['DRAFT', 'ACTIVE', 'PAUSED'].includes(f.status));
  if (before.length > 0) console.log('\nAcme Corp of an earlier demo is cancelled first.');
  for (const f of before)
    await call('update_flow_status', { flow: f.id, action: 'cancel', reason: 'A new demo begins' });
  for (const { prompt, calls } of sevenPrompts(Date.now())) {
    console.log(`\n“${prompt}”`);
    for (const c of calls) await call(c.tool, c.arguments);
  }
  console.log(`\nAcme Corp stays for a look: ${config.publicUrl}/dev/mailbox has its mails.`);
}

let keyId: string | null = null;
try {
  await ready();
  const key = await database.withOrg(owner, (trx) => createApiKey(trx, owner, 'npm run demo'));
  keyId = key.id;
  const client = new Client({ name: 'booflow-demo', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(
    new StreamableHTTPClientTransport(url, { requestInit: { headers: { authorization: `Bearer ${key.secret}` } } }),
  );
  console.log(`Speaking MCP ${client.getNegotiatedProtocolVersion() ?? ''} with ${url.href} as ${olivia.name}`);
  await play(client);
  await client.close();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  if (keyId !== null) {
    const id = keyId;
    await database.withOrg(owner, (trx) => revokeApiKey(trx, id));
  }
  await database.close();
}

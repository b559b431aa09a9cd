/** What the benches about commands run on: the product as `npm start` runs it, thrown away afterwards, and flows to complete tasks of. */
import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { z } from 'zod';
import { type Database, openAsOwner } from '../src/db/database.ts';
import type { Actor } from '../src/domain/actor.ts';
import type { Envelope } from '../src/domain/command.ts';
import type { Assignee } from '../src/domain/flow.ts';
import { createApiKey } from '../src/oauth/api-keys.ts';
import { FlowGateway } from '../src/operations/gateway.ts';
import { keyringOf, localKeys } from '../src/platform/keyring.ts';
import { connectClient } from '../src/platform/temporal-connection.ts';
import { makeProduct, type Product } from '../test/support/product.ts';
import { serverSide } from '../test/support/server-side.ts';
import { draft, steps } from '../test/support/stage.ts';

export interface BenchFlow {
  readonly id: string;
  readonly orgId: string;
  /** The id of a task that is ready, each time another. */
  next(): string;
}

export interface Site {
  readonly product: Product;
  readonly database: Database;
  /** An API key of olivia's. */
  readonly secret: string;
  readonly client: Client;
  readonly olivia: Actor;
  /** As the server has it. */
  readonly now: FlowGateway;
  /** The way of a command before the server wrote ahead: a signal, and queries until the lists have followed. */
  readonly before: FlowGateway;
  /** A running flow with so many tasks that wait on nothing, and lie with nobody or with this person. */
  flow(tasks: number, assignee?: Assignee): Promise<BenchFlow>;
  /** complete_task over MCP. */
  complete(flow: BenchFlow): Promise<void>;
  envelope(flow: BenchFlow): Envelope;
  /** What the server says it took for the requests to MCP so far, in milliseconds. */
  serverMs(): Promise<number>;
  stop(): Promise<void>;
}

const taskQueue = 'booflow';
/** So that the task's id looks like one. */
const keyOf = (n: number): string => `k${String(n).padStart(15, '0')}`;
const resultSchema = z.object({ result: z.object({ isError: z.literal(false).optional() }) });
const answerSchema = z.object({
  result: z.object({ structuredContent: z.object({ state: z.enum(['applied', 'accepted']) }) }),
});

/** One request over MCP; gives the answer's text. */
export async function askMcp(url: string, secret: string, method: string, params: object): Promise<string> {
  const reply = await fetch(`${url}/api/mcp`, {
    method: 'POST',
    signal: AbortSignal.timeout(60_000),
    headers: {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-06-18',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const text = await reply.text();
  const answer = /^data: (.*)$/m.exec(text)?.[1] ?? text;
  if (!resultSchema.safeParse(JSON.parse(answer)).success) throw new Error(answer.slice(0, 500));
  return answer;
}

export const callTool = (url: string, secret: string, name: string, args: object): Promise<string> =>
  askMcp(url, secret, 'tools/call', { name, arguments: args });

/** `given`: a product that was made and does not run yet; it is removed at the end too. */
export async function startSite(given?: Product): Promise<Site> {
  const product = given ?? (await makeProduct());
  try {
    await product.start();
    await product.untilReady(60_000);
  } catch (error) {
    await product.remove();
    throw error;
  }
  const owner = openAsOwner(product.databaseUrl);
  const member = await owner
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select(['memberships.org_id as orgId', 'users.id as userId', 'users.name'])
    .where('users.email', '=', 'olivia@acme.test')
    .executeTakeFirstOrThrow();
  await owner.destroy();
  const keyring = keyringOf(localKeys(product.dataDir));
  const server = serverSide(product.databaseUrl, keyring, (error) => console.error(error));
  const { database } = server;
  const { secret } = await database.withOrg(member, (trx) => createApiKey(trx, member, 'bench'));
  const client = connectClient({ temporalAddress: product.temporalAddress, temporalNamespace: 'default' });
  const olivia: Actor = { kind: 'member', id: member.userId, name: member.name, role: 'OWNER', through: 'mcp' };
  const now = new FlowGateway(client, { taskQueue, ...server.commands });
  const before = new FlowGateway(client, { taskQueue });
  const commandId = (): string => randomBytes(8).toString('hex');
  return {
    ...{ product, database, secret, client, olivia, now, before },
    async flow(tasks, assignee) {
      const written = Array.from({ length: tasks }, (_, n) => ({ key: keyOf(n) }));
      const id = `fl_${commandId()}`;
      const drawn = draft(steps(...written), olivia, Date.now());
      const given = assignee ? drawn.tasks.map((t) => ({ ...t, assignee })) : drawn.tasks;
      const made = { ...drawn, id, orgId: member.orgId, name: id, tasks: given };
      await now.create(made, { commandId: 'create', fingerprint: '' });
      const command = { type: 'start', startDate: null } as const;
      await now.send(member.orgId, id, { commandId: 'start', fingerprint: '', actor: olivia, command });
      let done = 0;
      return { id, orgId: member.orgId, next: () => `tk_${keyOf(done++)}` };
    },
    envelope: (flow) => ({
      ...{ commandId: commandId(), fingerprint: '', actor: olivia },
      command: { type: 'complete', taskId: flow.next(), answers: null, comment: '' },
    }),
    async complete(flow) {
      const args = { flow: flow.id, task: flow.next(), command_id: commandId() };
      // What is only accepted is asked again, as a client does.
      for (let state = 'accepted'; state === 'accepted'; ) {
        const answer = await callTool(product.url, secret, 'complete_task', args);
        state = answerSchema.parse(JSON.parse(answer)).result.structuredContent.state;
      }
    },
    async serverMs() {
      const metrics = await (await fetch(product.metricsUrl)).text();
      const sums = metrics.matchAll(/^booflow_http_request_seconds_sum\{[^}]*route="\/api\/mcp"[^}]*\} (\S+)$/gm);
      return [...sums].reduce((ms, [, seconds]) => ms + Number(seconds) * 1_000, 0);
    },
    async stop() {
      await client.connection.close();
      await server.close();
      await product.remove();
    },
  };
}

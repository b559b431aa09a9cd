/**
 * `npm run imports:thousand`: makes 1,000 flows from one CSV with the real product, over REST, and kills its worker with
 * SIGKILL twice in the middle. Wanted: progress that is seen and never goes back, a flow for each line, and none twice:
 * neither in the read model nor in Temporal, and no client invited or mailed twice. Prints the figures.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Database, openAsOwner } from '../src/db/database.ts';
import { olivia } from '../src/demo/people.ts';
import { createApiKey } from '../src/oauth/api-keys.ts';
import { connectClient } from '../src/platform/temporal-connection.ts';
import { flowWorkflowType } from '../src/workflows/contract.ts';
import { makeProduct, type Product } from '../test/support/product.ts';

const total = 1_000;
/** How many lines are made when the worker is killed. */
const killsAt = [300, 650];
const patienceMs = 20 * 60_000;
const acme = { orgId: 'org_demo_acme', userId: olivia.id };

/** Every second line has a client, and every fourth is started, which mails that client. */
const hasClient = (n: number): boolean => n % 2 === 0;
const isStarted = (n: number): boolean => n % 4 === 0;
const numbers = Array.from({ length: total }, (_, n) => n);
const nameOf = (n: number): string => `Thousand ${String(n).padStart(4, '0')}`;
const mailOf = (n: number): string => `client${n}@thousand.test`;
const csv = [
  'name,client_email,start',
  ...numbers.map((n) => `${nameOf(n)},${hasClient(n) ? mailOf(n) : ''},${isStarted(n) ? 'yes' : 'no'}`),
].join('\n');

const begunSchema = z.object({ import: z.string(), total: z.number() });
const farSchema = z.object({
  ...{ done: z.number(), failed: z.number(), pending: z.number(), finishedAt: z.string().nullable() },
  lines: z.array(z.object({ line: z.number(), name: z.string(), state: z.string(), flowId: z.string().nullable() })),
  nextLine: z.number().nullable(),
});
type Far = z.infer<typeof farSchema>;

const problems: string[] = [];
const must = (so: boolean, what: string): void => {
  if (!so) problems.push(what);
};
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

function asker(product: Product, key: string) {
  return async <T>(path: string, answer: z.ZodType<T>, body?: object): Promise<T> => {
    const reply = await fetch(`${product.url}/api/v1${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${key}`,
        ...(body && { 'content-type': 'application/json', 'idempotency-key': 'thousand' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${path} is answered with ${reply.status}: ${text}`);
    return answer.parse(JSON.parse(text));
  };
}

/** Watches to the end, kills the worker on the way, and tells. */
async function watch(product: Product, look: () => Promise<Far>): Promise<void> {
  const begun = Date.now();
  const kills = [...killsAt];
  let seen = 0;
  let killed: { at: number; done: number } | null = null;
  let told = 0;
  let looks = 0;
  for (;;) {
    const { done, failed, pending, finishedAt } = await look();
    const at = Date.now() - begun;
    looks++;
    must(done >= seen, `Progress went back from ${seen} to ${done}.`);
    must(done + failed + pending === total, `${done} + ${failed} + ${pending} is not ${total}.`);
    if (done >= told + 100 || finishedAt !== null) {
      told = done;
      console.log(`${seconds(at).padStart(8)}  ${done} made, ${failed} failed, ${pending} to come`);
    }
    if (killed !== null && done > killed.done) {
      console.log(`${seconds(at).padStart(8)}  it goes on, ${seconds(at - killed.at)} after the kill`);
      killed = null;
    }
    seen = done;
    if (finishedAt !== null) break;
    if (at > patienceMs) throw new Error(`Not finished after ${seconds(at)}.`);
    if (kills[0] !== undefined && done >= kills[0]) {
      kills.shift();
      const pid = await product.signal('worker', 'SIGKILL');
      // What had been made by then is settled: the worker that is started again has first to be told what to go on with.
      killed = { at: Date.now() - begun, done: (await look()).done };
      console.log(`${seconds(killed.at).padStart(8)}  the worker (process ${pid}) is killed at ${killed.done}`);
    }
    await sleep(250);
  }
  const took = Date.now() - begun;
  must(kills.length === 0, 'It was over before the worker was killed.');
  console.log(`${total} flows in ${seconds(took)}, ${(total / (took / 1_000)).toFixed(1)} a second; ${looks} looks.`);
}

const product = await makeProduct();
try {
  await product.start();
  const database = new Database(product.databaseUrl, { max: 1 });
  const { secret } = await database.withOrg(acme, (trx) => createApiKey(trx, acme, 'thousand'));
  await database.close();
  const ask = asker(product, secret);
  const owner = openAsOwner(product.databaseUrl);
  const before = (await owner.selectFrom('flows').select('id').execute()).length;
  const wanted = { template: 'Client Onboarding (light)', csv };
  const { import: id } = await ask('/flow-imports', begunSchema, wanted);
  await watch(product, () => ask(`/flow-imports/${id}?after_line=999999`, farSchema));

  // Asked for once more, with the same key: the same import, and nothing is made.
  must((await ask('/flow-imports', begunSchema, wanted)).import === id, 'The same key made another import.');
  const lines: Far['lines'] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: Far = await ask(`/flow-imports/${id}?after_line=${after}`, farSchema);
    lines.push(...page.lines);
    after = page.nextLine;
  }
  must(lines.length === total, `The report has ${lines.length} lines.`);
  must(new Set(lines.map((l) => l.flowId)).size === total, 'Two lines have the same flow, or a line has none.');

  const flows = await owner.selectFrom('flows').select(['id', 'name', 'status']).execute();
  must(flows.length - before === total, `${flows.length - before} flows are in the read model.`);
  const made = flows.filter((f) => f.name.startsWith('Thousand '));
  must(new Set(made.map((f) => f.name)).size === total, 'A name is there twice, or is missing.');
  const active = made.filter((f) => f.status === 'ACTIVE').length;
  must(active === numbers.filter(isStarted).length, `${active} flows are started.`);
  const clients = await owner
    .selectFrom('external_users')
    .select(['email', 'flow_id'])
    .where('email', 'like', '%@thousand.test')
    .execute();
  const invited = numbers.filter(hasClient).length;
  must(clients.length === invited, `${clients.length} clients are invited instead of ${invited}.`);
  must(new Set(clients.map((c) => c.email)).size === invited, 'A client is there twice.');

  const client = connectClient({ temporalAddress: product.temporalAddress, temporalNamespace: 'default' });
  const ofOrg = `WorkflowType = '${flowWorkflowType}' AND BooflowOrgId = '${acme.orgId}'`;
  const workflows = new Set<string>();
  for await (const { workflowId } of client.workflow.list({ query: ofOrg })) workflows.add(workflowId);
  await client.connection.close();
  const strays = [...workflows].filter((w) => !flows.some((f) => w.endsWith(`/${f.id}`)));
  const missing = made.filter((f) => ![...workflows].some((w) => w.endsWith(`/${f.id}`)));
  must(strays.length === 0, `${strays.length} workflows have no flow in the read model.`);
  must(missing.length === 0, `${missing.length} flows have no workflow.`);

  // Each client of a started flow has one invitation in the mailbox; mails go out a moment after the start.
  const starts = numbers.filter((n) => hasClient(n) && isStarted(n)).length;
  const mails = async () =>
    owner
      .selectFrom('dev_mails')
      .select(['to_address as to', 'key'])
      .where('to_address', 'like', '%@thousand.test')
      .execute();
  for (let n = 0; n < 240 && new Set((await mails()).map((m) => m.to)).size < starts; n++) await sleep(500);
  const sent = await mails();
  must(new Set(sent.map((m) => m.to)).size === starts, `${new Set(sent.map((m) => m.to)).size} clients were mailed.`);
  must(new Set(sent.map((m) => m.key)).size === sent.length, 'A mail went out twice.');
  await owner.destroy();
  console.log(
    `${made.length} flows, ${workflows.size} workflows of the org, ${clients.length} clients, ${sent.length} mails to ${starts} of them.`,
  );
} finally {
  await product.remove();
}
for (const problem of new Set(problems)) console.error(problem);
console.log(problems.length === 0 ? 'No flow is missing, none was made twice.' : 'See above.');
if (problems.length > 0) process.exitCode = 1;

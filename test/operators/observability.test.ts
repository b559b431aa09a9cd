/** What operators are told by machines: metrics, traces from the request to its SQL, and a log that names what it is about. */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createFlowFromTemplate } from '../../src/operations/create-flow-from-template.ts';
import { freePort } from '../../src/platform/ports.ts';
import { olivia } from '../mcp/principals.ts';
import { type PartProcess, startPart } from '../support/part.ts';
import { startWorld, type World } from '../support/world.ts';

const exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({
        attributes: z.array(z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) })),
      }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
            }),
          ),
        }),
      ),
    }),
  ),
});
interface Seen {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly name: string;
}

let world: World;
let collector: Server;
let everything = '';
const spans: Seen[] = [];
const parts: PartProcess[] = [];
const token = 'metrics-token-metrics-token';
let url: string;
let serverMetrics: string;
let workerMetrics: string;
let server: PartProcess;
let worker: PartProcess;

beforeAll(async () => {
  world = await startWorld();
  await world.stopWorker();
  collector = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      everything += text;
      for (const { resource, scopeSpans } of exported.parse(JSON.parse(text)).resourceSpans) {
        const service = resource.attributes.find((a) => a.key === 'service.name')?.value.stringValue ?? '';
        for (const scope of scopeSpans) spans.push(...scope.spans.map((span) => ({ service, ...span })));
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  const [port, one, two, otlp] = [await freePort(), await freePort(), await freePort(), await freePort()];
  await new Promise<void>((resolve) => collector.listen(otlp, '127.0.0.1', resolve));
  url = `http://localhost:${port}`;
  serverMetrics = `http://127.0.0.1:${one}`;
  workerMetrics = `http://127.0.0.1:${two}`;
  const env = {
    DATABASE_URL: world.databaseUrl,
    TEMPORAL_ADDRESS: world.temporalAddress,
    TEMPORAL_NAMESPACE: world.namespace,
    BOOFLOW_TASK_QUEUE: world.taskQueue,
    PORT: String(port),
    PUBLIC_URL: url,
    BOOFLOW_METRICS_TOKEN: token,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${otlp}`,
  };
  worker = startPart('worker', { ...env, BOOFLOW_METRICS_PORT: String(two) });
  server = startPart('server', { ...env, BOOFLOW_METRICS_PORT: String(one) });
  parts.push(worker, server);
  await Promise.all([worker.wrote(/Metrics at/), server.wrote(/Metrics at/)]);
}, 300_000);
afterAll(async () => {
  for (const part of parts) part.signal('SIGKILL');
  collector.close();
  await world.stop();
});

test('a command is one trace from its request to its SQL, counted, and named in the log', async () => {
  const made = await createFlowFromTemplate.run(
    { ...world.tools, now: Date.now(), principal: olivia },
    { template: 'Client Onboarding', name: 'Traced' },
  );
  if (!made.ok) throw new Error(made.text);
  const key = await world.key('olivia@acme.test');
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const answer = await fetch(`${url}/api/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-06-18',
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'update_flow_status', arguments: { flow: 'Traced', action: 'start', command_id: 'c_traced' } },
    }),
  });
  expect(await answer.text()).toContain('Traced is started.');

  const scrape = async (base: string, authorization = `Bearer ${token}`): Promise<string> =>
    (await fetch(`${base}/metrics`, { headers: { authorization } })).text();
  const ofServer = await scrape(serverMetrics);
  expect(ofServer).toMatch(/booflow_commands_total\{command="start",outcome="applied"\} 1/);
  expect(ofServer).toMatch(
    /booflow_operation_seconds_count\{operation="update_flow_status",door="\w+",outcome="ok"\} 1/,
  );
  expect(ofServer).toMatch(/booflow_http_request_seconds_count\{method="POST",route="\/api\/mcp",status="200"\} 1/);
  expect(ofServer).toMatch(/booflow_database_connections\{state="waiting"\} 0/);
  await expect.poll(() => scrape(workerMetrics)).toMatch(/booflow_projection_lag_seconds_count [1-9]/);
  const ofWorker = await scrape(workerMetrics);
  expect(ofWorker).toMatch(/temporal_workflow_task_execution_latency/);
  expect(ofWorker).not.toContain('Traced');
  expect(await scrape(workerMetrics, 'Bearer wrong')).toMatch(/BOOFLOW_METRICS_TOKEN/);
  const ready = await fetch(`${workerMetrics}/readyz`);
  expect(await ready.json()).toEqual({ ready: true, parts: { worker: 'ok', database: 'ok', temporal: 'ok' } });

  // What waits is sent when they stop.
  for (const part of [server, worker]) part.signal('SIGTERM');
  expect(await Promise.all([server.exited, worker.exited])).toEqual([0, 0]);
  const ours = spans.filter((s) => s.traceId === traceId);
  const named = (service: string, name: RegExp): Seen | undefined =>
    ours.find((s) => s.service === service && name.test(s.name));
  const request = named('booflow-server', /^POST \/api\/mcp$/);
  const command = named('booflow-server', /^command start$/);
  const operation = named('booflow-server', /^update_flow_status$/);
  const workflow = named('booflow-worker', /^flowWorkflow$/);
  const activity = named('booflow-worker', /^projectFlow$/);
  expect(request?.parentSpanId).toBe('00f067aa0ba902b7');
  expect(operation?.parentSpanId).toBe(request?.spanId);
  expect(command?.parentSpanId).toBe(operation?.spanId);
  expect(workflow?.parentSpanId).toBe(command?.spanId);
  expect(activity?.parentSpanId).toBe(command?.spanId);
  const sql = ours.filter((s) => s.service === 'booflow-worker' && s.name.startsWith('SQL'));
  expect(sql.length).toBeGreaterThan(0);
  expect(sql.every((s) => s.parentSpanId === activity?.spanId || ours.some((o) => o.spanId === s.parentSpanId))).toBe(
    true,
  );
  expect(everything).not.toContain(key);
  expect(everything).not.toContain('Traced');

  const line = server.lines.find((l) => l.includes('/api/mcp'));
  expect(line).toContain(`trace=${traceId}`);
  expect(server.lines.join('\n')).not.toContain(key);
}, 120_000);

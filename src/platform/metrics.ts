/** What Prometheus asks a process for. Names and labels are listed in docs/operating.md; no label holds a name or an id. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export const registry = new Registry();

const registers = [registry];
const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** By route as it is declared, never the path that was asked for. */
export const httpSeconds = new Histogram({
  name: 'booflow_http_request_seconds',
  help: 'Time to answer a request',
  labelNames: ['method', 'route', 'status'],
  buckets: seconds,
  registers,
});

/** Of every operation, whatever door it came through: `ok`, or the refusal's code, or `failed`. */
export const operationSeconds = new Histogram({
  name: 'booflow_operation_seconds',
  help: 'Time of an operation',
  labelNames: ['operation', 'door', 'outcome'],
  buckets: seconds,
  registers,
});

/** `applied`, `refused`, `accepted` (no worker answered in time), `gone` (the flow has ended), `unknown` (Temporal is away). */
export const commands = new Counter({
  name: 'booflow_commands_total',
  help: 'Commands sent to flows, by what was told of them',
  labelNames: ['command', 'outcome'],
  registers,
});

export const projectionLag = new Histogram({
  name: 'booflow_projection_lag_seconds',
  help: 'From the newest event of a flow to its place in the read model',
  buckets: [...seconds, 60, 300, 3_600],
  registers,
});

/** `sent`, `sent before`, `nobody` (who should get it has left), `failed` (tried again). */
export const mails = new Counter({
  name: 'booflow_mails_total',
  help: 'Mails handed to the mail server, by outcome of the try',
  labelNames: ['kind', 'outcome'],
  registers,
});

/** `delivered`, `failed` (tried again), `given up`. */
export const webhookDeliveries = new Counter({
  name: 'booflow_webhook_deliveries_total',
  help: 'Attempts to tell an endpoint of something, by outcome',
  labelNames: ['outcome'],
  registers,
});

export const databasePool = new Gauge({
  name: 'booflow_database_connections',
  help: 'Connections to PostgreSQL of this process, and who waits for one',
  labelNames: ['state'],
  registers,
});

export function measurePool(connections: {
  readonly used: number;
  readonly idle: number;
  readonly waiting: number;
}): void {
  for (const [state, n] of Object.entries(connections)) databasePool.set({ state }, n);
}

export const liveStreams = new Gauge({
  name: 'booflow_live_streams',
  help: 'Pages that are open and get news',
  registers,
});

/** Of the process itself: memory, event loop, garbage collection. Once a process. */
export function measureProcess(): void {
  collectDefaultMetrics({ register: registry });
}

/**
 * Traces (OpenTelemetry): a request, the signal it sends, the workflow, the activity and its SQL are one trace. Trace ids
 * are there always, for the log; spans leave the process only when an OTLP endpoint is configured.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOffSampler, BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

export { type Span, SpanKind } from '@opentelemetry/api';

/** What every line of the log says while this work goes on. */
export interface LogFields {
  readonly org?: string | undefined;
  readonly flow?: string | undefined;
  readonly command?: string | undefined;
}

const fields = new AsyncLocalStorage<LogFields>();

/** Runs `work` with these fields on every line it logs, besides those that were there. */
export const withLogFields = <T>(more: LogFields, work: () => T): T =>
  fields.run({ ...fields.getStore(), ...more }, work);

/** The fields of now, and the trace. */
export function logFields(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  const all = { ...fields.getStore(), trace: span?.traceId };
  return Object.fromEntries(Object.entries(all).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])));
}

/** Does anybody get to see spans? */
let leaves = false;

/**
 * Once a process. `endpoint`: where spans are sent as OTLP over HTTP, such as `http://collector:4318`; undefined: nowhere.
 * Gives how to send what waits and stop.
 */
export function startTracing(service: string, endpoint: string | undefined): () => Promise<void> {
  leaves = endpoint !== undefined;
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    // What leaves nowhere has an id, for the log, and is not kept.
    ...(!leaves && { sampler: new AlwaysOffSampler() }),
    spanProcessors:
      endpoint === undefined
        ? []
        : [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }))],
  });
  provider.register({ propagator: new W3CTraceContextPropagator() });
  return () => provider.shutdown();
}

const tracer = () => trace.getTracer('booflow');

/** Runs `work` inside a span, whose parent is the span of now or the one that `parent` names (`traceparent`). */
export function inSpan<T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
  { kind = SpanKind.INTERNAL, parent }: { kind?: SpanKind; parent?: string | undefined } = {},
): Promise<T> {
  return tracer().startActiveSpan(name, { kind, attributes }, contextOf(parent), async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'failed' });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** A span of what is over, which no log can name: both moments in milliseconds since 1970. */
export function pastSpan(
  name: string,
  attributes: Attributes,
  from: number,
  to: number,
  { kind = SpanKind.INTERNAL, parent }: { kind?: SpanKind; parent?: string | undefined } = {},
): void {
  if (!leaves) return;
  const span = tracer().startSpan(name, { kind, attributes, startTime: from }, contextOf(parent));
  span.end(Math.max(from, to));
}

/** For a request: a span and the context in which everything that belongs to it runs. */
export function openSpan(
  name: string,
  attributes: Attributes,
  parent: string | undefined,
): { span: Span; within: Context } {
  const span = tracer().startSpan(name, { kind: SpanKind.SERVER, attributes }, contextOf(parent));
  return { span, within: trace.setSpan(context.active(), span) };
}

export const runIn = <T>(within: Context, work: () => T): T => context.with(within, work);

/** The span of now as W3C `traceparent`, to go on elsewhere; undefined outside any. */
export function traceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

const contextOf = (parent: string | undefined): Context =>
  parent === undefined ? context.active() : propagation.extract(context.active(), { traceparent: parent });

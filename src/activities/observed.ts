/** An activity as operators follow it: a span in the trace of the command that brought it about, and fields for the log. */
import { asyncLocalStorage } from '@temporalio/activity';
import { inSpan, pastSpan, SpanKind, withLogFields } from '../platform/tracing.ts';
import type { Cause } from '../workflows/contract.ts';

export interface Observed {
  readonly orgId: string;
  readonly flowId: string;
  readonly cause?: Cause | undefined;
}

export function observed<T>(name: string, { orgId, flowId, cause }: Observed, work: () => Promise<T>): Promise<T> {
  const info = asyncLocalStorage.getStore()?.info;
  const attributes = { 'booflow.org': orgId, 'booflow.flow': flowId };
  const parent = cause?.trace;
  // A workflow can't keep a clock of its own for a span: it is told here, from the command it took to what it asked for.
  if (cause && info?.attempt === 1)
    pastSpan('flowWorkflow', attributes, cause.at, info.scheduledTimestampMs, { kind: SpanKind.CONSUMER, parent });
  return withLogFields({ org: orgId, flow: flowId, command: cause?.commandId }, () =>
    inSpan(name, { ...attributes, 'temporal.attempt': info?.attempt ?? 1 }, work, { kind: SpanKind.CONSUMER, parent }),
  );
}

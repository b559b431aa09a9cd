/** Refusals as problem details (RFC 9457): a status, a stable code, and the sentence. */
import type { FastifyReply } from 'fastify';

/** Every code that is not simply a conflict with how things are (409). */
const statuses: Readonly<Record<string, number>> = {
  bad_input: 400,
  bad_cursor: 400,
  bad_json: 400,
  bad_command: 400,
  bad_template: 400,
  unauthenticated: 401,
  invalid_token: 401,
  insufficient_scope: 403,
  not_allowed: 403,
  not_yours: 403,
  not_found: 404,
  task_unknown: 404,
  external_unknown: 404,
  method_not_allowed: 405,
  precondition_failed: 412,
  too_large: 413,
  not_json: 415,
  command_id_reused: 422,
  answers_invalid: 422,
  reason_needed: 422,
  template_problems: 422,
  rate_limited: 429,
  slow_down: 429,
  internal: 500,
  database_unavailable: 503,
  engine_unavailable: 503,
  flow_busy: 503,
};

export const statusOf = (code: string): number => statuses[code] ?? 409;

/** "not_found" → "Not found". */
export const titleOf = (code: string): string => `${code.charAt(0).toUpperCase()}${code.slice(1)}`.replaceAll('_', ' ');

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly [more: string]: unknown;
}

/** Where the reference tells what a code means. */
export const referencePath = '/docs/api';

export function problemOf(
  publicUrl: string,
  code: string,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
): Problem {
  const status = statusOf(code);
  return { ...more, type: `${publicUrl}${referencePath}#problems`, title: titleOf(code), status, detail, code };
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 503) reply.header('retry-after', '1');
  return reply.code(problem.status).type('application/problem+json').send(problem);
}

/** Refusals as problem details (RFC 9457): a status, a stable code, and the sentence. */
import type { FastifyReply } from 'fastify';
import type { RefusalCode } from '../operations/refusal.ts';

/** What is refused before an operation is asked. */
type DoorCode =
  | 'bad_json'
  | 'internal'
  | 'invalid_token'
  | 'method_not_allowed'
  | 'not_json'
  | 'precondition_failed'
  | 'rate_limited';
export type ProblemCode = RefusalCode | DoorCode;

interface ProblemKind {
  readonly status: number;
  /** For the reference. */
  readonly means: string;
}
const kind = (status: number, means: string): ProblemKind => ({ status, means });

/** By status; what does not fit how things are is 409. */
export const problemKinds: Readonly<Record<ProblemCode, ProblemKind>> = {
  bad_input: kind(400, 'The input does not fit; the detail names the field.'),
  bad_json: kind(400, 'The body is no JSON, or not in UTF-8.'),
  bad_address: kind(400, 'The role is a client’s, and what was given for it is no mail address.'),
  bad_cursor: kind(400, 'This is no cursor of this list. Begin without one.'),
  bad_command: kind(400, 'The flow does not understand this.'),
  bad_template: kind(400, 'This is no template; the detail says where.'),
  file_empty: kind(400, 'The file has no bytes.'),
  unauthenticated: kind(401, 'No token came.'),
  invalid_token: kind(401, 'The token is unknown, expired or revoked.'),
  insufficient_scope: kind(403, 'The token was not granted the scope that `scope` names.'),
  not_allowed: kind(403, 'Your role may not. The detail says who may.'),
  not_yours: kind(403, 'It belongs to somebody else, such as the marketplace.'),
  not_found: kind(404, 'There is no such thing in your organization.'),
  task_unknown: kind(404, 'The flow has no such task.'),
  external_unknown: kind(404, 'The flow has no such client.'),
  method_not_allowed: kind(405, 'The path takes other methods; `Allow` lists them.'),
  already_done: kind(409, 'The task is completed or skipped already.'),
  already_invited: kind(409, 'They are invited to this flow already.'),
  already_member: kind(409, 'They are a member already.'),
  ambiguous: kind(409, 'The name fits several; `candidates` lists them with their ids.'),
  archived: kind(409, 'The template is archived: no new flow is made from it.'),
  conflict: kind(409, 'Somebody changed the draft meanwhile. Read it again, and give its `revision`.'),
  flow_final: kind(409, 'The flow is completed or cancelled for good.'),
  flow_not_started: kind(409, 'The flow is a draft still.'),
  flow_paused: kind(409, 'The flow is paused.'),
  flow_stopped: kind(409, 'An operator stopped the flow from outside.'),
  file_refused: kind(409, 'Files of this kind are not taken.'),
  is_approval: kind(409, 'The task is an approval: approve it, or send it back.'),
  not_approval: kind(409, 'The task is no approval: complete it.'),
  last_owner: kind(409, 'An organization keeps at least one owner.'),
  limit: kind(409, 'There are as many as there may be.'),
  nobody_to_remind: kind(409, 'Nobody has the task, so nobody can be reminded.'),
  nothing_to_discard: kind(409, 'The template has no draft.'),
  nothing_to_publish: kind(409, 'The template has no draft, or one that changes nothing.'),
  reminded_lately: kind(409, 'They were reminded within the last hours.'),
  task_not_ready: kind(409, 'The task waits on others; `blockedBy` lists them.'),
  there_already: kind(409, 'An import would make what is there already; say `again` to make it all the same.'),
  too_many_files: kind(409, 'The field has as many files as it may have.'),
  wrong_status: kind(409, 'The flow or task is not in a state where this can be done.'),
  precondition_failed: kind(412, 'If-Match or If-None-Match on a write, which compares no ETags.'),
  too_large: kind(413, 'More than is taken at once.'),
  file_too_large: kind(413, 'The file is larger than is taken.'),
  not_json: kind(415, 'The body is not application/json in UTF-8, or is packed.'),
  answers_invalid: kind(422, 'Answers are missing, or do not fit their fields.'),
  command_id_reused: kind(422, 'The Idempotency-Key was used for something else.'),
  reason_needed: kind(422, 'Others have to know why: give a reason.'),
  template_problems: kind(422, 'The template can not be published as it is; `problems` lists why.'),
  rate_limited: kind(429, 'Too many requests; `Retry-After` says when to come back.'),
  slow_down: kind(429, 'This was asked for too often of late.'),
  too_many_invitations: kind(429, 'The organization invited too many within the hour.'),
  internal: kind(500, 'A fault of Booflow.'),
  database_unavailable: kind(503, 'The database is away; try again.'),
  engine_unavailable: kind(503, 'The flow engine is away; try again.'),
  flow_busy: kind(503, 'The flow has too much to do at this moment; try again.'),
};

/** "not_found" → "Not found". */
export const titleOf = (code: string): string => `${code.charAt(0).toUpperCase()}${code.slice(1)}`.replaceAll('_', ' ');

export interface Problem {
  /** Where the reference tells what the code means. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly [more: string]: unknown;
}

export const referencePath = '/docs/api';
/** Of a code's row in the reference. */
export const problemAnchor = (code: string): string => `problem-${code}`;

export function problemOf(
  publicUrl: string,
  code: ProblemCode,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
): Problem {
  const { status } = problemKinds[code];
  const type = `${publicUrl}${referencePath}#${problemAnchor(code)}`;
  return { ...more, type, title: titleOf(code), status, detail, code };
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 503) reply.header('retry-after', '1');
  return reply.code(problem.status).type('application/problem+json').send(problem);
}

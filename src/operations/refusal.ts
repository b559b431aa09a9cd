import type { RefusalCode as FlowRefusalCode } from '../domain/refusal.ts';

/** For programs, and stable. A flow's own, and what is refused before a flow is asked. */
export type RefusalCode =
  | FlowRefusalCode
  | 'already_member'
  | 'ambiguous'
  | 'archived'
  | 'bad_address'
  | 'bad_cursor'
  | 'bad_input'
  | 'bad_template'
  | 'conflict'
  | 'database_unavailable'
  | 'engine_unavailable'
  | 'file_empty'
  | 'file_refused'
  | 'file_too_large'
  | 'flow_busy'
  | 'flow_stopped'
  | 'insufficient_scope'
  | 'last_owner'
  | 'limit'
  | 'not_found'
  | 'not_yours'
  | 'nothing_to_discard'
  | 'nothing_to_publish'
  | 'slow_down'
  | 'template_problems'
  | 'there_already'
  | 'too_many_files'
  | 'too_many_invitations'
  | 'unauthenticated';

/** An answer that says no: a stable code, and a text that says what is so and what to do instead. Nothing changed. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly facts: Record<string, unknown>;

  constructor(code: RefusalCode, text: string, facts: Record<string, unknown> = {}) {
    super(text);
    this.name = 'Refusal';
    this.code = code;
    this.facts = facts;
  }
}

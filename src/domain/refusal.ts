/** A command that is not done: what is so, and what to do instead. Nothing changed. */
export const refusalCodes = [
  'bad_command',
  'command_id_reused',
  'flow_final',
  'flow_not_started',
  'flow_paused',
  'wrong_status',
  'task_unknown',
  'task_not_ready',
  'already_done',
  'is_approval',
  'not_approval',
  'reason_needed',
  'answers_invalid',
  'not_allowed',
  'external_unknown',
  'already_invited',
  'nobody_to_remind',
  'reminded_lately',
  'too_large',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

export interface Refusal {
  readonly code: RefusalCode;
  /** One or two sentences for a person; says what is so and who or what can change it. */
  readonly message: string;
  /** Tasks that stand in the way. */
  readonly blockedBy: readonly string[];
}

export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(code: RefusalCode, message: string, blockedBy: readonly string[] = []) {
    super(message);
    this.refusal = { code, message, blockedBy };
  }
}

export const refuse = (code: RefusalCode, message: string, blockedBy: readonly string[] = []): never => {
  throw new Refused(code, message, blockedBy);
};

/** What happened in a flow. Written by `decide`, read by `evolve`; every event moves the version by one. */
import type { Actor } from './actor.ts';
import type { Due } from './due.ts';
import type { Answers, Assignee, Comment, ExternalUser, MailOrder } from './flow.ts';

type Happening =
  | { type: 'flow_started'; startDate: number }
  | { type: 'flow_paused' }
  | { type: 'flow_resumed'; pausedMs: number }
  | { type: 'flow_cancelled'; reason: string }
  | { type: 'flow_completed' }
  | { type: 'flow_renamed'; name: string }
  | { type: 'task_ready'; taskId: string; dueAt: number | null }
  | { type: 'task_blocked'; taskId: string }
  | { type: 'task_completed'; taskId: string; answers: Answers | null }
  | { type: 'approval_given'; taskId: string }
  | { type: 'approval_rejected'; taskId: string; reason: string }
  | { type: 'task_sent_back'; taskId: string; approvalId: string; comment: Comment }
  | { type: 'task_reopened'; taskId: string; reason: string }
  | { type: 'task_skipped'; taskId: string; reason: string }
  /** Its condition is not met. */
  | { type: 'task_not_needed'; taskId: string; reason: string }
  | { type: 'task_cancelled'; taskId: string }
  | { type: 'task_assigned'; taskId: string; assignee: Assignee | null }
  /** Due dates that became known, or moved with a pause. */
  | { type: 'dues_set'; dues: readonly Due[] }
  | { type: 'due_changed'; taskId: string; dueAt: number | null }
  /** `quiet`: there is no room to tell it. */
  | { type: 'task_fell_due'; taskId: string; dueAt: number; quiet?: true }
  | { type: 'comment_added'; taskId: string; comment: Comment }
  | { type: 'external_invited'; external: Omit<ExternalUser, 'version' | 'invitation'> }
  | { type: 'invitation_sent'; externalId: string }
  | { type: 'invitation_accepted'; externalId: string }
  | { type: 'invitation_revoked'; externalId: string }
  | { type: 'external_erased'; externalId: string }
  | { type: 'digest_scheduled'; next: number | null; digests: number }
  | { type: 'task_reminded'; taskId: string }
  | { type: 'comment_held'; to: Assignee; taskId: string; commentId: string; until: number }
  | { type: 'comments_held_on'; to: Person; until: number }
  /** They are mailed, or seen; `about` one task or, when null, all. */
  | { type: 'comments_told'; to: Person; about: string | null }
  /** `insteadOf`: the key of one that waits, and says less. */
  | { type: 'mail_ordered'; mail: MailOrder; insteadOf?: string }
  /** Tried for long enough, or no room is left for it; `to` null: it was not even ordered. `others`: keys of more such mails. */
  | { type: 'mail_failed'; key: string; to: MailOrder['to'] | null; why: string; others?: readonly string[] }
  /** The mail server will never take it; `why` in its words. */
  | { type: 'mail_refused'; key: string; to: MailOrder['to']; why: string }
  /** An address that was refused before has taken a mail. */
  | { type: 'mail_taken'; externalId: string };

type Person = Pick<Actor, 'kind' | 'id'>;

export type FlowEvent = Happening & { readonly at: number; readonly by: Actor };
export type FlowEventOf<T extends FlowEvent['type']> = Extract<FlowEvent, { type: T }>;
export type { Happening };

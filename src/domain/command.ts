/** What can be asked of a flow. Parsed where it arrives: a signal may also come from an operator's hand. */
import { z } from 'zod';
import { actorSchema } from './actor.ts';
import { commentAudiences } from './flow.ts';
import { limits } from './limits.ts';

const id = z.string().min(1).max(limits.id);
const taskId = id;
const moment = z.number().int().min(0).max(limits.moment);
const comment = z.string().trim().max(limits.comment).default('');

export const inviteeSchema = z.object({
  externalId: id,
  email: z.email().max(limits.email),
  name: z.string().trim().min(1).max(limits.name),
  role: z.string().trim().max(limits.role),
});
export type Invitee = z.infer<typeof inviteeSchema>;

export const assigneeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('member'), id, name: z.string().min(1).max(limits.name) }),
  z.object({ kind: z.literal('external'), id }),
]);

export const commandSchema = z.discriminatedUnion('type', [
  /** `startDate`: the day due dates count from; now when left out. */
  z.object({ type: z.literal('start'), startDate: moment.nullable().default(null) }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('resume') }),
  z.object({ type: z.literal('cancel'), reason: z.string().trim().max(limits.reason).default('') }),
  z.object({ type: z.literal('rename'), name: z.string().trim().min(1).max(limits.name) }),
  z.object({
    type: z.literal('complete'),
    taskId,
    answers: z.record(z.string().max(limits.id), z.string().max(limits.answer)).nullable().default(null),
    comment,
  }),
  z.object({ type: z.literal('approve'), taskId, comment }),
  z.object({ type: z.literal('reject'), taskId, reason: z.string().trim().max(limits.reason) }),
  /** A done task becomes READY again; what was done after it waits once more. */
  z.object({ type: z.literal('reopen'), taskId, reason: z.string().trim().max(limits.reason).default('') }),
  z.object({ type: z.literal('skip'), taskId, reason: z.string().trim().max(limits.reason) }),
  z.object({ type: z.literal('assign'), taskId, assignee: assigneeSchema.nullable() }),
  z.object({ type: z.literal('set_due'), taskId, dueAt: moment.nullable() }),
  /** Internal when nothing is said; what a client writes is for both sides, whatever is said. */
  z.object({
    type: z.literal('comment'),
    taskId,
    text: z.string().trim().min(1).max(limits.comment),
    audience: z.enum(commentAudiences).optional(),
  }),
  /** Mails whom a READY task lies with, at most once an hour. */
  z.object({ type: z.literal('remind'), taskId }),
  /** Several people at once; each one's outcome is told, one that can't be invited stops no other. */
  z.object({ type: z.literal('invite'), people: z.array(inviteeSchema).min(1).max(limits.invitesPerCommand) }),
  z.object({ type: z.literal('revoke_invitation'), externalId: id }),
  /** Sends the invitation again, with a fresh link. */
  z.object({ type: z.literal('resend_invitation'), externalId: id }),
  z.object({ type: z.literal('accept_invitation'), externalId: id }),
  /** Who this client is, and what they wrote and sent, is no longer known here; their open tasks lie with nobody. */
  z.object({ type: z.literal('erase'), externalId: id }),
  /** Time has passed: report what fell due, send the digest. */
  z.object({ type: z.literal('tick') }),
]);
export type Command = z.infer<typeof commandSchema>;
export type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>;

/**
 * What a signal carries. The same `commandId` twice does the thing once; with another `fingerprint` (a hash of
 * what was asked) it is refused, since two different things were given one id.
 */
export const envelopeSchema = z.object({
  commandId: id,
  fingerprint: z.string().max(limits.id).default(''),
  actor: actorSchema,
  command: commandSchema,
  /** The trace it belongs to (W3C traceparent), to tell operators what came of a request. */
  trace: z.string().max(60).optional().catch(undefined),
});
export type Envelope = z.infer<typeof envelopeSchema>;

/** A command that belongs to a trace. */
export const tracedSchema = envelopeSchema.pick({ commandId: true }).extend({ trace: z.string().max(60) });

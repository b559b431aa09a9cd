/** Who does something to a flow, and through which door. Decided at the border by the caller's credentials. */
import { z } from 'zod';
import { limits } from './limits.ts';

const id = z.string().min(1).max(limits.id);
const name = z.string().min(1).max(limits.name);

export const actorSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('member'),
    id,
    name,
    role: z.enum(['OWNER', 'ADMIN', 'MEMBER']),
    through: z.enum(['mcp', 'api', 'web', 'cli']),
  }),
  z.object({ kind: z.literal('external'), id, name, through: z.literal('portal') }),
  /** Booflow itself, or an operator at the Temporal Web UI. */
  z.object({ kind: z.literal('system'), id: z.literal('system'), name, through: z.literal('system') }),
]);
export type Actor = z.infer<typeof actorSchema>;

export const system: Actor = { kind: 'system', id: 'system', name: 'Booflow', through: 'system' };

/** OWNER, ADMIN and Booflow itself may do everything in their org. */
export const isAdmin = (actor: Actor): boolean =>
  actor.kind === 'system' || (actor.kind === 'member' && actor.role !== 'MEMBER');

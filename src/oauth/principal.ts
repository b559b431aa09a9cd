/** Who is calling: decided once at the border, trusted everywhere behind it. */
import { z } from 'zod';

/** OWNER and ADMIN may do everything in their org; a MEMBER reads all and does what is theirs or unassigned. */
export const roles = ['OWNER', 'ADMIN', 'MEMBER'] as const;
export type Role = (typeof roles)[number];

/** The door a member comes through; shown in the activity feed. */
export const doors = ['mcp', 'api', 'web', 'cli'] as const;
export type Door = (typeof doors)[number];

export const scopes = ['flows:read', 'flows:write'] as const;
export type Scope = (typeof scopes)[number];

export const memberPrincipalSchema = z.object({
  kind: z.literal('member'),
  orgId: z.string(),
  userId: z.string(),
  name: z.string(),
  email: z.string(),
  role: z.enum(roles),
  through: z.enum(doors),
  /** What the credential allows; a person in the web app holds all scopes. */
  scopes: z.array(z.enum(scopes)).readonly(),
  /** Came by the token of an app that was connected: the consent page says what such an app never can. */
  byApp: z.boolean().optional(),
});
/** A member of an org, acting in that org and no other. */
export type MemberPrincipal = Readonly<z.infer<typeof memberPrincipalSchema>>;

/** A client who came by a magic link: sees one flow, does their own tasks. */
export interface ExternalPrincipal {
  readonly kind: 'external';
  readonly orgId: string;
  readonly flowId: string;
  readonly externalId: string;
  readonly name: string;
  readonly email: string;
}

export type Principal = MemberPrincipal | ExternalPrincipal;

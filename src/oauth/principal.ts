/** Who is calling: decided once at the border, trusted everywhere behind it. */

/** OWNER and ADMIN may do everything in their org; a MEMBER reads all and does what is theirs or unassigned. */
export const roles = ['OWNER', 'ADMIN', 'MEMBER'] as const;
export type Role = (typeof roles)[number];

/** The door a command came through; shown in the activity feed. */
export const throughs = ['mcp', 'api', 'web', 'portal', 'cli', 'system'] as const;
export type Through = (typeof throughs)[number];

export const scopes = ['flows:read', 'flows:write'] as const;
export type Scope = (typeof scopes)[number];

/** A member of an org, acting in that org and no other. */
export interface MemberPrincipal {
  readonly kind: 'member';
  readonly orgId: string;
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly through: Through;
  /** What the credential allows; a person in the web app holds all scopes. */
  readonly scopes: readonly Scope[];
}

/** A client who came by a magic link: sees one flow, does their own tasks. */
export interface ExternalPrincipal {
  readonly kind: 'external';
  readonly orgId: string;
  readonly flowId: string;
  readonly externalId: string;
  readonly name: string;
  readonly email: string;
  readonly through: 'portal';
}

export type Principal = MemberPrincipal | ExternalPrincipal;

/** What the authorization server works with. */
import type { Database } from '../db/database.ts';

export interface Authority {
  readonly database: Database;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** The issuer (RFC 8414 §2): scheme, host and port, no slash at the end. */
  readonly publicUrl: string;
}

/** The one resource that tokens are for (RFC 8707): the MCP endpoint of this deployment. */
export const resourceOf = ({ publicUrl }: Pick<Authority, 'publicUrl'>): string => `${publicUrl}/api/mcp`;

/** Lifetimes in milliseconds. */
export const lifetimes = {
  code: 60_000,
  access: 3_600_000,
  refresh: 30 * 86_400_000,
  session: 14 * 86_400_000,
  signInLink: 15 * 60_000,
  signUp: 86_400_000,
} as const;

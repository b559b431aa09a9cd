/** Members of the demo's orgs, as the doors pass them on. */
import { type MemberPrincipal, scopes } from '../../src/oauth/principal.ts';

export const olivia: MemberPrincipal = {
  kind: 'member',
  orgId: 'org_demo_acme',
  userId: 'us_demo_olivia',
  name: 'Olivia Brandt',
  email: 'olivia@acme.test',
  role: 'OWNER',
  through: 'mcp',
  scopes,
};

export const mia: MemberPrincipal = {
  ...olivia,
  userId: 'us_demo_mia',
  name: 'Mia Tanaka',
  email: 'mia@acme.test',
  role: 'MEMBER',
};

/** The other org's owner. */
export const gus: MemberPrincipal = {
  ...olivia,
  orgId: 'org_demo_globex',
  userId: 'us_demo_gus',
  name: 'Gus',
  email: 'gus@globex.test',
};

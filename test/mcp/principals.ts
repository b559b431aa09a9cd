/** A member of the demo's Acme Agency, as the doors pass them on. */
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

/** The demo world: two orgs, who works there, their templates, and flows in every state. Plain data, for dev only. */
import type { Role } from '../oauth/principal.ts';
import type { EarlierFlow } from './earlier.ts';
import { acmeFlows } from './flows/acme.ts';
import { acmeEarlier } from './flows/earlier.ts';
import { globexFlows } from './flows/globex.ts';
import { adam, type DemoUser, gus, mia, olivia } from './people.ts';
import type { DemoFlow } from './script.ts';
import { acmeTemplates } from './templates/acme.ts';
import { globexTemplates } from './templates/globex.ts';
import type { PublishedTemplate } from './templates/published.ts';

export interface DemoOrg {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly plan: string;
  readonly members: readonly { readonly user: DemoUser; readonly role: Role }[];
  readonly templates: readonly PublishedTemplate[];
  readonly earlier: readonly EarlierFlow[];
  readonly flows: readonly DemoFlow[];
}

export const demoOrgs: readonly DemoOrg[] = [
  {
    id: 'org_demo_acme',
    slug: 'acme-agency',
    name: 'Acme Agency',
    plan: 'TEAM',
    members: [
      { user: olivia, role: 'OWNER' },
      { user: adam, role: 'ADMIN' },
      { user: mia, role: 'MEMBER' },
    ],
    templates: acmeTemplates,
    earlier: acmeEarlier,
    flows: acmeFlows,
  },
  {
    id: 'org_demo_globex',
    slug: 'globex-studio',
    name: 'Globex Studio',
    plan: 'FREE',
    members: [
      { user: gus, role: 'OWNER' },
      { user: olivia, role: 'ADMIN' },
    ],
    templates: globexTemplates,
    earlier: [],
    flows: globexFlows,
  },
];

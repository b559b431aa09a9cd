import { z } from 'zod';
import { operation } from './operation.ts';
import { orgSettingsShape, settingsOf } from './org-settings.ts';
import { dots, lines, plain } from './words.ts';

export const getOrgSettings = operation({
  name: 'get_org_settings',
  title: "The organization's settings",
  description: 'Name, slug, time zone, colour and logo of the organization.',
  kind: 'read',
  access: 'member',
  surfaces: ['rest', 'web'],
  rest: { method: 'GET', path: '/org/settings', example: {} },
  input: z.strictObject({}),
  output: orgSettingsShape,
  handler: ({ database, principal }) => database.withOrg(principal, (trx) => settingsOf(trx, principal.orgId)),
  text: ({ org, branding }) =>
    lines(
      dots(plain(org.name), `slug ${org.slug}`, `time zone ${org.timeZone}`),
      dots(`Colour ${branding.colour ?? "Booflow's own"}`, branding.logo === null ? 'no logo' : 'with a logo'),
      branding.adjustment,
    ),
});

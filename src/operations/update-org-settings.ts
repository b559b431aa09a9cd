import { z } from 'zod';
import { noteOrgEvent } from '../db/org-events.ts';
import { readOrgSettings, updateOrg } from '../db/people.ts';
import { colourPattern } from '../domain/brand.ts';
import { limits } from '../domain/limits.ts';
import { nameOf } from '../domain/naming.ts';
import { commandInput } from './command.ts';
import { needManager } from './member-rules.ts';
import { changesNoMembers, changingMembers } from './members.ts';
import { operation } from './operation.ts';
import { orgSettingsShape, settingsOf, timeZoneNamed } from './org-settings.ts';
import { dots, lines, plain } from './words.ts';

const timeZoneInput = z
  .string()
  .trim()
  .max(100)
  .transform((name, context) => {
    const zone = timeZoneNamed(name);
    if (zone !== null) return zone;
    context.addIssue({ code: 'custom', message: 'is no IANA time zone, such as Europe/Berlin' });
    return z.NEVER;
  });

const output = orgSettingsShape.extend({ changed: z.array(z.string()) });

export const updateOrgSettings = operation({
  name: 'update_org_settings',
  title: "Change the organization's settings",
  description:
    'Name, time zone (IANA, such as Europe/Berlin: due dates of new flows are days in it) and colour (#rrggbb, or null for Booflow’s own). What is left out stays.',
  kind: 'write',
  access: 'admin',
  noApps: changesNoMembers,
  surfaces: ['rest', 'web'],
  rest: { method: 'PATCH', path: '/org/settings', example: { time_zone: 'Europe/Berlin' } },
  input: z.strictObject({
    name: nameOf(limits.name).optional(),
    time_zone: timeZoneInput.optional(),
    colour: z.string().trim().regex(colourPattern, 'is no colour, such as #1f6f4a').toLowerCase().nullable().optional(),
    ...commandInput,
  }),
  output,
  async handler(call, { name, time_zone, colour }) {
    const { orgId } = call.principal;
    const { kept } = await changingMembers(call, output, async (trx, me) => {
      needManager(me, 'change the settings');
      const before = await readOrgSettings(trx, orgId);
      const changed = [
        ...(name !== undefined && name !== before.name ? [`the name from "${before.name}" to "${name}"`] : []),
        ...(time_zone !== undefined && time_zone !== before.time_zone
          ? [`the time zone from ${before.time_zone} to ${time_zone}`]
          : []),
        ...(colour !== undefined && colour !== before.brand_colour
          ? [colour === null ? "the colour to Booflow's own" : `the colour to ${colour}`]
          : []),
      ];
      if (changed.length > 0) {
        await updateOrg(trx, orgId, {
          ...(name !== undefined && { name }),
          ...(time_zone !== undefined && { time_zone }),
          ...(colour !== undefined && { brand_colour: colour }),
        });
        await noteOrgEvent(trx, call.principal, call.now, 'settings_changed', `changed ${changed.join(', ')}`);
      }
      return { ...(await settingsOf(trx, orgId)), changed };
    });
    return kept;
  },
  text: ({ org, branding, changed }) =>
    lines(
      changed.length === 0 ? 'That is how it was. Nothing changed.' : `Changed: ${changed.map(plain).join(', ')}.`,
      dots(plain(org.name), `time zone ${org.timeZone}`, `colour ${branding.colour ?? "Booflow's own"}`),
      branding.adjustment,
    ),
});

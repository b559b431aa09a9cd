/** An org's settings as operations show and take them. */
import { z } from 'zod';
import { brandingOf } from '../db/branding.ts';
import type { Trx } from '../db/database.ts';
import { readOrgSettings } from '../db/people.ts';
import { adjustment, brandShades, ownColour } from '../domain/brand.ts';

const shadesShape = z.object({ brand: z.string(), ink: z.string(), soft: z.string() });
export const orgSettingsShape = z.object({
  org: z.object({ id: z.string(), slug: z.string(), name: z.string(), plan: z.string(), timeZone: z.string() }),
  branding: z.object({
    colour: z.string().nullable().describe("#rrggbb as it was chosen; null: Booflow's own"),
    /** What is seen of it. */
    shades: z.object({ light: shadesShape, dark: shadesShape }),
    adjustment: z.string().nullable(),
    logo: z.string().nullable().describe('Path of the image on this server'),
  }),
});
export type OrgSettings = z.infer<typeof orgSettingsShape>;

export async function settingsOf(trx: Trx, orgId: string): Promise<OrgSettings> {
  const { time_zone, id, slug, name, plan } = await readOrgSettings(trx, orgId);
  const { colour, logo } = await brandingOf(trx, orgId);
  return {
    org: { id, slug, name, plan, timeZone: time_zone },
    branding: {
      ...{ colour, logo, shades: brandShades(colour ?? ownColour) },
      adjustment: colour === null ? null : adjustment(colour),
    },
  };
}

/** IANA names as this runtime knows them, and UTC. */
export const timeZones: readonly string[] = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((z) => z !== 'UTC')];

/**
 * As it is spelt, whatever the case of letters it is asked for in; null when there is none. An alias of a listed one stays,
 * such as Asia/Kolkata; in small letters alone it is the one it stands for.
 */
export function timeZoneNamed(name: string): string | null {
  const listed = timeZones.find((z) => z.toLowerCase() === name.toLowerCase());
  if (listed !== undefined) return listed;
  if (!/^[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return null;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    return name === name.toLowerCase() ? timeZone : name;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

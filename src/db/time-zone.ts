/** The time zone of an org, asked for at every call and changed hardly ever. */
import type { Database } from './database.ts';
import { readTimeZone } from './people.ts';

interface Known {
  readonly zone: string;
  readonly until: number;
}

const lifeMs = 10_000;
const mostKnown = 10_000;
const known = new WeakMap<Database, Map<string, Known>>();

/** As it was 10 seconds ago at most; UTC for who belongs to no org. `now` in milliseconds. */
export async function timeZoneOf(database: Database, who: { orgId: string } | null, now: number): Promise<string> {
  if (who === null) return 'UTC';
  const zones = known.get(database) ?? new Map<string, Known>();
  known.set(database, zones);
  const found = zones.get(who.orgId);
  if (found && found.until > now) return found.zone;
  const zone = await database.withOrg(who, (trx) => readTimeZone(trx, who.orgId), { asTheyAre: true });
  if (zones.size >= mostKnown) zones.clear();
  zones.set(who.orgId, { zone, until: now + lifeMs });
  return zone;
}

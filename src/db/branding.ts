/** How an org looks to its clients: its name, colour and logo. */
import { type Kysely, sql } from 'kysely';
import type { Trx } from './database.ts';
import type { Tables } from './schema.ts';

export interface Branding {
  readonly name: string;
  /** As it was chosen, `#rrggbb`; null: Booflow's own. `brandShades` makes it readable. */
  readonly colour: string | null;
  /** The logo's path on this server, open to all who know it; null when there is none. */
  readonly logo: string | null;
}

/** The org of this transaction, as its clients see it in the portal and in mail. Throws when there is no such org. */
export async function brandingOf(trx: Trx, orgId: string): Promise<Branding> {
  const { name, brand_colour, logo_hash } = await trx
    .selectFrom('orgs')
    .select(['name', 'brand_colour', 'logo_hash'])
    .where('id', '=', orgId)
    .executeTakeFirstOrThrow();
  return { name, colour: brand_colour, logo: logo_hash === null ? null : `/brand/logo/${logo_hash}` };
}

export const logoTypes = ['image/png', 'image/jpeg', 'image/webp'] as const;
export interface Logo {
  readonly type: (typeof logoTypes)[number];
  readonly bytes: Buffer;
}

/** The logo whose bytes have this SHA-256 in hex; of any org, before any is known. */
export async function findLogo(db: Kysely<Tables>, hash: string): Promise<Logo | undefined> {
  return (await sql<Logo>`select * from find_logo(${hash})`.execute(db)).rows[0];
}

/** Logos of an org that stay, the one in use among them. */
const logosKept = 5;

/** `hash`: the SHA-256 of its bytes, in hex. Mails that were sent show earlier logos, so the last few stay. */
export async function setLogo(trx: Trx, orgId: string, hash: string, logo: Logo, at: Date): Promise<void> {
  await trx
    .insertInto('org_logos')
    .values({ org_id: orgId, hash, ...logo, created_at: at })
    .onConflict((on) => on.columns(['org_id', 'hash']).doUpdateSet({ created_at: at }))
    .execute();
  await trx.updateTable('orgs').set({ logo_hash: hash }).where('id', '=', orgId).execute();
  const kept = trx.selectFrom('org_logos').select('hash').orderBy('created_at', 'desc').limit(logosKept);
  await trx.deleteFrom('org_logos').where('hash', 'not in', kept).execute();
}

/** Takes the logo away, and all earlier ones. */
export async function removeLogos(trx: Trx, orgId: string): Promise<void> {
  await trx.updateTable('orgs').set({ logo_hash: null }).where('id', '=', orgId).execute();
  await trx.deleteFrom('org_logos').execute();
}

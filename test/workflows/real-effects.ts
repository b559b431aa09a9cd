/** The product's own activities on a database of one's own, which holds the org and the people of the tests about flows. */
import type { Kysely } from 'kysely';
import { expect } from 'vitest';
import { type Deliver, toDevMailbox } from '../../src/activities/deliver.ts';
import { makeFlowActivities } from '../../src/activities/flow-activities.ts';
import { Teller } from '../../src/db/answers.ts';
import { Database, openAsOwner } from '../../src/db/database.ts';
import type { Tables } from '../../src/db/schema.ts';
import { type Keyring, keyringOf } from '../../src/platform/keyring.ts';
import type { FlowActivities } from '../../src/workflows/contract.ts';
import { adam, max, mia, olivia } from '../support/people.ts';

export interface RealEffects {
  readonly database: Database;
  /** Past row-level security. */
  readonly owner: Kysely<Tables>;
  readonly activities: FlowActivities;
  readonly keyring: Keyring;
  readonly teller: Teller;
  close(): Promise<void>;
}

/** On the migrated database at this address. */
export async function realEffects(url: string, deliver: Deliver = toDevMailbox): Promise<RealEffects> {
  const owner = openAsOwner(url);
  const orgId = 'or_acme';
  await owner.insertInto('orgs').values({ id: orgId, slug: 'acme', name: 'Acme Agency', plan: 'FREE' }).execute();
  for (const { id, name, role } of [olivia, adam, mia, max]) {
    const email = `${name.toLowerCase()}@acme.test`;
    await owner.insertInto('users').values({ id, email, name, password_hash: null }).execute();
    await owner.insertInto('memberships').values({ org_id: orgId, user_id: id, role }).execute();
  }
  const database = new Database(url, { max: 10 });
  const tellers = new Database(url, { max: 1, synced: false });
  const keyring = keyringOf(`test:${Buffer.alloc(32, 7).toString('base64')}`);
  return {
    ...{ database, owner, keyring },
    teller: new Teller(tellers, keyring, (error) => expect.unreachable(String(error))),
    activities: makeFlowActivities({
      ...{ database, deliver },
      publicUrl: 'https://flows.acme.test',
      mailFrom: 'Booflow <no-reply@acme.test>',
      wakeWebhook: async () => undefined,
    }),
    async close() {
      await database.close();
      await tellers.close();
      await owner.destroy();
    },
  };
}

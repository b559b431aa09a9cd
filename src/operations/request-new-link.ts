import { z } from 'zod';
import type { Database } from '../db/database.ts';
import { findClient, findInvitations, findPastKey, isWelcome, type PortalKey, takeLinkRequest } from '../db/portal.ts';
import type { ExternalPrincipal } from '../oauth/principal.ts';
import { hashSecret } from '../platform/secrets.ts';
import { command } from './command.ts';
import { addressOf } from './invitees.ts';
import { operation } from './operation.ts';
import { Refusal } from './refusal.ts';

/** One new link in this time for each client and flow, and for so many flows of an address. */
const everyMs = 10 * 60_000;
const flowsMost = 5;

/**
 * A client whose link no longer works asks for a new one: by the old link, or by the address that was invited. It goes
 * to the invited address and nowhere else, and the answer is the same whether or not there is anybody to send it to.
 */
export const requestNewLink = operation({
  name: 'request_new_link',
  title: 'Send me a new link',
  description: 'Mails a client a fresh magic link to the address that was invited, if there is one.',
  kind: 'write',
  openWorld: true,
  access: 'public',
  surfaces: ['web'],
  input: z.strictObject({
    /** The secret of a link that was theirs. */
    link: z.string().max(200).optional(),
    email: z.string().max(1_000).optional(),
  }),
  output: z.object({}),
  async handler(call, { link, email }) {
    for (const key of await askedFor(call.database, link, email)) {
      const principal = await call.database.withOrg({ orgId: key.org_id }, async (trx) => {
        const client = await findClient(trx, key);
        if (!client || !isWelcome(client)) return null;
        if (!(await takeLinkRequest(trx, key, new Date(call.now), everyMs))) return null;
        return principalOf(key, client);
      });
      if (principal === null) continue;
      const wanted = { type: 'resend_invitation', externalId: key.external_id } as const;
      const commandId = `${call.commandId}-${key.external_id}`;
      await command({ ...call, principal, commandId }, { id: key.flow_id, name: '' }, wanted).catch((error) => {
        // That the flow has ended meanwhile is nothing to tell either.
        if (!(error instanceof Refusal)) throw error;
      });
    }
    return {};
  },
  text: () => 'If there is an invitation for you, a new link is on its way.',
});

async function askedFor(database: Database, link = '', email = ''): Promise<readonly PortalKey[]> {
  if (link !== '') {
    const key = await findPastKey(database.open, hashSecret(link));
    return key ? [key] : [];
  }
  const address = addressOf(email);
  return address === null ? [] : findInvitations(database.open, address, flowsMost);
}

const principalOf = (key: PortalKey, { id, name, email }: { id: string; name: string; email: string }) =>
  ({
    kind: 'external',
    orgId: key.org_id,
    flowId: key.flow_id,
    externalId: id,
    name,
    email,
  }) satisfies ExternalPrincipal;

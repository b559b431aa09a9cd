/** A flow's effects on the world. Each may run twice or late and does its work once. */
import { asyncLocalStorage } from '@temporalio/activity';
import type { Database, Trx } from '../db/database.ts';
import { writeProjection } from '../db/projection.ts';
import type { MailOrder } from '../domain/flow.ts';
import { hashSecret, randomText } from '../platform/secrets.ts';
import type { FlowActivities, SendMailInput } from '../workflows/contract.ts';
import type { Deliver, OutgoingMail } from './deliver.ts';
import { writeMail } from './mail-text.ts';

export interface FlowActivitiesNeed {
  readonly database: Database;
  readonly deliver: Deliver;
  readonly publicUrl: string;
  readonly mailFrom: string;
}

const linkLifeMs = 30 * 86_400_000;

export function makeFlowActivities(need: FlowActivitiesNeed): FlowActivities {
  const { database } = need;
  return {
    projectFlow: (projection) => database.withOrg(projection.flow, (trx) => writeProjection(trx, projection)),
    async sendMail(input) {
      const mail = await database.withOrg(input, (trx) => prepare(trx, need, input));
      return typeof mail === 'string' ? mail : database.withOrg(input, (trx) => sendOnce(trx, need, input, mail));
    },
  };
}

/**
 * Writes the mail and keeps the link in it, before it is sent and apart from that: had the mail server taken it and
 * the news of that been lost, the link in what it took is good.
 */
async function prepare(
  trx: Trx,
  need: FlowActivitiesNeed,
  { orgId, flowId, flowName, mail }: SendMailInput,
): Promise<OutgoingMail | 'sent before' | 'nobody'> {
  const to = await address(trx, flowId, mail.to);
  const org = await trx.selectFrom('orgs').select('name').where('id', '=', orgId).executeTakeFirst();
  if (to === null || !org) return 'nobody';
  const sent = await trx.selectFrom('mails').select('key').where('key', '=', mail.key).executeTakeFirst();
  if (sent) return 'sent before';
  const secret = randomText(32);
  if (mail.to.kind === 'external') await keepMagicLink(trx, secret, orgId, flowId, mail.to.id);
  const path = mail.to.kind === 'external' ? `portal/${secret}` : `flows/${flowId}`;
  const link = `${need.publicUrl}/${path}`;
  const text = writeMail({ mail, flowName, orgName: org.name, link, now: Date.now() });
  return { key: mail.key, from: need.mailFrom, to, ...text };
}

/** The row that says "sent" is taken first, so two attempts at the same time wait for each other. */
async function sendOnce(
  trx: Trx,
  need: FlowActivitiesNeed,
  { orgId, flowId, mail }: SendMailInput,
  { key, to, subject, ...rest }: OutgoingMail,
): Promise<'sent' | 'sent before'> {
  const taken = await trx
    .insertInto('mails')
    .values({ org_id: orgId, key, flow_id: flowId, kind: mail.kind, to_address: to, subject })
    .onConflict((on) => on.doNothing())
    .returning('key')
    .executeTakeFirst();
  if (!taken) return 'sent before';
  // A worker that stops hands back what it can't finish; another one sends it.
  await need.deliver(trx, { key, to, subject, ...rest }, asyncLocalStorage.getStore()?.cancellationSignal);
  return 'sent';
}

/** Where this person gets mail today; null for a member who left, and for a client whose part is over. */
async function address(trx: Trx, flowId: string, to: MailOrder['to']): Promise<string | null> {
  if (to.kind === 'member') {
    const user = await trx
      .selectFrom('memberships')
      .innerJoin('users', 'users.id', 'memberships.user_id')
      .select('users.email')
      .where('memberships.user_id', '=', to.id)
      .executeTakeFirst();
    return user?.email ?? null;
  }
  // The flow may have ended while this mail waited; a link made now would outlive it.
  const over = await trx
    .selectFrom('flows')
    .leftJoin('external_users', (join) =>
      join
        .onRef('external_users.org_id', '=', 'flows.org_id')
        .onRef('external_users.flow_id', '=', 'flows.id')
        .on('external_users.id', '=', to.id),
    )
    .select('flows.id')
    .where('flows.id', '=', flowId)
    .where((eb) =>
      eb.or([eb('flows.status', 'in', ['COMPLETED', 'CANCELLED']), eb('external_users.invitation', '=', 'REVOKED')]),
    )
    .executeTakeFirst();
  return over ? null : to.email;
}

async function keepMagicLink(
  trx: Trx,
  secret: string,
  orgId: string,
  flowId: string,
  externalId: string,
): Promise<void> {
  await trx
    .insertInto('magic_links')
    .values({
      secret_hash: hashSecret(secret),
      org_id: orgId,
      flow_id: flowId,
      external_id: externalId,
      expires_at: new Date(Date.now() + linkLifeMs),
    })
    .execute();
}

/** A flow's effects on the world. Each may run twice or late and does its work once. */
import { randomUUID } from 'node:crypto';
import { asyncLocalStorage } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { brandingOf } from '../db/branding.ts';
import type { Database, Trx } from '../db/database.ts';
import { claimMail, endClaim, type MailClaim, noteSent, wasSent } from '../db/mails.ts';
import { readOrg, readTimeZone } from '../db/people.ts';
import { writeProjection } from '../db/projection.ts';
import { areRemindersOff, insertReminderLink, type Reminded, remindedClient, remindedMember } from '../db/reminders.ts';
import { queueFeed } from '../db/webhooks.ts';
import { isReminder, type MailOrder } from '../domain/flow.ts';
import { mails, projectionLag } from '../platform/metrics.ts';
import { hashSecret, randomText } from '../platform/secrets.ts';
import { type FlowActivities, mailRefused, type SendMailInput, type WebhookRef } from '../workflows/contract.ts';
import { type Deliver, MailRefused, type OutgoingMail } from './deliver.ts';
import { writeMail } from './mail-text.ts';
import { observed } from './observed.ts';
import { later, placesFor } from './places.ts';

export interface FlowActivitiesNeed {
  readonly database: Database;
  readonly deliver: Deliver;
  readonly publicUrl: string;
  readonly mailFrom: string;
  /** Sees to it that an endpoint's deliveries are sent. */
  readonly wakeWebhook: (webhook: WebhookRef) => Promise<void>;
}

const linkLifeMs = 30 * 86_400_000;
const unsubscribeLifeMs = 365 * 86_400_000;

/**
 * Of one worker: fewer than it runs activities (100 of all kinds), so that what hangs in a mail server leaves room for the
 * projections, and no more than a mail server bears of one host.
 */
const mailsAtOnce = 30;

/** Less than the activity's time limit of a minute: where a process died, the next attempt finds the claim at its end. */
const claimMs = 50_000;

export function makeFlowActivities(need: FlowActivitiesNeed): FlowActivities {
  const { database } = need;
  const handOver = placesFor({ most: mailsAtOnce, busy: 'As many mails as may are with the mail server' });
  return {
    projectFlow: (projection, cause) =>
      observed('projectFlow', { orgId: projection.flow.orgId, flowId: projection.flow.id, cause }, async () => {
        const { orgId } = projection.flow;
        const write = async (trx: Trx) => {
          const [toWake] = await Promise.all([queueFeed(trx, projection), writeProjection(trx, projection)]);
          return toWake;
        };
        // Told as soon as others can read it, who may wait for that: commits that tell wait for each other, and should not for
        // the disk too. Were PostgreSQL killed before it is there, this fails, and runs again.
        const toWake = await database.withOrg({ orgId }, write, { synced: 'afterwards' });
        const newest = projection.feed.at(-1);
        if (newest) projectionLag.observe((Date.now() - newest.at) / 1_000);
        for (const webhookId of toWake) await need.wakeWebhook({ orgId, webhookId });
      }),
    sendMail: (input) =>
      observed('sendMail', input, () =>
        handOver(input.orgId, async () => {
          const { kind } = input.mail;
          try {
            const outcome = await sendOnce(need, input);
            mails.inc({ kind, outcome });
            return outcome;
          } catch (error) {
            mails.inc({ kind, outcome: error instanceof MailRefused ? 'refused' : 'failed' });
            throw error instanceof MailRefused ? ApplicationFailure.nonRetryable(error.message, mailRefused) : error;
          }
        }),
      ),
  };
}

/**
 * Of two attempts at the same time one hands the mail over, the one that has claimed it. No transaction is open meanwhile:
 * a mail server that hangs would keep its connection from whatever else the worker does.
 */
async function sendOnce(need: FlowActivitiesNeed, input: SendMailInput): Promise<'sent' | Unsent> {
  const { orgId, flowId, mail } = input;
  const claim: MailClaim = { orgId, key: mail.key, attempt: randomUUID() };
  const withOrg = <T>(work: (trx: Trx) => Promise<T>): Promise<T> => need.database.withOrg(input, work);
  // From before it is claimed, so that the mail server is spoken to no longer than the claim holds.
  const claimEnds = AbortSignal.timeout(claimMs);
  const written = await withOrg(async (trx) => {
    if (!(await readOrg(trx, orgId))) return 'nobody';
    if (!(await claimMail(trx, claim, claimMs))) throw later('Another attempt is handing this mail over');
    const written = await prepare(trx, need, input);
    if (typeof written === 'string') await endClaim(trx, claim);
    return written;
  });
  if (typeof written === 'string') return written;
  // A worker that stops hands back what it can't finish; another one sends it.
  const stops = asyncLocalStorage.getStore()?.cancellationSignal;
  try {
    const write = await need.deliver(written, stops ? AbortSignal.any([claimEnds, stops]) : claimEnds);
    await withOrg(async (trx) => {
      await write?.(trx);
      await noteSent(trx, { orgId, key: mail.key, flowId, kind: mail.kind, to: written.to, subject: written.subject });
      await endClaim(trx, claim);
    });
    return 'sent';
  } catch (error) {
    // For the next attempt, which else waits until it ends by itself.
    await withOrg((trx) => endClaim(trx, claim)).catch(() => undefined);
    throw error;
  }
}

type Unsent = 'sent before' | 'nobody' | 'reminders are off';

/**
 * Writes the mail and keeps the link in it, before it is sent and apart from that: had the mail server taken it and
 * the news of that been lost, the link in what it took is good.
 */
async function prepare(
  trx: Trx,
  need: FlowActivitiesNeed,
  { orgId, flowId, flowName, mail }: SendMailInput,
): Promise<OutgoingMail | Unsent> {
  const to = await address(trx, flowId, mail);
  if (to === null) return 'nobody';
  if (await wasSent(trx, mail.key)) return 'sent before';
  const who = mail.to.kind === 'member' ? remindedMember(mail.to.id) : remindedClient(to);
  if (isReminder(mail.kind) && (await areRemindersOff(trx, who))) return 'reminders are off';
  const unsubscribe = isReminder(mail.kind) ? await unsubscribeLink(trx, need, orgId, who) : null;
  const link = await linkFor(trx, need, { orgId, flowId, mail });
  const brand = await brandingOf(trx, orgId);
  const org = { ...brand, logo: brand.logo === null ? null : `${need.publicUrl}${brand.logo}` };
  const flow = await trx.selectFrom('flows').select('time_zone').where('id', '=', flowId).executeTakeFirst();
  const timeZone = flow?.time_zone ?? (await readTimeZone(trx, orgId));
  const text = writeMail({ mail, flowName, org, timeZone, link, unsubscribe, now: Date.now() });
  return { key: mail.key, from: need.mailFrom, fromName: org.name, to, toName: mail.to.name, unsubscribe, ...text };
}

/** Where the mail's button leads; null for a client whose flow is over. */
async function linkFor(
  trx: Trx,
  { publicUrl }: FlowActivitiesNeed,
  { orgId, flowId, mail }: Pick<SendMailInput, 'orgId' | 'flowId' | 'mail'>,
): Promise<string | null> {
  if (mail.to.kind === 'member') {
    const [task] = mail.tasks;
    return `${publicUrl}/flows/${flowId}${mail.tasks.length === 1 && task ? `?task=${encodeURIComponent(task.id)}` : ''}`;
  }
  if (mail.kind === 'flow_completed') return null;
  const secret = randomText(32);
  await keepMagicLink(trx, secret, orgId, flowId, mail.to.id);
  return `${publicUrl}/portal/${secret}`;
}

/** Good for as long as anybody looks at an old mail; kept as a hash. */
async function unsubscribeLink(
  trx: Trx,
  { publicUrl }: FlowActivitiesNeed,
  orgId: string,
  who: Reminded,
): Promise<string> {
  const secret = randomText(40);
  await insertReminderLink(trx, orgId, hashSecret(secret), who, new Date(Date.now() + unsubscribeLifeMs));
  return `${publicUrl}/reminders/${secret}`;
}

/** Where this person gets mail today; null for a member who left, and for a client whose part is over. */
async function address(trx: Trx, flowId: string, { to, kind }: MailOrder): Promise<string | null> {
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
      eb.or([
        // That it is over can still be told.
        ...(kind === 'flow_completed' ? [] : [eb('flows.status', 'in', ['COMPLETED', 'CANCELLED'])]),
        eb('external_users.invitation', '=', 'REVOKED'),
      ]),
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

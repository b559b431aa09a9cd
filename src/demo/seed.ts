/** Makes the demo world: orgs, people, templates, and a few flows by the same commands as anyone's. */
import { isDeepStrictEqual } from 'node:util';
import type { Kysely } from 'kysely';
import { Database, openAsOwner } from '../db/database.ts';
import { findFlowById } from '../db/flows.ts';
import type { Tables } from '../db/schema.ts';
import { publishTemplate, readTemplateVersion } from '../db/templates.ts';
import type { Command } from '../domain/command.ts';
import { isFinal } from '../domain/flow.ts';
import { hashPassword } from '../oauth/password.ts';
import { type ExternalPrincipal, type MemberPrincipal, scopes } from '../oauth/principal.ts';
import { command } from '../operations/command.ts';
import { createFlowFromTemplate } from '../operations/create-flow-from-template.ts';
import { FlowGateway } from '../operations/gateway.ts';
import { invitee } from '../operations/invitees.ts';
import type { Tools } from '../operations/operation.ts';
import { orgWorkflows } from '../operations/org-workflows.ts';
import { aheadOf } from '../operations/write-ahead.ts';
import { idFrom } from '../platform/ids.ts';
import { keyringOf } from '../platform/keyring.ts';
import { connectClient, type TemporalTarget } from '../platform/temporal-connection.ts';
import { type EarlierFlow, playEarlier } from './earlier.ts';
import { demoPassword, demoUsers } from './people.ts';
import { answersOn, type DemoFlow, dayFrom, type Email, type ScriptStep } from './script.ts';
import { publicTemplates } from './templates/public.ts';
import type { PublishedTemplate } from './templates/published.ts';
import { type DemoOrg, demoOrgs } from './world.ts';

export interface SeedOptions {
  /** Of the role that owns the tables. */
  readonly databaseUrl: string;
  readonly temporal: TemporalTarget;
  readonly taskQueue: string;
  readonly publicUrl: string;
  readonly encryptionKeys: string;
}

/**
 * Any number of times: what is there already stays. Needs a worker on the task queue.
 * A database that holds other organizations is left alone: the demo's passwords are no secret.
 */
export async function seedDemo(options: SeedOptions): Promise<'seeded' | 'left alone'> {
  const outcome = await seedOrgs(options.databaseUrl);
  if (outcome === 'seeded') await seedFlows(options);
  return outcome;
}

/** The part that PostgreSQL alone keeps: orgs, people and templates. */
export async function seedOrgs(databaseUrl: string): Promise<'seeded' | 'left alone'> {
  const owner = openAsOwner(databaseUrl);
  try {
    const ids = demoOrgs.map((o) => o.id);
    const stranger = await owner.selectFrom('orgs').select('id').where('id', 'not in', ids).executeTakeFirst();
    if (stranger) return 'left alone';
    await seedPeople(owner);
    for (const t of publicTemplates) await seedTemplate(owner, t, null);
    for (const org of demoOrgs) for (const t of org.templates) await seedTemplate(owner, t, org.id);
  } finally {
    await owner.destroy();
  }
  return 'seeded';
}

async function seedPeople(owner: Kysely<Tables>): Promise<void> {
  const known = await owner.selectFrom('users').select('id').execute();
  for (const { id, email, name } of demoUsers.filter((u) => !known.some((k) => k.id === u.id))) {
    const password_hash = await hashPassword(demoPassword);
    await owner.insertInto('users').values({ id, email, name, password_hash }).execute();
  }
  for (const { id, slug, name, plan, members } of demoOrgs) {
    const made = await owner
      .insertInto('orgs')
      .values({ id, slug, name, plan })
      .onConflict((on) => on.doNothing())
      .returning('id')
      .executeTakeFirst();
    // Only into a new org: who was removed since stays removed.
    if (!made) continue;
    for (const { user, role } of members) {
      await owner.insertInto('memberships').values({ org_id: id, user_id: user.id, role }).execute();
    }
  }
}

async function seedTemplate(owner: Kysely<Tables>, { id, template }: PublishedTemplate, orgId: string | null) {
  await owner.transaction().execute(async (trx) => {
    const head = await trx.selectFrom('templates').select('version').where('id', '=', id).executeTakeFirst();
    const published = head ? await readTemplateVersion(trx, id, head.version) : null;
    if (!isDeepStrictEqual(published, template)) await publishTemplate(trx, id, orgId, template);
  });
}

/** The part that runs on Temporal: the flows of these orgs. */
export async function seedFlows(options: SeedOptions): Promise<void> {
  const { databaseUrl, temporal, taskQueue, publicUrl } = options;
  const database = new Database(databaseUrl, { max: 2 });
  const client = connectClient(temporal);
  // The first start compiles much at once; the seed has time.
  const flows = new FlowGateway(client, {
    ...{ taskQueue, encrypted: temporal.payloadKeys !== undefined },
    ...{ signalMs: 30_000, answerMs: 30_000, writeAhead: aheadOf(database) },
  });
  const webhooks = { keyring: keyringOf(options.encryptionKeys), anywhere: true };
  // The demo's flows send their own mails; none of its steps is about accounts.
  const sendMail: Tools['sendMail'] = ({ subject }) => {
    throw new Error(`The demo sends no mail of this kind: ${subject}`);
  };
  const workflows = orgWorkflows(client, taskQueue);
  const tools: Tools = { database, flows, workflows, publicUrl, sendMail, webhooks, now: Date.now() };
  try {
    for (const org of demoOrgs) {
      for (const flow of org.earlier) await seedEarlier(tools, org, flow);
      for (const flow of org.flows) await seedFlow(tools, org, flow);
    }
  } finally {
    await database.close();
    await client.connection.close();
  }
}

/** It ended before today, so it comes with all that happened, as a flow comes to a next run of its workflow. */
async function seedEarlier(tools: Tools, org: DemoOrg, script: EarlierFlow): Promise<void> {
  const commandId = `demo-${script.key}-0`;
  const flowId = idFrom('fl', org.id, commandId);
  if (await tools.database.withOrg({ orgId: org.id }, (trx) => findFlowById(trx, flowId))) return;
  const template = org.templates.find((t) => t.id === script.template);
  if (!template) throw new Error(`${org.name} has no template ${script.template}.`);
  const flow = playEarlier(script, {
    flowId,
    orgId: org.id,
    template,
    taskId: (key) => idFrom('tk', flowId, key),
    member: (email) => {
      const { userId: id, name, role } = memberOf(org, email);
      return { kind: 'member', id, name, role, through: 'web' };
    },
    invitee: ({ email, name, role }) => invitee(flowId, email, name, role),
    now: tools.now,
  });
  const made = await tools.flows.create(flow, { commandId, fingerprint: 'demo' });
  if (made.state !== 'applied') throw new Error(`The demo flow "${script.name}" waits: no worker is answering.`);
}

async function seedFlow(tools: Tools, org: DemoOrg, script: DemoFlow): Promise<void> {
  const commandId = (n: number): string => `demo-${script.key}-${n}`;
  const flowId = idFrom('fl', org.id, commandId(0));
  const known = await tools.database.withOrg({ orgId: org.id }, (trx) => findFlowById(trx, flowId));
  if (known && isFinal(known.status)) return;
  if (known) {
    const last = await tools.flows.ask(org.id, flowId, commandId(script.steps.length));
    if (last.state === 'applied') return;
  }
  const created = await createFlowFromTemplate.run(
    { ...tools, principal: memberOf(org, script.by), commandId: commandId(0) },
    { template: script.template, name: script.name, roles: script.roles },
  );
  if (!created.ok) throw new Error(`The demo flow "${script.name}" could not be made: ${created.text}`);
  const clients = new Map<Email, ExternalPrincipal>();
  const join = (email: Email, name: string): void => {
    const { externalId } = invitee(flowId, email);
    clients.set(email, { kind: 'external', orgId: org.id, flowId, externalId, name, email });
  };
  for (const who of Object.values(script.roles ?? {})) if (typeof who !== 'string') join(who.email, who.name);
  for (const [n, step] of script.steps.entries()) {
    const principal = clients.get(step.by) ?? memberOf(org, step.by);
    if (step.do === 'invite') join(step.email, step.name);
    const own = { operation: 'seed', commandId: commandId(n + 1), commandIdGiven: true, fingerprint: 'demo' };
    const call = { ...tools, principal, ...own, timeZone: 'UTC' };
    const wanted = commandOf(step, org, flowId, principal, tools.now);
    const done = await command(call, { id: flowId, name: script.name }, wanted);
    if (done.state !== 'applied') throw new Error(`The demo flow "${script.name}" waits: no worker is answering.`);
  }
}

function memberOf(org: DemoOrg, email: Email): MemberPrincipal {
  const found = org.members.find((m) => m.user.email === email);
  if (!found) throw new Error(`${email} is neither a member of ${org.name} nor invited yet.`);
  const { user, role } = found;
  return { kind: 'member', orgId: org.id, userId: user.id, name: user.name, email, role, through: 'web', scopes };
}

function commandOf(
  step: ScriptStep,
  org: DemoOrg,
  flowId: string,
  principal: MemberPrincipal | ExternalPrincipal,
  now: number,
): Command {
  const taskId = 'task' in step ? idFrom('tk', flowId, step.task) : '';
  switch (step.do) {
    case 'start':
      return { type: 'start', startDate: Date.parse(dayFrom(now, -step.daysAgo)) };
    case 'pause':
      return { type: 'pause' };
    case 'cancel':
      return { type: 'cancel', reason: step.reason };
    case 'invite':
      return { type: 'invite', people: [invitee(flowId, step.email, step.name, step.role)] };
    case 'accept_invitation':
      return { type: 'accept_invitation', externalId: principal.kind === 'external' ? principal.externalId : '' };
    case 'assign': {
      const { userId, name } = memberOf(org, step.to);
      return { type: 'assign', taskId, assignee: { kind: 'member', id: userId, name } };
    }
    case 'complete': {
      const answers = step.answers === undefined ? null : answersOn(now, step.answers);
      return { type: 'complete', taskId, answers, comment: step.comment ?? '' };
    }
    case 'approve':
      return { type: 'approve', taskId, comment: step.comment ?? '' };
    case 'reject':
    case 'skip':
      return { type: step.do, taskId, reason: step.reason };
    case 'comment':
      return { type: 'comment', taskId, text: step.text };
  }
}

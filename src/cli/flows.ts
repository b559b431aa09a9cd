/** `npm run cli -- flows …`: what an operator does to flows by hand, through the same doors as everyone. */
import { type Client, type DataConverter, WorkflowNotFoundError } from '@temporalio/client';
import type { Database } from '../db/database.ts';
import { type Actor, system } from '../domain/actor.ts';
import type { Command } from '../domain/command.ts';
import { type MemberPrincipal, scopes } from '../oauth/principal.ts';
import type { FlowGateway } from '../operations/gateway.ts';
import { getFlow } from '../operations/get-flow.ts';
import { listFlows } from '../operations/list-flows.ts';
import { findFlow, type HowCalled } from '../operations/names.ts';
import type { Operation, Tools } from '../operations/operation.ts';
import {
  type Finding,
  rebuildCounts,
  rebuildFromWorkflow,
  reviveFlow,
  verifyCounts,
  verifyOrg,
} from '../operations/read-model.ts';
import { Refusal } from '../operations/refusal.ts';
import { newId } from '../platform/ids.ts';
import { flowWorkflowId } from '../workflows/contract.ts';
import { CliError } from './error.ts';
import { recordHistory, recordSample, replayFiles } from './histories.ts';

export const flowsUsage = `  npm run cli -- flows list   --org SLUG [--status STATUS] [--cursor CURSOR]
  npm run cli -- flows show   --org SLUG --flow NAME_OR_ID     the flow, and its workflow in Temporal
  npm run cli -- flows pause  --org SLUG --flow NAME_OR_ID
  npm run cli -- flows resume --org SLUG --flow NAME_OR_ID
  npm run cli -- flows cancel --org SLUG --flow NAME_OR_ID [--reason TEXT]
  npm run cli -- flows verify [--org SLUG] [--open]            every workflow against the read model; exit code 1 when one differs
  npm run cli -- flows rebuild-read-model [--org SLUG] [--flow ID]   writes what differs anew, from the workflows
  npm run cli -- flows revive [--org SLUG] [--flow ID]         flows whose workflow was terminated, lost, or is behind go on
  npm run cli -- flows record --org SLUG --flow NAME_OR_ID --file FILE     the history of its newest run
  npm run cli -- flows record --org SLUG --sample N --file FOLDER          of the newest N flows
  npm run cli -- flows replay --file FILE_OR_FOLDER            do they replay on this code? exit code 1 when one does not`;

export interface FlowsCli {
  readonly database: Database;
  readonly client: Client;
  /** Reads what Temporal stores encrypted; undefined when nothing is. */
  readonly dataConverter: DataConverter | undefined;
  readonly flows: FlowGateway;
  /** How patient a comparison is, as `ReadModelTools` has it. */
  readonly looks?: readonly number[];
  /** Do workers hold back, as `ReadModelTools` has it? */
  readonly held?: boolean;
  /** What operations are run with. */
  readonly tools: Omit<Tools, 'now'>;
  /** All organizations, or the one of this slug. */
  readonly orgs: (slug: string | undefined) => Promise<readonly { id: string; slug: string }[]>;
  readonly say: (line: string) => void;
}

export interface FlowsOptions {
  readonly org?: string | undefined;
  readonly flow?: string | undefined;
  readonly status?: string | undefined;
  readonly cursor?: string | undefined;
  readonly reason?: string | undefined;
  readonly open?: boolean | undefined;
  readonly file?: string | undefined;
  readonly sample?: string | undefined;
}

const operator: Actor = { ...system, name: 'An operator' };

/** Runs one command line; gives the exit code. Throws `CliError` and `Refusal`. */
export async function runFlows(cli: FlowsCli, verb: string | undefined, options: FlowsOptions): Promise<number> {
  switch (verb) {
    case 'list': {
      const { status, cursor } = options;
      return read(cli, options, listFlows, { ...(status && { status }), ...(cursor && { cursor }) });
    }
    case 'show': {
      const code = await read(cli, options, getFlow, { flow: need(options.flow, 'flow') });
      await tellWorkflow(cli, await theFlow(cli, options));
      return code;
    }
    case 'pause':
    case 'resume':
      return send(cli, options, { type: verb });
    case 'cancel':
      return send(cli, options, { type: 'cancel', reason: options.reason ?? '' });
    case 'verify':
      if (options.flow !== undefined) throw new CliError('flows verify compares all flows, and takes no --flow.');
      return verify(cli, options);
    case 'rebuild-read-model':
      return rebuild(cli, options);
    case 'revive':
      return revive(cli, options);
    case 'record':
      return record(cli, options);
    case 'replay':
      return replay(cli, options);
    default:
      throw new CliError(`Usage:\n${flowsUsage}`);
  }
}

export function need(value: string | undefined, option: string): string {
  if (value === undefined || value === '') throw new CliError(`--${option} is missing.\nUsage:\n${flowsUsage}`);
  return value;
}

async function theOrg(cli: FlowsCli, options: FlowsOptions): Promise<{ id: string; slug: string }> {
  const [org] = await cli.orgs(need(options.org, 'org'));
  if (!org) throw new CliError(`No organization has the slug "${options.org}".`);
  return org;
}

async function theFlow(
  cli: FlowsCli,
  options: FlowsOptions,
  how: HowCalled = {},
): Promise<{ orgId: string; id: string; name: string }> {
  const { id: orgId } = await theOrg(cli, options);
  const wanted = need(options.flow, 'flow');
  const { id, name } = await cli.database.withOrg({ orgId }, (trx) => findFlow(trx, wanted, how));
  return { orgId, id, name };
}

/** Runs a read operation as one who may see everything in the org. */
async function read(cli: FlowsCli, options: FlowsOptions, operation: Operation, input: object): Promise<number> {
  const { id: orgId } = await theOrg(cli, options);
  const principal: MemberPrincipal = {
    kind: 'member',
    orgId,
    userId: operator.id,
    name: operator.name,
    email: '',
    role: 'OWNER',
    through: 'cli',
    scopes,
  };
  const caller = { ...cli.tools, principal, now: Date.now() };
  const result = await operation.run(caller, input);
  if (!result.ok) throw new CliError(result.text);
  cli.say(result.text);
  return 0;
}

/** What Temporal knows of the flow's workflow. */
async function tellWorkflow({ client, say }: FlowsCli, flow: { orgId: string; id: string }): Promise<void> {
  const workflowId = flowWorkflowId(flow.orgId, flow.id);
  const described = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    });
  if (described === null) return say(`Workflow ${workflowId}: Temporal does not know it, or has forgotten it.`);
  const { raw, status, runId, historyLength, startTime } = described;
  say(
    `Workflow ${workflowId}: ${status.name}, run ${runId} since ${startTime.toISOString()}, ${historyLength} events.`,
  );
  for (const activity of raw.pendingActivities ?? []) {
    const { activityType, attempt, lastFailure } = activity;
    say(
      `- ${activityType?.name}: attempt ${attempt}${lastFailure ? `, failed last with: ${lastFailure.message}` : ''}`,
    );
  }
}

async function send(cli: FlowsCli, options: FlowsOptions, command: Command): Promise<number> {
  const flow = await theFlow(cli, options, { whole: command.type === 'cancel' });
  const commandId = newId('cmd');
  const sent = await cli.flows.send(flow.orgId, flow.id, { commandId, fingerprint: '', actor: operator, command });
  switch (sent.state) {
    case 'gone':
      throw new CliError(`${flow.name} has ended, or Temporal does not know it. Nothing changed.`);
    case 'accepted':
      cli.say(`Accepted, not applied yet: no worker answers. It is stored and will be applied when one does.`);
      return 0;
    case 'applied': {
      const { outcome } = sent.answer;
      if (outcome && !outcome.ok) throw new CliError(outcome.refusal.message);
      cli.say(`${flow.name} is ${sent.answer.flow.status} (${sent.answer.flow.progress.percent}%).`);
      return 0;
    }
  }
}

const words: Readonly<Record<Exclude<Finding['state'], 'differs' | 'behind'>, string>> = {
  same: 'is the same',
  archived: 'has ended, and Temporal has forgotten it: the read model is what there is',
  silent: 'was not compared: no worker answers for its workflow. Start one, and verify again',
  too_large: 'was not compared: its workflow runs, and holds more than it can tell until its mails are sent',
  gone: 'has not ended, and Temporal has no workflow of it: `flows revive` lets it go on from the read model',
  stopped: 'has not ended, and its workflow was terminated: `flows revive` lets it go on',
  missing: 'is not in the read model: `flows rebuild-read-model` writes it from its workflow',
};

const behind = ({ flowId, here, there }: Extract<Finding, { state: 'behind' }>): string =>
  `its workflow is at version ${here}, and the read model has ${there > here ? 'a newer one' : 'another one that it does not know of'}, ${there}, as after Temporal was restored ` +
  `from an older backup: \`flows revive\` lets it go on from the read model. ` +
  `\`flows rebuild-read-model --flow ${flowId}\` keeps the older instead, and what was done since is lost`;

async function verify(cli: FlowsCli, options: FlowsOptions): Promise<number> {
  let compared = 0;
  let wrong = 0;
  for (const org of await someOrgs(cli, options)) {
    for await (const finding of verifyOrg(cli, org.id, { openOnly: options.open ?? false })) {
      compared++;
      if (finding.state === 'same' || finding.state === 'archived') continue;
      wrong++;
      tellFinding(cli, org.slug, finding);
    }
    for (const problem of await verifyCounts(cli, org.id)) {
      wrong++;
      cli.say(`${org.slug}: ${problem}`);
    }
  }
  for (const problem of options.org === undefined ? await unknownOrgs(cli) : []) {
    wrong++;
    cli.say(problem);
  }
  cli.say(
    wrong === 0 ? `${compared} flows compared: all are the same.` : `${compared} flows compared: ${wrong} findings.`,
  );
  return wrong === 0 ? 0 : 1;
}

/** Flows that run in Temporal and whose organization the database does not know: a sentence for each org. */
async function unknownOrgs(cli: FlowsCli): Promise<string[]> {
  const known = new Set((await cli.orgs(undefined)).map((o) => o.id));
  return [...(await cli.flows.runningByOrg())]
    .filter(([orgId]) => !known.has(orgId))
    .map(
      ([orgId, n]) =>
        `${orgId}: ${n} of its flows run in Temporal, and PostgreSQL does not know the organization. Bring back a newer ` +
        `backup of PostgreSQL; or, if it is gone for good, end them: temporal workflow terminate ` +
        `--reason 'Its organization is gone' --query "BooflowOrgId = '${orgId}' AND ExecutionStatus = 'Running'"`,
    );
}

function tellFinding({ say }: FlowsCli, slug: string, finding: Finding): void {
  const name = `${slug} ${finding.flowId}`;
  if (finding.state === 'behind') say(`${name}: ${behind(finding)}.`);
  else if (finding.state !== 'differs') say(`${name} ${words[finding.state]}.`);
  else {
    for (const problem of finding.problems) say(`${name}: ${problem}`);
    say(`${name}: \`flows rebuild-read-model\` writes what differs anew.`);
  }
}

const revivable: ReadonlySet<Finding['state']> = new Set(['gone', 'stopped', 'behind']);

/** One flow, or all of an org or of all orgs that `verify` says it of. */
async function revive(cli: FlowsCli, options: FlowsOptions): Promise<number> {
  if (options.flow !== undefined) {
    const org = await theOrg(cli, options);
    if (!(await reviveFlow(cli, org.id, options.flow)))
      throw new CliError(
        `${options.flow} was not revived: its workflow runs, no worker answers, nobody knows the flow, or it has ended.`,
      );
    cli.say(`${options.flow} goes on.`);
    return 0;
  }
  let revived = 0;
  let left = 0;
  for (const org of await someOrgs(cli, options)) {
    for await (const finding of verifyOrg(cli, org.id)) {
      if (!revivable.has(finding.state)) continue;
      tellFinding(cli, org.slug, finding);
      if (await reviveFlow(cli, org.id, finding.flowId)) revived++;
      else left++;
    }
  }
  cli.say(
    `${revived} flows are revived${left > 0 ? `, ${left} could not be` : ''}. \`flows verify\` says what is left.`,
  );
  return left === 0 ? 0 : 1;
}

async function someOrgs(cli: FlowsCli, options: FlowsOptions): Promise<readonly { id: string; slug: string }[]> {
  return options.org === undefined ? cli.orgs(undefined) : [await theOrg(cli, options)];
}

async function rebuild(cli: FlowsCli, options: FlowsOptions): Promise<number> {
  if (options.flow !== undefined) {
    const org = await theOrg(cli, options);
    if (!(await rebuildFromWorkflow(cli, org.id, options.flow)))
      throw new CliError(`${options.flow} was not rebuilt: its workflow does not answer. Nothing changed.`);
    cli.say(`${options.flow} is rebuilt.`);
    return 0;
  }
  let mended = 0;
  let left = 0;
  for (const org of await someOrgs(cli, options)) {
    for await (const finding of verifyOrg(cli, org.id)) {
      if (finding.state === 'same' || finding.state === 'archived') continue;
      tellFinding(cli, org.slug, finding);
      const mendable = finding.state === 'differs' || finding.state === 'missing';
      if (mendable && (await rebuildFromWorkflow(cli, org.id, finding.flowId))) mended++;
      else left++;
    }
    if ((await verifyCounts(cli, org.id)).length > 0) {
      await rebuildCounts(cli, org.id);
      cli.say(`${org.slug}: its flows are counted anew.`);
    }
  }
  cli.say(
    `${mended} flows are rebuilt${left > 0 ? `, ${left} could not be` : ''}. \`flows verify\` says what is left.`,
  );
  return left === 0 ? 0 : 1;
}

async function record(cli: FlowsCli, options: FlowsOptions): Promise<number> {
  const file = need(options.file, 'file');
  if (options.sample === undefined) {
    const flow = await theFlow(cli, options);
    const events = await recordHistory(cli.client, flow.orgId, flow.id, file);
    cli.say(`${flow.name}: ${events} events are in ${file}.`);
    return 0;
  }
  const n = Number(options.sample);
  if (!Number.isInteger(n) || n < 1) throw new CliError('--sample takes a whole number, 1 or more.');
  const { id: orgId } = await theOrg(cli, options);
  const recorded = await recordSample(cli.client, orgId, cli.flows.known(orgId), { n, folder: file });
  cli.say(`The histories of ${recorded} flows are in ${file}.`);
  return 0;
}

async function replay(cli: FlowsCli, options: FlowsOptions): Promise<number> {
  let replayed = 0;
  let failed = 0;
  for await (const { name, problem } of replayFiles(need(options.file, 'file'), cli.dataConverter)) {
    replayed++;
    if (problem === null) continue;
    failed++;
    cli.say(`${name}: ${problem}`);
  }
  if (replayed === 0) throw new CliError(`No .json file is in ${options.file}.`);
  cli.say(`${replayed} histories: ${failed === 0 ? 'all replay' : `${failed} do not replay`}.`);
  return failed === 0 ? 0 : 1;
}

export const isTold = (error: unknown): error is Error => error instanceof CliError || error instanceof Refusal;

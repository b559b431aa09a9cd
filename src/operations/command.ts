/** What operations that change a flow have in common: send the command, read the outcome, tell it. */
import { z } from 'zod';
import type { Trx } from '../db/database.ts';
import { type FoundTask, findTasks } from '../db/flows.ts';
import { readFlow } from '../db/read-flow.ts';
import type { Actor } from '../domain/actor.ts';
import type { Command } from '../domain/command.ts';
import { shortDate } from '../domain/dates.ts';
import { isFinal } from '../domain/flow.ts';
import type { Effects } from '../domain/ledger.ts';
import { limits } from '../domain/limits.ts';
import type { CommandAnswer } from '../domain/view.ts';
import type { ExternalPrincipal, MemberPrincipal } from '../oauth/principal.ts';
import { isId } from '../platform/ids.ts';
import { withoutUnseen } from '../platform/plain-line.ts';
import type { Sent } from './gateway.ts';
import { findFlow, findTask, type HowCalled, nameOrId } from './names.ts';
import { onceOnly } from './once.ts';
import type { Call } from './operation.ts';
import { Refusal } from './refusal.ts';
import { brief, briefLine, briefShape, flowStatus, flowZone, progressShape } from './shapes.ts';
import { count, lines, percentWords, plain, quote } from './words.ts';

/** Every command takes an id, so that trying again is safe. */
export const commandInput = {
  command_id: z
    .string()
    .min(1)
    .max(limits.id)
    .optional()
    .describe('Only to repeat a command safely: the same id twice does it once'),
};

export const commandOutput = {
  state: z.enum(['applied', 'accepted']).describe('accepted: stored, and applied as soon as a worker answers'),
  commandId: z.string(),
  flow: z.object({
    id: z.string(),
    name: z.string(),
    status: flowStatus.nullable(),
    progress: progressShape.nullable(),
    timeZone: flowZone,
  }),
  nowReady: z.array(briefShape),
  waitAgain: z.array(briefShape),
  notNeeded: z.array(briefShape).describe('Skipped: their conditions are not met'),
  mailsQueued: z.number().int(),
  listsMayLag: z.boolean().describe('True when lists do not show this yet'),
};
const outputShape = z.object(commandOutput);
export type CommandFacts = z.infer<typeof outputShape>;

/** What operations on one task take. */
export const taskInput = {
  task: nameOrId('Title or id'),
  flow: nameOrId('Name or id').optional(),
};

/** What they tell of it, besides the command's own facts. */
export const actedOn = {
  task: z.object({ id: z.string(), title: z.string() }),
  by: z.string(),
  through: z.string(),
};

export const flowMeant = z.object({ id: z.string(), name: z.string(), timeZone: z.string() });
export const taskMeant = z.object({ task: z.object({ id: z.string(), title: z.string() }), flow: flowMeant });
export type FlowMeant = z.infer<typeof flowMeant>;
export type TaskMeant = z.infer<typeof taskMeant>;

/**
 * What is named where somebody would say a name: the flow, or a task, on the flow when that is said too; and a person, who is
 * not found by their id either once they left or were revoked, which the command itself may have done.
 */
interface Named {
  readonly flow?: string | undefined;
  readonly task?: string | undefined;
  readonly person?: string | undefined;
}

/** Are they ids alone, of which each is one thing for good? */
const areIds = ({ flow, task, person }: Named): boolean =>
  person === undefined &&
  (task === undefined ? isId('fl', flow ?? '') : isId('tk', task) && (flow === undefined || isId('fl', flow)));

/**
 * What a command is about, found by what it was called. A name goes over to another flow in time, so with a command id of
 * the caller's own what was found is kept, before the command is sent: the same again goes to the same. Of ids alone nothing
 * is kept, for the flow itself knows the command.
 */
export const meant = <K extends object>(
  call: Call<MemberPrincipal>,
  named: Named,
  keep: z.ZodType<K>,
  find: (trx: Trx) => Promise<K>,
): Promise<K> =>
  call.commandIdGiven && !areIds(named)
    ? onceOnly(call, keep, find)
    : call.database.withOrg(call.principal, find, { reads: true });

/** The flow that is meant by a command to it. */
export const theFlow = (call: Call<MemberPrincipal>, ref: string): Promise<FlowMeant> =>
  orItself(call, ref, () => meant(call, { flow: ref }, flowMeant, (trx) => flowCalled(trx, ref)));

/**
 * What is found by name or id. A flow whose id the lists do not know yet is asked itself; where no worker answers for it,
 * what is then sent to it waits for one.
 */
export async function orItself(
  call: Call<MemberPrincipal>,
  ref: string,
  find: () => Promise<FlowMeant>,
): Promise<FlowMeant> {
  try {
    return await find();
  } catch (error) {
    if (!isId('fl', ref) || !(error instanceof Refusal) || error.code !== 'not_found') throw error;
    const heard = await call.flows.look(call.principal.orgId, ref);
    if (heard.state === 'gone') throw error;
    if (heard.state !== 'answered') return { id: ref, name: ref, timeZone: call.timeZone };
    const { id, name, timeZone } = heard.answer.flow;
    return { id, name, timeZone };
  }
}

export async function flowCalled(trx: Trx, ref: string, how: HowCalled = {}): Promise<FlowMeant> {
  const { id, name, time_zone: timeZone } = await findFlow(trx, ref, how);
  return { id, name, timeZone };
}

/** The task that is meant by a command about it, and its flow. */
export const theTask = (call: Call<MemberPrincipal>, { task, flow }: TaskNamed): Promise<TaskMeant> =>
  meant(call, { task, flow }, taskMeant, (trx) => taskCalled(trx, { task, flow }));

type TaskNamed = Named & { readonly task: string };

export async function taskCalled(trx: Trx, { task, flow }: TaskNamed): Promise<TaskMeant> {
  const found = await foundTask(trx, task, flow);
  return {
    task: { id: found.id, title: found.title },
    flow: { id: found.flow_id, name: found.flow_name, timeZone: found.time_zone },
  };
}

async function foundTask(trx: Trx, task: string, flow: string | undefined): Promise<FoundTask> {
  if (flow === undefined) return findTask(trx, task, null);
  // Two ids, as programs give them, take one look.
  const [byIds] = await findTasks(trx, { id: task, flowId: flow }, 1);
  return byIds ?? findTask(trx, task, await findFlow(trx, flow));
}

/** Who acts, in the domain's words. */
export function actorOf(principal: MemberPrincipal | ExternalPrincipal): Actor {
  if (principal.kind === 'external')
    return { kind: 'external', id: principal.externalId, name: principal.name, through: 'portal' };
  const { userId: id, name, role, through } = principal;
  return { kind: 'member', id, name, role, through };
}

/** Sends a command to a flow of the caller's org. Throws a Refusal when it is refused; the facts when it is not. */
export async function command(
  call: Call<MemberPrincipal | ExternalPrincipal>,
  flow: { id: string; name: string },
  wanted: Command,
): Promise<CommandFacts & { effects: Effects | null }> {
  return factsOfSent(call, flow, await send(call, flow.id, wanted));
}

/**
 * Sends a command about a task. Two ids, as programs give them, are sent at once, for the flow names the task in its answer;
 * names are looked for first. Throws a Refusal when it is refused.
 */
export async function commandOnTask(
  call: Call<MemberPrincipal>,
  input: { task: string; flow?: string | undefined },
  wanted: (taskId: string) => Command,
): Promise<CommandFacts & { task: { id: string; title: string }; by: string; through: string }> {
  const { name: by, through } = call.principal;
  const { task: taskId, flow: flowId } = input;
  if (flowId === undefined || !isId('fl', flowId) || !isId('tk', taskId)) {
    const { flow, task } = await theTask(call, input);
    return { ...factsOf(await command(call, flow, wanted(task.id))), task, by, through };
  }
  const sent = await send(call, flowId, wanted(taskId));
  const { flow, task } = await namesOf(call, { task: taskId, flow: flowId }, sent);
  return { ...factsOf(await factsOfSent(call, flow, sent)), task, by, through };
}

/** The names of what a command was about: as its answer has them, else as the read model does. */
async function namesOf(
  call: Call<MemberPrincipal>,
  ids: { task: string; flow: string },
  sent: Sent,
): Promise<{ task: { id: string; title: string }; flow: { id: string; name: string } }> {
  const answer = sent.state === 'applied' ? sent.answer : null;
  const told = answer?.tasks.find((t) => t.id === ids.task);
  if (answer && told) return { task: { id: told.id, title: told.title }, flow: answer.flow };
  try {
    return await theTask(call, ids);
  } catch (error) {
    const changedNothing = sent.state === 'gone' || (answer?.outcome?.ok === false && error instanceof Refusal);
    if (changedNothing) throw error;
    // What became of it is known, and is told without the names.
    return { task: { id: ids.task, title: ids.task }, flow: answer?.flow ?? { id: ids.flow, name: ids.flow } };
  }
}

function send(call: Call<MemberPrincipal | ExternalPrincipal>, flowId: string, wanted: Command): Promise<Sent> {
  const { principal, commandId, fingerprint } = call;
  const envelope = { commandId, fingerprint, actor: actorOf(principal), command: wanted };
  return call.flows.send(principal.orgId, flowId, envelope);
}

async function factsOfSent(
  call: Call<MemberPrincipal | ExternalPrincipal>,
  flow: { id: string; name: string },
  sent: Sent,
): Promise<CommandFacts & { effects: Effects | null }> {
  switch (sent.state) {
    case 'gone':
      throw await goneRefusal(call, flow);
    case 'accepted':
      return accepted(call, flow);
    case 'applied':
      return applied(sent.answer, call);
  }
}

export const accepted = (
  { commandId, timeZone }: Pick<Call<unknown>, 'commandId' | 'timeZone'>,
  flow: { id: string; name: string; timeZone?: string },
): CommandFacts & { effects: null } => ({
  state: 'accepted',
  commandId,
  flow: { id: flow.id, name: flow.name, status: null, progress: null, timeZone: flow.timeZone ?? timeZone },
  nowReady: [],
  waitAgain: [],
  notNeeded: [],
  mailsQueued: 0,
  listsMayLag: true,
  effects: null,
});

/** The facts of a command that has an outcome; throws a Refusal when the outcome is one. */
export function applied(
  answer: CommandAnswer,
  { commandId, fingerprint, now, timeZone }: Pick<Call<unknown>, 'commandId' | 'fingerprint' | 'now' | 'timeZone'>,
): CommandFacts & { effects: Effects } {
  const { outcome } = answer;
  if (outcome === null) throw new Error('An applied command has an outcome.');
  const zone = answer.flow.timeZone ?? timeZone;
  if (outcome.fingerprint !== fingerprint) {
    throw new Refusal(
      'command_id_reused',
      `The command id ${commandId} was used for something else on ${plain(answer.flow.name)}. Give this command its own id. Nothing changed.`,
    );
  }
  const byId = new Map(answer.tasks.map((t) => [t.id, brief(t)]));
  const named = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);
  if (!outcome.ok) {
    const blocking = named(outcome.refusal.blockedBy);
    const [first, ...rest] = withoutUnseen(outcome.refusal.message).split(/(?<=\.) (?=Complete )/);
    throw new Refusal(
      outcome.refusal.code,
      lines(
        first,
        blocking.map((t) => briefLine(t, now, zone, 'with status')),
        rest.join(' '),
      ),
      { blockedBy: blocking, commandId },
    );
  }
  const { effects } = outcome;
  return {
    state: 'applied',
    commandId,
    flow: {
      id: answer.flow.id,
      name: answer.flow.name,
      status: effects.status,
      progress: effects.progress,
      timeZone: zone,
    },
    nowReady: named(effects.ready),
    waitAgain: named(effects.waitAgain),
    notNeeded: named(effects.notNeeded),
    mailsQueued: effects.mails,
    listsMayLag: !answer.projected,
    effects,
  };
}

/** The flow's workflow has ended: what the read model knows says why nothing can change. */
async function goneRefusal(
  call: Call<MemberPrincipal | ExternalPrincipal>,
  flow: { id: string; name: string },
): Promise<Refusal> {
  const known = await call.database.withOrg(call.principal, (trx) => readFlow(trx, flow.id, 1));
  if (!known) return new Refusal('not_found', `No flow has the id ${flow.id}. Nothing changed.`);
  const { status, finishedAt: at } = known.flow;
  if (!isFinal(status))
    return new Refusal(
      'flow_stopped',
      `${plain(flow.name)} can't take it: an operator stopped it, or it was lost. Whoever runs Booflow can let it go on (\`flows revive\`). Nothing changed.`,
      { status },
    );
  const word = status === 'COMPLETED' ? 'completed' : 'cancelled';
  const when = at === null ? '' : ` on ${shortDate(at, call.now, known.flow.timeZone)}`;
  return new Refusal('flow_final', `${plain(flow.name)} was ${word}${when}, and that is final. Nothing changed.`, {
    status,
  });
}

/** The first line when a command waits for a worker. */
export const acceptedText = (f: { commandId: string }): string =>
  `Accepted, not applied yet: Booflow's worker is not answering. Your command is stored and will be applied when it is back. Ask again with command id \`${f.commandId}\`; sending it twice does it once.`;

/** What followed: what is ready now, what waits again, where the flow stands. */
export function effectLines(f: CommandFacts, now: number): string {
  const zone = f.flow.timeZone;
  return lines(
    f.nowReady.length > 0 &&
      lines(
        'Now ready:',
        f.nowReady.map((t) => briefLine(t, now, zone)),
      ),
    f.waitAgain.length > 0 &&
      lines(
        'Waiting again:',
        f.waitAgain.map((t) => briefLine(t, now, zone)),
      ),
    f.notNeeded.length > 0 && `Not needed, so skipped: ${f.notNeeded.map((t) => quote(t.title)).join(', ')}.`,
    f.mailsQueued > 0 && `${count(f.mailsQueued, 'mail')} on the way.`,
    f.listsMayLag && 'Lists may lag a moment behind this.',
  );
}

/** "Acme Corp is at 58% (7 of 12)." */
export const standing = (f: CommandFacts): string =>
  f.flow.status === 'COMPLETED'
    ? `${plain(f.flow.name)} is completed: 100%.`
    : f.flow.progress === null
      ? ''
      : `${plain(f.flow.name)} is at ${percentWords(f.flow.progress)}.`;

/** The command's facts without what is only for the handler. */
export function factsOf<T extends { effects: unknown }>(f: T): Omit<T, 'effects'> {
  const { effects: _, ...rest } = f;
  return rest;
}

/** What must be true when everything runs again, as a function of what was said and what is there. */
import type { Flow } from '../../src/domain/flow.ts';
import type { Snapshot } from '../../src/domain/view.ts';
import { compareFlow } from '../../src/operations/compare-flow.ts';
import type { Told } from './client.ts';
import type { Trace } from './plan.ts';

export interface FlowEvidence {
  readonly id: string;
  /** As its workflow tells it; null when it does not answer. */
  readonly workflow: Snapshot | null;
  /** As the read model has it, with its whole feed. */
  readonly readModel: Flow | null;
}

export interface Evidence {
  /** Every flow of the org that the workflows, the read model or a command knows. */
  readonly flows: readonly FlowEvidence[];
  /** What a flow's workflow remembers of a command, by command id: done, refused with a code, or nothing. */
  readonly outcomes: ReadonlyMap<string, { readonly ok: boolean; readonly code: string } | null>;
  /** How many flows of each status the org has, as counted by the read model. */
  readonly counts: Readonly<Record<string, number>>;
  /** Which mails are noted as handed over. */
  readonly mails: readonly { readonly key: string; readonly kind: string; readonly to: string }[];
  /** Which mails arrived. */
  readonly mailbox: readonly { readonly key: string; readonly to: string; readonly text: string }[];
}

/** Everything that is wrong, a sentence each; empty when nothing was lost, doubled, or left behind. */
export function check(told: readonly Told[], evidence: Evidence): string[] {
  return [
    ...evidence.flows.flatMap(flowProblems),
    ...commandProblems(told, evidence),
    ...traceProblems(told, evidence),
    ...countProblems(evidence),
    ...mailProblems(told, evidence),
  ];
}

function flowProblems({ id, workflow, readModel }: FlowEvidence): string[] {
  if (workflow === null) return [`${id}: its workflow does not answer.`];
  if (readModel === null) return [`${id}: the read model does not have it.`];
  const problems = compareFlow(workflow, readModel).map((what) => `${id}: ${what}`);
  const say = (what: string): void => void problems.push(`${id}: ${what}`);
  for (const t of workflow.flow.tasks) {
    const texts = t.comments.map((c) => c.text);
    for (const twice of new Set(texts.filter((c, i) => texts.indexOf(c) !== i)))
      say(`"${t.title}" has the comment "${twice}" more than once.`);
  }
  return problems;
}

/** What was said of a command is what its flow remembers of it. */
function commandProblems(told: readonly Told[], { outcomes }: Evidence): string[] {
  return told.flatMap(({ wish, finals }) => {
    const what = `${wish.tool} ${wish.commandId}`;
    const outcome = outcomes.get(wish.commandId) ?? null;
    const known = finals.filter((f) => f.state !== 'unknown');
    if (new Set(known.map((f) => (f.state === 'refused' ? f.code : f.state))).size > 1)
      return [`${what}: two answers contradict each other: ${JSON.stringify(known)}.`];
    const [final] = known;
    if (final?.state === 'applied' && !outcome?.ok)
      return [`${what}: was acknowledged, and its flow ${outcome ? `refused it (${outcome.code})` : 'lost it'}.`];
    if (final?.state === 'refused' && outcome?.ok)
      return [`${what}: was refused (${final.code}), and its flow did it all the same.`];
    if (final?.state === 'refused' && outcome && outcome.code !== final.code)
      return [`${what}: was refused with ${final.code}, and its flow says ${outcome.code}.`];
    return [];
  });
}

/** What commands leave is there as often as they were applied: once each. */
function traceProblems(told: readonly Told[], evidence: Evidence): string[] {
  const groups = new Map<string, { trace: Trace; applied: string[]; unknown: number }>();
  for (const { wish, finals } of told) {
    for (const trace of wish.traces) {
      const key = JSON.stringify([trace.flowId, trace.where, trace.text]);
      const group = groups.get(key) ?? { trace, applied: [], unknown: 0 };
      groups.set(key, group);
      if (finals.some((f) => f.state === 'applied')) group.applied.push(wish.commandId);
      else if (finals.every((f) => f.state === 'unknown')) group.unknown++;
    }
  }
  const flows = new Map(evidence.flows.map((f) => [f.id, f]));
  return [...groups.values()].flatMap(({ trace, applied, unknown }) => {
    const found = tracesFound(trace, flows.get(trace.flowId), evidence);
    const least = applied.length;
    const most = least + unknown;
    if (found >= least && found <= most) return [];
    const should = least === most ? `${least}` : `${least} to ${most}`;
    return [
      `${trace.flowId}: the ${trace.where} "${trace.text}" is there ${found} times, and should be ${should} (${applied.join(', ')}).`,
    ];
  });
}

function tracesFound({ where, text }: Trace, flow: FlowEvidence | undefined, evidence: Evidence): number {
  switch (where) {
    case 'flow':
      return evidence.flows.filter((f) => (f.workflow?.flow ?? f.readModel)?.name === text).length;
    case 'comment':
      return (flow?.workflow?.flow.tasks ?? []).flatMap((t) => t.comments).filter((c) => c.text === text).length;
    case 'feed':
      // A workflow keeps its newest entries only; that they are the read model's is checked for each flow.
      return (flow?.readModel?.feed ?? []).filter((e) => e.text === text).length;
  }
}

function countProblems({ flows, counts }: Evidence): string[] {
  const real: Record<string, number> = {};
  for (const f of flows) {
    const status = f.workflow?.flow.status ?? f.readModel?.status;
    if (status) real[status] = (real[status] ?? 0) + 1;
  }
  return [...new Set([...Object.keys(real), ...Object.keys(counts)])]
    .filter((status) => (real[status] ?? 0) !== (counts[status] ?? 0))
    .map((status) => `${counts[status] ?? 0} flows are counted as ${status}, and ${real[status] ?? 0} are.`);
}

/** Each ordered mail went out once, and nobody got the same news twice. */
function mailProblems(told: readonly Told[], { flows, mails, mailbox }: Evidence): string[] {
  const problems: string[] = [];
  const driven = new Set(told.map((t) => t.wish.flowId));
  const noted = new Map<string, number>();
  for (const { key } of mails) noted.set(key, (noted.get(key) ?? 0) + 1);
  for (const [key, times] of noted) if (times > 1) problems.push(`The mail ${key} is noted ${times} times.`);

  const arrived = new Set<string>();
  for (const { key } of mailbox) {
    if (arrived.has(key)) problems.push(`The mail ${key} arrived twice.`);
    arrived.add(key);
    if (!noted.has(key)) problems.push(`The mail ${key} arrived, and is not noted.`);
  }
  for (const key of noted.keys()) if (!arrived.has(key)) problems.push(`The mail ${key} is noted, and did not arrive.`);

  const ordered = new Set<string>();
  for (const { id, workflow, readModel } of flows) {
    if (workflow === null) continue;
    const { flow } = workflow;
    if (flow.outbox.length > 0) problems.push(`${id}: ${flow.outbox.length} mails still wait.`);
    const keys = Array.from({ length: flow.mailsOrdered }, (_, i) => `${id}/${i + 1}`);
    for (const key of keys) ordered.add(key);
    // The end of a flow drops what waits, as it should.
    const over = flow.status === 'COMPLETED' || flow.status === 'CANCELLED';
    if (!driven.has(id) || over) continue;
    const missing = keys.filter((key) => !arrived.has(key));
    // One that the mail server refuses for good is told in the feed instead.
    const refused = (readModel?.feed ?? []).filter((e) => e.text.startsWith('could not send the mail to ')).length;
    if (missing.length > refused)
      for (const key of missing) problems.push(`The mail ${key} was ordered, and did not arrive.`);
  }
  for (const key of noted.keys())
    if (!ordered.has(key)) problems.push(`The mail ${key} went out, and no flow ordered it.`);

  const seen = new Map<string, string>();
  for (const { key, to, text } of mailbox) {
    if (!driven.has(key.slice(0, key.lastIndexOf('/')))) continue;
    // The same people, tasks and reasons make the same words; only the link is its own.
    const news = `${to}\n${text.replace(/\/portal\/\S+/g, '/portal/')}`;
    const before = seen.get(news);
    if (before !== undefined)
      problems.push(`${to} got the same mail twice: ${before} and ${key}: "${text.slice(0, 400)}".`);
    seen.set(news, key);
  }
  return problems;
}

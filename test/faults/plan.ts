/** What the clients of a fault run want, one command after the other, drawn from a seed. */

import { readTemplate } from '../../src/domain/read-template.ts';
import type { Template } from '../../src/domain/template.ts';
import { idFrom } from '../../src/platform/ids.ts';
import { type Random, seeded } from './random.ts';

/** What one application of a command leaves in a flow, told from what any other command leaves. */
export interface Trace {
  readonly flowId: string;
  /** `flow`: the flow itself, by its name. */
  readonly where: 'comment' | 'feed' | 'flow';
  readonly text: string;
}

/**
 * How a client goes about it. `careful`: the same command again until the answer is final. `twice`: two careful ones
 * at the same time. `careless`: hangs up after a moment and never asks again.
 */
export type Manner = 'careful' | 'twice' | 'careless';

/** One command a client wants done. */
export interface Wish {
  readonly commandId: string;
  readonly flowId: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, string>>;
  readonly traces: readonly Trace[];
  readonly manner: Manner;
}

const parts = 40;
const checks = 8;
const number = (n: number): string => String(n).padStart(2, '0');

/** Forty tasks side by side; each five of them are approved together, and a rejection sends those five back. */
export const wideTemplate: Template = templateOf('Fault run, wide', [
  ...Array.from({ length: parts }, (_, i) => ({ key: `part-${number(i)}`, title: `Part ${number(i)}` })),
  ...Array.from({ length: checks }, (_, i) => ({
    key: `check-${i}`,
    title: `Check ${i}`,
    type: 'APPROVAL',
    dependsOn: Array.from({ length: parts / checks }, (_, j) => `part-${number(i * (parts / checks) + j)}`),
  })),
  { key: 'close', title: 'Close', dependsOn: Array.from({ length: checks }, (_, i) => `check-${i}`) },
]);

/** Done in two steps, so that flows end while everything else goes on. */
export const shortTemplate: Template = templateOf('Fault run, short', [
  { key: 'first', title: 'First', assignee: { kind: 'client' } },
  { key: 'last', title: 'Last', dependsOn: ['first'] },
]);

function templateOf(name: string, steps: readonly object[]): Template {
  const reading = readTemplate({ name, steps });
  if (!reading.ok) throw new Error(reading.problems.map((p) => p.message).join(' '));
  return reading.template;
}

/** The id of the flow that this command of `create_flow_from_template` makes. */
export const flowIdOf = (orgId: string, commandId: string): string => idFrom('fl', orgId, commandId);

/** One approval, with something before it and something behind. */
export const decisionTemplate: Template = templateOf('Fault run, decision', [
  { key: 'draft', title: 'Draft' },
  { key: 'check', title: 'Check 0', type: 'APPROVAL', dependsOn: ['draft'] },
  { key: 'close', title: 'Close', dependsOn: ['check'] },
]);

/** Command ids of one season are told from those of another, so that a long run has new flows from time to time. */
const openId = (season: string, n: number): string => `${season}open-${n}`;

export const wideFlowIds = (orgId: string, flows: number, season = ''): string[] =>
  Array.from({ length: flows }, (_, n) => flowIdOf(orgId, openId(season, n)));

/** The wide flows that all clients share are made and started first. */
export function* opening(orgId: string, flows: number, season = ''): Generator<Wish, void> {
  for (let n = 0; n < flows; n++) {
    const create = createWish(orgId, openId(season, n), wideTemplate.name, 'careful');
    yield create;
    yield statusWish(create.flowId, `${openId(season, n)}-start`, 'start', 'careful');
  }
}

/** Without end. `orgId` is the caller's; `flows` are those of the opening. */
export function* wishes(
  seed: number,
  client: number,
  orgId: string,
  flows: number,
  season = '',
): Generator<Wish, never> {
  const random = seeded(seed, client);
  const wide = wideFlowIds(orgId, flows, season);
  for (let n = 0; ; n++) {
    const flowId = wide[random.int(wide.length)] ?? '';
    const mark = `${season}c${client}n${n}`;
    const manner: Manner = random.chance(0.06) ? 'careless' : random.chance(0.06) ? 'twice' : 'careful';
    const dice = random.int(100);
    if (dice < 50) yield completeWish(flowId, mark, `Part ${number(random.int(parts))}`, manner);
    else if (dice < 64) yield decideWish(flowId, mark, random.int(checks), random.chance(0.7), manner);
    else if (dice < 76) yield inviteWish(flowId, mark, 'observer', manner);
    else if (dice < 88) {
      yield inviteWish(flowId, mark, 'observer', 'careful');
      yield assignWish(flowId, mark, `Part ${number(random.int(parts))}`, manner);
    } else if (dice < 91) {
      yield statusWish(flowId, `${mark}-pause`, 'pause', 'careful');
      yield statusWish(flowId, `${mark}-resume`, 'resume', 'careful');
    } else yield* shortLife(random, orgId, mark);
  }
}

export function* shortLife(random: Random, orgId: string, mark: string): Generator<Wish, void> {
  const careful = (): Manner => (random.chance(0.2) ? 'twice' : 'careful');
  const create = createWish(orgId, mark, shortTemplate.name, careful());
  const { flowId } = create;
  yield create;
  yield inviteWish(flowId, `${mark}-guest`, 'client', careful());
  yield statusWish(flowId, `${mark}-start`, 'start', careful());
  yield completeWish(flowId, `${mark}-first`, 'First', careful());
  if (random.chance(0.3)) {
    yield cancelWish(flowId, `${mark}-cancel`, careful());
  } else yield completeWish(flowId, `${mark}-last`, 'Last', careful());
}

export function createWish(orgId: string, commandId: string, template: string, manner: Manner): Wish {
  const flowId = flowIdOf(orgId, commandId);
  const name = `Fault ${commandId}`;
  const traces: Trace[] = [{ flowId, where: 'flow', text: name }];
  return { commandId, flowId, tool: 'create_flow_from_template', args: { template, name }, traces, manner };
}

const told = { start: 'started the flow', pause: 'paused the flow', resume: 'resumed the flow', cancel: '' } as const;

export const statusWish = (flowId: string, commandId: string, action: keyof typeof told, manner: Manner): Wish => ({
  commandId,
  flowId,
  tool: 'update_flow_status',
  args: { flow: flowId, action },
  traces: [{ flowId, where: 'feed', text: told[action] }],
  manner,
});

export const cancelWish = (flowId: string, commandId: string, manner: Manner): Wish => ({
  ...statusWish(flowId, commandId, 'cancel', manner),
  args: { flow: flowId, action: 'cancel', reason: commandId },
  traces: [{ flowId, where: 'feed', text: `cancelled the flow: "${commandId}"` }],
});

export const completeWish = (flowId: string, mark: string, task: string, manner: Manner): Wish => ({
  commandId: mark,
  flowId,
  tool: 'complete_task',
  args: { flow: flowId, task, comment: mark },
  traces: [{ flowId, where: 'comment', text: mark }],
  manner,
});

export const decideWish = (flowId: string, mark: string, check: number, reject: boolean, manner: Manner): Wish => ({
  commandId: mark,
  flowId,
  tool: 'approve_task',
  args: { flow: flowId, task: `Check ${check}`, decision: reject ? 'reject' : 'approve', comment: mark },
  // A rejection's reason is also a comment of each task it sends back.
  traces: [
    reject
      ? { flowId, where: 'feed', text: `rejected "Check ${check}": "${mark}"` }
      : { flowId, where: 'comment', text: mark },
  ],
  manner,
});

const guest = (mark: string) => ({ email: `${mark}@example.com`, name: `Guest ${mark}` });

const inviteWish = (flowId: string, mark: string, role: string, manner: Manner): Wish => ({
  commandId: `${mark}-invite`,
  flowId,
  tool: 'invite_external_user',
  args: { flow: flowId, ...guest(mark), role },
  traces: [{ flowId, where: 'feed', text: `invited ${guest(mark).email} as ${role}` }],
  manner,
});

const assignWish = (flowId: string, mark: string, task: string, manner: Manner): Wish => ({
  commandId: `${mark}-assign`,
  flowId,
  tool: 'assign_task',
  args: { flow: flowId, task, assignee: guest(mark).email },
  traces: [{ flowId, where: 'feed', text: `assigned "${task}" to ${guest(mark).name}` }],
  manner,
});

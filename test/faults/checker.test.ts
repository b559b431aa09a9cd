/** The fault runs rest on the checker, so each thing it must find is put before it once. */
import { expect, test } from 'vitest';
import type { Flow } from '../../src/domain/flow.ts';
import { olivia } from '../support/people.ts';
import { complete, Stage } from '../support/stage.ts';
import { check, type Evidence } from './checker.ts';
import type { Told } from './client.ts';
import type { Wish } from './plan.ts';

const stage = Stage.started({ key: 'first' }, { key: 'last', dependsOn: ['first'] });
stage.does(olivia, complete('first', null, 'mark'));
const flow: Flow = { ...stage.flow, outbox: [], mailsOrdered: 1 };
const mailKey = `${flow.id}/1`;

const wish: Wish = {
  commandId: 'mark',
  flowId: flow.id,
  tool: 'complete_task',
  args: {},
  traces: [{ flowId: flow.id, where: 'comment', text: 'mark' }],
  manner: 'careful',
};
const facts = {
  state: 'applied',
  commandId: 'mark',
  flow: { id: flow.id, name: flow.name, status: flow.status, progress: null },
  mailsQueued: 0,
} as const;
const acknowledged: Told = { wish, finals: [{ state: 'applied', facts }] };
const refused: Told = { wish, finals: [{ state: 'refused', code: 'not_ready' }] };
const unheard: Told = { wish, finals: [{ state: 'unknown' }] };

const sound: Evidence = {
  flows: [{ id: flow.id, workflow: { flow, projectedVersion: flow.version }, readModel: flow }],
  outcomes: new Map([['mark', { ok: true, code: '' }]]),
  counts: { ACTIVE: 1 },
  mails: [{ key: mailKey, kind: 'task_ready', to: 'jane@example.com' }],
  mailbox: [{ key: mailKey, to: 'jane@example.com', text: 'Yours now.' }],
};
const withFlow = (workflow: Flow, readModel: Flow | null = workflow): Evidence => ({
  ...sound,
  flows: [{ id: flow.id, workflow: { flow: workflow, projectedVersion: workflow.version }, readModel }],
});
const comments = (times: number): Flow => ({
  ...flow,
  tasks: flow.tasks.map((t) => ({ ...t, comments: t.comments.flatMap((c) => new Array<typeof c>(times).fill(c)) })),
});

test('nothing is wrong with a sound run, nor with a command nobody heard of again', () => {
  expect(check([acknowledged], sound)).toEqual([]);
  expect(check([unheard], sound)).toEqual([]);
  expect(check([unheard], { ...withFlow(comments(0)), outcomes: new Map([['mark', null]]) })).toEqual([]);
});

const cases: Record<string, { told?: Told; evidence: Evidence; finds: RegExp }> = {
  'a command that was acknowledged and lost': {
    evidence: { ...withFlow(comments(0)), outcomes: new Map([['mark', null]]) },
    finds: /was acknowledged, and its flow lost it/,
  },
  'what an acknowledged command left, gone': {
    evidence: withFlow(comments(0)),
    finds: /"mark" is there 0 times, and should be 1/,
  },
  'a command applied twice': { evidence: withFlow(comments(2)), finds: /"mark" is there 2 times, and should be 1/ },
  'a refused command that was done': { told: refused, evidence: sound, finds: /was refused .*and its flow did it/ },
  'two answers that contradict each other': {
    told: { wish, finals: [...acknowledged.finals, ...refused.finals] },
    evidence: sound,
    finds: /contradict each other/,
  },
  'a read model that is behind': {
    evidence: withFlow(flow, { ...flow, version: flow.version - 1 }),
    finds: /the read model differs in version/,
  },
  'a moment that differs': {
    evidence: withFlow(flow, {
      ...flow,
      tasks: flow.tasks.map((t) => ({ ...t, doneAt: t.doneAt && t.doneAt + 60 })),
    }),
    finds: /the read model differs in tasks\.0\.doneAt/,
  },
  'a feed that differs': {
    evidence: withFlow(flow, { ...flow, feed: flow.feed.map((e) => ({ ...e, at: e.at + 1 })) }),
    finds: /newest feed entries are not the workflow's/,
  },
  'a flow that is not in the read model': {
    evidence: {
      ...sound,
      flows: [{ id: flow.id, workflow: { flow, projectedVersion: flow.version }, readModel: null }],
    },
    finds: /the read model does not have it/,
  },
  'a workflow that does not answer': {
    evidence: { ...sound, flows: [{ id: flow.id, workflow: null, readModel: flow }] },
    finds: /its workflow does not answer/,
  },
  'counts that are wrong': { evidence: { ...sound, counts: { ACTIVE: 2 } }, finds: /2 flows are counted as ACTIVE/ },
  'a mail that arrived twice': {
    evidence: { ...sound, mailbox: [...sound.mailbox, ...sound.mailbox] },
    finds: /arrived twice/,
  },
  'the same news under two keys': {
    evidence: {
      ...withFlow({ ...flow, mailsOrdered: 2 }),
      mails: [...sound.mails, { key: `${flow.id}/2`, kind: 'task_ready', to: 'jane@example.com' }],
      mailbox: [...sound.mailbox, { key: `${flow.id}/2`, to: 'jane@example.com', text: 'Yours now.' }],
    },
    finds: /got the same mail twice/,
  },
  'a mail that was ordered and never came': {
    evidence: withFlow({ ...flow, mailsOrdered: 2 }),
    finds: /was ordered, and did not arrive/,
  },
  'a mail that nobody ordered': { evidence: withFlow({ ...flow, mailsOrdered: 0 }), finds: /no flow ordered it/ },
};

test.each(Object.entries(cases))('it finds %s', (_what, { told = acknowledged, evidence, finds }) => {
  expect(check([told], evidence).join('\n')).toMatch(finds);
});

/**
 * A task completed over MCP, everything included, beside what it is made of, on one Temporal and PostgreSQL, in turns: a
 * bare signal and one query, a bare update, and the path of a command without HTTP as it is and as it was before the server
 * wrote ahead. Milliseconds for one client, commands per second for fifty.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandAnswer } from '../src/domain/view.ts';
import { answerQuery, commandSignal, commandUpdate, flowWorkflowId } from '../src/workflows/contract.ts';
import { askMcp, type BenchFlow, type Site } from './site.ts';
import { at, type Table, timed } from './table.ts';

const rounds = 60;
const clients = 50;
const each = 3;
const turns = 5;

const ways: Readonly<Record<string, (site: Site, flow: BenchFlow) => Promise<void>>> = {
  'complete_task over MCP': (site, flow) => site.complete(flow),
  'a signal and a query': async (site, flow) => {
    const envelope = site.envelope(flow);
    const handle = site.client.workflow.getHandle(flowWorkflowId(flow.orgId, flow.id));
    await handle.signal(commandSignal, envelope);
    const { outcome } = await handle.query<CommandAnswer, [string]>(answerQuery, envelope.commandId);
    if (!outcome?.ok) throw new Error('Not applied');
  },
  'an update': async (site, flow) => {
    const handle = site.client.workflow.getHandle(flowWorkflowId(flow.orgId, flow.id));
    await handle.executeUpdate(commandUpdate, { args: [site.envelope(flow)] });
  },
  'the command path, as it is': async (site, flow) => {
    const sent = await site.now.send(flow.orgId, flow.id, site.envelope(flow));
    if (sent.state === 'gone') throw new Error(sent.state);
  },
  'the command path, as it was': async (site, flow) => {
    const sent = await site.before.send(flow.orgId, flow.id, site.envelope(flow));
    if (sent.state === 'gone') throw new Error(sent.state);
  },
};

/** What comes over MCP takes this besides, whatever it does. Of one client: a member may not ask as often as fifty would. */
const ping = ({ product, secret }: Site): Promise<unknown> => askMcp(product.url, secret, 'ping', {});

export async function commands(site: Site): Promise<Table> {
  const took = new Map<string, number[]>();
  const speed = new Map<string, number[]>();
  const pings: number[] = [];
  const names = Object.entries(ways);
  const flows = new Map<string, BenchFlow>();
  for (const [name] of names) flows.set(name, await site.flow(rounds + 10));
  for (let round = 0; round < rounds + 5; round++) {
    for (const [name, way] of names) {
      const flow = flows.get(name);
      if (!flow) continue;
      const ms = await timed(() => way(site, flow));
      // The first ones warm up.
      if (round >= 5) took.set(name, [...(took.get(name) ?? []), ms]);
      // What a command leaves behind to do is its own, not the next one's.
      await sleep(100);
    }
    const ms = await timed(() => ping(site));
    if (round >= 5) pings.push(ms);
  }
  const many: BenchFlow[] = [];
  for (let n = 0; n < clients; n++) many.push(await site.flow(names.length * each * turns + 5));
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, way] of names) {
      const ms = await timed(() =>
        Promise.all(
          many.map(async (flow) => {
            for (let n = 0; n < each; n++) await way(site, flow);
          }),
        ),
      );
      speed.set(name, [...(speed.get(name) ?? []), (clients * each * 1_000) / ms]);
      await sleep(2_000);
    }
  }
  const p50 = (name: string): number => at(took.get(name), 0.5);
  const perSecond = (name: string): number => at(speed.get(name), 0.5);
  const base = 'a signal and a query';
  const mcp = 'complete_task over MCP';
  // The one with the other of the same round.
  const updateAndPing = pings.map((ms, round) => ms + (took.get('an update')?.[round] ?? Number.NaN));
  const against = (value: number, of: number): string => `${value.toFixed(1)} (${(value / of).toFixed(2)}×)`;
  return {
    title: 'A completed task',
    about: `One client: ${rounds} rounds. ${clients} clients, each on a flow of its own: ${turns} turns. In brackets: against a bare signal and a query.`,
    head: ['', 'p50 ms', 'p95 ms', `a second, ${clients} clients`],
    rows: [
      ...names.map(([name]) => [
        name,
        against(p50(name), p50(base)),
        against(at(took.get(name), 0.95), at(took.get(base), 0.95)),
        against(perSecond(name), perSecond(base)),
      ]),
      ...[
        ['a ping over MCP', pings] as const,
        ['an update and a ping: the least that an update over MCP could take', updateAndPing] as const,
      ].map(([name, ms]) => [
        name,
        against(at(ms, 0.5), p50(base)),
        against(at(ms, 0.95), at(took.get(base), 0.95)),
        '–',
      ]),
    ],
    targets: [
      {
        what: 'p50 of complete_task over MCP against a signal and a query',
        is: p50(mcp) / p50(base),
        wanted: { atMost: 1.3 },
      },
      { what: 'its throughput against theirs', is: perSecond(mcp) / perSecond(base), wanted: { atLeast: 0.8 } },
      {
        what: 'p50 of the command path, as it is, against a bare update',
        is: p50('the command path, as it is') / p50('an update'),
        wanted: { atMost: 1.05 },
      },
      {
        what: 'p50 of complete_task over MCP against a bare update and a ping over MCP',
        is: p50(mcp) / at(updateAndPing, 0.5),
        wanted: { atMost: 1.05 },
      },
    ],
    bars: names.map(([name]) => ({ name, ms: p50(name) })),
  };
}

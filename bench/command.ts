/**
 * `npm run bench:command`: a task completed over MCP, everything included, beside what it is made of, on one Temporal and
 * PostgreSQL, in turns: a bare signal and one query, a bare update, and the path of a command without HTTP as it is and
 * as it was before commands were updates. Milliseconds for one client, commands per second for fifty.
 */
import type { CommandAnswer } from '../src/domain/view.ts';
import { answerQuery, commandSignal, commandUpdate, flowWorkflowId } from '../src/workflows/contract.ts';
import { type BenchFlow, type Site, startSite } from './site.ts';

const rounds = 60;
const clients = 50;
const each = 2;
const turns = 2;

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

const site = await startSite();
try {
  const took = new Map<string, number[]>();
  const speed = new Map<string, number[]>();
  const names = Object.entries(ways);
  const flows = new Map<string, BenchFlow>();
  for (const [name] of names) flows.set(name, await site.flow(rounds + 10));
  for (let round = 0; round < rounds + 5; round++) {
    for (const [name, way] of names) {
      const flow = flows.get(name);
      if (!flow) continue;
      const begun = performance.now();
      await way(site, flow);
      const ms = performance.now() - begun;
      // The first ones warm up.
      if (round >= 5) took.set(name, [...(took.get(name) ?? []), ms]);
      // What a command leaves behind to do is its own, not the next one's.
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }
  const many: BenchFlow[] = [];
  for (let n = 0; n < clients; n++) many.push(await site.flow(names.length * each * turns + 5));
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, way] of names) {
      const begun = performance.now();
      await Promise.all(
        many.map(async (flow) => {
          for (let n = 0; n < each; n++) await way(site, flow);
        }),
      );
      speed.set(name, [...(speed.get(name) ?? []), (clients * each * 1_000) / (performance.now() - begun)]);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }
  const at = (of: Map<string, number[]>, name: string, share: number): number => {
    const sorted = (of.get(name) ?? []).toSorted((a, b) => a - b);
    return sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
  };
  console.log(`| one client: ${rounds} rounds; ${clients} clients: ${turns} turns | p50 ms | p95 ms | per second |`);
  console.log('| --- | --- | --- | --- |');
  for (const [name] of names) {
    const figures = [at(took, name, 0.5), at(took, name, 0.95), at(speed, name, 0.5)];
    console.log(`| ${name} | ${figures.map((f) => f.toFixed(1)).join(' | ')} |`);
  }
  const ratio = (a: string, b: string): string =>
    `${a} against ${b}: p50 ${(at(took, a, 0.5) / at(took, b, 0.5)).toFixed(2)}×, p95 ${(at(took, a, 0.95) / at(took, b, 0.95)).toFixed(2)}×, throughput ${(at(speed, a, 0.5) / at(speed, b, 0.5)).toFixed(2)}×`;
  console.log('');
  console.log(ratio('complete_task over MCP', 'a signal and a query'));
  console.log(ratio('complete_task over MCP', 'an update'));
  console.log(ratio('the command path, as it is', 'the command path, as it was'));
} finally {
  await site.stop();
}

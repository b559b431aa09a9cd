/** The seven prompts of the promise to users, played by real clients of both generations of the protocol. */
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type PlayedPrompt, sevenPrompts } from '../../src/demo/prompts.ts';
import { idFrom } from '../../src/platform/ids.ts';
import { startWorld, type World } from '../support/world.ts';
import { type Answer, answerOf } from './speak.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ flows: true });
});
afterAll(() => world.stop());

interface Spoken {
  /** The protocol's version that client and server agreed on. */
  readonly version: string;
  tools(): Promise<string[]>;
  call(name: string, args: Record<string, unknown>): Promise<unknown>;
  close(): Promise<void>;
}

const place = () => new URL('/api/mcp', world.url);
const withKey = (key: string) => ({ requestInit: { headers: { authorization: `Bearer ${key}` } } });

async function v1(key: string): Promise<Spoken> {
  const client = new ClientV1({ name: 'test-v1', version: '1.0.0' });
  const transport = new TransportV1(place(), withKey(key));
  await client.connect(transport);
  return {
    version: transport.protocolVersion ?? 'none',
    tools: async () => (await client.listTools()).tools.map((t) => t.name),
    call: (name, args) => client.callTool({ name, arguments: args }),
    close: () => client.close(),
  };
}

async function v2(key: string): Promise<Spoken> {
  const client = new ClientV2({ name: 'test-v2', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new TransportV2(place(), withKey(key)));
  return {
    version: client.getNegotiatedProtocolVersion() ?? 'none',
    tools: async () => (await client.listTools()).tools.map((t) => t.name),
    call: (name, args) => client.callTool({ name, arguments: args }),
    close: () => client.close(),
  };
}

/** The fifteen, and two that a conversation needs. */
const theTools = [
  ...['get_org_context', 'list_flows', 'get_flow', 'list_tasks', 'get_task', 'list_templates', 'list_public_templates'],
  ...['create_flow_from_template', 'update_flow_status', 'complete_task', 'approve_task', 'assign_task'],
  ...['invite_external_user', 'bulk_invite_external', 'list_org_members'],
  ...['explain_flow', 'comment_on_task'],
];

/** What each prompt's last answer must say, and what its facts must be. `name` is the flow's. */
const expected = (name: string): Record<string, (a: Answer) => void> => ({
  'Show me all active flows'(a) {
    const { total, flows } = flowsOf(a);
    expect(a.text).toMatch(new RegExp(`^${total} active flows, [0-9]+ late\\.$`, 'm'));
    expect(total).toBeGreaterThanOrEqual(6);
    expect(flows.map((f) => f.status)).toEqual(flows.map(() => 'ACTIVE'));
    for (const f of flows) expect(a.text).toContain(`- ${f.name} · ${f.progress.percent}% (`);
    expect(a.text).toMatch(
      /- Harbor & Pine · 18% \(3 of 16\) · 1 overdue: "Sign the contract", with client Jane Alder/,
    );
  },
  'Create a new flow from the Client Onboarding template and name it Acme Corp'(a) {
    expect(a.text).toMatch(new RegExp(`^${name} is made from "Client Onboarding": a DRAFT with 16 tasks · \`fl_`));
    expect(a.facts).toMatchObject({ state: 'applied', tasks: 16, flow: { name, status: 'DRAFT' } });
  },
  'Invite john@acmecorp.com to the Acme Corp flow as a client reviewer'(a) {
    expect(a.text).toContain(`john@acmecorp.com is invited to ${name} as client reviewer. The mail goes out when`);
    expect(a.facts).toMatchObject({ externalUser: { email: 'john@acmecorp.com', role: 'client reviewer' } });
  },
  'Start the Acme Corp flow'(a) {
    expect(a.text).toMatch(
      new RegExp(`^${name} is started\\.\n${name} is at 0% \\(0 of 16\\)\\.\nNow ready:\n- "Send`),
    );
    expect(a.facts).toMatchObject({ action: 'start', flow: { status: 'ACTIVE' }, mailsQueued: 1 });
  },
  'Which tasks are overdue?'(a) {
    expect(a.text).toMatch(/^5 tasks, all overdue\.$/m);
    expect(a.text).toMatch(/- "Sign the contract" on Harbor & Pine · READY, client Jane Alder · 4 days late/);
    expect(a.text).not.toContain('Osteria Bianca');
  },
  "Complete the 'Send contract draft' task on the Acme Corp flow"(a) {
    expect(a.text).toMatch(
      new RegExp(`^"Send contract draft" is completed \\(by Olivia Brandt, through Claude\\)\\. ${name} is at 6% \\(1`),
    );
    expect(a.text).toMatch(/Now ready:\n- "Sign the contract", client John, due /);
  },
  "What's the progress on all flows this week?"(a) {
    const { total, flows } = flowsOf(a);
    expect(a.text).toMatch(new RegExp(`^${total} flows, [0-9]+ late\\.$`, 'm'));
    expect(flows.find((f) => f.name === name)).toMatchObject({ status: 'ACTIVE', progress: { percent: 6 } });
    expect(a.text).toContain(`- ${name} · 6% (1 of 16) · waits on Olivia Brandt: "Schedule the kickoff call"`);
  },
});

const flowsSchema = z.object({
  total: z.number(),
  flows: z.array(z.object({ name: z.string(), status: z.string(), progress: z.object({ percent: z.number() }) })),
});
const flowsOf = (a: Answer) => flowsSchema.parse(a.facts);

describe.each([
  { client: 'v1', open: v1, version: /^2025-\d\d-\d\d$/, name: 'Acme Corp' },
  { client: 'v2', open: v2, version: /^2026-07-28$/, name: 'Acme Corp Two' },
])('the $client client', ({ open, version, name }) => {
  test('plays the seven prompts, each in three calls at most', async () => {
    const spoken = await open(await world.key('olivia@acme.test'));
    try {
      expect(spoken.version).toMatch(version);
      expect(await spoken.tools()).toEqual(theTools);
      const said = expected(name);
      for (const { prompt, calls } of sevenPrompts(Date.now()).map((p) => named(p, name))) {
        expect(calls.length, prompt).toBeLessThanOrEqual(3);
        let last: Answer | null = null;
        for (const c of calls) {
          last = answerOf(await spoken.call(c.tool, { ...c.arguments }));
          expect(last.isError, `${prompt}: ${last.text}`).toBe(false);
        }
        const check = said[prompt];
        if (!check || !last) throw new Error(`Nothing is expected of “${prompt}”`);
        check(last);
      }
      expect(Object.keys(said).length).toBe(7);
    } finally {
      await spoken.close();
    }
    await itHappened(name);
  });
});

/** The same story about another flow, so that the two clients do not meet. */
const named = (p: PlayedPrompt, name: string): PlayedPrompt => ({
  ...p,
  calls: p.calls.map((c) => ({
    ...c,
    arguments: Object.fromEntries(Object.entries(c.arguments).map(([k, v]) => [k, v === 'Acme Corp' ? name : v])),
  })),
});

/** Not only said: the flow's workflow and the read model both have it, and the invitation went out. */
async function itHappened(name: string): Promise<void> {
  const row = await world.owner.selectFrom('flows').selectAll().where('name', '=', name).executeTakeFirstOrThrow();
  expect(row).toMatchObject({ org_id: 'org_demo_acme', status: 'ACTIVE', done: 1 });
  const snapshot = await world.flows.snapshot(row.org_id, row.id);
  const sent = snapshot?.flow.tasks.find((t) => t.id === idFrom('tk', row.id, 'send-contract-draft'));
  expect(sent).toMatchObject({ status: 'COMPLETED', doneBy: { name: 'Olivia Brandt', through: 'mcp' } });
  expect(snapshot?.flow.version).toBe(row.version);
  await expect
    .poll(() => world.owner.selectFrom('mails').select(['to_address', 'kind']).where('flow_id', '=', row.id).execute())
    .toContainEqual({ to_address: 'john@acmecorp.com', kind: 'invitation' });
}

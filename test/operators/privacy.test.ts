/** With keys, Temporal stores nothing that people wrote or are called; operators can read it all the same. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Payload } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completeTask } from '../../src/operations/complete-task.ts';
import { createFlowFromTemplate } from '../../src/operations/create-flow-from-template.ts';
import { inviteExternalUser } from '../../src/operations/invite-external-user.ts';
import { updateFlowStatus } from '../../src/operations/update-flow-status.ts';
import { keyringOf } from '../../src/platform/keyring.ts';
import { obtainTemporalCli } from '../../src/platform/temporal-cli.ts';
import { connectClient } from '../../src/platform/temporal-connection.ts';
import { commandSignal, flowWorkflowId, snapshotQuery } from '../../src/workflows/contract.ts';
import { olivia } from '../mcp/principals.ts';
import { startWorld, type World } from '../support/world.ts';
import { storedIn } from './stored.ts';

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const first = key('first');
const second = key('second');
const token = 'operators-token-operators-token-operators';
const uiOrigin = 'http://localhost:8233';
const orgId = 'org_demo_acme';

let world: World;
let flowId: string;
beforeAll(async () => {
  world = await startWorld({
    payloadKeys: first,
    codec: { keyring: keyringOf(`${second},${first}`), token, origins: [uiOrigin] },
  });
  const caller = {
    ...world.tools,
    now: Date.now(),
    principal: olivia,
  };
  const made = await createFlowFromTemplate.run(caller, { template: 'Client Onboarding', name: 'Zanzibar Holdings' });
  if (!made.ok) throw new Error(made.text);
  flowId = made.facts.flow.id;
  const flow = flowId;
  for (const done of [
    await inviteExternalUser.run(caller, {
      flow,
      email: 'quentin@zanzibar.test',
      name: 'Quentin Quill',
      role: 'chief xylophonist',
    }),
    await updateFlowStatus.run(caller, { flow, action: 'start' }),
    await completeTask.run(caller, { flow, task: 'Send contract draft', comment: 'Handed over in the greenhouse' }),
  ])
    if (!done.ok) throw new Error(done.text);
}, 300_000);
afterAll(() => world.stop());

const personal = [
  /zanzibar/i,
  /quentin/i,
  /quill/i,
  /xylophonist/i,
  /greenhouse/i,
  /olivia/i,
  /onboarding/i,
  /contract/i,
];

test('no name, address, comment or title is in what Temporal stores', async () => {
  const stored = await storedIn(world, `WorkflowId = '${flowWorkflowId(orgId, flowId)}'`);
  expect(stored.length).toBeGreaterThan(5_000);
  // The demo's templates have ids that can be read.
  const people = stored.replaceAll('tp_acme_client-onboarding', '');
  expect(personal.filter((word) => word.test(people))).toEqual([]);
  expect(stored).toContain('binary/encrypted');
  // What operators filter by is there, and is nobody's.
  expect(stored).toMatch(/BooflowOrgId[\s\S]*org_demo_acme/);
  expect(stored).toMatch(/BooflowTemplate[\s\S]*tp_acme_client-onboarding/);
});

test('without keys all of it is, so that the test above can fail', async () => {
  const plain = await startWorld();
  try {
    const caller = {
      ...plain.tools,
      now: Date.now(),
      principal: olivia,
    };
    const made = await createFlowFromTemplate.run(caller, { template: 'Client Onboarding', name: 'Zanzibar Holdings' });
    if (!made.ok) throw new Error(made.text);
    const stored = await storedIn(plain, `WorkflowId = '${flowWorkflowId(orgId, made.facts.flow.id)}'`);
    expect(stored).toMatch(/Zanzibar/);
  } finally {
    await plain.stop();
  }
});

test('a key can be changed while flows live: the new one encrypts, the old one still opens', async () => {
  const target = { temporalAddress: world.temporalAddress, temporalNamespace: world.namespace };
  const ask = async (payloadKeys: string): Promise<string> => {
    const client = connectClient({ ...target, payloadKeys });
    try {
      const { flow } = await client.workflow
        .getHandle(flowWorkflowId(orgId, flowId))
        .query<{ flow: { name: string } }>(snapshotQuery);
      return flow.name;
    } catch (error) {
      return String(error instanceof Error && error.cause ? error.cause : error);
    } finally {
      await client.connection.close();
    }
  };
  expect(await ask(`${second},${first}`)).toBe('Zanzibar Holdings');
  expect(await ask(second)).toMatch(/The key "first" is not among the encryption keys/);
});

test('a signal that no key can have sealed stops no flow', async () => {
  const { workflowService } = world.client;
  const forged: Payload[] = [
    {
      metadata: { encoding: Buffer.from('binary/encrypted') },
      data: Buffer.from('under no key at all, and long enough'),
    },
    {
      metadata: { encoding: Buffer.from('binary/encrypted'), 'encryption-key-id': Buffer.from('first') },
      data: Buffer.from('cut off'),
    },
  ];
  for (const payload of forged) {
    await workflowService.signalWorkflowExecution({
      namespace: world.namespace,
      workflowExecution: { workflowId: flowWorkflowId(orgId, flowId) },
      signalName: commandSignal,
      input: { payloads: [payload] },
    });
  }
  const caller = { ...world.tools, now: Date.now(), principal: olivia };
  const paused = await updateFlowStatus.run(caller, { flow: flowId, action: 'pause' });
  expect(paused).toMatchObject({ ok: true, facts: { state: 'applied', flow: { status: 'PAUSED' } } });
});

describe('the codec endpoint', () => {
  const url = (name: string): string => `${world.url}/api/temporal-codec${name}`;
  const bearer = { authorization: `Bearer ${token}` };
  const post = (name: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url(name), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const hello = {
    payloads: [
      {
        metadata: { encoding: Buffer.from('json/plain').toString('base64') },
        data: Buffer.from('"hello"').toString('base64'),
      },
    ],
  };

  test('gives back to an operator what it encrypted', async () => {
    const sealed = await (await post('/encode', hello, bearer)).json();
    expect(JSON.stringify(sealed)).not.toContain(hello.payloads[0]?.data);
    expect(await (await post('/decode', sealed, bearer)).json()).toEqual(hello);
  });

  test('answers nobody else', async () => {
    const key = await world.key('olivia@acme.test');
    const others: readonly Record<string, string>[] = [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: `Bearer ${key}` },
      { cookie: 'booflow_codec=9999999999999.x' },
    ];
    for (const headers of others) expect((await post('/decode', hello, headers)).status).toBe(401);
    expect((await post('/decode', hello, { ...bearer, origin: 'https://evil.test' })).status).toBe(403);
    expect((await post('/decode', { payloads: 'x' }, bearer)).status).toBe(400);
    // Nor is what a stranger sends read: it may be large.
    const unread = await fetch(url('/decode'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"payloads":',
    });
    expect(unread.status).toBe(401);
  });

  test('lets the Web UI of a browser ask that showed the token, for a while', async () => {
    const preflight = await fetch(url('/decode'), {
      method: 'OPTIONS',
      headers: { origin: uiOrigin, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(uiOrigin);
    expect(preflight.headers.get('access-control-allow-credentials')).toBe('true');
    const form = (text: string): Promise<Response> =>
      fetch(url(''), { method: 'POST', redirect: 'manual', body: new URLSearchParams({ token: text }) });
    expect((await form('wrong')).status).toBe(401);
    const signedIn = await form(token);
    expect(signedIn.status).toBe(303);
    const [set = ''] = signedIn.headers.getSetCookie();
    expect(set).toMatch(/HttpOnly/);
    expect(set).not.toContain(token);
    const cookie = set.split(';')[0] ?? '';
    const decoded = await post('/decode', hello, { cookie, origin: uiOrigin });
    expect(decoded.status).toBe(200);
    expect(decoded.headers.get('access-control-allow-origin')).toBe(uiOrigin);
    world.passTime(13 * 3_600_000);
    expect((await post('/decode', hello, { cookie, origin: uiOrigin })).status).toBe(401);
  });

  test("lets Temporal's own CLI read a flow", async () => {
    const cli = await obtainTemporalCli(() => undefined);
    const show = async (...more: string[]): Promise<string> => {
      const place = ['--address', world.temporalAddress, '--namespace', world.namespace];
      const args = ['workflow', 'show', ...place, '--workflow-id', flowWorkflowId(orgId, flowId), '--output', 'json'];
      return (await promisify(execFile)(cli, [...args, ...more], { maxBuffer: 100_000_000 })).stdout;
    };
    // Payloads are base64 in it.
    const shown = async (...more: string[]): Promise<string> => {
      const text = await show(...more);
      return text.replace(/"data": "([^"]*)"/g, (_, data: string) => Buffer.from(data, 'base64').toString('utf8'));
    };
    expect(await shown()).not.toContain('Zanzibar');
    const read = await shown('--codec-endpoint', url(''), '--codec-auth', `Bearer ${token}`);
    expect(read).toContain('Zanzibar Holdings');
    expect(read).toContain('Handed over in the greenhouse');
  });
});

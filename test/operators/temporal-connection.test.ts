/** Temporal behind TLS, certificates and keys: server and worker as processes of their own work with it all the same. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../src/platform/config.ts';
import { freePort } from '../../src/platform/ports.ts';
import { ensureSearchAttributes } from '../../src/platform/search-attributes.ts';
import { connectClient, connectionOptions } from '../../src/platform/temporal-connection.ts';
import { type PartProcess, startPart } from '../support/part.ts';
import { type Gate, type GateOptions, startGate, tlsFile } from '../support/temporal-gate.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
const gates: Gate[] = [];
const parts: PartProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), 'booflow-test-'));

beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  for (const part of parts) part.signal('SIGKILL');
  for (const gate of gates) await gate.stop();
  rmSync(folder, { recursive: true });
  await world.stop();
});

async function gateOf(options: GateOptions): Promise<Gate> {
  const gate = await startGate(world.temporalAddress, options);
  gates.push(gate);
  return gate;
}

const trust = {
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: tlsFile('temporal-ca.pem'),
  TEMPORAL_TLS_SERVER_NAME: 'temporal.client.test',
};
const identity = {
  TEMPORAL_TLS_CLIENT_CERT_PATH: tlsFile('temporal-client.pem'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: tlsFile('temporal-client-key.pem'),
};

/** Does a client with this environment get an answer? */
async function answers(env: Record<string, string>): Promise<string> {
  const client = connectClient(readConfig(env));
  try {
    const { capabilities } = await client.withDeadline(Date.now() + 5_000, () =>
      client.workflowService.getSystemInfo({}),
    );
    return capabilities ? 'yes' : 'nothing';
  } catch (error) {
    return String(error);
  } finally {
    await client.connection.close();
  }
}

describe('a client', () => {
  test('over TLS trusts whom it was told to trust, and nobody else', async () => {
    const { address } = await gateOf({});
    expect(await answers({ TEMPORAL_ADDRESS: address, ...trust })).toBe('yes');
    expect(await answers({ TEMPORAL_ADDRESS: address, TEMPORAL_TLS: 'true' })).toMatch(
      /DEADLINE|UNAVAILABLE|certificate/,
    );
    expect(await answers({ TEMPORAL_ADDRESS: address })).toMatch(/DEADLINE|UNAVAILABLE/);
  });

  test('shows its certificate', async () => {
    const { address } = await gateOf({ mutual: true });
    expect(await answers({ TEMPORAL_ADDRESS: address, ...trust, ...identity })).toBe('yes');
    expect(await answers({ TEMPORAL_ADDRESS: address, ...trust })).toMatch(/DEADLINE|UNAVAILABLE/);
  });

  test('says its API key, from the environment or a profile of a file', async () => {
    const { address } = await gateOf({ apiKey: 'k-secret' });
    expect(await answers({ TEMPORAL_ADDRESS: address, ...trust, TEMPORAL_API_KEY: 'k-secret' })).toBe('yes');
    expect(await answers({ TEMPORAL_ADDRESS: address, ...trust, TEMPORAL_API_KEY: 'other' })).toMatch(
      /UNAUTHENTICATED/,
    );
    const file = join(folder, 'temporal.toml');
    writeFileSync(
      file,
      `[profile.cloud]\naddress = "${address}"\nnamespace = "flows"\napi_key = "k-secret"\n` +
        `[profile.cloud.tls]\nserver_name = "temporal.client.test"\nserver_ca_cert_path = "${tlsFile('temporal-ca.pem')}"\n`,
    );
    const profile = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'cloud' };
    expect(await answers(profile)).toBe('yes');
    expect(readConfig(profile)).toMatchObject({ temporalAddress: address, temporalNamespace: 'flows' });
    expect(readConfig({ ...profile, TEMPORAL_NAMESPACE: 'others' }).temporalNamespace).toBe('others');
  });
});

test('what can not be used is told without a secret in it', () => {
  const problem = (env: Record<string, string>): string => {
    try {
      readConfig(env);
      return '';
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
  };
  expect(problem({ TEMPORAL_API_KEY: 'k-secret' })).toMatch(
    /TEMPORAL_ADDRESS is required with an API key or TLS(?!.*k-secret)/,
  );
  expect(problem({ TEMPORAL_PROFILE: 'none', TEMPORAL_CONFIG_FILE: join(folder, 'not-there.toml') })).toMatch(
    /TEMPORAL_CONFIG_FILE and the other/,
  );
  expect(problem({ TEMPORAL_ADDRESS: 'a:1', TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/not/there.pem' })).toMatch(
    /not\/there/,
  );
});

describe('search attributes where this account may not make them', () => {
  const wanted = { GateTestWord: 'KEYWORD' } as const;

  test('are told with the commands, and found once they are there', async () => {
    const gate = await gateOf({ denied: /OperatorService/ });
    const config = readConfig({ TEMPORAL_ADDRESS: gate.address, ...trust });
    const connection = await Connection.connect(connectionOptions(config));
    try {
      await expect(ensureSearchAttributes(connection, world.namespace, wanted)).rejects.toThrow(
        new RegExp(
          `PERMISSION_DENIED.*\\n.*\\n {2}temporal operator search-attribute create --namespace ${world.namespace} --name GateTestWord --type Keyword\\n.*\\n {2}tcld namespace search-attributes add`,
        ),
      );
      await ensureSearchAttributes(world.client.connection, world.namespace, wanted);
      await expect
        .poll(() => ensureSearchAttributes(connection, world.namespace, wanted).then(String, String), {
          timeout: 30_000,
        })
        .toBe('undefined');
    } finally {
      await connection.close();
    }
  });
});

test('server and worker run over TLS with certificate and key', async () => {
  const gate = await gateOf({ mutual: true, apiKey: 'k-secret' });
  const port = await freePort();
  const env = {
    ...{ ...trust, ...identity, TEMPORAL_API_KEY: 'k-secret', TEMPORAL_ADDRESS: gate.address },
    ...{ TEMPORAL_NAMESPACE: world.namespace, BOOFLOW_TASK_QUEUE: world.taskQueue, DATABASE_URL: world.databaseUrl },
    ...{ PORT: String(port), PUBLIC_URL: `http://localhost:${port}` },
  };
  await world.stopWorker();
  try {
    const worker = startPart('worker', env);
    const server = startPart('server', env);
    parts.push(worker, server);
    await worker.wrote(/Working on the task queue/);
    await server.wrote(/Listening on/);
    await expect
      .poll(() => fetch(`http://localhost:${port}/readyz`).then((r) => r.json()), { timeout: 30_000, interval: 500 })
      .toMatchObject({ ready: true });
    expect([...gate.passed]).toEqual(
      expect.arrayContaining([
        expect.stringContaining('PollWorkflowTaskQueue'),
        expect.stringContaining('QueryWorkflow'),
      ]),
    );
    expect([...worker.lines, ...server.lines].join('\n')).not.toContain('k-secret');
    for (const part of [server, worker]) {
      part.signal('SIGTERM');
      expect(await part.exited).toBe(0);
    }
  } finally {
    await world.startWorker();
  }
});

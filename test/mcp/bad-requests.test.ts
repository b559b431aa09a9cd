/** Requests that never reach a tool: malformed, from the wrong page, or by someone who may not. */
import { request } from 'node:http';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changesNothing } from './everything.ts';
import { type RawAnswer, raw, speak, toolCall } from './speak.ts';
import { type TwoOrgs, twoOrgs } from './two-orgs.ts';

let all: TwoOrgs;
let key: string;
beforeAll(async () => {
  all = await twoOrgs();
  key = await all.world.key('olivia@acme.test');
});
afterAll(() => all.stop());

/** What would change something if it were let through. */
const pause = toolCall('update_flow_status', { flow: 'Harbor & Pine', action: 'pause' });
const send = (options: Parameters<typeof raw>[1]): Promise<RawAnswer> =>
  changesNothing(all.world, () => raw(all.world.url, options));
const rpc = (more: Record<string, unknown>) => ({ jsonrpc: '2.0', id: 1, ...more });

describe('malformed JSON-RPC', () => {
  const bad = (code: number, message?: RegExp) => ({
    error: { code, message: expect.stringMatching(message ?? /\w/) },
  });
  test.each<[what: string, body: unknown, status: number, code: number]>([
    ['half a JSON', '{"jsonrpc": "2.0", "id": 1, "method"', 400, -32700],
    ['no JSON at all', 'action=pause', 400, -32700],
    ['what is not in UTF-8', new Blob([JSON.stringify(pause).slice(0, -1), new Uint8Array([0x7f, 0xff])]), 400, -32700],
    ['nothing', '', 400, -32700],
    ['another version', { ...pause, jsonrpc: '1.0' }, 400, -32600],
    ['no version', { id: 1, method: 'tools/call', params: pause.params }, 400, -32600],
    ['no method', rpc({ params: pause.params }), 400, -32600],
    ['a method that is a number', rpc({ method: 5 }), 400, -32600],
    ['params that are a text', rpc({ method: 'tools/call', params: 'pause' }), 400, -32600],
    ['params that are a list', rpc({ method: 'tools/call', params: ['update_flow_status'] }), 400, -32600],
    ['an id that is null', { ...pause, id: null }, 400, -32600],
    ['an id that is a list', { ...pause, id: [1] }, 400, -32600],
    ['an empty batch', [], 400, -32600],
    ['a text', '"pause"', 400, -32600],
    ['null', 'null', 400, -32600],
    [
      '100,000 levels',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
      400,
      -32700,
    ],
    ['an unknown method', rpc({ method: 'flows/destroy' }), 200, -32601],
    ['a call of nothing', rpc({ method: 'tools/call', params: {} }), 200, -32602],
    ['a name that is a number', rpc({ method: 'tools/call', params: { name: 7 } }), 200, -32602],
    [
      'arguments that are a list',
      rpc({ method: 'tools/call', params: { name: 'list_flows', arguments: [] } }),
      200,
      -32602,
    ],
    [
      'arguments that are a text',
      rpc({ method: 'tools/call', params: { name: 'list_flows', arguments: 'x' } }),
      200,
      -32602,
    ],
  ])('%s', async (_what, body, status, code) => {
    const answer = await send({ key, body });
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject(bad(code));
    expect(answer.text).not.toMatch(/\bat \S+:\d+|node_modules|\.ts\b/);
  });

  test('a comment whose letters are not UTF-8 is not stored as another', async () => {
    const said = toolCall('comment_on_task', { task: all.acme.task.id, text: 'caf!' });
    const [before, after] = JSON.stringify(said).split('!');
    const answer = await send({ key, body: new Blob([before ?? '', new Uint8Array([0xe9]), after ?? '']) });
    expect(answer.json).toMatchObject(bad(-32700, /UTF-8/));
  });

  test('a batch with a bad message in it does none of it', async () => {
    const answer = await send({ key, body: [pause, { id: 2 }] });
    expect(answer.status).toBe(400);
  });

  test('a body over 2 MB', async () => {
    const answer = await send({ key, body: toolCall('get_flow', { flow: 'x'.repeat(2 * 1024 * 1024) }) });
    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject(bad(-32600, /larger than 2097152 bytes/));
  });

  test('a host that is no address', async () => {
    expect(await changesNothing(all.world, () => stream(JSON.stringify(pause), { host: '[' }))).toBe(400);
  });

  test('a body over 2 MB that does not say so before', async () => {
    const answer = await changesNothing(all.world, () => stream('x'.repeat(3 * 1024 * 1024)));
    expect(answer).toBe(413);
  });

  /** In pieces, without a length. Gives the status. */
  const stream = (body: string, more: Readonly<Record<string, string>> = {}): Promise<number> =>
    new Promise((resolve, reject) => {
      const sending = request(new URL('/api/mcp', all.world.url), {
        method: 'POST',
        headers: {
          ...{ 'content-type': 'application/json', authorization: `Bearer ${key}`, 'transfer-encoding': 'chunked' },
          ...more,
        },
      });
      let status = 0;
      sending.on('response', (response) => {
        status = response.statusCode ?? 0;
        response.resume().on('end', () => resolve(status));
      });
      // The server may hang up on what it won't read.
      sending.on('error', (error) => (status === 0 ? reject(error) : resolve(status)));
      for (let at = 0; at < body.length; at += 65_536) sending.write(body.slice(at, at + 65_536));
      sending.end();
    });

  test.each<[what: string, options: Parameters<typeof raw>[1], status: number]>([
    ['a form', { body: pause, headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
    ['plain text', { body: pause, headers: { 'content-type': 'text/plain' } }, 415],
    ['someone who reads only HTML', { body: pause, headers: { accept: 'text/html' } }, 406],
    ['an unknown version of the protocol', { body: pause, headers: { 'mcp-protocol-version': '1999-01-01' } }, 400],
    ['GET', { method: 'GET' }, 405],
    ['DELETE', { method: 'DELETE' }, 405],
  ])('refused: %s', async (_what, options, status) => {
    expect((await send({ key, ...options })).status).toBe(status);
  });
});

describe('the page that calls', () => {
  const wrong = [
    ...['https://claude.ai.evil.test', 'null', 'https://claude.ai:444', 'http://claude.ai', 'https://CLAUDE.AI'],
    ...['https://booflow.com@evil.test', 'https://evil.test', 'https://sub.claude.ai', 'http://localhost.evil.test'],
    ...['https://claude.ai/', 'https://claude.ai, https://evil.test', 'claude.ai', 'file://', 'ftp://localhost'],
  ];
  test.each(wrong)('is refused from %s', async (origin) => {
    for (const method of ['POST', 'OPTIONS', 'GET']) {
      const answer = await send({ key, method, headers: { origin }, ...(method === 'POST' && { body: pause }) });
      expect(answer.status, method).toBe(403);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
    // Also where no credentials are needed.
    expect((await send({ path: '/api/mcp/public', headers: { origin }, body: pause })).status).toBe(403);
  });

  const right = ['https://claude.ai', 'https://api.anthropic.com', 'https://booflow.com', 'http://localhost:6274'];
  test.each([...right, 'http://127.0.0.1:8080', 'the deployment'])('is served from %s', async (from) => {
    const origin = from === 'the deployment' ? all.world.url : from;
    const preflight = await raw(all.world.url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization, content-type, mcp-protocol-version',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
    expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toMatch(
      /authorization.*content-type.*mcp-protocol-version/,
    );
    const answer = await raw(all.world.url, { key, headers: { origin }, body: toolCall('get_org_context') });
    expect(answer.json).toMatchObject({ result: { structuredContent: { org: { slug: 'acme-agency' } } } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('vary')).toMatch(/Origin/);
    expect(answer.headers.get('access-control-expose-headers')).toMatch(/WWW-Authenticate/);
    const stranger = await raw(all.world.url, { headers: { origin }, body: toolCall('get_org_context') });
    expect([stranger.status, stranger.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
  });
});

describe('who calls', () => {
  const metadata = () => `resource_metadata="${all.world.url}/.well-known/oauth-protected-resource/api/mcp"`;

  test.each<[what: string, authorization: string | null]>([
    ['nobody', null],
    ['an unknown key', `Bearer bflow_sk_${'A'.repeat(32)}`],
    ['an unknown token', `Bearer bflow_at_${'A'.repeat(43)}`],
    ['a key that is cut', 'Bearer bflow_sk_short'],
    ['another scheme', 'Basic b2xpdmlhOmJvb2Zsb3ctZGVtbw=='],
    ['an empty header', ''],
    ['two tokens', 'Bearer one two'],
  ])('%s is asked to sign in', async (_what, authorization) => {
    const answer = await send({ body: pause, ...(authorization !== null && { headers: { authorization } }) });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect(answer.headers.get('www-authenticate')).toContain(metadata());
    expect(answer.json).toMatchObject({ error: { code: -32001 } });
    const document = await fetch(
      /resource_metadata="([^"]*)"/.exec(answer.headers.get('www-authenticate') ?? '')?.[1] ?? '',
    );
    expect(await document.json()).toMatchObject({ resource: `${all.world.url}/api/mcp` });
  });

  test('the address with a slash at its end is the same one, for who has a key and who has none', async () => {
    const [none, own] = [await send({ path: '/api/mcp/', body: pause }), await speak(all.world.url, key, '/api/mcp/')];
    expect(none.status).toBe(401);
    expect(none.headers.get('www-authenticate')).toContain('/.well-known/oauth-protected-resource/api/mcp"');
    expect((await own.call('get_org_context')).isError).toBe(false);
    await own.close();
    const open = await send({ path: '/api/mcp/public/', body: toolCall('list_public_templates') });
    expect(open.json).toMatchObject({ result: { structuredContent: { total: 12 } } });
  });

  test('a key in the address is no credential', async () => {
    expect((await send({ path: `/api/mcp?access_token=${key}`, body: pause })).status).toBe(401);
  });

  test('a key that was revoked is over at once', async () => {
    const own = await all.world.key('adam@acme.test');
    expect((await raw(all.world.url, { key: own, body: toolCall('get_org_context') })).status).toBe(200);
    await all.world.owner
      .updateTable('api_keys')
      .set({ revoked_at: new Date() })
      .where('hint', '=', own.slice(-4))
      .execute();
    const answer = await send({ key: own, body: pause });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/error="invalid_token"/);
  });

  test('a key follows what its owner may: less when they are demoted, nothing when they left', async () => {
    const own = await all.world.key('adam@acme.test');
    const adam = all.world.owner.updateTable('memberships').where('user_id', '=', 'us_demo_adam');
    await adam.set({ role: 'MEMBER' }).execute();
    const demoted = await send({ key: own, body: pause });
    expect(demoted.json).toMatchObject({ result: { isError: true, structuredContent: { code: 'not_allowed' } } });
    const reads = await send({ key: own, body: toolCall('get_org_context') });
    expect(reads.json).toMatchObject({ result: { structuredContent: { you: { role: 'MEMBER' } } } });
    await all.world.owner.deleteFrom('memberships').where('user_id', '=', 'us_demo_adam').execute();
    expect((await send({ key: own, body: pause })).status).toBe(401);
    await all.world.owner
      .insertInto('memberships')
      .values({ org_id: 'org_demo_acme', user_id: 'us_demo_adam', role: 'ADMIN' })
      .execute();
  });

  test('nobody may look at the marketplace: raw, and through a client that has no account', async () => {
    const answer = await send({ body: toolCall('list_public_templates') });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ result: { structuredContent: { total: 12 } } });
    const nobody = await speak(all.world.url, null, '/api/mcp/public');
    expect((await nobody.client.listTools()).tools.map((t) => t.name)).toEqual(['list_public_templates']);
    expect((await nobody.call('list_public_templates')).text).toMatch(/^12 public templates\.\n- /);
    const refused = await changesNothing(all.world, () => nobody.call('get_flow', { flow: 'Harbor & Pine' }));
    expect(refused).toMatchObject({ isError: true, code: 'unauthenticated' });
    await nobody.close();
  });

  test('a private call beside a public one in a batch is not let in with it', async () => {
    expect((await send({ body: [toolCall('list_public_templates'), pause] })).status).toBe(401);
  });
});

test('nothing of all this was a fault of ours, and the log holds no key', async () => {
  const log = all.world.logs.join('');
  expect(log).toContain('/api/mcp');
  expect(log).not.toContain('ERROR');
  expect(log).not.toContain(key.slice(9));
  expect(log).not.toMatch(/bflow_\w\w_[A-Za-z0-9]{8}|Bearer [A-Za-z0-9]{8}|Basic b2/);
});

test('a fault of ours is told to the log, and to nobody else', async () => {
  const speaker = await speak(all.world.url, key);
  await sql`alter table templates rename to templates_away`.execute(all.world.owner);
  try {
    const answer = await speaker.call('list_templates');
    expect(answer).toMatchObject({ isError: true, code: 'internal', facts: { code: 'internal' } });
    expect(answer.text).toBe('Booflow failed to answer. Nothing is known to have changed; try again.');
  } finally {
    await sql`alter table templates_away rename to templates`.execute(all.world.owner);
    await speaker.close();
  }
  const log = all.world.logs.filter((l) => l.includes('ERROR')).join('');
  expect(log).toMatch(/A tool failed\s+tool=list_templates\n\s+error: relation "templates" does not exist/);
});

/** The rules that hold for every call of the REST API. */
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Place, placesOf, requestFor } from '../../src/api/place.ts';
import { apiRoutes } from '../../src/api/routes.ts';
import { Database } from '../../src/db/database.ts';
import type { Authority } from '../../src/oauth/authority.ts';
import { FlowGateway } from '../../src/operations/gateway.ts';
import { operation, type Tools } from '../../src/operations/operation.ts';
import { operationsOf } from '../../src/operations/registry.ts';
import { freePort } from '../../src/platform/ports.ts';
import { connectClient } from '../../src/platform/temporal-connection.ts';
import { changesNothing } from '../mcp/everything.ts';
import { type Things, type TwoOrgs, twoOrgs } from '../mcp/two-orgs.ts';
import { App } from '../oauth/app.ts';
import { Person } from '../oauth/person.ts';
import { ask, get, post } from './ask.ts';

let two: TwoOrgs;
let url: string;
let olivia: string;
let mia: string;
let globexWebhook: string;
beforeAll(async () => {
  two = await twoOrgs();
  url = two.world.url;
  olivia = await two.world.key('olivia@acme.test');
  mia = await two.world.key('mia@acme.test');
  const gus = await two.world.key('gus@globex.test', 'globex-studio');
  const made = await post(url, gus, '/webhooks', { url: 'https://hooks.globex.test/' });
  globexWebhook = z.object({ webhook: z.object({ id: z.string() }) }).parse(made.json).webhook.id;
});
afterAll(() => two.stop());

const places = placesOf(operationsOf('rest'));
const by = (test: (p: Place) => boolean) => places.filter(test).map((p) => [p.operation.name, p] as const);

/** The example with one org's things where it names things. */
function inputWith(place: Place, things: Things): Record<string, unknown> {
  const input: Record<string, unknown> = { ...place.rest.example };
  if ('flow' in input) input.flow = things.flow.id;
  if ('task' in input) input.task = things.task.id;
  if ('template' in input) input.template = things.template.id;
  if ('member' in input) input.member = things.member.id;
  if ('external_user' in input) input.external_user = things.external.id;
  if ('webhook' in input) input.webhook = globexWebhook;
  if ('import' in input) input.import = 'im_0000000000000000';
  if ('invitation' in input) input.invitation = 'mi_0000000000000000';
  return input;
}

describe('who may', () => {
  test.each(by((p) => p.operation.access !== 'public'))('%s wants a token', async (_, place) => {
    const answer = await ask(url, null, requestFor(place, place.rest.example));
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer resource_metadata="${url}/.well-known/oauth-protected-resource/api/mcp"`,
    );
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.json).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  test.each(['bflow_sk_00000000000000000000000000000000', 'bflow_at_x', 'nonsense'])(
    '%s is no token',
    async (token) => {
      for (const path of ['/flows', '/public/templates', '/nowhere']) {
        const answer = await get(url, token, path);
        expect(answer.status, path).toBe(401);
        expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
        expect(answer.json).toMatchObject({ code: 'invalid_token' });
      }
    },
  );

  test.each(by((p) => p.operation.access === 'admin'))('%s is not for a MEMBER', async (_, place) => {
    const answer = await ask(url, mia, requestFor(place, inputWith(place, two.acme)));
    expect(answer.status, answer.text).toBe(403);
    expect(answer.json).toMatchObject({ code: 'not_allowed' });
    expect(answer.json.detail).toMatch(/only an owner or admin|You are a MEMBER/);
  });

  test.each(by((p) => p.inPath.length > 0))('%s knows nothing of another org', async (_, place) => {
    const foreign = await changesNothing(two.world, () =>
      ask(url, olivia, requestFor(place, inputWith(place, two.globex))),
    );
    expect(foreign.status, foreign.text).toBe(404);
    expect(foreign.json).toMatchObject({ status: 404 });
    // The same words as for what is nobody's, but for the id that was asked for.
    for (const { name } of [two.globex.flow, two.globex.task, two.globex.template, two.globex.member])
      expect(foreign.text).not.toContain(name);
  });

  test('an access token works as a key does, with its scopes', async () => {
    const app = await App.register(url);
    const person = new Person(url);
    await person.signIn('olivia@acme.test');
    const { access_token: reader } = await app.connect(person, 'org_demo_acme', { scope: 'flows:read' });
    expect((await get(url, reader, '/flows')).status).toBe(200);
    for (const [, place] of by((p) => p.operation.kind === 'write')) {
      const answer = await ask(url, reader, requestFor(place, inputWith(place, two.acme)));
      expect(answer.status, place.operation.name).toBe(403);
      // To ask for more would not help where no app may.
      const code = place.operation.forApps ? 'insufficient_scope' : 'not_allowed';
      expect(answer.json, place.operation.name).toMatchObject({ code });
      const challenge = answer.headers.get('www-authenticate');
      if (place.operation.forApps) expect(challenge).toContain('error="insufficient_scope", scope="flows:write"');
      else expect(challenge).toBeNull();
    }
  });

  test('who acts is told, and by which door', async () => {
    await post(url, olivia, `/tasks/${two.acme.task.id}/comments`, { text: 'From a script.' });
    const { json } = await get(url, olivia, `/flows/${two.acme.flow.id}`);
    const { activity } = z.object({ activity: z.array(z.record(z.string(), z.unknown())) }).parse(json);
    expect(activity.at(-1)).toMatchObject({ by: 'Olivia Brandt', through: 'api' });
  });
});

describe('what does not fit', () => {
  const flow = () => `/flows/${two.acme.flow.id}`;
  test.each([
    [
      'a field nobody knows',
      () => post(url, olivia, '/flows', { template: 'x', name: 'y', colour: 'red' }),
      400,
      'bad_input',
      /"colour" is not known/,
    ],
    [
      'a field of the path in the body',
      () => post(url, olivia, `${flow()}/status`, { flow: 'x', action: 'pause' }),
      400,
      'bad_input',
      /"flow" stands in the path/,
    ],
    [
      'the command id in the body',
      () => post(url, olivia, '/flows', { template: 'x', name: 'y', command_id: 'c' }),
      400,
      'bad_input',
      /"command_id" is not known/,
    ],
    ['a missing field', () => post(url, olivia, '/flows', { template: 'x' }), 400, 'bad_input', /name: is needed/],
    ['an empty body', () => ask(url, olivia, { method: 'POST', url: '/api/v1/flows' }), 400, 'bad_input', /is needed/],
    ['no JSON', () => post(url, olivia, '/flows', '{"name":'), 400, 'bad_json', /no JSON/],
    ['a list', () => post(url, olivia, '/flows', '[1]'), 400, 'bad_input', /must be a JSON object/],
    ['null', () => post(url, olivia, '/flows', 'null'), 400, 'bad_input', /must be a JSON object/],
    [
      'what is nested without end',
      () => post(url, olivia, '/flows', `{"name":${'['.repeat(9_000)}${']'.repeat(9_000)}}`),
      400,
      'bad_input',
      /nested deeper/,
    ],
    [
      'another type',
      () => post(url, olivia, '/flows', 'name=x', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'not_json',
      /application\/json/,
    ],
    [
      'a query beside the body',
      () => post(url, olivia, `${flow()}/status?dry_run=true`, { action: 'pause' }),
      400,
      'bad_input',
      /"dry_run" is not known/,
    ],
    [
      'a field of the body in the query',
      () => post(url, olivia, `${flow()}/status?action=pause`, { action: 'pause' }),
      400,
      'bad_input',
      /"action" belongs into the body/,
    ],
    [
      'a body that nobody would read',
      () =>
        ask(url, olivia, {
          method: 'DELETE',
          url: '/api/v1/templates/Client%20Onboarding/draft',
          body: { junk: 1 },
        }),
      400,
      'bad_input',
      /"junk" is not known/,
    ],
    [
      'what is not in UTF-8',
      () => post(url, olivia, '/templates', new Blob(['{"name":"a', new Uint8Array([0xff]), '"}'])),
      400,
      'bad_json',
      /not in UTF-8/,
    ],
    [
      'another encoding',
      () => post(url, olivia, '/flows', '{}', { 'content-type': 'application/json; charset=utf-16' }),
      415,
      'not_json',
      /UTF-8/,
    ],
    [
      'what is packed',
      () => post(url, olivia, '/flows', '{}', { 'content-encoding': 'gzip' }),
      415,
      'not_json',
      /not packed/,
    ],
    ['too much', () => post(url, olivia, '/flows', { name: 'x'.repeat(1_100_000) }), 413, 'too_large', /larger than/],
    ['a limit out of range', () => get(url, olivia, '/flows?limit=1000'), 400, 'bad_input', /limit/],
    ['a limit that is no number', () => get(url, olivia, '/flows?limit=ten'), 400, 'bad_input', /limit/],
    ['a field twice', () => get(url, olivia, '/flows?limit=1&limit=2'), 400, 'bad_input', /limit/],
    ['a status nobody knows', () => get(url, olivia, '/flows?status=OPEN'), 400, 'bad_input', /status/],
    ['a strange cursor', () => get(url, olivia, '/flows?cursor=abc'), 400, 'bad_cursor', /cursor/],
    ['an unknown query', () => get(url, olivia, '/flows?sort=name'), 400, 'bad_input', /"sort" is not known/],
    [
      'a NUL in a name',
      () => post(url, olivia, '/flows', { template: 'Client Onboarding', name: 'a\u0000b' }),
      400,
      'bad_input',
      /name: has line breaks, control characters/,
    ],
    [
      'a NUL in a comment',
      () => post(url, olivia, `/tasks/${two.acme.task.id}/comments`, { text: 'a\u0000b' }),
      400,
      'bad_input',
      /can't be stored/,
    ],
    ['half a percent sign', () => get(url, olivia, '/flows/%E0%A4%A'), 400, 'bad_input', /can't be read/],
    ['an unknown id', () => get(url, olivia, '/flows/fl_0000000000000000'), 404, 'not_found', /No flow is called/],
    ['a name that fits several', () => get(url, olivia, '/flows/Twin'), 409, 'ambiguous', /fits 2 flows/],
    ['an unknown path', () => get(url, olivia, '/nowhere'), 404, 'not_found', /Nothing is at/],
    [
      'another method',
      () => ask(url, olivia, { method: 'PATCH', url: '/api/v1/flows' }),
      405,
      'method_not_allowed',
      /GET, HEAD, POST/,
    ],
    [
      'a blocked task',
      () => post(url, olivia, '/tasks/Set%20up%20billing/complete', { flow: two.acme.flow.id }),
      409,
      'task_not_ready',
      /is blocked by/,
    ],
    [
      'a flow that is not started',
      () => post(url, olivia, '/flows/Kestrel%20Energy/status', { action: 'pause' }),
      409,
      'wrong_status',
      /has not started/,
    ],
  ] as const)('%s', async (_, send, status, code, detail) => {
    const answer = await changesNothing(two.world, send);
    expect(answer.status, answer.text).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.json).toMatchObject({ status, code, type: `${url}/docs/api#problem-${code}` });
    expect(answer.json.detail).toMatch(detail);
    expect(answer.json.title).toMatch(/^[A-Z][a-z ]+$/);
  });

  test.each([
    '/templates/Client%20Onboarding?version=8866916950',
    '/templates/Client%20Onboarding?revision=9007199254740990',
    '/templates/Client%20Onboarding/export?version=2147483648',
    '/flows/Twin/activity?before=2147483648',
  ])('a number larger than any there is: %s', async (path) => {
    expect((await get(url, olivia, path)).json).toMatchObject({ status: 400, code: 'bad_input' });
  });

  test('a revision after which none can come', async () => {
    const body = {
      revision: 2_147_483_647,
      definition: { name: 'Website relaunch', steps: [{ key: 'a', title: 'A' }] },
    };
    const asked = { method: 'PUT', url: `/api/v1/templates/${two.acme.template.id}/draft`, body };
    expect((await ask(url, olivia, asked)).json).toMatchObject({ status: 400, code: 'bad_input' });
  });

  test.each([
    ['if-match', '*'],
    ['if-match', 'W/"abc"'],
    ['if-none-match', '*'],
  ])('a write on a condition, which it could not keep: %s: %s', async (header, value) => {
    const condition = { [header]: value };
    const say = () => post(url, olivia, `/tasks/${two.acme.task.id}/comments`, { text: 'On a condition' }, condition);
    const answer = await changesNothing(two.world, say);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.json).toMatchObject({ status: 412, code: 'precondition_failed' });
    expect(answer.json.detail).toMatch(/compare no ETags/);
  });

  test('a name of as many letters as there may be stands in a path', async () => {
    for (const name of ['n'.repeat(200), '日'.repeat(200)]) {
      expect((await post(url, olivia, '/flows', { template: 'Offboarding', name })).status).toBe(201);
      expect((await get(url, olivia, `/flows/${encodeURIComponent(name)}`)).json).toMatchObject({ name });
    }
    const longer = await get(url, olivia, `/flows/${'n'.repeat(5_000)}`);
    expect(longer.json).toMatchObject({ status: 400, code: 'bad_input' });
    expect(longer.text).not.toContain('nnnn');
  });

  test('who has no token is told that first', async () => {
    const answers = await Promise.all([
      get(url, null, '/org?x=1'),
      post(url, null, '/templates', '{"name":'),
      post(url, null, '/templates', 'x', { 'content-type': 'text/plain' }),
      post(url, null, '/templates', {}, { 'if-match': '*' }),
    ]);
    expect(answers.map((a) => a.json.code)).toEqual(answers.map(() => 'unauthenticated'));
    for (const { headers } of answers) expect(headers.get('www-authenticate')).toMatch(/^Bearer /);
  });

  test('another method is told which ones there are', async () => {
    const answer = await ask(url, olivia, { method: 'DELETE', url: '/api/v1/flows' });
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
  });
});

describe('an Idempotency-Key', () => {
  const make = (key: string, name: string) =>
    post(url, olivia, '/flows', { template: 'Client Onboarding', name }, { 'idempotency-key': key });

  test('makes a flow once, with the same answer', async () => {
    const first = await make('key-1', 'Once Only');
    const second = await make('key-1', 'Once Only');
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json).toEqual(first.json);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    const made = await two.world.owner.selectFrom('flows').select('id').where('name', '=', 'Once Only').execute();
    expect(made).toHaveLength(1);
  });

  test('with another body is refused', async () => {
    await make('key-2', 'This One');
    const other = await make('key-2', 'That One');
    expect(other.status).toBe(422);
    expect(other.json).toMatchObject({ code: 'command_id_reused' });
    expect((await get(url, olivia, '/flows/That%20One')).status).toBe(404);
  });

  test('does a command on a flow once', async () => {
    const say = () =>
      post(url, olivia, `/tasks/${two.acme.task.id}/comments`, { text: 'Only once' }, { 'idempotency-key': 'key-3' });
    expect((await say()).json).toEqual((await say()).json);
    const { json } = await get(url, olivia, `/tasks/${two.acme.task.id}`);
    expect(JSON.stringify(json).match(/Only once/g)).toHaveLength(1);
  });

  test.each(['', 'two words', 'x'.repeat(129), 'é'])('%j is none', async (key) => {
    const answer = await make(key, 'Never Made');
    expect(answer.status).toBe(400);
    expect((await get(url, olivia, '/flows/Never%20Made')).status).toBe(404);
  });
});

describe('reading', () => {
  test('again what has not changed costs no body', async () => {
    const first = await get(url, olivia, `/flows/${two.acme.flow.id}`);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[\w-]{27}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(first.headers.get('vary')).toContain('Authorization');
    for (const given of [etag, etag.slice(2), `"other", ${etag}`, '*']) {
      const again = await get(url, olivia, `/flows/${two.acme.flow.id}`, { 'if-none-match': given });
      expect([again.status, again.text]).toEqual([304, '']);
    }
    expect((await get(url, olivia, `/flows/${two.acme.flow.id}`, { 'if-none-match': '"other"' })).status).toBe(200);
    await post(url, olivia, `/tasks/${two.acme.task.id}/comments`, { text: 'Changed.' });
    expect((await get(url, olivia, `/flows/${two.acme.flow.id}`, { 'if-none-match': etag })).status).toBe(200);
  });

  test('page by page, by Link, gives each thing once', async () => {
    const seen: string[] = [];
    let next: string | null = '/flows?limit=2';
    while (next !== null) {
      const page = await get(url, olivia, next);
      const { flows } = z.object({ flows: z.array(z.object({ id: z.string() })) }).parse(page.json);
      seen.push(...flows.map((f) => f.id));
      next = /<\/api\/v1([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? null;
      if (next !== null) expect(next).toContain('limit=2');
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(4);
  });

  test('page by page, while flows are made, misses none that was there and gives none twice', async () => {
    const idsSchema = z.object({ flows: z.array(z.object({ id: z.string() })) });
    const ids = (json: unknown): string[] => idsSchema.parse(json).flows.map((f) => f.id);
    const there = ids((await get(url, olivia, '/flows?limit=50')).json);
    const seen: string[] = [];
    let next: string | null = '/flows?limit=1';
    for (let n = 0; next !== null; n++) {
      const page = await get(url, olivia, next);
      seen.push(...ids(page.json));
      next = /<\/api\/v1([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? null;
      if (n >= 3) continue;
      const made = await post(url, olivia, '/flows', { template: 'Offboarding', name: `Made meanwhile ${n}` });
      expect(made.status).toBe(201);
      await post(url, olivia, `/tasks/${two.acme.task.id}/comments`, { text: `Moves its flow, ${n}` });
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(there.filter((id) => !seen.includes(id))).toEqual([]);
  });

  test('HEAD says what GET would, without it', async () => {
    for (const path of [`/flows/${two.acme.flow.id}`, '/flows', '/openapi.json', '/flows/fl_0000000000000000']) {
      const [whole, head] = [
        await get(url, olivia, path),
        await ask(url, olivia, { method: 'HEAD', url: `/api/v1${path}` }),
      ];
      expect([head.status, head.text], path).toEqual([whole.status, '']);
      for (const name of ['etag', 'content-type', 'cache-control', 'link'])
        expect(head.headers.get(name), name).toBe(whole.headers.get(name));
    }
  });

  test('what is public is open to pages of any origin, and the rest to none', async () => {
    const there = await get(url, null, '/public/templates', { origin: 'https://elsewhere.test' });
    expect(there.status).toBe(200);
    expect(there.headers.get('access-control-allow-origin')).toBe('*');
    expect((await get(url, null, '/openapi.json')).headers.get('access-control-allow-origin')).toBe('*');
    const mine = await get(url, olivia, '/flows', { origin: 'https://elsewhere.test' });
    expect(mine.headers.get('access-control-allow-origin')).toBeNull();
    const asking = await ask(
      url,
      null,
      { method: 'OPTIONS', url: '/api/v1/flows' },
      { origin: 'https://elsewhere.test' },
    );
    expect(asking.status).toBe(405);
    expect(asking.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('a cookie is no credential', async () => {
    const person = new Person(url);
    await person.signIn('olivia@acme.test');
    const page = await person.get('/api/v1/flows');
    expect(page.status).toBe(401);
  });
});

const today = operation({
  name: 'get_today',
  title: 'What day it is',
  description: 'For a test.',
  kind: 'read',
  access: 'public',
  surfaces: ['rest'],
  rest: {
    method: 'GET',
    path: '/today',
    example: {},
    deprecated: {
      since: new Date('2026-11-01T00:00:00Z'),
      sunset: new Date('2027-05-01T00:00:00Z'),
      instead: 'https://booflow.test/docs/api#get_now',
    },
  },
  input: z.strictObject({}),
  output: z.object({ day: z.string() }),
  handler: async () => ({ day: 'Wednesday' }),
  text: (f) => f.day,
});

describe('of its own', () => {
  async function small(limits: { credential: number; address: number }) {
    const app = Fastify();
    const tools = () => ({ ...two.world.tools, now: Date.now() });
    await app.register(apiRoutes, {
      ...{ tools, authority: two.world.authority, version: '1.0.0', limits },
      operations: [today],
    });
    return app;
  }

  test('what goes away says so', async () => {
    const app = await small({ credential: 10, address: 10 });
    const answer = await app.inject({ url: '/api/v1/today' });
    expect(answer.headers).toMatchObject({
      deprecation: '@1793491200',
      sunset: 'Sat, 01 May 2027 00:00:00 GMT',
      link: '<https://booflow.test/docs/api#get_now>; rel="deprecation"',
    });
    const document = await app.inject({ url: '/api/v1/openapi.json' });
    expect(document.json()).toMatchObject({ paths: { '/today': { get: { deprecated: true } } } });
    await app.close();
  });

  test('each credential, and each address without one, has its own limit', async () => {
    const app = await small({ credential: 3, address: 2 });
    const ask = (key?: string) =>
      app.inject({ url: '/api/v1/today', headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });
    expect([(await ask()).statusCode, (await ask()).statusCode]).toEqual([200, 200]);
    const refused = await ask();
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refused.json()).toMatchObject({ code: 'rate_limited', status: 429 });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    for (const key of [olivia, mia]) {
      const answers = [await ask(key), await ask(key), await ask(key), await ask(key)];
      expect(answers.map((a) => a.statusCode)).toEqual([200, 200, 200, 429]);
      expect(answers.map((a) => a.headers['ratelimit-remaining'])).toEqual(['2', '1', '0', '0']);
      expect(answers[0]?.headers['ratelimit-limit']).toBe('3');
    }
    await app.close();
  });
});

describe('a limit', () => {
  async function limited(limits: { credential: number; address: number }) {
    const app = Fastify();
    const tools = () => ({ ...two.world.tools, now: Date.now() });
    await app.register(apiRoutes, { tools, authority: two.world.authority, version: '1.0.0', limits });
    return app;
  }

  test('counts a credential however it is written', async () => {
    const app = await limited({ credential: 2, address: 9 });
    const asked = ['Bearer ', 'bearer ', 'BEARER   ', 'Bearer  '].map((scheme) =>
      app.inject({ url: '/api/v1/flows', headers: { authorization: `${scheme}${olivia}` } }),
    );
    expect((await Promise.all(asked)).map((a) => a.statusCode).sort()).toEqual([200, 200, 429, 429]);
    await app.close();
  });

  test('holds where nothing is, and for other methods', async () => {
    for (const [method, url, code] of [
      ['GET', '/api/v1/nothing', 404],
      ['DELETE', '/api/v1/flows', 405],
    ] as const) {
      const app = await limited({ credential: 2, address: 3 });
      const guess = (token: string) =>
        app.inject({ method, url, headers: { authorization: `Bearer ${token}` } }).then((a) => a.statusCode);
      expect([await guess(olivia), await guess(olivia), await guess(olivia)]).toEqual([code, code, 429]);
      const guessed: number[] = [];
      for (const n of [1, 2, 3, 4]) guessed.push(await guess(`bflow_sk_${String(n).repeat(32)}`));
      expect(guessed).toEqual([401, 401, 401, 429]);
      await app.close();
    }
  });
});

describe('a limit by address', () => {
  test('holds for tokens that are none, too', async () => {
    const app = Fastify();
    const tools = () => ({ ...two.world.tools, now: Date.now() });
    const limits = { credential: 10, address: 2 };
    await app.register(apiRoutes, { tools, authority: two.world.authority, version: '1.0.0', limits });
    const guess = (n: number) =>
      app.inject({ url: '/api/v1/flows', headers: { authorization: `Bearer bflow_sk_${String(n).repeat(32)}` } });
    const answers = [await guess(1), await guess(2), await guess(3)];
    expect(answers.map((a) => a.statusCode)).toEqual([401, 401, 429]);
    expect(answers[2]?.headers['retry-after']).toBeDefined();
    await app.close();
  });
});

describe('what is away', () => {
  const limits = { credential: 100, address: 100 };
  async function expectAway(tools: Tools, authority: Authority, code: string) {
    const app = Fastify();
    await app.register(apiRoutes, { tools: () => tools, authority, version: '1.0.0', limits });
    const headers = { authorization: `Bearer ${olivia}`, 'content-type': 'application/json' };
    const payload = { template: 'Offboarding', name: 'Made while away' };
    const answer = await app.inject({ method: 'POST', url: '/api/v1/flows', headers, payload });
    expect(answer.statusCode, answer.body).toBe(503);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'retry-after': '1',
    });
    expect(answer.json()).toMatchObject({ status: 503, code });
    await app.close();
  }

  test('the database: while the token is looked up, and after', async () => {
    const away = new Database(`postgres://booflow@127.0.0.1:${await freePort()}/booflow`, { max: 1 });
    const { world } = two;
    const tools = { ...world.tools, now: Date.now(), database: away };
    await expectAway(tools, { ...world.authority, database: away }, 'database_unavailable');
    await expectAway(tools, world.authority, 'database_unavailable');
    await away.close();
  });

  test('Temporal', async () => {
    const { world } = two;
    const client = connectClient({ temporalAddress: `127.0.0.1:${await freePort()}`, temporalNamespace: 'default' });
    const flows = new FlowGateway(client, { taskQueue: 'nowhere', signalMs: 1_500, answerMs: 500 });
    await changesNothing(world, () =>
      expectAway({ ...world.tools, now: Date.now(), flows }, world.authority, 'engine_unavailable'),
    );
    await client.connection.close();
  });
});

describe('the registry', () => {
  const place = (rest: object) => () =>
    placesOf([{ ...today, rest: { method: 'GET', path: '/today', example: {}, ...rest } }]);
  test.each([
    ['no place', () => placesOf([{ ...today, rest: null }]), /get_today is open to REST but names no place/],
    ['a path with a field that is none', place({ path: '/today/{hour}' }), /\{hour\}, which is no field/],
    ['a read that is posted', place({ method: 'POST' }), /only reads, so its method must be GET/],
    [
      'two at one place',
      () => placesOf([today, { ...today, name: 'get_day' }]),
      /get_day and get_today are both at GET \/today/,
    ],
  ] as const)('says what is wrong with %s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

/** How much one caller may ask, and how long one may listen. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { raw, speak, toolCall } from '../mcp/speak.ts';
import { Person } from '../oauth/person.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ limits: { mcp: 6, mcpAddress: 3, live: 2 } });
});
afterAll(() => world.stop());

const today = { 'mcp-protocol-version': '2025-06-18' };
const resultSchema = z.object({
  id: z.number(),
  result: z.object({
    isError: z.boolean().default(false),
    content: z.array(z.object({ type: z.literal('text'), text: z.string() })),
    structuredContent: z.object({ code: z.string().optional(), retryAfter: z.number().optional() }),
  }),
});

describe('over MCP, a member', () => {
  test('who asks too often is told so in the tool’s answer, whichever key it is; another one goes on', async () => {
    const keys = [await world.key('olivia@acme.test'), await world.key('olivia@acme.test')];
    const ask = async (n: number) => {
      const answer = await raw(world.url, {
        key: keys[n % 2] ?? '',
        headers: today,
        body: toolCall('get_org_context'),
      });
      return { answer, ...resultSchema.parse(answer.json) };
    };
    for (let n = 0; n < 6; n++) expect((await ask(n)).result.isError).toBe(false);
    const { answer, result, id } = await ask(6);
    expect([answer.status, id, result.isError, result.structuredContent.code]).toEqual([200, 1, true, 'rate_limited']);
    expect(result.content[0]?.text).toMatch(
      /^Too many requests\. Wait \d+ seconds, then try again\. Nothing changed\.$/,
    );
    expect(Number(answer.headers.get('retry-after'))).toBe(result.structuredContent.retryAfter);
    expect(result.structuredContent.retryAfter).toBeGreaterThan(0);
    // What is no tool's call is the client's to bear.
    const list = await raw(world.url, {
      key: keys[0] ?? '',
      headers: today,
      body: { jsonrpc: '2.0', id: 2, method: 'tools/list' },
    });
    expect([list.status, list.json]).toMatchObject([
      429,
      { error: { message: expect.stringMatching(/Wait \d+ seconds/) } },
    ]);
    const mia = await raw(world.url, {
      key: await world.key('mia@acme.test'),
      headers: today,
      body: toolCall('get_org_context'),
    });
    expect(resultSchema.parse(mia.json).result.isError).toBe(false);
  });

  test('who asks in batches asks as often as there are messages in them', async () => {
    const key = await world.key('mia@acme.test');
    const batch = Array.from({ length: 4 }, (_, id) => ({ ...toolCall('get_org_context'), id }));
    const ask = () => raw(world.url, { key, headers: { 'mcp-protocol-version': '2025-03-26' }, body: batch });
    const first = await ask();
    expect([first.status, z.array(resultSchema).parse(first.json).length]).toEqual([200, 4]);
    const second = await ask();
    expect([second.status, second.json]).toMatchObject([
      429,
      { error: { message: expect.stringMatching(/Wait \d+ seconds/) } },
    ]);
  });

  test('reads it through the SDK’s client as the answer of the tool', async () => {
    const speaker = await speak(world.url, await world.key('adam@acme.test'));
    let code = '';
    for (let n = 0; n < 8 && code === ''; n++) code = (await speaker.call('get_org_context')).code;
    expect(code).toBe('rate_limited');
    await speaker.close();
  });

  test('nobody in particular has a limit by address, and a guess at a key counts for it', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) {
      const key = `bflow_sk_${String(n).repeat(32)}`;
      statuses.push((await raw(world.url, { key, headers: today, body: toolCall('list_flows') })).status);
    }
    expect(statuses.slice(0, 3)).toEqual([401, 401, 401]);
    const open = await raw(world.url, {
      path: '/api/mcp/public',
      headers: today,
      body: toolCall('list_public_templates'),
    });
    expect(resultSchema.parse(open.json).result.structuredContent.code).toBe('rate_limited');
  });

  test('opens no stream to listen on: nothing is told unasked, and a lost key would go on hearing', async () => {
    const key = await world.key('gus@globex.test', 'globex-studio');
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const listen = {
      method: 'subscriptions/listen',
      params: { notifications: { toolsListChanged: true }, _meta: meta },
    };
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' };
    const one = await raw(world.url, { key, headers, body: { jsonrpc: '2.0', id: 7, ...listen } });
    expect([one.status, one.json]).toMatchObject([404, { id: 7, error: { code: -32601 } }]);
    const many = await raw(world.url, { key, headers, body: [{ jsonrpc: '2.0', id: 8, ...listen }] });
    expect(many.status).toBeGreaterThanOrEqual(400);
    const hearing = await raw(world.url, { key, headers: { ...today, accept: 'text/event-stream' }, method: 'GET' });
    expect(hearing.status).toBe(405);
  });
});

describe('a live stream', () => {
  const open = (person: Person): { answer: Promise<Response>; stop: () => void } => {
    const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const stopper = new AbortController();
    const answer = fetch(`${world.url}/live`, { headers: { cookie }, signal: stopper.signal });
    return { answer, stop: () => stopper.abort() };
  };
  const ended = (answer: Response): Promise<string> =>
    Promise.race([answer.text(), new Promise<string>((still) => setTimeout(() => still('still open'), 15_000))]);

  test('is one of so many a person has, and the next is told so until one is closed', async () => {
    const person = new Person(world.url);
    await person.signIn('olivia@acme.test');
    const elsewhere = new Person(world.url);
    await elsewhere.signIn('olivia@acme.test');
    const [one, two] = [open(person), open(elsewhere)];
    expect([(await one.answer).status, (await two.answer).status]).toEqual([200, 200]);
    const refused = await open(person).answer;
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(await refused.text()).toMatch(/^You have 2 pages open that get news, the most there can be\. Close some/);
    const other = new Person(world.url);
    await other.signIn('mia@acme.test');
    const theirs = open(other);
    expect((await theirs.answer).status).toBe(200);
    theirs.stop();
    one.stop();
    await expect
      .poll(async () => {
        const again = open(person);
        const { status } = await again.answer;
        again.stop();
        return status;
      })
      .toBe(200);
    two.stop();
  });

  test('ends when its session signs out, also from an organization that was switched away from', async () => {
    const person = new Person(world.url);
    await person.signIn('adam@acme.test');
    const live = open(person);
    const answer = await live.answer;
    expect(answer.status).toBe(200);
    const heard = ended(answer);
    const { user_id } = await world.owner
      .selectFrom('users')
      .select('id as user_id')
      .where('email', '=', 'adam@acme.test')
      .executeTakeFirstOrThrow();
    await world.owner
      .insertInto('memberships')
      .values({ org_id: 'org_demo_globex', user_id, role: 'MEMBER' })
      .execute();
    await world.owner
      .updateTable('sessions')
      .set({ current_org: 'org_demo_globex' })
      .where('user_id', '=', user_id)
      .execute();
    const page = await person.get('/flows');
    const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    expect((await person.post('/sign-out', page.form('/sign-out'))).to?.pathname).toBe('/sign-in');
    expect((await fetch(`${world.url}/live`, { headers: { cookie } })).status).toBe(401);
    expect(await heard).toMatch(/^retry/);
  });
});

/** What was written down long ago is reached, page by page: what changed about an org, erasures, a flow's activity. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Person } from '../oauth/person.ts';
import { startWorld, type World } from '../support/world.ts';
import { type ApiAnswer, ask } from './ask.ts';

let world: World;
let olivia: string;
const many = 230;
const org_id = 'org_demo_acme';
const by = { kind: 'member', id: 'us_demo_olivia', name: 'Olivia Brandt', role: 'OWNER', through: 'web' } as const;

beforeAll(async () => {
  world = await startWorld({ flows: true });
  olivia = await world.key('olivia@acme.test');
  // Three at a moment, so that the id decides.
  const at = (n: number) => new Date(Date.UTC(2025, 0, 1) + Math.floor(n / 3) * 1_000);
  const ids = Array.from({ length: many }, (_, n) => n);
  await world.owner
    .insertInto('org_events')
    .values(
      ids.map((n) => ({
        ...{ org_id, id: `oe_old_${n}`, at: at(n), what: 'settings_changed' as const, text: `changed it ${n} times` },
        ...{ by_id: by.id, by_name: by.name, through: 'web' },
      })),
    )
    .execute();
  await world.owner
    .insertInto('erasures')
    .values(
      ids.map((n) => ({
        org_id,
        id: `era_old_${n}`,
        address: null,
        by: JSON.stringify(by),
        created_at: at(n),
      })),
    )
    .execute();
});
afterAll(() => world?.stop());

const get = async (url: string): Promise<ApiAnswer> => {
  const answer = await ask(world.url, olivia, { method: 'GET', url });
  expect(answer.status, answer.text).toBe(200);
  return answer;
};
const linked = ({ headers }: ApiAnswer, rel: string): string | undefined =>
  new RegExp(`<([^>]+)>; rel="${rel}"`).exec(headers.get('link') ?? '')?.[1];
async function walk(from: string, rel: 'next' | 'prev', of: (page: ApiAnswer) => string[]): Promise<string[][]> {
  const pages: string[][] = [];
  for (let url: string | undefined = from; url !== undefined; ) {
    const page: ApiAnswer = await get(url);
    pages.push(of(page));
    url = linked(page, rel);
    if (url === undefined && rel === 'next' && page.json.prevCursor !== undefined)
      expect((await walk(`${from}&cursor=${page.json.prevCursor}`, 'prev', of)).reverse()).toEqual(pages.slice(0, -1));
  }
  return pages;
}
const idsOf =
  (list: 'events' | 'erasures') =>
  ({ json }: ApiAnswer): string[] =>
    z
      .array(z.object({ id: z.string() }))
      .parse(json[list])
      .map((e) => e.id);

test.each([
  ['/api/v1/org/events?limit=50', 'events', 'oe_old_'],
  ['/api/v1/erasures?limit=50', 'erasures', 'era_old_'],
] as const)('%s leads to the oldest and back, and tells each once', async (url, list, prefix) => {
  const all = (await walk(url, 'next', idsOf(list))).flat().filter((id) => id.startsWith(prefix));
  expect([all.length, new Set(all).size]).toEqual([many, many]);
  // The newest moment first, and within it the greatest id.
  expect(all.at(-1)).toBe(`${prefix}0`);
  expect((await ask(world.url, olivia, { method: 'GET', url: `${url}&cursor=bad` })).json.code).toBe('bad_cursor');
});

test.each([
  ['/flow-imports', 'imports'],
  ['/webhooks/wh_old/deliveries', 'deliveries'],
  ['/org/events', 'org_events'],
  ['/erasures', 'erasures'],
])('%s takes every cursor that can be written', async (path, list) => {
  const webhook = { org_id, id: 'wh_old', url: 'https://old.test/', events: [], description: '', created_by: by.name };
  await world.owner
    .insertInto('webhooks')
    .values({ ...webhook, secret_key_id: 'test', secret: Buffer.from('x'), created_at: new Date() })
    .onConflict((on) => on.doNothing())
    .execute();
  for (const at of ['infinity', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'])
    await get(`/api/v1${path}?cursor=${Buffer.from(JSON.stringify([list, at, 'x'])).toString('base64url')}`);
});

test("a flow's activity has cursors too, and goes on taking `before`", async () => {
  const seqs = ({ json }: ApiAnswer) =>
    z
      .array(z.object({ seq: z.number() }))
      .parse(json.entries)
      .map((e) => e.seq);
  const url = `/api/v1/flows/${encodeURIComponent('Harbor & Pine')}/activity`;
  const all = seqs(await get(`${url}?limit=100`));
  const pages: number[][] = [];
  for (let next: string | undefined = `${url}?limit=3`; next !== undefined; ) {
    const page: ApiAnswer = await get(next);
    pages.push(seqs(page));
    next = linked(page, 'next');
  }
  expect(pages.length).toBeGreaterThan(1);
  expect(pages.flat()).toEqual(all);
  const [first, second] = pages;
  const before = await get(`${url}?limit=3&before=${first?.at(-1)}`);
  expect(seqs(before)).toEqual(second);
  const both = await ask(world.url, olivia, {
    method: 'GET',
    url: `${url}?before=5&cursor=${(await get(`${url}?limit=3`)).json.nextCursor}`,
  });
  expect([both.status, both.json.code]).toEqual([400, 'bad_input']);
  const forged = Buffer.from(JSON.stringify(['activity', 'infinity', 'x'])).toString('base64url');
  const bad = await ask(world.url, olivia, { method: 'GET', url: `${url}?cursor=${forged}` });
  expect([bad.status, bad.json.code]).toEqual([400, 'bad_cursor']);
});

test.each([
  ['/settings/members', 'changed it 0 times', '#changes'],
  ['/settings/data/erase', null, ''],
])('%s has links to what is older, and back', async (path, oldest, hash) => {
  const person = new Person(world.url);
  await person.signIn('olivia@acme.test');
  const linkOf = (html: string, rel: string) =>
    new RegExp(`<a class="button" href="([^"]+)" rel="${rel}">`).exec(html)?.[1]?.replaceAll('&amp;', '&');
  let page = await person.get(path);
  expect(linkOf(page.html, 'prev')).toBeUndefined();
  let older = 0;
  for (let next = linkOf(page.html, 'next'); next !== undefined; next = linkOf(page.html, 'next')) {
    expect(next.endsWith(hash)).toBe(true);
    page = await person.get(next);
    expect([page.status, linkOf(page.html, 'prev')]).toEqual([200, expect.any(String)]);
    older++;
  }
  expect(older).toBeGreaterThanOrEqual(4);
  if (oldest !== null) expect(page.html).toContain(oldest);
});

/** What the API takes and how it says no: searches, dates, time zones, colours, logos, and what its own export gave. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startWorld, type World } from '../support/world.ts';
import { type ApiAnswer, ask, post } from './ask.ts';

let world: World;
let olivia: string;
beforeAll(async () => {
  world = await startWorld({ flows: true });
  olivia = await world.key('olivia@acme.test');
});
afterAll(() => world?.stop());

const send = (method: 'GET' | 'PUT' | 'PATCH', path: string, body?: object): Promise<ApiAnswer> =>
  ask(world.url, olivia, { method, url: `/api/v1${path}`, ...(body && { body }) });

describe('a search', () => {
  const found = async (search: string) => send('GET', `/flows?${new URLSearchParams({ search })}`);
  test.each(['!!!', '%', '@', '...', '"'])('for %j, which is in no word, finds nothing', async (search) => {
    expect((await found(search)).json).toMatchObject({ total: 0, flows: [] });
  });
  test('for nothing leaves nothing out', async () => {
    const all = (await send('GET', '/flows')).json.total;
    expect((await found('  ')).json.total).toBe(all);
    expect(all).not.toBe(0);
  });
  test('asks for each of its words, also beyond the sixth', async () => {
    const name = 'alpha beta gamma delta epsilon zeta eta theta';
    expect((await post(world.url, olivia, '/flows', { template: 'Client Onboarding', name })).status).toBe(201);
    expect((await found(name)).json.total).toBe(1);
    expect((await found(`${name} iota`)).json.total).toBe(0);
  });
  test('of more words than are looked for is refused, and says so', async () => {
    const { status, json } = await found(Array.from({ length: 21 }, (_, n) => `w${n}`).join(' '));
    expect([status, json.detail]).toEqual([400, 'search: it has 21 words; 20 are the most.']);
  });
});

test.each(['1969-01-01', '9999-12-31', '3001-02-01', 'soon'])(
  'a due date of %s is refused in words for people',
  async (due) => {
    const { status, json } = await send('PUT', `/tasks/${encodeURIComponent('Hold the kickoff call')}/due-date`, {
      ...{ flow: 'Harbor & Pine', due_date: due },
    });
    expect([status, json.detail]).toEqual([
      400,
      'due_date must be a day from 1970 to 3000, written YYYY-MM-DD. Nothing changed.',
    ]);
  },
);

test('what an export gives can be put back as the draft', async () => {
  const path = `/templates/${encodeURIComponent('Client Onboarding')}`;
  const { revision } = z
    .object({ template: z.object({ revision: z.number() }) })
    .parse((await send('GET', path)).json).template;
  const exported = await send('GET', `${path}/export`);
  const file = z.record(z.string(), z.unknown()).parse(exported.json.definition ?? exported.json.file ?? exported.json);
  expect(file.$schema).toMatch(/\/schemas\/template\.json$/);
  const saved = await send('PUT', `${path}/draft`, { revision, definition: file });
  expect([saved.status, saved.json.problems]).toEqual([200, []]);
});

test.each([
  ['utc', 'UTC'],
  ['europe/berlin', 'Europe/Berlin'],
  ['AMERICA/NEW_YORK', 'America/New_York'],
  ['Asia/Kolkata', 'Asia/Kolkata'],
])('the time zone %s is kept as %s', async (asked, kept) => {
  const { status, json } = await send('PATCH', '/org/settings', { time_zone: asked });
  expect([status, json.org]).toEqual([200, expect.objectContaining({ timeZone: kept })]);
});
test('one that there is none of is refused', async () => {
  const { status, json } = await send('PATCH', '/org/settings', { time_zone: 'Mars/Olympus' });
  expect([status, json.detail]).toEqual([400, expect.stringContaining('time_zone: is no IANA time zone')]);
});

test('a colour is taken as the reference says, in either case, and kept in lower case', async () => {
  const spec = z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse((await ask(world.url, null, { method: 'GET', url: '/api/v1/openapi.json' })).json);
  const [pattern] = /\^#\[[^"]*\$/.exec(JSON.stringify(spec.paths['/org/settings'])) ?? ['none'];
  expect('#FFAA00').toMatch(new RegExp(pattern));
  const { json } = await send('PATCH', '/org/settings', { colour: '#FFAA00' });
  expect(json.branding).toMatchObject({ colour: '#ffaa00' });
});

describe('a logo', () => {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const wide = Buffer.from(png, 'base64');
  wide.writeUInt32BE(60_000, 16);
  test.each([
    ['the signature of a PNG alone', 'iVBORw0KGgo=', 'That begins like an image, and there is no picture in it'],
    [
      'a picture nobody can show',
      wide.toString('base64'),
      'The logo is 60000 by 1 pixels; 4096 either way is the most.',
    ],
    ['a text', Buffer.from('hello').toString('base64'), 'That is no PNG, JPEG or WebP image.'],
  ])('is not %s', async (_what, image_base64, says) => {
    const { status, json } = await send('PUT', '/org/logo', { image_base64 });
    expect([status, json.detail]).toEqual([400, expect.stringContaining(says)]);
  });
  test('is a picture', async () => {
    expect((await send('PUT', '/org/logo', { image_base64: png })).status).toBe(200);
  });
});

/** Several invitations in one call: each row has its own outcome, whatever is in the others. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startWorld, type World } from '../support/world.ts';
import { type ApiAnswer, post } from './ask.ts';

let world: World;
let olivia: string;
beforeAll(async () => {
  world = await startWorld({ flows: true });
  olivia = await world.key('olivia@acme.test');
});
afterAll(() => world?.stop());

const invite = (people: readonly object[]) =>
  post(world.url, olivia, `/flows/${encodeURIComponent('Harbor & Pine')}/external-users/bulk`, { people });

const outcomesSchema = z.array(z.object({ email: z.string(), outcome: z.string(), id: z.string().nullable() }));
const outcomesOf = ({ json }: ApiAnswer) => outcomesSchema.parse(json.outcomes);

test('a row that is wrong stops no other, and is told', async () => {
  const long = `${'a'.repeat(60)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(50)}.test`;
  expect(long.length).toBeGreaterThan(200);
  const answer = await invite([
    { email: 'fine@client.test', name: 'Fine', role: 'client reviewer' },
    { email: `${'x'.repeat(5_000)}@client.test` },
    { email: 'nul\0@client.test' },
    { email: 'half\ud800@client.test' },
    { email: 'role@client.test', role: 'r'.repeat(101) },
    { email: 'name@client.test', name: 'n'.repeat(201) },
    { email: 'unseen@client.test', name: '\u200b' },
    { email: 'turned@client.test', role: '\u202e' },
    { email: 'torn@client.test', name: 'Half \ud800' },
    { email: 'torn@client.test', role: 'half \udc00' },
    { email: long },
    { email: 'fine@client.test' },
  ]);
  expect(answer.status, answer.text).toBe(200);
  expect(answer.json).toMatchObject({ invited: 2 });
  const outcomes = outcomesOf(answer);
  expect(outcomes.map((o) => o.outcome)).toEqual([
    ...['invited', 'bad_address', 'bad_address', 'bad_address', 'bad_role', 'bad_name', 'bad_name', 'bad_role'],
    ...['bad_name', 'bad_role', 'invited', 'already_invited'],
  ]);
  expect(outcomes[0]?.id).toBe(outcomes[11]?.id);
  for (const { email } of outcomes) expect(email.length).toBeLessThanOrEqual(254);
});

test('where nobody is invited, the refusal has the outcomes, with the ids of those who were', async () => {
  const first = await invite([{ email: 'one@there.test' }, { email: 'two@there.test' }]);
  const known = outcomesOf(first).map((o) => o.id);
  const again = await invite([{ email: 'One@there.test' }, { email: 'no address' }, { email: 'two@there.test' }]);
  expect([again.status, again.json.code]).toEqual([409, 'already_invited']);
  expect(again.json.outcomes).toEqual([
    { email: 'one@there.test', outcome: 'already_invited', id: known[0] },
    { email: 'no address', outcome: 'bad_address', id: null },
    { email: 'two@there.test', outcome: 'already_invited', id: known[1] },
  ]);
  const none = await invite([{ email: 'no address' }, { email: 'a@b.test', role: '\u202e' }]);
  expect([none.status, none.json.code]).toEqual([400, 'bad_input']);
  expect(none.json.outcomes).toMatchObject([{ outcome: 'bad_address' }, { outcome: 'bad_role' }]);
  expect(none.json.detail).toContain('- a@b.test: the role is not one line');
});

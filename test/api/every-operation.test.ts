/**
 * Every operation that is open to REST, called once for real by its example: as the tests ask, and by the very texts that
 * the reference shows for a shell and for a program.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Place, placesOf, requestFor } from '../../src/api/place.ts';
import { operationsOf } from '../../src/operations/registry.ts';
import { startWorld, type World } from '../support/world.ts';
import { type ApiAnswer, ask, get } from './ask.ts';
import { type Shown, shownExamples, startTypescript, type Typescript, typed, untyped } from './examples.ts';

const places = placesOf(operationsOf('rest'));
const named = (name: string): Place => {
  const found = places.find((p) => p.operation.name === name);
  if (!found) throw new Error(`No operation is called ${name}`);
  return found;
};

/** Writes that stand on others, in the order of their story; what is not named here comes first. */
const story = [
  ...['import_flows', 'list_imports', 'get_import'],
  ...['create_webhook', 'list_webhooks', 'test_webhook', 'list_webhook_deliveries', 'redeliver_webhook'],
  ...['redeliver_undelivered', 'update_webhook', 'rotate_webhook_secret', 'delete_webhook'],
  ...['create_template', 'save_template_draft', 'publish_template', 'discard_draft'],
  ...['invite_member', 'manage_member_invitation', 'change_member_role', 'remove_member', 'leave_org'],
  ...['erase_external_user', 'list_erasures', 'delete_org'],
];

/** By whom, where it is not the owner. */
const callers: Readonly<Record<string, string>> = { leave_org: 'adam@acme.test' };

/** What must be so before. */
const before: Readonly<Record<string, (world: World, olivia: string) => Promise<unknown>>> = {
  async discard_draft(world, olivia) {
    const template = 'Monthly content cycle';
    const definition = { name: template, steps: [{ key: 'plan', title: 'Plan' }] };
    const asked = requestFor(named('save_template_draft'), { template, revision: 0, definition });
    expect((await ask(world.url, olivia, asked)).json).not.toHaveProperty('code');
  },
};

const idsSchema = z.object({
  webhook: z.union([z.string(), z.object({ id: z.string() }).transform((w) => w.id)]).optional(),
  delivery: z.string().optional(),
  import: z.string().optional(),
});

const reads = places.filter((p) => p.operation.kind === 'read');
const writes = places.filter((p) => p.operation.kind === 'write');
const inOrder = [
  ...reads.filter((p) => !story.includes(p.operation.name)),
  ...writes.filter((p) => !story.includes(p.operation.name)),
  ...story.map(named),
];

describe('every operation', () => {
  test('has a place', () => {
    expect(new Set(inOrder.map((p) => p.operation.name)).size).toBe(operationsOf('rest').length);
    expect(reads.length).toBeGreaterThan(8);
    expect(writes.length).toBeGreaterThan(10);
  });
});

describe.each(['fetch', 'curl', 'TypeScript'] as const)('by %s, every operation', (way) => {
  let world: World;
  let olivia: string;
  let shown: ReadonlyMap<string, Shown>;
  let typescript: Typescript;
  /** Ids that were given out on the way, by the field that takes them: an example can't know them. */
  const given = new Map<string, unknown>();
  beforeAll(async () => {
    world = await startWorld({ flows: true });
    olivia = await world.key('olivia@acme.test');
    shown = shownExamples(await (await fetch(`${world.url}/docs/api`)).text());
    typescript = startTypescript();
  });
  afterAll(async () => {
    await typescript.stop();
    await world.stop();
  });

  /** The example with the ids that were given out in the place of its own. */
  const withIds = (text: string, { example }: Place['rest']): string =>
    [...given].reduce(
      (t, [field, id]) => (field in example ? t.replaceAll(String(example[field]), String(id)) : t),
      text,
    );
  const call = async (place: Place, key: string | null): Promise<ApiAnswer> => {
    const { rest, operation } = place;
    if (way === 'fetch') {
      const ids = Object.fromEntries([...given].filter(([field]) => field in rest.example));
      return ask(world.url, key, requestFor(place, { ...rest.example, ...ids }));
    }
    const texts = shown.get(operation.name);
    if (!texts) throw new Error(`The reference shows no example of ${operation.name}`);
    return way === 'curl'
      ? typed(withIds(texts.curl, rest), key)
      : typescript.run(withIds(texts.typescript, rest), key);
  };

  // Before the story, at whose end the organization is deleted.
  if (way === 'curl')
    test('the first call of all is one that works', async () => {
      const first = shown.get('start')?.curl.replace('bflow_sk_…', olivia);
      expect((await typed(first ?? '', null)).status).toBe(200);
    });

  test.each(inOrder.map((p) => [p.operation.name, p] as const))(
    '%s does what its example says',
    async (name, place) => {
      await before[name]?.(world, olivia);
      const { operation, rest } = place;
      const caller = callers[name];
      const key = operation.access === 'public' ? null : caller ? await world.key(caller) : olivia;
      const answer = await call(place, key);
      expect(answer.status, answer.text).toBe(rest.location === undefined ? 200 : 201);
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(operation.output.parse(answer.json)).toEqual(answer.json);
      expect(Number(answer.headers.get('ratelimit-remaining'))).toBeGreaterThan(0);
      for (const [field, id] of Object.entries(idsSchema.safeParse(answer.json).data ?? {})) given.set(field, id);
      const location = answer.headers.get('location');
      if (location !== null) expect((await get(world.url, olivia, location.replace('/api/v1', ''))).status).toBe(200);
    },
  );

  if (way === 'TypeScript')
    test('the texts are TypeScript, strictly', async () => {
      expect(shown.size).toBe(places.length + 1);
      expect(await untyped([...shown.values()].flatMap(({ typescript }) => typescript || []))).toBe('');
    }, 60_000);
});

import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

it('lets so many at once, the others in the order they came, each key by itself', async () => {
  const turns = new Turns(2);
  const had: string[] = [];
  const take = async (key: string, name: string): Promise<void> => {
    if (await turns.take(key, 60_000)) had.push(name);
  };
  const all = ['a1', 'a2', 'a3', 'a4', 'b1'].map((name) => take(name.slice(0, 1), name));
  await all[4];
  expect(had).toEqual(['a1', 'a2', 'b1']);
  turns.end('a');
  await all[2];
  expect(had.at(-1)).toBe('a3');
  turns.end('a');
  await all[3];
  expect(had).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
  for (const key of ['a', 'a', 'b']) turns.end(key);
  expect(await turns.take('a', 60_000)).toBe(true);
});

it('gives no turn to who waited too long, and loses none by it', async () => {
  const turns = new Turns(1);
  expect(await turns.take('a', 1)).toBe(true);
  expect(await turns.take('a', 1)).toBe(false);
  const next = turns.take('a', 60_000);
  turns.end('a');
  expect(await next).toBe(true);
  turns.end('a');
  expect(await turns.take('a', 1)).toBe(true);
});

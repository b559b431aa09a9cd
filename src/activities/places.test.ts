import { expect, it } from 'vitest';
import { placesFor } from './places.ts';

it('has places for so many at once, of one org for fewer, and each is given back, however its work ends', async () => {
  const run = placesFor({ most: 5, mostOfOrg: 3, busy: 'All are taken' });
  const ends: (() => void)[] = [];
  const work = () =>
    new Promise<string>((resolve, reject) => {
      ends.push(ends.length % 2 ? () => reject(new Error('It broke')) : () => resolve('done'));
    });
  const refused = { message: 'All are taken; this is tried again', nonRetryable: false };
  const [a1, a2, a3] = ['a', 'a', 'a'].map((org) => run(org, work));
  await expect(run('a', work)).rejects.toMatchObject(refused);
  // Another org finds room, until there is none at all.
  const [b1, b2] = ['b', 'b'].map((org) => run(org, work));
  await expect(run('b', work)).rejects.toMatchObject(refused);
  await expect(run('c', work)).rejects.toMatchObject(refused);
  expect(ends).toHaveLength(5);
  for (const end of ends) end();
  const ended = await Promise.allSettled([a1, a2, a3, b1, b2]);
  expect(ended.map((e) => e.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
  for (const org of ['a', 'a', 'a', 'c', 'c']) void run(org, work);
  expect(ends).toHaveLength(10);
});

import { expect, it } from 'vitest';
import type { Heard } from './gateway.ts';
import { SharedQuestion } from './shared-question.ts';

/** Questions that were sent, to be answered by hand. */
function sent() {
  const ends: ((heard: Heard<number>) => void)[] = [];
  const ask = (): Promise<Heard<number>> => new Promise((resolve) => ends.push(resolve));
  const end = async (n: number, heard: Heard<number>): Promise<void> => {
    ends[n]?.(heard);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ends, ask, end };
}

const answered = (answer: number): Heard<number> => ({ state: 'answered', answer });

it('who asks while one is under way shares the next, which is sent after that and not before', async () => {
  const question = new SharedQuestion<Heard<number>>();
  const { ends, ask, end } = sent();
  const first = question.heard('a', ask);
  const later = [question.heard('a', ask), question.heard('a', ask)];
  expect(ends).toHaveLength(1);
  await end(0, answered(1));
  expect(await first).toEqual(answered(1));
  expect(ends).toHaveLength(2);
  const last = question.heard('a', ask);
  await end(1, answered(2));
  expect(await Promise.all(later)).toEqual([answered(2), answered(2)]);
  await end(2, answered(3));
  expect(await last).toEqual(answered(3));
  const anew = question.heard('a', ask);
  await end(3, answered(4));
  expect(await anew).toEqual(answered(4));
});

it('questions that differ do not wait for each other', () => {
  const question = new SharedQuestion<Heard<number>>();
  const { ends, ask } = sent();
  void question.heard('a', ask);
  void question.heard('b', ask);
  expect(ends).toHaveLength(2);
});

it('who waits while nobody answers is told so at once, and the next asks anew', async () => {
  const question = new SharedQuestion<Heard<number>>();
  const { ends, ask, end } = sent();
  const silent = { state: 'silent', knowsQuestion: true } as const;
  const both = [question.heard('a', ask), question.heard('a', ask)];
  await end(0, silent);
  expect(await Promise.all(both)).toEqual([silent, silent]);
  void question.heard('a', ask);
  expect(ends).toHaveLength(2);
});

it('a question that failed is no answer to the next', async () => {
  const question = new SharedQuestion<Heard<number>>();
  const first = question.heard('a', () => Promise.reject(new Error('No')));
  const second = question.heard('a', () => Promise.resolve(answered(2)));
  await expect(first).rejects.toThrow('No');
  expect(await second).toEqual(answered(2));
});

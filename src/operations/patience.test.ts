import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Patience } from './patience.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

const after = (ms: number): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('told'), ms));
const never = (): Promise<null> => new Promise(() => undefined);

/** For how long `patience` waits for what never comes, in milliseconds. */
async function waits(patience: Patience): Promise<number> {
  const begun = performance.now();
  let took = Number.NaN;
  void patience.soon(never()).then(() => {
    took = performance.now() - begun;
  });
  await vi.advanceTimersByTimeAsync(10_000);
  return took;
}

test('what is told soon is given, and what is not is null', async () => {
  const patience = new Patience(30);
  const soon = patience.soon(after(59));
  await vi.advanceTimersByTimeAsync(59);
  expect(await soon).toBe('told');
  const late = patience.soon(after(200));
  await vi.advanceTimersByTimeAsync(150);
  expect(await late).toBeNull();
});

test('it waits thrice as long as answers take, 60 ms at least and 2 s at most', async () => {
  expect(await waits(new Patience(1))).toBe(60);
  const slow = await waits(new Patience(100));
  // While it waits, what it knows counts less and less.
  expect(slow).toBeGreaterThan(200);
  expect(slow).toBeLessThanOrEqual(300);
  expect(await waits(new Patience(60_000))).toBe(2_000);
});

test('an answer that came too late is learned from, and forgotten when none comes for a while', async () => {
  const patience = new Patience(30);
  for (let n = 0; n < 20; n++) {
    void patience.soon(after(400));
    await vi.advanceTimersByTimeAsync(401);
  }
  expect(await waits(patience)).toBeGreaterThan(500);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await waits(patience)).toBe(60);
});

test('who waits beside many others waits longer, for as long as they are there', async () => {
  const patience = new Patience(1);
  const begun = performance.now();
  const took: number[] = [];
  for (let n = 0; n < 20; n++) void patience.soon(never()).then(() => took.push(performance.now() - begun));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(took).toHaveLength(20);
  expect(Math.min(...took)).toBe(500);
});

test('a hearing that fails is told to whoever waits', async () => {
  await expect(new Patience(30).soon(Promise.reject(new Error('lost')))).rejects.toThrow('lost');
});

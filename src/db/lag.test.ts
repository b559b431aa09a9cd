/** Rows that lack what somebody was told: waited for, looked at where the news of them is lost, and not waited for for ever. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { Lag } from './lag.ts';

const rows = (versions: Record<string, number>) => vi.fn(async () => new Map(Object.entries(versions)));
const isOver = async (work: Promise<unknown>, ms = 20): Promise<boolean> =>
  Promise.race([work.then(() => true), sleep(ms, false)]);

test('nobody waits where nothing was told, or of another org', async () => {
  const lag = new Lag();
  const look = rows({});
  lag.told('or_b', 'fl_1', 2);
  await lag.caughtUp('or_a', look);
  expect(look).not.toHaveBeenCalled();
});

test('they are waited for until they have what was told until then, of each flow', async () => {
  const lag = new Lag();
  const look = rows({});
  lag.told('or_a', 'fl_1', 2);
  lag.told('or_a', 'fl_2', 5);
  const both = lag.caughtUp('or_a', look);
  // What is told since is no matter of theirs.
  lag.told('or_a', 'fl_3', 1);
  lag.projected('or_a', 'fl_1', 2);
  lag.projected('or_a', 'fl_2', 4);
  expect(await isOver(both)).toBe(false);
  lag.projected('or_a', 'fl_2', 6);
  expect(await isOver(both)).toBe(true);
  expect(await isOver(lag.caughtUp('or_a', look))).toBe(false);
  lag.projected('or_a', 'fl_3', 1);
  await lag.caughtUp('or_a', look);
  expect(lag.isLate('or_a')).toBe(false);
});

test('who waits for an older version has it with the newer', async () => {
  const lag = new Lag();
  lag.told('or_a', 'fl_1', 2);
  const older = lag.caughtUp('or_a', rows({}));
  lag.told('or_a', 'fl_1', 3);
  const newer = lag.caughtUp('or_a', rows({}));
  lag.told('or_a', 'fl_1', 2);
  lag.projected('or_a', 'fl_1', 3);
  expect(await isOver(Promise.all([older, newer]))).toBe(true);
});

test('rows that have it, though no news came, are found by a look', async () => {
  const lag = new Lag();
  const look = rows({ fl_1: 2 });
  lag.told('or_a', 'fl_1', 2);
  await lag.caughtUp('or_a', look);
  expect(look).toHaveBeenCalledExactlyOnceWith(['fl_1']);
  expect(lag.isLate('or_a')).toBe(false);
});

test('what takes too long is waited for once, said as late, and forgotten when it is there', async () => {
  const lag = new Lag();
  const look = rows({ fl_1: 1 });
  lag.told('or_a', 'fl_1', 2);
  await lag.caughtUp('or_a', look);
  expect(look).toHaveBeenCalledTimes(3);
  expect(lag.isLate('or_a')).toBe(true);
  expect(await isOver(lag.caughtUp('or_a', look))).toBe(true);
  expect(lag.isLate('or_a')).toBe(true);
  expect(lag.isLate('or_b')).toBe(false);
  lag.projected('or_a', 'fl_1', 2);
  expect(lag.isLate('or_a')).toBe(false);
});

test('it is late too where more was told of the flow meanwhile, but not for what came', async () => {
  const lag = new Lag();
  lag.told('or_a', 'fl_1', 2);
  lag.told('or_a', 'fl_2', 2);
  const waited = lag.caughtUp('or_a', rows({}));
  await sleep(50);
  lag.told('or_a', 'fl_1', 3);
  lag.projected('or_a', 'fl_2', 2);
  lag.told('or_a', 'fl_2', 3);
  await waited;
  expect(lag.isLate('or_a')).toBe(true);
  lag.projected('or_a', 'fl_1', 3);
  expect(lag.isLate('or_a')).toBe(false);
});

test('what was late is found when it came, though the news of it were lost', async () => {
  const lag = new Lag();
  lag.told('or_a', 'fl_1', 2);
  await lag.caughtUp('or_a', rows({ fl_1: 1 }));
  expect(lag.isLate('or_a')).toBe(true);
  await lag.caughtUp('or_a', rows({ fl_1: 2 }));
  expect(lag.isLate('or_a')).toBe(false);
});

test('a flow that is late is not waited for again with each of its commands, until it came', async () => {
  const lag = new Lag();
  const look = rows({ fl_1: 1 });
  lag.told('or_a', 'fl_1', 2);
  await lag.caughtUp('or_a', look);
  lag.told('or_a', 'fl_1', 3);
  expect(await isOver(lag.caughtUp('or_a', look))).toBe(true);
  lag.projected('or_a', 'fl_1', 2);
  expect(lag.isLate('or_a')).toBe(true);
  lag.projected('or_a', 'fl_1', 3);
  expect(lag.isLate('or_a')).toBe(false);
  lag.told('or_a', 'fl_1', 4);
  expect(await isOver(lag.caughtUp('or_a', look))).toBe(false);
});

test('what never comes, as of an org that is deleted, is forgotten', async () => {
  vi.useFakeTimers();
  try {
    const lag = new Lag();
    lag.told('or_a', 'fl_1', 2);
    const waited = lag.caughtUp('or_a', rows({}));
    await vi.advanceTimersByTimeAsync(1_000);
    await waited;
    expect(lag.isLate('or_a')).toBe(true);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(lag.isBehind('or_a', 'fl_1')).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('what is told after the rows have it keeps nobody waiting', async () => {
  const lag = new Lag();
  lag.projected('or_a', 'fl_1', 3);
  lag.told('or_a', 'fl_1', 2);
  expect(lag.isBehind('or_a', 'fl_1')).toBe(false);
  lag.told('or_a', 'fl_1', 4);
  lag.told('or_b', 'fl_1', 2);
  expect(lag.isBehind('or_a', 'fl_1')).toBe(true);
  expect(lag.isBehind('or_b', 'fl_1')).toBe(true);
});

test('many who wait look once', async () => {
  const lag = new Lag();
  const look = vi.fn(async () => {
    await sleep(20);
    return new Map([['fl_1', 2]]);
  });
  lag.told('or_a', 'fl_1', 2);
  await Promise.all(Array.from({ length: 50 }, () => lag.caughtUp('or_a', look)));
  expect(look).toHaveBeenCalledOnce();
});

test('a look that fails is told to who waits, and costs nobody else anything', async () => {
  const lag = new Lag();
  lag.told('or_a', 'fl_1', 2);
  await expect(lag.caughtUp('or_a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  await lag.caughtUp('or_a', rows({ fl_1: 2 }));
  expect(lag.isLate('or_a')).toBe(false);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test, vi } from 'vitest';
import { beating } from './beating.ts';

test('it beats while the work goes on, and no longer', async () => {
  const activities = new MockActivityEnvironment();
  const beats = vi.fn();
  activities.on('heartbeat', beats);
  const work = beating(async (what: string) => {
    await expect.poll(() => beats.mock.calls.length, { timeout: 30_000 }).toBeGreaterThan(1);
    return `${what} is done`;
  });
  expect(await activities.run(work, 'It')).toBe('It is done');
  const before = beats.mock.calls.length;
  await sleep(2_500);
  expect(beats).toHaveBeenCalledTimes(before);
});

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Tests wait more than they compute, and a machine of two cores would run one file at a time.
    maxWorkers: Math.max(2, availableParallelism()),
    // Real servers need a moment to start, and this many tests share two cores at times.
    testTimeout: 60_000,
    hookTimeout: 300_000,
    env: { LOG_LEVEL: 'warn' },
  },
});

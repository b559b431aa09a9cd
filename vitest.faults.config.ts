import { defineConfig } from 'vitest/config';

/** `npm run faults`: the real product's processes are killed under load. Seed: BOOFLOW_FAULT_SEED. */
export default defineConfig({
  test: { include: ['test/faults/*.faults.ts'], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false },
});

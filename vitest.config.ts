import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take more than a minute begin first, so that the end is not one of them alone. */
const long = ['every-operation', 'backup', 'every-page', 'kill', 'flow-workflow', 'trouble', 'forms', 'read-model'].map(
  (name) => `${name}.test.ts`,
);

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => long.includes(basename(moduleId));
    const others = await super.sort(files.filter((file) => !isLong(file)));
    return [...files.filter(isLong), ...others];
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    sequence: { sequencer: LongFirst },
    // Tests wait more than they compute, and a machine of two cores would run one file at a time.
    maxWorkers: Math.max(2, availableParallelism()),
    // Real servers need a moment to start, and this many tests share two cores at times.
    testTimeout: 60_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 15_000 } },
    env: { LOG_LEVEL: 'warn' },
  },
});

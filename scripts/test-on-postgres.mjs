/**
 * `npm run test:on-postgres -- [--tests-only | --faults-only]`: on Temporal over PostgreSQL, as production has it, the
 * journey in a browser and tests of flows, mails and graceful ends, then every fault of the fault run once.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fail, requireNode, requirePackages, root, say } from './lib/setup.mjs';

requireNode();
requirePackages();

const tests = [
  'test/browser/journey.test.ts',
  'test/faults/read-model-away.test.ts',
  'test/faults/checker.test.ts',
  'test/processes/graceful.test.ts',
  'test/workflows/operators.test.ts',
  'test/workflows/replay-under-load.test.ts',
  'test/mcp/mail-and-portal.test.ts',
  'test/operators/read-model.test.ts',
];
const parts = 3;

function step(what, args, env = {}) {
  say(what);
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) fail(`${what}: failed. What to mend is above.`);
}

const only = process.argv[2];
if (only !== '--faults-only') {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  step('The journey in a browser, and tests of flows and faults', [vitest, 'run', ...tests], {
    BOOFLOW_TEST_TEMPORAL: 'postgres',
  });
}
if (only !== '--tests-only') {
  for (let part = 1; part <= parts; part++) {
    const chosen = ['--temporal', 'postgres', '--seed', String(part), '--part', `${part}/${parts}`];
    step(`Faults, part ${part} of ${parts}`, ['scripts/run.mjs', 'test/faults/soak/run.ts', ...chosen]);
  }
}
say('All of it is as it should be on Temporal over PostgreSQL.');

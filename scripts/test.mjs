/** `npm test`: obtains what is missing, checks the code without running it, then runs every test. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, requireNode, requirePackages, root, say } from './lib/setup.mjs';

requireNode();
requirePackages();

const begun = Date.now();
const bin = (name) => join(root, 'node_modules', '.bin', name);
const run = (command, args) =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });

function step(what, command, args) {
  say(`${what} (${seconds()})`);
  const { status, error } = run(command, args);
  if (status !== 0) fail(`${what}: failed${error ? `: ${error.message}` : ''}. What to mend is above.`);
}

const seconds = () => `at ${Math.round((Date.now() - begun) / 1000)} s`;

step('The Temporal CLI and its test server', process.execPath, ['--import', 'tsx', 'test/support/prepare.ts']);
step('Format and lint', bin('biome'), ['check', '--error-on-warnings', '.']);
step('Types', bin('tsc'), ['--noEmit']);
step('Which room may import which', bin('depcruise'), ['--config', '.dependency-cruiser.mjs', 'src']);

say(`Tests (${seconds()})`);
const folder = mkdtempSync(join(tmpdir(), 'booflow-results-'));
const results = join(folder, 'results.json');
const { status } = run(bin('vitest'), [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${results}`,
  ...process.argv.slice(2),
]);
const { numPassedTests: passed = 0, numFailedTests: failed = 0, testResults = [] } = readResults();
rmSync(folder, { recursive: true, force: true });
// A file that could not be loaded or set up counts: its tests were not run, and none of them failed.
const broken = testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
).length;
console.log(`\n${passed} passed, ${failed + broken} failed`);
process.exitCode = status === 0 && failed + broken === 0 && passed > 0 ? 0 : 1;

function readResults() {
  try {
    return JSON.parse(readFileSync(results, 'utf8'));
  } catch (error) {
    console.error(`The runner left no results: ${error.message}`);
    return {};
  }
}

/**
 * `npm run check-compose`: docker-compose.yml against the Compose specification's own schema and rules, by the
 * specification's reference implementation (needs Go and a module proxy; half a minute the first time). And the
 * proof that a mistake is found.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, root, say } from './lib/setup.mjs';

const tool = 'github.com/compose-spec/compose-go/v2/cmd@v2.4.0';
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'booflow-compose-'));
const check = (file) => spawnSync('go', ['run', tool, '-no-interpolation', file], { encoding: 'utf8' });
try {
  const wrong = join(folder, 'wrong.yml');
  writeFileSync(wrong, text.replace(/^ {2}worker:$/m, '  worker:\n    porst: [1]'));
  const mistaken = check(wrong);
  if (mistaken.error) fail(`Go could not be run: ${mistaken.error.message}`);
  if (mistaken.status === 0 || !/porst/.test(mistaken.stderr)) {
    fail(`A mistake was not found, so the check proves nothing:\n${mistaken.stderr}`);
  }
  const right = join(folder, 'right.yml');
  writeFileSync(right, text);
  const { status, stderr } = check(right);
  if (status !== 0) fail(`docker-compose.yml does not fit the Compose specification:\n${stderr}`);
  say('docker-compose.yml fits the Compose specification');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

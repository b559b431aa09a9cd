/** What must be true before anything with packages can run. Plain Node: no package is there yet. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const least = [20, 20];

/** Ends the process with a sentence when this Node is too old. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > least[0] || (major === least[0] && minor >= least[1])) return;
  fail(
    `Booflow needs Node ${least.join('.')} or newer; this is ${process.versions.node} (${process.execPath}).\n` +
      'Get one at https://nodejs.org, or with a version manager: nvm install 20, fnm install 20.',
  );
}

/** Installs the packages of package-lock.json when they are missing or others than it says. */
export function requirePackages() {
  if (isInstalled()) return;
  say(
    existsSync(join(root, 'node_modules'))
      ? 'The packages are not those of package-lock.json: they are installed anew (npm ci, about a minute)'
      : 'The packages are installed (npm ci, about a minute)',
  );
  // What it says goes to standard error: standard output belongs to the command that is run.
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--include=dev', '--loglevel=notice'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    env: { ...process.env, NODE_ENV: '' },
  });
  if (npm.status !== 0) {
    fail(
      (npm.error ? `npm could not be run: ${npm.error.message}\n` : '') +
        'The packages could not be installed; what npm said is above.\n' +
        '  No network, or a proxy: npm ping says whether the registry is reached; npm config set proxy URL sets a proxy.\n' +
        '  A registry of your own: npm config set registry URL\n' +
        '  A full disk, or no right to write: df . and ls -ld . say so.\n' +
        'Then run the same command again.',
    );
  }
}

/** npm writes node_modules/.package-lock.json when an installation is whole; it must name what ours names. */
function isInstalled() {
  const file = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(file)) return false;
  // A production image is installed once, without what only development needs.
  if (process.env.NODE_ENV === 'production') return true;
  const { packages: found } = JSON.parse(readFileSync(file, 'utf8'));
  const { packages: wanted } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(wanted).every(([path, { version, optional, os, cpu, libc }]) => {
    if (path === '') return true;
    const same = found[path]?.version === version;
    if (!optional) return same;
    // Those for other machines are left out; those for this one must be there.
    const forUs = os?.includes(process.platform) && cpu?.includes(process.arch) && !libc;
    return forUs ? same : found[path] === undefined || same;
  });
}

/** One line for a person who waits. */
export function say(line) {
  console.error(`[booflow] ${line}`);
}

/** Ends the process with an error that says what to do. */
export function fail(message) {
  console.error(`\n${message}\n`);
  process.exit(1);
}

/** Runs a TypeScript file of the project in this process, with these arguments. */
export async function runTypeScript(file, args = []) {
  await import('tsx');
  process.argv = [process.execPath, join(root, file), ...args];
  await import(pathToFileURL(join(root, file)).href);
}

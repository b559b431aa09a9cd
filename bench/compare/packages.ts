/** Packages of others, of fixed versions, kept in the cache: what is only compared with is no dependency of the project. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from '../../src/platform/setup-error.ts';
import { cacheFolder } from '../../src/platform/tools.ts';

/**
 * The folder that has these packages, by name and version, under `node_modules`; installed when it is not there, without
 * running any script of theirs. Throws `SetupError` with what npm said.
 */
export function packagesFolder(name: string, versions: Readonly<Record<string, string>>): string {
  const folder = cacheFolder('compare', [name, ...Object.values(versions)].join('-'));
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(join(dirname(folder), '.unfinished-'));
  try {
    const wanted = { name, private: true, type: 'module', dependencies: versions };
    writeFileSync(join(unfinished, 'package.json'), JSON.stringify(wanted));
    const npm = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: unfinished,
      encoding: 'utf8',
      timeout: 300_000,
      shell: process.platform === 'win32',
    });
    if (npm.status !== 0) {
      const said = npm.error?.message ?? npm.stderr.trim().split('\n').slice(0, 3).join(' ');
      throw new SetupError('DOWNLOAD', `npm did not install ${Object.keys(versions).join(', ')}: ${said}`);
    }
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** Puts a program of this folder beside those packages, as it is now, and gives its path. */
export function beside(folder: string, program: string): string {
  const from = fileURLToPath(new URL(program, import.meta.url));
  const to = join(folder, basename(program));
  copyFileSync(from, to);
  return to;
}

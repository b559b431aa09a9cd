/** A real PostgreSQL from npm, for development and tests: made once, started on the same folder ever after. */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { embeddedDatabaseUrl } from './config.ts';
import { giveTo, type PostgresHome, postgresHome } from './postgres-home.ts';
import { commandOf, endProcess, launch, logSince, logSize, type Running } from './processes.ts';
import { type Report, SetupError } from './setup-error.ts';

const run = promisify(execFile);

export interface PostgresOptions {
  /** A folder that exists. The data goes to `postgres` in it, the server's log to `postgres.log`. */
  readonly dataDir: string;
  readonly port: number;
  readonly report: Report;
  readonly signal?: AbortSignal;
  /** Server settings by name, beside those that every start gets. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface RunningPostgres extends Running {
  /** Of the role that may do everything, on the database `booflow`. */
  readonly url: string;
}

/**
 * Starts PostgreSQL on 127.0.0.1 and waits until it answers. What was committed survives a kill: the server
 * recovers by itself. Throws `SetupError` when the folder is damaged, the disk is full or the port is taken.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const home = await postgresHome(options.dataDir, options.report);
  if (existsSync(home.dataFolder)) checkFolder(home.dataFolder);
  else await initialise(home, options);
  await clearStaleLock(home.dataFolder, options.report);

  const logFile = join(options.dataDir, 'postgres.log');
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(options.port),
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...options.settings,
  };
  for (let attempt = 1; ; attempt++) {
    const logStart = logSize(logFile);
    const running = await launch({
      command: home.postgres,
      args: ['-D', home.dataFolder, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      env: { LC_MESSAGES: 'C' },
      logFile,
      stopSignal: 'SIGINT', // end the sessions, write everything, leave
      graceMs: 20_000,
      ...(home.user && { user: home.user }),
    });
    const url = embeddedDatabaseUrl(options.port);
    try {
      await untilReady(running, url, home.dataFolder, options);
      return { ...running, url };
    } catch (error) {
      await running.stop();
      options.signal?.throwIfAborted();
      if (error instanceof SetupError) throw error;
      const words = await logSince(logFile, logStart);
      // The sessions of a killed server need a moment to notice and leave.
      const leaving = /shared memory block .* is still in use|lock file .* already exists/.test(words);
      if (!leaving || attempt === 20) throw whyNot(words, home.dataFolder, logFile, options.port, error);
      await sleep(500, undefined, { signal: options.signal });
    }
  }
}

/** Makes the data folder under another name first, so that a start that was cut short leaves no half of one. */
async function initialise(home: PostgresHome, options: PostgresOptions): Promise<void> {
  options.report(`PostgreSQL's data folder is made: ${home.dataFolder}`);
  const unfinished = `${home.dataFolder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  giveTo(home, unfinished);
  const secrets = mkdtempSync(join(tmpdir(), 'booflow-'));
  try {
    giveTo(home, secrets);
    const passwordFile = join(secrets, 'password');
    writeFileSync(passwordFile, `${new URL(embeddedDatabaseUrl(options.port)).password}\n`, { mode: 0o600 });
    giveTo(home, passwordFile);
    await run(
      home.initdb,
      [
        `--pgdata=${unfinished}`,
        '--username=booflow',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
      ],
      { ...home.user, cwd: '/', env: { ...process.env, LC_ALL: 'C' }, signal: options.signal },
    );
  } catch (error) {
    options.signal?.throwIfAborted();
    const words = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    rmSync(unfinished, { recursive: true, force: true });
    if (/no space left/i.test(words)) throw diskFull(home.dataFolder, error);
    throw new SetupError('POSTGRES', `PostgreSQL's data folder ${home.dataFolder} could not be made: ${words.trim()}`, {
      cause: error,
    });
  } finally {
    rmSync(secrets, { recursive: true, force: true });
  }
  renameSync(unfinished, home.dataFolder);
}

function checkFolder(folder: string): void {
  if (!existsSync(join(folder, 'PG_VERSION')) || !existsSync(join(folder, 'global', 'pg_control'))) {
    const what = readdirSync(folder).length === 0 ? 'is empty' : 'is not a whole PostgreSQL data folder';
    throw new SetupError('DATA_DAMAGED', `${folder} ${what}.\n${moveAway(folder)}`);
  }
}

const moveAway = (folder: string): string =>
  `Bring it back from a backup, or move it away and start again with an empty database:\n  mv ${folder} ${folder}.damaged`;

const diskFull = (folder: string, cause: unknown): SetupError =>
  new SetupError('DISK_FULL', `The disk that holds ${folder} is full. Make room (1 GB is plenty) and start again.`, {
    cause,
  });

/**
 * PostgreSQL leaves `postmaster.pid` behind when it is killed. It looks itself whether that process lives, but takes
 * another process that got the same pid for its own; and one that our killed predecessor left running is in the way.
 */
async function clearStaleLock(folder: string, report: Report): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  const command = Number.isInteger(pid) && pid > 0 ? await commandOf(pid) : undefined;
  if (command === undefined) return;
  if (command.includes(folder)) {
    report(`A PostgreSQL left running on ${folder} is stopped (process ${pid})`);
    await endProcess(pid, 'SIGINT', 20_000);
  } else {
    rmSync(file);
  }
}

async function untilReady(running: Running, url: string, folder: string, options: PostgresOptions): Promise<void> {
  let gone = false;
  void running.exited.then(() => {
    gone = true;
  });
  const begun = Date.now();
  let told = begun;
  for (;;) {
    options.signal?.throwIfAborted();
    if (gone) throw new Error('PostgreSQL ended while it started');
    try {
      if ((await ensureDatabase(url)) !== folder) throw portInUse(options.port);
      return;
    } catch (error) {
      const notYet =
        error instanceof Error &&
        'code' in error &&
        ['ECONNREFUSED', 'ECONNRESET', '57P03'].includes(String(error.code));
      if (!notYet && !gone) throw error;
      if (Date.now() - begun > 300_000) throw error;
    }
    if (Date.now() - told > 5_000) {
      told = Date.now();
      options.report(
        `PostgreSQL is starting (recovering after it was killed?): ${Math.round((told - begun) / 1000)} s`,
      );
    }
    await sleep(50);
  }
}

/** Makes the database when it is not there. Answers which folder this server keeps its data in. */
async function ensureDatabase(url: string): Promise<string> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.href, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // a lost connection also rejects the query it was lost in
  try {
    await client.connect();
    const { rowCount } = await client.query(`select from pg_database where datname = 'booflow'`);
    if (rowCount === 0) await client.query('create database booflow');
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory ?? '';
  } finally {
    await client.end().catch(() => undefined);
  }
}

const portInUse = (port: number, cause?: unknown): SetupError =>
  new SetupError('PORT_IN_USE', `Port ${port} is in use. Stop what uses it, or set BOOFLOW_POSTGRES_PORT to another.`, {
    cause,
  });

function whyNot(words: string, folder: string, logFile: string, port: number, cause: unknown): SetupError {
  if (/no space left/i.test(words)) return diskFull(folder, cause);
  if (/address already in use/i.test(words)) return portInUse(port, cause);
  const said = words
    .split('\n')
    .filter((line) => /FATAL|PANIC|DETAIL|invalid/.test(line))
    .slice(-4)
    .map((line) => `  ${line.replace(/^.*?(FATAL|PANIC|DETAIL):/, '$1:')}`);
  if (said.length === 0) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new SetupError('POSTGRES', `PostgreSQL did not start: ${reason}. More in ${logFile}.`, { cause });
  }
  return new SetupError(
    'DATA_DAMAGED',
    `PostgreSQL does not start on ${folder}. It says (more in ${logFile}):\n${said.join('\n')}\n` +
      `If the folder is damaged: ${moveAway(folder).replace(/^B/, 'b')}`,
    { cause },
  );
}

/** Waits for a PostgreSQL that is not ours. Throws `SetupError` with the reason when it does not answer in `ms`. */
export async function waitForPostgres(url: string, ms: number, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + ms;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (Date.now() < deadline) {
        await sleep(500, undefined, { signal });
        continue;
      }
      const { hostname, port, pathname } = new URL(url);
      const reason = error instanceof Error ? error.message || String(error) : String(error);
      throw new SetupError(
        'POSTGRES',
        `PostgreSQL at ${hostname}:${port || 5432}${pathname} does not take us: ${reason}. Check DATABASE_URL.`,
        { cause: error },
      );
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Programs that npm does not bring: where they are kept, and how they are got with a person watching. */
import { execFile, spawn } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type Report, SetupError } from './setup-error.ts';

const run = promisify(execFile);

export const executableSuffix = platform() === 'win32' ? '.exe' : '';

/** A folder of the cache that all copies of Booflow on this machine share. */
export const cacheFolder = (...parts: readonly string[]): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'booflow', ...parts);

/** The first program of this name on PATH. */
export function onPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name + executableSuffix))
    .find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // "can't be executed" is the answer
  }
}

/** What a program says to these arguments, or undefined when it can't be run or fails. */
export async function ask(file: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(file, [...args], { timeout: 30_000 });
    return stdout + stderr;
  } catch {
    return undefined; // whoever asks goes on to the next candidate
  }
}

/** Fills a folder beside `file` and moves what it left there into place at the end: never half a program. */
export async function intoPlace(file: string, fill: (folder: string) => Promise<string>): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const folder = mkdtempSync(join(dirname(file), '.unfinished-'));
  try {
    const made = await fill(folder);
    chmodSync(made, 0o755);
    renameSync(made, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const archiveInfo = z.object({ archiveUrl: z.string(), fileToExtract: z.string() });

export interface Download {
  readonly what: string;
  /** The name Temporal publishes it under. */
  readonly artifact: 'cli' | 'temporal-test-server';
  readonly version: string;
  readonly report: Report;
  readonly signal?: AbortSignal;
  /** Where Temporal publishes. */
  readonly site?: string;
}

/**
 * Downloads a program from Temporal's own site to `file`, as its SDKs do. Gives up within seconds when the site can't
 * be reached, and when nothing arrives for half a minute. Throws `SetupError`.
 */
export async function downloadFromTemporal(file: string, download: Download): Promise<void> {
  const { what, artifact, version, report } = download;
  const arches: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
  const systems: Readonly<Record<string, string>> = { win32: 'windows', darwin: 'darwin', linux: 'linux' };
  const query = new URLSearchParams({
    arch: arches[process.arch] ?? process.arch,
    platform: systems[platform()] ?? platform(),
    format: 'tar.gz',
  });
  const site = download.site ?? 'https://temporal.download';
  try {
    const reply = await fetch(`${site}/${artifact}/${version}?${query}`, { signal: within(6_000, download.signal) });
    if (!reply.ok) throw new Error(`${site} answered ${reply.status}`);
    const { archiveUrl, fileToExtract } = archiveInfo.parse(await reply.json());
    await intoPlace(file, async (folder) => {
      await fetchArchive(archiveUrl, folder, fileToExtract, what, report, download.signal);
      return join(folder, fileToExtract);
    });
  } catch (error) {
    download.signal?.throwIfAborted();
    throw new SetupError('DOWNLOAD', `${what} could not be downloaded: ${reasonOf(error)}`, { cause: error });
  }
}

async function fetchArchive(
  url: string,
  folder: string,
  wanted: string,
  what: string,
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  const stalled = new AbortController();
  const alarm = setTimeout(() => stalled.abort(new Error('nothing arrived for 30 s')), 30_000);
  const stop = signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal;
  try {
    const reply = await fetch(url, { signal: stop });
    if (!reply.ok || !reply.body) throw new Error(`${url} answered ${reply.status}`);
    const total = Number(reply.headers.get('content-length'));
    let seen = 0;
    let told = 0;
    const watch = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        alarm.refresh();
        seen += chunk.length;
        if (Date.now() - told > 2_000) {
          told = Date.now();
          report(`${what} is downloaded: ${megabytes(seen)}${total > 0 ? ` of ${megabytes(total)}` : ''}`);
        }
        done(null, chunk);
      },
    });
    const tar = spawn('tar', ['-xzf', '-', '-C', folder, wanted], { stdio: ['pipe', 'ignore', 'pipe'] });
    let words = '';
    tar.stderr.on('data', (chunk: Buffer) => {
      words += chunk.toString();
    });
    const unpacked = new Promise<void>((resolve, reject) => {
      tar.once('error', reject);
      tar.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`tar: ${words.trim()}`))));
    });
    await Promise.all([pipeline(Readable.from(reply.body), watch, tar.stdin), unpacked]);
  } finally {
    clearTimeout(alarm);
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const within = (ms: number, signal?: AbortSignal): AbortSignal =>
  signal ? AbortSignal.any([signal, AbortSignal.timeout(ms)]) : AbortSignal.timeout(ms);

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
};

export interface LongStep {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly report: Report;
  readonly signal?: AbortSignal;
  /** Says how far it is, from how many lines of output there were, the last of them and the seconds gone by. */
  readonly progress: (lines: number, last: string, seconds: number) => string;
}

/** Runs a command that takes minutes, and reports every ten seconds. Throws with the end of its output if it fails. */
export async function longStep(step: LongStep): Promise<void> {
  const begun = Date.now();
  const child = spawn(step.command, step.args, {
    env: { ...process.env, ...step.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let lines = 0;
  let tail: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      const more = chunk.toString().split('\n').filter(Boolean);
      lines += more.length;
      tail = [...tail, ...more].slice(-15);
    });
  }
  const tell = setInterval(() => {
    step.report(step.progress(lines, tail.at(-1) ?? '', Math.round((Date.now() - begun) / 1000)));
  }, 10_000);
  // The whole group: a compiler has children of its own.
  const end = () => child.pid !== undefined && process.kill(-child.pid, 'SIGTERM');
  step.signal?.addEventListener('abort', end, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    step.signal?.throwIfAborted();
    if (code !== 0) throw new Error(`${basename(step.command)} ended with exit code ${code}:\n${tail.join('\n')}`);
  } finally {
    clearInterval(tell);
    step.signal?.removeEventListener('abort', end);
  }
}

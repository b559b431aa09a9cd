/** The Temporal CLI, which holds the dev server: found on this machine, or obtained once and kept. */

import { join } from 'node:path';
import { type Report, SetupError } from './setup-error.ts';
import {
  ask,
  cacheFolder,
  downloadFromTemporal,
  executableSuffix,
  intoPlace,
  isExecutable,
  longStep,
  onPath,
} from './tools.ts';

/** Later tags carry a `replace` in their go.mod, so that `go install` refuses them. */
export const temporalCliVersion = 'v1.5.1';

/** The server inside must know user metadata (1.26) and its dev server the flags we give. */
const oldestServer = [1, 27] as const;

/** Lines `go install -v` prints when nothing is cached. */
const stepCount = 1_310;

/**
 * The path of a usable `temporal`: from PATH, from the cache, by download from Temporal, or built with Go (minutes).
 * Throws `SetupError` with the ways to get one.
 */
export async function obtainTemporalCli(report: Report, signal?: AbortSignal): Promise<string> {
  const installed = onPath('temporal');
  if (installed) {
    if (await isUsable(installed)) return installed;
    report(`${installed} is passed over: its server is older than ${oldestServer.join('.')}`);
  }
  const cached = cacheFolder('temporal-cli', temporalCliVersion, `temporal${executableSuffix}`);
  if (isExecutable(cached) && (await isUsable(cached))) return cached;

  report(`The Temporal CLI ${temporalCliVersion} is not on this machine yet. It is downloaded from temporal.download`);
  const failures: string[] = [];
  try {
    await downloadFromTemporal(cached, {
      what: 'The Temporal CLI',
      artifact: 'cli',
      version: temporalCliVersion,
      report,
      signal,
    });
    if (await isUsable(cached)) return cached;
    failures.push('what was downloaded does not run here');
  } catch (error) {
    signal?.throwIfAborted();
    failures.push(error instanceof Error ? error.message : String(error));
  }
  report(`${failures[0]}`);

  const go = onPath('go');
  if (go) {
    try {
      await build(go, cached, report, signal);
      if (await isUsable(cached)) return cached;
      failures.push('what Go built does not run here');
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(error instanceof Error ? error.message : String(error));
    }
  } else {
    failures.push('Go is not installed, so it can not be built here');
  }
  throw new SetupError(
    'TOOL_MISSING',
    [
      'Booflow runs on Temporal, and the Temporal CLI could be neither found nor obtained:',
      ...failures.map((failure) => `  - ${failure}`),
      'Any one of these helps:',
      '  - install it and have it on PATH: https://docs.temporal.io/cli (brew install temporal)',
      `  - put the program at ${cached}`,
      '  - install Go (https://go.dev/dl) with access to a module proxy, and start again',
      '  - set TEMPORAL_ADDRESS to a Temporal that runs already',
    ].join('\n'),
  );
}

async function isUsable(file: string): Promise<boolean> {
  const [, major, minor] = /Server (\d+)\.(\d+)\./.exec((await ask(file, ['--version'])) ?? '') ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > oldestServer[0] || (Number(major) === oldestServer[0] && Number(minor) >= oldestServer[1]);
}

async function build(go: string, file: string, report: Report, signal?: AbortSignal): Promise<void> {
  report('It is built with Go instead: once, 3 to 4 minutes on 2 cores');
  await intoPlace(file, async (folder) => {
    await longStep({
      command: go,
      args: ['install', '-v', `github.com/temporalio/cli/cmd/temporal@${temporalCliVersion}`],
      env: { GOBIN: folder },
      report,
      signal,
      progress: (lines, last, seconds) =>
        last.startsWith('go: ')
          ? `Go fetches the Temporal CLI's source: ${seconds} s`
          : `Go builds the Temporal CLI: ${lines} of about ${stepCount} steps, ${seconds} s`,
    });
    return join(folder, `temporal${executableSuffix}`);
  });
  report('The Temporal CLI is built and kept for next time');
}

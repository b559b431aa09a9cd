/** A real server that speaks S3, checks signatures, and keeps its objects in a folder: Versity's gateway, built once with Go. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../src/platform/ports.ts';
import type { Report } from '../../src/platform/setup-error.ts';
import { SetupError } from '../../src/platform/setup-error.ts';
import { cacheFolder, executableSuffix, intoPlace, isExecutable, longStep, onPath } from '../../src/platform/tools.ts';
import { temporaryFolder } from './folder.ts';

const version = 'v1.8.0';

/** The path of the program: from PATH, from the cache, or built with Go. Throws `SetupError`. */
export async function obtainS3Server(report: Report): Promise<string> {
  const installed = onPath('versitygw');
  if (installed) return installed;
  const cached = cacheFolder('versitygw', version, `versitygw${executableSuffix}`);
  if (isExecutable(cached)) return cached;
  const go = onPath('go');
  if (!go) {
    throw new SetupError(
      'TOOL_MISSING',
      [
        'The tests of the file store need an S3 server, versitygw, and none was found. Any one of these helps:',
        '  - install it and have it on PATH: https://github.com/versity/versitygw',
        `  - put the program at ${cached}`,
        '  - install Go (https://go.dev/dl) with access to a module proxy, and start again',
      ].join('\n'),
    );
  }
  report('An S3 server for the tests of the file store is built with Go: once, 2 to 3 minutes on 2 cores');
  await intoPlace(cached, async (folder) => {
    await longStep({
      command: go,
      args: ['install', '-v', `github.com/versity/versitygw/cmd/versitygw@${version}`],
      env: { GOBIN: folder },
      report,
      progress: (lines, _last, seconds) => `Go builds the S3 server: ${lines} steps, ${seconds} s`,
    });
    return join(folder, `versitygw${executableSuffix}`);
  });
  return cached;
}

export interface S3Server {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Where the bucket's objects lie as files. */
  readonly folder: string;
  stop(): Promise<void>;
}

export async function startS3Server(): Promise<S3Server> {
  const program = await obtainS3Server((line) => console.error(line));
  const root = temporaryFolder();
  const bucket = 'files';
  mkdirSync(join(root, bucket));
  const sidecar = temporaryFolder();
  const port = await freePort();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'not-a-secret' };
  const server = spawn(program, ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', '--sidecar', sidecar, root], {
    env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey, HOME: root },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  server.stderr.on('data', (text) => {
    said += text;
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const endpoint = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const answer = await fetch(endpoint).catch(() => null);
    if (answer) break;
    if (server.exitCode !== null || tries > 100) throw new Error(`The S3 server did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    ...{ endpoint, bucket, credentials, folder: join(root, bucket) },
    async stop() {
      server.kill('SIGTERM');
      await ended;
    },
  };
}

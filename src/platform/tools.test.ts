import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/support/folder.ts';
import { ask, downloadFromTemporal, longStep } from './tools.ts';

let folder: string;
let site: Server | undefined;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  site?.closeAllConnections();
  site?.close();
  site = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** A site that speaks as temporal.download does to the SDKs, with this archive. */
async function siteWith(archive: Buffer, fileToExtract: string): Promise<string> {
  const server = createServer((request, response) => {
    const base = `http://${request.headers.host}`;
    const url = new URL(request.url ?? '', base);
    if (url.pathname === '/a.tar.gz') response.end(archive);
    else if (url.pathname === '/cli/v9' && url.searchParams.get('platform') && url.searchParams.get('arch')) {
      response.end(JSON.stringify({ archiveUrl: `${base}/a.tar.gz`, fileToExtract }));
    } else response.writeHead(404).end();
  });
  site = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

function archiveOf(name: string, text: string): Buffer {
  writeFileSync(join(folder, name), text);
  execFileSync('tar', ['-czf', join(folder, 'a.tar.gz'), '-C', folder, name]);
  return readFileSync(join(folder, 'a.tar.gz'));
}

const download = (url: string, version = 'v9') =>
  downloadFromTemporal(join(folder, 'cache', 'tool'), {
    what: 'The tool',
    artifact: 'cli',
    version,
    report: () => undefined,
    site: url,
  });

test('a download ends as a program that can be run, with nothing beside it', async () => {
  await download(await siteWith(archiveOf('tool-in-archive', '#!/bin/sh\necho it runs\n'), 'tool-in-archive'));
  expect(await ask(join(folder, 'cache', 'tool'), [])).toBe('it runs\n');
  expect(readdirSync(join(folder, 'cache'))).toEqual(['tool']);
});

test.each([
  ['a refusal', 'tool-in-archive', 'v8'],
  ['an archive without the program', 'something-else', 'v9'],
])('%s leaves nothing behind and says so', async (_what, inside, version) => {
  const url = await siteWith(archiveOf('tool-in-archive', 'x'), inside);
  await expect(download(url, version)).rejects.toMatchObject({
    code: 'DOWNLOAD',
    message: expect.stringContaining('The tool could not be downloaded: '),
  });
  mkdirSync(join(folder, 'cache'), { recursive: true });
  expect(readdirSync(join(folder, 'cache'))).toEqual([]);
});

test('half an archive is no program', async () => {
  const whole = archiveOf('tool-in-archive', 'x'.repeat(100_000));
  await expect(download(await siteWith(whole.subarray(0, whole.length - 20), 'tool-in-archive'))).rejects.toThrow(
    'could not be downloaded',
  );
});

test('a site that is away is told', async () => {
  await expect(download('http://127.0.0.1:1')).rejects.toThrow(/could not be downloaded/);
});

test('a long step that fails says what it said last, and one that is aborted ends', async () => {
  const shell = (script: string, signal?: AbortSignal) =>
    longStep({ command: '/bin/sh', args: ['-c', script], report: () => undefined, signal, progress: () => '' });
  await shell('exit 0');
  await expect(shell('echo no space left; exit 3')).rejects.toThrow('sh ended with exit code 3:\nno space left');
  const stop = new AbortController();
  const waiting = shell('sleep 300', stop.signal);
  stop.abort();
  await expect(waiting).rejects.toThrow(/abort/i);
});

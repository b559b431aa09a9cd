import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../test/support/folder.ts';
import { DataFolder, type PartName } from './data-folder.ts';
import { birthOf, launch, type Running } from './processes.ts';
import { type Part, Supervisor } from './supervisor.ts';

let path: string;
let lines: string[];
let supervisor: Supervisor | undefined;
const strays: Running[] = [];
const report = (line: string) => void lines.push(line);

beforeEach(() => {
  path = temporaryFolder();
  lines = [];
});
afterEach(async () => {
  await supervisor?.stop();
  supervisor = undefined;
  for (const stray of strays.splice(0)) await stray.stop();
  rmSync(path, { recursive: true, force: true });
});

const sleeper = (): Promise<Running> =>
  launch({ command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], graceMs: 10_000 });
const part = (name: PartName, start: () => Promise<Running> = sleeper): Part => ({ name, start });
const pidOf = (name: PartName): number => Number(readFileSync(join(path, 'run', `${name}.pid`), 'utf8'));

test('a part that is killed is started again, and its new pid is noted', async () => {
  supervisor = new Supervisor(await DataFolder.claim(path, report), report);
  const { pid } = await supervisor.start(part('worker'));
  expect(pidOf('worker')).toBe(pid);
  process.kill(pid, 'SIGKILL');
  await vi.waitUntil(() => lines.includes('worker runs again'), { timeout: 30_000 });
  expect(lines).toContain('worker stopped (killed by SIGKILL); it is started again in 0.5 s');
  expect(pidOf('worker')).not.toBe(pid);
  expect(await birthOf(pidOf('worker'))).toBeDefined();
});

test('a part that can not be started again is tried again', async () => {
  supervisor = new Supervisor(await DataFolder.claim(path, report), report);
  let starts = 0;
  const flaky = part('server', async () => {
    starts++;
    if (starts === 2) throw new Error('not yet');
    return await sleeper();
  });
  process.kill((await supervisor.start(flaky)).pid, 'SIGKILL');
  await vi.waitUntil(() => lines.includes('server runs again'), { timeout: 30_000 });
  expect(lines).toContain('server could not be started: not yet\n  The next try is in 1 s');
});

test('all stop in the reverse order, and leave no pid behind', async () => {
  supervisor = new Supervisor(await DataFolder.claim(path, report), report);
  const running = [await supervisor.start(part('postgres')), await supervisor.start(part('worker'))];
  await supervisor.stop();
  expect(lines).toEqual(['worker is stopping', 'postgres is stopping']);
  expect(await Promise.all(running.map(({ pid }) => birthOf(pid)))).toEqual([undefined, undefined]);
  expect(existsSync(join(path, 'run', 'worker.pid'))).toBe(false);
});

test('what a killed supervisor left running is stopped; a process that only has its pid is not', async () => {
  const [orphan, innocent] = [await sleeper(), await sleeper()];
  strays.push(orphan, innocent);
  await DataFolder.claim(path, report);
  writeFileSync(
    join(path, 'run', 'processes.json'),
    JSON.stringify({
      supervisor: { pid: 2 ** 30, born: 'long ago' },
      worker: { pid: orphan.pid, born: await birthOf(orphan.pid) },
      server: { pid: innocent.pid, born: 'long ago' },
    }),
  );
  await DataFolder.claim(path, report);
  expect(await orphan.exited).toEqual({ code: null, signal: 'SIGTERM' });
  expect(await birthOf(innocent.pid)).toBeDefined();
  expect(lines).toHaveLength(1);
});

test('a second supervisor on the same folder is refused', async () => {
  const other = await sleeper();
  strays.push(other);
  await DataFolder.claim(path, report);
  const supervisorNow = { pid: other.pid, born: await birthOf(other.pid) };
  writeFileSync(join(path, 'run', 'processes.json'), JSON.stringify({ supervisor: supervisorNow }));
  await expect(DataFolder.claim(path, report)).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
});

test('a folder that can not be made is told with the variable that sets it', async () => {
  writeFileSync(join(path, 'file'), '');
  await expect(DataFolder.claim(join(path, 'file', 'data'), report)).rejects.toMatchObject({
    code: 'DATA_FOLDER',
    message: expect.stringContaining('set BOOFLOW_DATA_DIR to another folder'),
  });
});

/** What a process needs and does not find is told in a sentence that names the variable, and ends it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePort } from '../../src/platform/ports.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startPart } from '../support/part.ts';

const file = join(temporaryFolder(), 'a-file');
writeFileSync(file, '');
const inAFile = { FILES_DIR: join(file, 'files') };

test.each(['server', 'worker'] as const)(
  'a %s whose folder for files can not be written',
  async (name) => {
    const part = startPart(name, { ...inAFile, PORT: String(await freePort()) });
    expect(await part.exited).toBe(1);
    expect(part.lines).toEqual([
      expect.stringMatching(/^Files can't be kept in .*a-file\/files: ENOTDIR.*\. Let this process write .* FILES_DIR/),
    ]);
  },
  60_000,
);

test('a worker whose Temporal does not answer', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const part = startPart('worker', { TEMPORAL_ADDRESS: address, FILES_DIR: temporaryFolder() });
  expect(await part.exited).toBe(1);
  expect(part.lines).toEqual([
    expect.stringMatching(new RegExp(`^Temporal at ${address} does not answer .*\\. Check TEMPORAL_ADDRESS`)),
  ]);
}, 60_000);
